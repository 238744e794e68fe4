package core

import "time"

// DriftStatus is how what a batch recorded compares with what its host holds.
type DriftStatus string

// The states.
const (
	InSync       DriftStatus = "in_sync"
	Degraded     DriftStatus = "degraded" // something doesn't work, but nothing differs
	Drifted      DriftStatus = "drifted"
	DriftUnknown DriftStatus = "unknown" // the host could not be read: that is no drift
)

// DriftType is what a look at a host found.
type DriftType string

// What differs from the ledger.
const (
	DriftMissing         DriftType = "missing"          // gone, at a second look too
	DriftChanged         DriftType = "changed"          // fields are not as they were set
	DriftIdentityChanged DriftType = "identity_changed" // the id belongs to something else now
	DriftUnbound         DriftType = "unbound"          // an API key is not bound to its group
	DriftExtra           DriftType = "extra"            // a stranger's account in a group that cnrelay made
	DriftStaleInTraffic  DriftType = "stale_in_traffic" // an old account that still serves in a recorded group
)

// What is as it was set and doesn't work, or soon won't.
const (
	DriftOutOfTraffic DriftType = "out_of_traffic" // the host leaves an account out of scheduling
	DriftExpiring     DriftType = "expiring"       // a subscription with few days left, or none
	DriftLowBalance   DriftType = "low_balance"    // a self-service user
)

// What is pointed out and means nothing for the status.
const (
	DriftStale         DriftType = "stale"          // old, of this provider by name, and in no live batch's records
	DriftModelUnlisted DriftType = "model_unlisted" // the upstream's model list lacks a model of the batch
	DriftModelRenamed  DriftType = "model_renamed"  // the upstream answers under another name than asked
)

// Differs tells whether the host no longer holds what the ledger says.
func (t DriftType) Differs() bool {
	switch t {
	case DriftMissing, DriftChanged, DriftIdentityChanged, DriftUnbound, DriftExtra, DriftStaleInTraffic:
		return true
	}
	return false
}

// Fails tells whether nothing differs and yet something doesn't work, or soon won't.
func (t DriftType) Fails() bool {
	return t == DriftOutOfTraffic || t == DriftExpiring || t == DriftLowBalance
}

// DriftFinding is one thing that a reconcile run found, about one resource.
type DriftFinding struct {
	Type DriftType `json:"type"`
	Ref  Ref       `json:"ref,omitzero"` // zero for an upstream's models
	Name string    `json:"name,omitempty"`
	// Origin is how the record came to be; "" if no record holds the resource.
	Origin  Origin   `json:"origin,omitempty"`
	Changes []Change `json:"changes,omitempty"` // Have is there now, Want was recorded
	// Why are the host's own words, sanitised, where it has some.
	Why string `json:"why,omitempty"`
	// Probe judges an account that is out of traffic by these words: whose fault it is.
	Probe *Finding `json:"probe,omitempty"`
	// Left is what is left: days of a subscription, USD of a balance.
	Left *float64 `json:"left,omitempty"`
	// Until is when the host lets an account serve again by itself; zero: not before somebody acts.
	Until time.Time `json:"until,omitzero"`
	// Follows went with it: what can't be there without this resource is no finding of its own.
	Follows []Ref     `json:"follows,omitempty"`
	Batches []BatchID `json:"batches,omitempty"` // live ones that use it
}

// DriftRun is one reconcile run: the records of one batch, and the probes of them, against its host. It holds
// no secret.
type DriftRun struct {
	ID       string    `json:"id"` // the batch's id and a number that counts its runs: "bh73d7vzp.12"
	Host     HostID    `json:"host"`
	HostName string    `json:"host_name"`
	Provider string    `json:"provider"`
	Batch    BatchID   `json:"batch"`
	At       time.Time `json:"at"`
	// Looks counts the monitor's looks that this stands for, since Since: the latest of those that said the same. It is 0
	// if somebody asked for this run.
	Since    time.Time      `json:"since,omitzero"`
	Looks    int            `json:"looks,omitempty"`
	Took     time.Duration  `json:"took"`
	Status   DriftStatus    `json:"status"`
	Findings []DriftFinding `json:"findings,omitempty"`
	Noise    []DriftFinding `json:"noise,omitempty"` // stale: listed, and no drift
	Checked  int            `json:"checked"`         // recorded resources that were compared
	// ExtraCount are strangers' accounts in the batch's groups; RawExtraCount are all that no live batch
	// records: those, the stale ones in traffic, and the noise, which StaleNoiseCount counts.
	ExtraCount      int `json:"extra_count"`
	RawExtraCount   int `json:"raw_extra_count"`
	StaleNoiseCount int `json:"stale_noise_count"`
	// ProbeFailures counts the findings that fail and Probes.
	ProbeFailures int          `json:"probe_failures"`
	Access        AccessResult `json:"access,omitzero"`  // if the gateway was asked
	Probes        []Finding    `json:"probes,omitempty"` // what the gateway and the upstream failed in
	Upstream      *Upstream    `json:"upstream,omitempty"`
	Error         string       `json:"error,omitempty"` // what could not be read, for operators
	Code          Code         `json:"code,omitempty"`  // of that, if nothing could
	Facts         HostFacts    `json:"facts,omitzero"`  // evidence: which host it was; zero if it wasn't reached
	Build         Build        `json:"build"`           // evidence: which cnrelay it was
}

// Upstream is what a provider answered when it was asked directly, with an account's key.
type Upstream struct {
	Models     ModelList  `json:"models,omitzero"`
	Completion Completion `json:"completion"`
}
