package core

import "time"

// Stage is a part of the acceptance chain.
type Stage string

// The stages, in their order.
const (
	StagePreview       Stage = "preview"
	StageImport        Stage = "import"
	StageAccessPreview Stage = "access_preview"
	StageAccessStatus  Stage = "access_status"
	StageGateway       Stage = "gateway"
	StageDrift         Stage = "drift"
	StageRollback      Stage = "rollback"
	StageRestored      Stage = "restored"
)

// Stages are all, in their order.
var Stages = []Stage{StagePreview, StageImport, StageAccessPreview, StageAccessStatus, StageGateway, StageDrift, StageRollback, StageRestored}

// StageState is how a stage came out.
type StageState string

// The states.
const (
	StagePassed  StageState = "passed"
	StageFailed  StageState = "failed"
	StageSkipped StageState = "skipped" // what it needs did not pass, or it was not asked for
)

// StageResult is one stage of an acceptance run.
type StageResult struct {
	Stage   Stage         `json:"stage"`
	State   StageState    `json:"state"`
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took"`
	Finding *Finding      `json:"finding,omitempty"` // whose fault it is, where that is known
	Error   string        `json:"error,omitempty"`   // for operators
	Notes   []Note        `json:"notes,omitempty"`   // what was seen besides, and fails nothing
}

// Acceptance is the whole chain on one host: import, proof, comparison, rollback, and the proof that the host is as
// before.
type Acceptance struct {
	Run      string        `json:"run"`
	Host     HostID        `json:"host"`
	HostName string        `json:"host_name"`
	Provider string        `json:"provider"`
	Access   AccessMode    `json:"access"`
	Batch    BatchID       `json:"batch,omitempty"` // none if the preview failed
	Stages   []StageResult `json:"stages"`
}

// Passed tells whether no stage failed, and the chain came to its end.
func (a Acceptance) Passed() bool {
	_, failed := a.Failed()
	return !failed && len(a.Stages) == len(Stages)
}

// Failed is the first stage that failed.
func (a Acceptance) Failed() (StageResult, bool) {
	for _, s := range a.Stages {
		if s.State == StageFailed {
			return s, true
		}
	}
	return StageResult{}, false
}
