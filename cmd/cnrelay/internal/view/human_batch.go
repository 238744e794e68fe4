package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
)

// HumanBatches shows batches and the ledger as text.
type HumanBatches struct{ humanRun }

var _ Batches = (*HumanBatches)(nil)

// List implements [Batches].
func (v *HumanBatches) List(list []core.Batch) {
	if len(list) == 0 {
		v.line(0, v.say("batch.none"))
		return
	}
	for _, b := range list {
		v.raw(cell(string(b.ID), 11) + cell(b.HostName, 12) + cell(b.Provider, 12) + cell(v.w.Name(b.State), 20) + stamp(b.Started))
		if b.Access.State != "" && b.Access.State != core.AccessUnchecked {
			v.line(11, v.say("access")+v.say("colon", v.w.Name(b.Access.State)+"  "+stamp(b.Access.At)))
		}
	}
}

// Shown implements [Batches].
func (v *HumanBatches) Shown(b engine.BatchDetail, runs []core.DriftRun, events []core.Event) {
	v.field(v.say("batch"), v.say("batch.line", string(b.ID), b.Provider, v.w.Name(b.State), stamp(b.Started)))
	v.field("", v.say("batch.ended", stamp(b.Ended)))
	v.field(v.say("host"), v.say("batch.host", b.HostName, b.HostSeen.Version, short(b.HostSeen.Fingerprint), stamp(b.HostSeen.At)))
	v.field(v.say("console"), v.say("batch.console", b.Console.Version, stamp(b.Console.Started)))
	v.field(v.say("access"), v.w.Name(b.Request.Access)+"  "+v.w.Name(b.Access.State)+"  "+stamp(b.Access.At))
	for _, a := range b.Accounts {
		v.field(v.say("account"), resource(v.w, "", a.Name, a.ID)+v.say("colon", v.w.Name(a.Verdict)))
		if a.Verdict != core.Passed {
			v.finding(labelColumn, a.Finding)
		}
	}
	for _, f := range accessFindings(b) {
		v.finding(labelColumn, f)
	}
	if b.Access.State != "" && b.Access.State != core.AccessUnchecked {
		v.blank()
		v.access(b.Plan.Smoke.Model, b.Access)
	}
	if len(b.Kept) > 0 {
		v.blank()
		v.kept(b.Kept)
	}
	if len(runs) > 0 {
		v.title(v.say("drift.runs"))
		v.driftRuns(runs)
	}
	v.title(v.say("batch.events"))
	host := core.Host{ID: b.Host, Name: b.HostName, URL: string(b.Host)}
	for _, ev := range events {
		v.Event(host, ev)
	}
}

// Resources implements [Batches].
func (v *HumanBatches) Resources(h core.Host, list []core.Resource) {
	v.host(h)
	if len(list) == 0 {
		v.title(v.say("resources.none"))
		return
	}
	v.title(v.say("resources", itoa(len(list))))
	for _, r := range list {
		line := resource(v.w, r.Ref.Kind, r.Name, r.Ref.ID)
		if r.Verdict != "" {
			line += v.say("aside", v.w.Name(r.Verdict))
		}
		v.hang("  "+cell(v.w.Name(r.Origin), 11), 13, line)
		v.line(13, r.Provider+", "+v.w.Name(r.Mode)+", "+v.say("batch")+" "+ids(r.Batches)+", "+stamp(r.CreatedAt))
	}
}
