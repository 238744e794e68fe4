package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
)

// HumanRollbacks shows rollbacks as text.
type HumanRollbacks struct{ humanRun }

var _ Rollbacks = (*HumanRollbacks)(nil)

// Preview implements [Rollbacks].
func (v *HumanRollbacks) Preview(p engine.RollbackPreview) {
	v.blank()
	v.host(p.Host)
	v.field(v.say("batch"), v.say("batch.line", string(p.Batch.ID), p.Batch.Provider, v.w.Name(p.Batch.State), stamp(p.Batch.Started)))
	if len(p.Plan.Steps) == 0 {
		v.title(v.say("undo.nothing"))
	} else {
		v.title(v.say("undo.plan"))
	}
	for _, s := range p.Plan.Steps {
		v.step(s)
	}
	v.kept(p.Plan.Kept)
	for _, name := range p.Plan.Lost {
		v.line(2, v.say("undo.lost", name))
	}
	v.blank()
}

// Shared implements [Rollbacks].
func (v *HumanRollbacks) Shared(_ core.Host, batches []core.BatchID, steps []core.Step) {
	v.line(0, v.say("undo.shared", ids(batches)))
	for _, s := range steps {
		v.step(s)
	}
	v.blank()
}

// kept lists what a rollback leaves, and why.
func (p *printer) kept(list []core.Kept) {
	if len(list) == 0 {
		return
	}
	p.line(0, p.say("undo.kept"))
	for _, k := range list {
		p.hang("    ", 6, resource(p.w, k.Ref.Kind, k.Name, k.Ref.ID)+p.say("colon", p.w.Kept(k)))
	}
}

// Report implements [Rollbacks].
func (v *HumanRollbacks) Report(h core.Host, b engine.BatchDetail) {
	v.blank()
	v.field(v.say("result"), v.say("result.line", string(b.ID), v.w.Name(b.State), h.Name, stamp(b.Ended)))
	v.kept(b.Kept)
	switch {
	case b.State == core.BatchRolledBack && len(b.Kept) == 0:
		v.line(0, v.say("undo.all"))
	case b.State == core.BatchRolledBack:
	default:
		v.line(0, v.say("undo.resume"))
		v.raw("  cnrelay batch rollback " + string(b.ID))
	}
	v.blank()
}
