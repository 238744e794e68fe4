package bundle

import (
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// Part is what a stage of a run is called.
type Part string

// The parts that come out well or not, in the order in which they happen.
const (
	PartImport        Part = "import"
	PartAccounts      Part = "accounts"
	PartAccessPreview Part = "access_preview"
	PartModels        Part = "gateway_models"
	PartCompletion    Part = "gateway_completion"
	PartUpstream      Part = "upstream_completion"
	PartReconcile     Part = "reconcile"
	PartRollback      Part = "rollback"
)

// Standing is how a part came out.
type Standing string

// The standings.
const (
	Well    Standing = "passed"
	Partly  Standing = "partly"
	Badly   Standing = "failed"
	NotSeen Standing = "not_seen"
)

// Stage is one part and how it came out, at its latest.
type Stage struct {
	Part     Part          `json:"stage"`
	Standing Standing      `json:"result"`
	At       time.Time     `json:"at,omitzero"`
	Took     float64       `json:"took_ms,omitempty"`
	State    string        `json:"state,omitempty"` // in core's own word, where it has one
	Status   int           `json:"status,omitempty"`
	Finding  *core.Finding `json:"finding,omitempty"`
	Error    string        `json:"error,omitempty"`
}

func stagesOf(e engine.Evidence, latest core.AccessResult) []Stage {
	models, completion := accessStages(latest)
	return []Stage{importStage(e), accountsStage(e), previewStage(e), models, completion, upstreamStage(e), reconcileStage(e), rollbackStage(e)}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// importStage is how the latest import or resumed import ended.
func importStage(e engine.Evidence) Stage {
	s := Stage{Part: PartImport, Standing: NotSeen}
	for _, r := range e.Runs {
		if (r.Kind != core.RunImport && r.Kind != core.RunResume) || r.Outcome == nil {
			continue
		}
		s.At, s.Took, s.State, s.Standing = r.Ended, ms(r.Ended.Sub(r.Started)), string(r.Outcome.State), Badly
		switch r.Outcome.State {
		case core.BatchSucceeded:
			s.Standing = Well
		case core.BatchPartial:
			s.Standing = Partly
		}
		s.Finding = nil
		if len(r.Outcome.Findings) > 0 {
			s.Finding = &r.Outcome.Findings[0]
		}
	}
	return s
}

func accountsStage(e engine.Evidence) Stage {
	s := Stage{Part: PartAccounts, Standing: NotSeen}
	passed := 0
	for i, a := range e.Batch.Accounts {
		if a.Test.At.After(s.At) {
			s.At = a.Test.At
		}
		if a.Verdict == core.Passed {
			passed++
		} else if s.Finding == nil {
			s.Finding = &e.Batch.Accounts[i].Finding
		}
	}
	switch n := len(e.Batch.Accounts); {
	case n == 0:
	case passed == n:
		s.Standing = Well
	case passed > 0:
		s.Standing = Partly
	default:
		s.Standing = Badly
	}
	if s.At.IsZero() {
		s.At = e.Batch.Ended
	}
	return s
}

func previewStage(e engine.Evidence) Stage {
	s := Stage{Part: PartAccessPreview, Standing: NotSeen}
	if p, r, ok := latestPlan(e); ok {
		s.At, s.Took, s.Standing = r.Ended, ms(r.Ended.Sub(r.Started)), Well
		if !p.Available() {
			s.Standing = Badly
		}
	}
	return s
}

func latestPlan(e engine.Evidence) (core.AccessPlan, core.Run, bool) {
	for _, r := range slices.Backward(e.Runs) {
		for _, p := range r.Plans {
			if p.Batch == e.Batch.ID {
				return p, r, true
			}
		}
	}
	return core.AccessPlan{}, core.Run{}, false
}

func accessStages(a core.AccessResult) (models, completion Stage) {
	models = Stage{Part: PartModels, Standing: NotSeen, At: a.Models.At, Took: ms(a.Models.Latency), Status: a.Models.Status}
	completion = Stage{Part: PartCompletion, Standing: NotSeen, At: a.Completion.At, Took: ms(a.Completion.Latency), Status: a.Completion.Status}
	find := func(stage string) *core.Finding {
		if i := slices.IndexFunc(a.Findings, func(f core.Finding) bool { return f.Stage == stage }); i >= 0 {
			return &a.Findings[i]
		}
		return nil
	}
	if !a.Models.At.IsZero() {
		models.Standing, models.Finding = Well, find(string(PartModels))
		if !a.Models.OK() || models.Finding != nil {
			models.Standing = Badly
		}
	}
	if !a.Completion.At.IsZero() {
		completion.Standing = Well
		if !a.Completion.Answered() || a.State == core.AccessBroken && models.Standing == Well {
			completion.Standing = Badly
			for i := range a.Findings {
				if completion.Finding == nil && a.Findings[i].Stage != string(PartModels) {
					completion.Finding = &a.Findings[i]
				}
			}
		}
	}
	return models, completion
}

func upstreamStage(e engine.Evidence) Stage {
	_, c := latestUpstream(e)
	s := Stage{Part: PartUpstream, Standing: NotSeen, At: c.At, Took: ms(c.Latency), Status: c.Status}
	switch {
	case c.At.IsZero():
	case c.Answered():
		s.Standing = Well
	default:
		s.Standing = Badly
	}
	return s
}

func reconcileStage(e engine.Evidence) Stage {
	s := Stage{Part: PartReconcile, Standing: NotSeen}
	if len(e.Drift) == 0 {
		return s
	}
	d := e.Drift[len(e.Drift)-1]
	s.At, s.Took, s.State, s.Error, s.Standing = d.At, ms(d.Took), string(d.Status), d.Error, Badly
	switch d.Status {
	case core.InSync:
		s.Standing = Well
	case core.Degraded:
		s.Standing = Partly
	}
	return s
}

// rollbackStage is how the latest rollback ended: what others changed or use is kept on purpose.
func rollbackStage(e engine.Evidence) Stage {
	s := Stage{Part: PartRollback, Standing: NotSeen}
	for _, r := range e.Runs {
		if r.Kind != core.RunRollback {
			continue
		}
		s.At, s.Took, s.State, s.Standing, s.Error = r.Ended, ms(r.Ended.Sub(r.Started)), r.State, Badly, r.Error
		if r.Outcome != nil && r.Outcome.State == core.BatchRolledBack {
			s.Standing = Well
			if len(r.Outcome.Kept) > 0 {
				s.Standing = Partly
			}
		}
	}
	return s
}
