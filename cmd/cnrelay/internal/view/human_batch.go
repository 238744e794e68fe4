package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// HumanBatches shows batches and the ledger as text.
type HumanBatches struct{ humanRun }

var _ Batches = (*HumanBatches)(nil)

// List implements [Batches].
func (v *HumanBatches) List(list []core.Batch) {
	if len(list) == 0 {
		v.Line(0, v.Say("batch.none"))
		return
	}
	w := v.Words()
	for _, b := range list {
		v.Raw(page.Cell(string(b.ID), 11) + page.Cell(b.HostName, 12) + page.Cell(b.Provider, 12) + page.Cell(w.Name(b.State), 20) + page.Stamp(b.Started))
		if b.Access.State != "" && b.Access.State != core.AccessUnchecked {
			v.Line(11, v.Say("access")+v.Say("colon", w.Name(b.Access.State)+"  "+page.Stamp(b.Access.At)))
		}
	}
}

// Shown implements [Batches].
func (v *HumanBatches) Shown(b engine.BatchDetail, runs []core.DriftRun, events []core.Event) {
	v.BatchHead(b)
	v.Accounts(b)
	v.Proof(b)
	if len(b.Kept) > 0 {
		v.Blank()
		v.Kept(b.Kept)
	}
	if len(runs) > 0 {
		v.Title(v.Say("drift.runs"))
		v.DriftRuns(runs)
	}
	v.Title(v.Say("batch.events"))
	host := core.Host{ID: b.Host, Name: b.HostName, URL: string(b.Host)}
	for _, ev := range events {
		v.Event(host, ev)
	}
}

// Resources implements [Batches].
func (v *HumanBatches) Resources(h core.Host, list []core.Resource) {
	v.Host(h)
	v.Page.Resources(list)
}
