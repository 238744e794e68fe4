package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// HumanRollbacks shows rollbacks as text.
type HumanRollbacks struct{ humanRun }

var _ Rollbacks = (*HumanRollbacks)(nil)

// Preview implements [Rollbacks].
func (v *HumanRollbacks) Preview(p engine.RollbackPreview) {
	v.Blank()
	v.Undo(p)
	v.Blank()
}

// Shared implements [Rollbacks].
func (v *HumanRollbacks) Shared(_ core.Host, batches []core.BatchID, steps []core.Step) {
	v.Line(0, v.Say("undo.shared", page.IDs(batches)))
	for _, s := range steps {
		v.Step(s)
	}
	v.Blank()
}

// Report implements [Rollbacks].
func (v *HumanRollbacks) Report(h core.Host, b engine.BatchDetail) {
	v.Blank()
	v.Field(v.Say("result"), v.Say("result.line", string(b.ID), v.Words().Name(b.State), h.Name, page.Stamp(b.Ended)))
	v.Kept(b.Kept)
	switch {
	case b.State == core.BatchRolledBack && len(b.Kept) == 0:
		v.Line(0, v.Say("undo.all"))
	case b.State == core.BatchRolledBack:
	default:
		v.Line(0, v.Say("undo.resume"))
		v.Command("  cnrelay batch rollback " + string(b.ID))
	}
	v.Blank()
}
