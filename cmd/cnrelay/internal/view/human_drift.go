package view

import (
	"strings"

	"cnrelay/core"
)

// HumanDrifts shows reconcile runs as text.
type HumanDrifts struct{ *printer }

var _ Drifts = (*HumanDrifts)(nil)

// List implements [Drifts].
func (v *HumanDrifts) List(runs []core.DriftRun) {
	if len(runs) == 0 {
		v.line(0, v.say("drift.none"))
		return
	}
	v.driftRuns(runs)
}

// driftRuns is a line a run.
func (p *printer) driftRuns(runs []core.DriftRun) {
	for _, r := range runs {
		p.raw(cell(r.ID, 15) + cell(r.HostName, 12) + cell(r.Provider, 12) + cell(p.w.Name(r.Status), 12) + stamp(r.At))
	}
}

// Run implements [Drifts].
func (v *HumanDrifts) Run(r core.DriftRun) {
	v.blank()
	v.field(v.say("drift"), v.say("drift.line", r.ID, v.w.Name(r.Status), stamp(r.At), took(r.Took)))
	v.field(v.say("batch"), string(r.Batch)+", "+r.Provider)
	host := r.HostName
	if !r.Facts.At.IsZero() {
		host = v.say("batch.host", r.HostName, r.Facts.Version, short(r.Facts.Fingerprint), stamp(r.Facts.At))
	}
	v.field(v.say("host"), host)
	v.field(v.say("console"), v.say("batch.console", r.Build.Version, stamp(r.Build.Started)))
	if r.Error != "" {
		v.field(v.say("drift.unread"), oneLine(r.Error))
	}
	v.field(v.say("result"), v.say("drift.counts", itoa(r.Checked), itoa(len(r.Findings)), itoa(r.ProbeFailures)))
	if r.RawExtraCount > 0 {
		v.field("", v.say("drift.extra", itoa(r.RawExtraCount), itoa(r.ExtraCount), itoa(r.StaleNoiseCount)))
	}
	if r.Status == core.InSync {
		v.field("", v.say("drift.nothing"))
	}
	v.asked(r)
	if len(r.Findings) > 0 {
		v.title(v.say("drift.findings"))
	}
	for _, f := range r.Findings {
		v.found(f)
	}
	if len(r.Probes) > 0 {
		v.title(v.say("drift.probes"))
	}
	for _, f := range r.Probes {
		v.line(2, v.say("about", f.About))
		v.finding(4, f)
	}
	v.noise(r.Noise)
	v.blank()
}

// asked is what the gateway and the provider answered, if they were asked.
func (v *HumanDrifts) asked(r core.DriftRun) {
	if r.Access.State != "" {
		v.blank()
		v.access("", r.Access)
	}
	if r.Upstream != nil {
		v.field(v.say("drift.upstream"), models(v.w, r.Upstream.Models, ""))
		v.field("", completion(v.w, r.Upstream.Completion)+"  "+stamp(r.Upstream.Completion.At))
		v.field("", r.Upstream.Completion.URL)
	}
}

// found is one finding: what was recorded and is there, whose it is, and what to do next.
func (v *HumanDrifts) found(f core.DriftFinding) {
	v.line(2, v.w.Name(f.Type)+v.say("colon", resource(v.w, f.Ref.Kind, f.Name, f.Ref.ID)))
	for _, c := range f.Changes {
		v.line(4, c.Field+v.say("colon", v.say("change", value(v.w, c.Want), value(v.w, c.Have))))
	}
	what, next := v.w.Drift(f)
	v.line(4, what)
	if f.Ref.Kind != "" {
		whose := v.w.Whose(f)
		if len(f.Batches) > 0 {
			whose += v.say("aside", v.say("batch")+" "+ids(f.Batches))
		}
		v.line(4, v.say("whose", whose))
	}
	if f.Probe != nil {
		v.line(4, v.say("said", words(f.Why)))
		v.line(4, v.say("fault", v.w.Name(f.Probe.Fault)))
	}
	if len(f.Follows) > 0 {
		var with []string
		for _, r := range f.Follows {
			with = append(with, resource(v.w, r.Kind, "", r.ID))
		}
		v.line(4, v.say("drift.follows", strings.Join(with, v.say("list"))))
	}
	v.line(4, v.say("next", next))
}

// noise lists what is stale, with what to do about all of it at the end.
func (v *HumanDrifts) noise(list []core.DriftFinding) {
	if len(list) == 0 {
		return
	}
	v.title(v.say("drift.noise"))
	for _, f := range list {
		line := resource(v.w, f.Ref.Kind, f.Name, f.Ref.ID)
		if f.Why != "" {
			line += v.say("colon", words(f.Why))
		}
		v.line(2, line)
	}
	what, next := v.w.Drift(list[0])
	v.line(2, what)
	v.line(2, v.say("next", next))
}
