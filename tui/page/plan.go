package page

import (
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// Preview is what an import would do: where, with what, step by step, and what has to hold.
func (p *Page) Preview(v engine.Preview) {
	p.Host(v.Host)
	p.request(v)
	p.Plan(v.Plan)
	if len(v.Plan.Checks) > 0 {
		p.Title(p.Say("plan.checks"))
		p.Checks(v.Plan.Checks)
	}
	if len(v.Plan.Notes)+len(v.Pack.Notes) > 0 {
		p.Title(p.Say("plan.notes"))
		for _, n := range v.Plan.Notes {
			p.Hang("  · ", 4, p.words.Note(n))
		}
		for _, n := range v.Pack.Notes {
			p.Hang("  · ", 4, p.Say("plan.pack_note", n))
		}
	}
	p.Blank()
}

// request says what was asked for, with the defaults that were filled in.
func (p *Page) request(v engine.Preview) {
	r := v.Request
	p.Blank()
	p.Field(p.Say("provider"), p.Say("provider.pack", v.Pack.ID, p.Called(v.Pack.Name), v.Pack.Source, Short(v.Pack.Digest)))
	p.Field("", p.Say("provider.route", v.Plan.Endpoint.ID, v.Plan.Endpoint.Base, string(v.Plan.Protocol), v.Plan.Platform))
	p.Field("", p.Say("provider.smoke", v.Plan.Smoke.Model))
	p.Field(p.Say("keys"), p.Say("keys.list", itoa(len(r.Keys)), Keys(p.words, r.Keys)))
	p.Field(p.Say("access"), p.Say("access.request", p.words.Name(r.Access), p.users(r), Number(r.Rate)))
	if r.Access == core.AccessSubscription {
		p.Field("", p.Say("access.days", itoa(r.Days)))
	}
	if r.ForSale {
		p.Field("", p.Say("access.for_sale", Number(r.Price)))
	}
	visibility := p.Say("access.exclusive")
	if r.Public {
		visibility = p.Say("access.public")
	}
	p.Field("", visibility)
	if r.Hook != "" {
		p.Field(p.Say("hook"), r.Hook)
	}
}

func (p *Page) users(r core.ImportRequest) string {
	if len(r.Users) > 0 {
		return strings.Join(r.Users, ", ")
	}
	return p.Say("users.managed", itoa(max(1, r.Managed)))
}

// Plan lists the steps by phase, each as symbol and word, with the fields that change.
func (p *Page) Plan(v core.ImportPlan) {
	if v.Writes() == 0 {
		p.Title(p.Say("plan.nothing"))
	} else {
		p.Title(p.Say("plan", itoa(v.Writes())))
	}
	for _, phase := range phases {
		head := false
		for _, s := range v.Steps {
			if s.Phase != phase {
				continue
			}
			if !head {
				head = true
				p.Tell(2, p.words.Name(phase), Label)
			}
			p.Step(s)
		}
	}
}

// phases in the order in which they run.
var phases = []core.Phase{core.PhaseFoundation, core.PhaseStage, core.PhaseAttach, core.PhaseAccess, core.PhaseProve, core.PhasePublish, core.PhaseRetire}

// Step is one step of a plan.
func (p *Page) Step(s core.Step) {
	line := Resource(p.words, s.Kind, s.Name, s.Ref.ID)
	if why := p.words.Reason(s.Reason); why != "" {
		line += p.Say("aside", why)
	}
	p.Mark("    "+Cell(Action(p.words, s.Verb, s.ID), 11), verbRole(s.Verb), 15, line)
	for _, c := range s.Change {
		p.Line(17, c.Field+p.Say("colon", p.Say("change", Value(p.words, c.Have), Value(p.words, c.Want))))
	}
	if len(s.Change) > 0 || s.Verb != core.Update {
		return
	}
	for _, field := range sortedKeys(s.Fields) {
		to := Value(p.words, s.Fields[field])
		if before, known := s.Before[field]; known {
			to = p.Say("change", Value(p.words, before), to)
		}
		p.Line(17, field+p.Say("colon", to))
	}
}

func verbRole(v core.Verb) Role {
	switch v {
	case core.Create:
		return Good
	case core.Update:
		return Warn
	case core.Delete:
		return Bad
	}
	return Dim
}

func sortedKeys(f core.Fields) []string {
	var out []string
	for k := range f {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Undo is what a rollback takes back, puts back and leaves.
func (p *Page) Undo(r engine.RollbackPreview) {
	p.Host(r.Host)
	p.Field(p.Say("batch"), p.Say("batch.line", string(r.Batch.ID), r.Batch.Provider, p.words.Name(r.Batch.State), Stamp(r.Batch.Started)))
	if len(r.Plan.Steps) == 0 {
		p.Title(p.Say("undo.nothing"))
	} else {
		p.Title(p.Say("undo.plan"))
	}
	for _, s := range r.Plan.Steps {
		p.Step(s)
	}
	p.Kept(r.Plan.Kept)
	for _, name := range r.Plan.Lost {
		p.Tell(2, p.Say("undo.lost", name), Warn)
	}
}

// Repair is what a repair would do about what was found, and what it leaves.
func (p *Page) Repair(r engine.RepairPreview) {
	p.State(p.Say("drift"), p.Say("drift.line", r.Run.ID, p.words.Name(r.Run.Status), Stamp(r.Run.At), Took(r.Run.Took)), driftRole(r.Run.Status))
	p.Field(p.Say("host"), p.Say("batch.host", r.Run.HostName, r.Run.Facts.Version, Short(r.Run.Facts.Fingerprint), Stamp(r.Run.Facts.At)))
	p.Field(p.Say("batch"), string(r.Run.Batch)+", "+r.Run.Provider)
	title := "repair.nothing"
	switch {
	case len(r.Plan.Steps) == 0:
	case r.Plan.Import().Writes() == 0:
		title = "repair.accept"
	default:
		title = "repair.plan"
	}
	p.Title(p.Say(title))
	for _, s := range r.Plan.Steps {
		p.Step(s)
	}
	p.left(p.Say("repair.left"), r.Plan.Left)
}

// Kept lists what a rollback leaves, and why.
func (p *Page) Kept(list []core.Kept) { p.left(p.Say("undo.kept"), list) }

func (p *Page) left(title string, list []core.Kept) {
	if len(list) == 0 {
		return
	}
	p.Tell(0, title, Label)
	for _, k := range list {
		p.Hang("    ", 6, Resource(p.words, k.Ref.Kind, k.Name, k.Ref.ID)+p.Say("colon", p.words.Kept(k)))
	}
}
