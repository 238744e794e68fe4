package page

import (
	"strings"

	"cnrelay/core"
)

// DriftRuns is a line a run; where there is no room for whose it is, only how it ended and when.
func (p *Page) DriftRuns(runs []core.DriftRun) {
	for _, r := range runs {
		of := Cell(r.HostName, 12) + Cell(r.Provider, 12)
		if p.width < 72 {
			of = ""
		}
		p.Raw(Cell(r.ID, 15) + of + Cell(p.words.Name(r.Status), 12) + Stamp(r.At))
	}
}

// DriftRun is one reconcile run in full.
func (p *Page) DriftRun(r core.DriftRun) {
	p.State(p.Say("drift"), p.Say("drift.line", r.ID, p.words.Name(r.Status), Stamp(r.At), Took(r.Took)), driftRole(r.Status))
	if r.Looks > 1 {
		p.Field("", p.Say("drift.looks", itoa(r.Looks), Stamp(r.Since)))
	}
	p.Field(p.Say("batch"), string(r.Batch)+", "+r.Provider)
	host := r.HostName
	if !r.Facts.At.IsZero() {
		host = p.Say("batch.host", r.HostName, r.Facts.Version, Short(r.Facts.Fingerprint), Stamp(r.Facts.At))
	}
	p.Field(p.Say("host"), host)
	p.Field(p.Say("console"), p.Say("batch.console", r.Build.Version, Stamp(r.Build.Started)))
	if r.Error != "" {
		p.Field(p.Say("drift.unread"), OneLine(r.Error))
	}
	p.Field(p.Say("result"), p.Say("drift.counts", itoa(r.Checked), itoa(len(r.Findings)), itoa(r.ProbeFailures)))
	if r.RawExtraCount > 0 {
		p.Field("", p.Say("drift.extra", itoa(r.RawExtraCount), itoa(r.ExtraCount), itoa(r.StaleNoiseCount)))
	}
	if r.Status == core.InSync {
		p.Field("", p.Say("drift.nothing"))
	}
	p.asked(r)
	if len(r.Findings) > 0 {
		p.Title(p.Say("drift.findings"))
	}
	for _, f := range r.Findings {
		p.found(f)
	}
	if len(r.Probes) > 0 {
		p.Title(p.Say("drift.probes"))
	}
	for _, f := range r.Probes {
		p.Line(2, p.Say("about", f.About))
		p.Finding(4, f)
	}
	p.noise(r.Noise)
}

func driftRole(s core.DriftStatus) Role {
	switch s {
	case core.InSync:
		return Good
	case core.Drifted:
		return Bad
	}
	return Warn
}

// asked is what the gateway and the provider answered, if they were asked.
func (p *Page) asked(r core.DriftRun) {
	if r.Access.State != "" {
		p.Blank()
		p.Access("", r.Access)
	}
	if r.Upstream != nil {
		p.Field(p.Say("drift.upstream"), Models(p.words, r.Upstream.Models, ""))
		p.Field("", Completion(p.words, r.Upstream.Completion)+"  "+Stamp(r.Upstream.Completion.At))
		p.Field("", r.Upstream.Completion.URL)
	}
}

// found is one finding: what was recorded and is there, whose it is, and what to do next.
func (p *Page) found(f core.DriftFinding) {
	role := Warn
	if f.Type.Differs() {
		role = Bad
	}
	p.Tell(2, p.words.Name(f.Type)+p.Say("colon", Resource(p.words, f.Ref.Kind, f.Name, f.Ref.ID)), role)
	for _, c := range f.Changes {
		p.Line(4, c.Field+p.Say("colon", p.Say("change", Value(p.words, c.Want), Value(p.words, c.Have))))
	}
	what, next := p.words.Drift(f)
	p.Line(4, what)
	if f.Ref.Kind != "" {
		whose := p.words.Whose(f)
		if len(f.Batches) > 0 {
			whose += p.Say("aside", p.Say("batch")+" "+IDs(f.Batches))
		}
		p.Line(4, p.Say("whose", whose))
	}
	if f.Probe != nil {
		p.Tell(4, p.Say("said", Quoted(f.Why)), Quote)
		p.Line(4, p.Say("fault", p.words.Name(f.Probe.Fault)))
	}
	if len(f.Follows) > 0 {
		var with []string
		for _, r := range f.Follows {
			with = append(with, Resource(p.words, r.Kind, "", r.ID))
		}
		p.Line(4, p.Say("drift.follows", strings.Join(with, p.Say("list"))))
	}
	p.Line(4, p.Say("next", next))
}

// noise lists what is stale, with what to do about all of it at the end.
func (p *Page) noise(list []core.DriftFinding) {
	if len(list) == 0 {
		return
	}
	p.Title(p.Say("drift.noise"))
	for _, f := range list {
		line := Resource(p.words, f.Ref.Kind, f.Name, f.Ref.ID)
		if f.Why != "" {
			line += p.Say("colon", Quoted(f.Why))
		}
		p.Line(2, line)
	}
	what, next := p.words.Drift(list[0])
	p.Line(2, what)
	p.Line(2, p.Say("next", next))
}
