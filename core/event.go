package core

import "time"

// EventType says what an event tells.
type EventType string

// The events of a run, in the order in which they can come.
const (
	EventStarted  EventType = "started"
	EventPlanned  EventType = "planned"
	EventPhase    EventType = "phase"
	EventIntent   EventType = "intent"   // about to be sent
	EventResult   EventType = "result"   // done, failed, unknown or skipped: see State
	EventProgress EventType = "progress" // an account test's words as they come; not kept
	EventVerdict  EventType = "verdict"  // an account passed, failed or is inconclusive
	EventProbe    EventType = "probe"    // models list, completion
	EventHook     EventType = "hook"
	EventKept     EventType = "kept" // by a rollback
	EventFinished EventType = "finished"
)

// Event is one thing that happened in a run. All but progress are committed before they are
// published, so that a screen never shows what the journal doesn't know. Seq counts from 1 within a
// run, without gaps among the kept ones; progress repeats the Seq before it.
type Event struct {
	Run        BatchID       `json:"run"`
	Seq        uint64        `json:"seq"`
	At         time.Time     `json:"at"`
	Host       HostID        `json:"host"`
	Type       EventType     `json:"type"`
	Phase      Phase         `json:"phase,omitempty"`
	Step       string        `json:"step,omitempty"`
	Kind       Kind          `json:"kind,omitempty"`
	Verb       Verb          `json:"verb,omitempty"`
	Name       string        `json:"name,omitempty"`
	ID         int64         `json:"id,omitempty"`
	State      string        `json:"state,omitempty"` // a StepState; a finished run's BatchState; a kept thing's reason
	Verdict    Verdict       `json:"verdict,omitempty"`
	Text       string        `json:"text,omitempty"` // sanitised words of host or upstream, hook output
	Took       time.Duration `json:"took,omitempty"`
	Models     *ModelList    `json:"models,omitempty"`
	Completion *Completion   `json:"completion,omitempty"`
	Access     AccessState   `json:"access,omitempty"`
	Finding    *Finding      `json:"finding,omitempty"`
	// By is who asked for what started or stopped; what lies between was done for the one who started it.
	By *Operator `json:"by,omitempty"`
}
