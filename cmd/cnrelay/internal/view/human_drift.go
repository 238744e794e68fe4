package view

import (
	"cnrelay/core"
	"cnrelay/core/drift"
	"cnrelay/tui/page"
)

// HumanDrifts shows reconcile runs as text.
type HumanDrifts struct{ *page.Page }

var _ Drifts = (*HumanDrifts)(nil)

// List implements [Drifts].
func (v *HumanDrifts) List(runs []core.DriftRun) {
	if len(runs) == 0 {
		v.Line(0, v.Say("drift.none"))
		return
	}
	v.DriftRuns(runs)
}

// History implements [Drifts].
func (v *HumanDrifts) History(b core.Batch, h drift.History) {
	v.Blank()
	v.DriftHistory(string(b.ID)+", "+b.Provider+", "+b.HostName, h)
	v.Blank()
}

// Run implements [Drifts].
func (v *HumanDrifts) Run(r core.DriftRun) {
	v.Blank()
	v.DriftRun(r)
	v.Blank()
}
