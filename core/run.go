package core

import (
	"fmt"
	"math"
	"time"
)

// RunKind is what a run was for.
type RunKind string

// The kinds.
const (
	RunImport        RunKind = "import"
	RunResume        RunKind = "resume"
	RunRollback      RunKind = "rollback"
	RunRepair        RunKind = "repair"
	RunAccessPreview RunKind = "access_preview"
	RunAccess        RunKind = "access_check"
	RunDrift         RunKind = "drift"
	RunProbe         RunKind = "probe"
	RunAcceptance    RunKind = "acceptance"
	RunExport        RunKind = "export"
)

// Run is one time that something was done: what for, when, by which command, and how it came out. What it exchanged
// with the host and the upstream is kept under its id. It holds no secret.
type Run struct {
	ID       string    `json:"id"` // "r" and 8 characters
	Kind     RunKind   `json:"kind"`
	Host     HostID    `json:"host,omitempty"`
	HostName string    `json:"host_name,omitempty"`
	URL      string    `json:"url,omitempty"`        // of the host, as it was dialled
	Public   string    `json:"public_url,omitempty"` // as its users reach it
	Provider string    `json:"provider,omitempty"`
	Batches  []BatchID `json:"batches,omitempty"`
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended,omitzero"` // zero: it goes on, or its process died
	Command  string    `json:"command,omitempty"`
	By       Operator  `json:"by,omitzero"`   // who asked for it
	Console  Build     `json:"console"`       // evidence: which cnrelay it was
	Seen     HostFacts `json:"seen,omitzero"` // evidence: which host it was; zero if it wasn't reached
	// State is how it came out, in the words of what it was: a BatchState, an AccessState, a DriftStatus.
	State string `json:"state,omitempty"`
	Class Class  `json:"class,omitempty"` // of its worst finding
	Error string `json:"error,omitempty"`
	// Exchanges counts those that are kept; Dropped those that are not, because there were too many or the time to
	// keep them was over.
	Exchanges int `json:"exchanges"`
	Dropped   int `json:"dropped,omitempty"`

	Outcome *Outcome       `json:"outcome,omitempty"`  // of imports and rollbacks
	Access  []AccessResult `json:"access,omitempty"`   // of access checks
	Plans   []AccessPlan   `json:"plans,omitempty"`    // of access previews
	Drift   []DriftOutcome `json:"drift,omitempty"`    // of reconcile runs, one a batch
	Stages  []StageResult  `json:"stages,omitempty"`   // of acceptance
	File    string         `json:"file,omitempty"`     // of exports: where it was written
	Digest  string         `json:"sha256,omitempty"`   // of what was written
	Probed  []Finding      `json:"findings,omitempty"` // of probes
}

// Key is the run's place among all: newest first.
func (r Run) Key() string {
	return fmt.Sprintf("%020d-%s", math.MaxInt64-r.Started.UnixNano(), r.ID)
}

// Outcome is how a batch stood when a run ended.
type Outcome struct {
	State    BatchState   `json:"state"`
	Passed   int          `json:"passed"`
	Access   AccessResult `json:"access"`
	Findings []Finding    `json:"findings,omitempty"`
	Kept     []Kept       `json:"kept,omitempty"`
}

// DriftOutcome is how one batch's reconcile run came out.
type DriftOutcome struct {
	ID     string      `json:"id"`
	Batch  BatchID     `json:"batch"`
	Status DriftStatus `json:"status"`
	Digest string      `json:"digest,omitempty"` // of what was found: that of another run is the same if it found the same
}

// AccessPlan is whether one mode's access could work now, by its preconditions. No completion is asked for.
type AccessPlan struct {
	Mode   AccessMode `json:"mode"`
	Batch  BatchID    `json:"batch"`
	Checks []Check    `json:"checks"`
}

// Available tells whether every precondition holds.
func (a AccessPlan) Available() bool {
	for _, c := range a.Checks {
		if !c.OK {
			return false
		}
	}
	return true
}

// AccountState is an account as its host lists it.
type AccountState struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Serves bool   `json:"serves"`
	Why    string `json:"why,omitempty"` // out of traffic, in the host's words
	Ours   bool   `json:"ours"`
}
