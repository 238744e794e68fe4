package core

import (
	"cmp"
	"strings"
	"time"
)

// AlertKind is what an alert watches.
type AlertKind string

// The kinds. A host that is down is one alert: of its providers nothing is known then.
const (
	AlertHost     AlertKind = "host_down"     // it can't be read, or is another host than it was
	AlertDrift    AlertKind = "drift"         // something differs from the ledger
	AlertDegraded AlertKind = "degraded"      // nothing differs, and yet something doesn't work, or soon won't
	AlertAccess   AlertKind = "access_broken" // a completion failed, at the gateway or at the provider
	AlertDeep     AlertKind = "deep_broken"   // completions work, and yet a stream or a tool's turn doesn't
	AlertBilling  AlertKind = "misbilled"     // a completion was free, or charged at another price
)

// AlertState is where an alert stands.
type AlertState string

// The states.
const (
	AlertOK       AlertState = "ok"
	AlertPending  AlertState = "pending" // it failed, and not yet often or long enough
	AlertFiring   AlertState = "firing"
	AlertFlapping AlertState = "flapping" // it changes its mind too often to be told of each time
)

// Alert is what became of looking at one thing again and again. It holds no secret.
type Alert struct {
	Host     HostID     `json:"host"`
	HostName string     `json:"host_name"`
	Provider string     `json:"provider,omitempty"` // "" for the host itself
	Kind     AlertKind  `json:"kind"`
	State    AlertState `json:"state"`
	// Since is when the state began; Failing when the failures did, zero while there are none.
	Since   time.Time `json:"since"`
	Failing time.Time `json:"failing,omitzero"`
	Seen    time.Time `json:"seen"`          // latest look
	Well    time.Time `json:"well,omitzero"` // latest look that found nothing
	// Failures and Successes count the looks of one outcome in a row.
	Failures  int    `json:"failures"`
	Successes int    `json:"successes"`
	History   uint32 `json:"history"` // a bit for each look, the latest lowest; 1 is a failure
	// Told is the state that was last notified; "" is none.
	Told AlertState `json:"told,omitempty"`
	// Cause is what the latest failure was.
	Cause Cause `json:"cause,omitzero"`
}

// Cause is why an alert fails: the first of what was found.
type Cause struct {
	Type  DriftType `json:"type,omitempty"`
	Name  string    `json:"name,omitempty"` // of the resource
	Class Class     `json:"class,omitempty"`
	Fault Fault     `json:"fault,omitempty"`
	Words string    `json:"words,omitempty"` // the other side's own, sanitised
	More  int       `json:"more,omitempty"`  // findings besides this one
	Run   string    `json:"run,omitempty"`   // the reconcile run that has it in full
}

// ID names an alert: host, kind and, but for the host itself, provider.
func (a Alert) ID() string {
	return strings.TrimSuffix(string(a.Host)+"/"+string(a.Kind)+"/"+a.Provider, "/")
}

// Firing tells whether operators should know of it.
func (a Alert) Firing() bool { return a.State == AlertFiring || a.State == AlertFlapping }

// Silence keeps alerts from being notified until it ends. Their states go on.
type Silence struct {
	Host     HostID    `json:"host"`
	HostName string    `json:"host_name"`
	Provider string    `json:"provider,omitempty"` // "" is the whole host
	Made     time.Time `json:"made"`
	Until    time.Time `json:"until"`
	Reason   string    `json:"reason"`
}

// ID names a silence: there is one a host and provider, and one for all of a host.
func (s Silence) ID() string { return string(s.Host) + "/" + cmp.Or(s.Provider, "*") }

// Covers tells whether a silence holds an alert back at a time.
func (s Silence) Covers(a Alert, now time.Time) bool {
	return now.Before(s.Until) && s.Host == a.Host && (s.Provider == "" || s.Provider == a.Provider)
}

// Watched is what the monitor remembers of a provider on a host: when it was asked a paid question, and what that
// came to.
type Watched struct {
	Host     HostID    `json:"host"`
	Provider string    `json:"provider"`
	Asked    time.Time `json:"asked,omitzero"`  // latest paid question
	Tried    time.Time `json:"tried,omitzero"`  // latest try to recover its accounts
	Deeper   time.Time `json:"deeper,omitzero"` // latest deeper smoke
	// Confirm: the latest completion failed, and the provider wasn't asked directly since.
	Confirm bool `json:"confirm,omitempty"`
	// Day is what Today counts, 2026-11-24 in UTC; Completions are all that were asked for by the schedule.
	Day         string `json:"day,omitempty"`
	Today       int    `json:"today"`
	Completions int    `json:"completions"`
	// Skipped is why the last turn of the paid question was left out; "" if it wasn't.
	Skipped string `json:"skipped,omitempty"`
}
