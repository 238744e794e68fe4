package view

import (
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
)

// HumanImports shows imports as text.
type HumanImports struct{ humanRun }

var _ Imports = (*HumanImports)(nil)

// Preview implements [Imports].
func (v *HumanImports) Preview(p engine.Preview) {
	v.host(p.Host)
	v.request(p)
	v.plan(p.Plan)
	if len(p.Plan.Checks) > 0 {
		v.title(v.say("plan.checks"))
		v.checks(p.Plan.Checks)
	}
	if len(p.Plan.Notes)+len(p.Pack.Notes) > 0 {
		v.title(v.say("plan.notes"))
		for _, n := range p.Plan.Notes {
			v.hang("  · ", 4, v.w.Note(n))
		}
		for _, n := range p.Pack.Notes {
			v.hang("  · ", 4, v.say("plan.pack_note", n))
		}
	}
	v.blank()
}

// request says what was asked for, with the defaults that were filled in.
func (v *HumanImports) request(p engine.Preview) {
	r := p.Request
	v.blank()
	v.field(v.say("provider"), v.say("provider.pack", p.Pack.ID, v.called(p.Pack.Name), p.Pack.Source, short(p.Pack.Digest)))
	v.field("", v.say("provider.route", p.Plan.Endpoint.ID, p.Plan.Endpoint.Base, string(p.Plan.Protocol), p.Plan.Platform))
	v.field("", v.say("provider.smoke", p.Plan.Smoke.Model))
	v.field(v.say("keys"), v.say("keys.list", itoa(len(r.Keys)), keys(v.w, r.Keys)))
	v.field(v.say("access"), v.say("access.request", v.w.Name(r.Access), v.users(r), number(r.Rate)))
	if r.Access == core.AccessSubscription {
		v.field("", v.say("access.days", itoa(r.Days)))
	}
	if r.ForSale {
		v.field("", v.say("access.for_sale", number(r.Price)))
	}
	visibility := v.say("access.exclusive")
	if r.Public {
		visibility = v.say("access.public")
	}
	v.field("", visibility)
	if r.Hook != "" {
		v.field(v.say("hook"), r.Hook)
	}
}

func (v *HumanImports) users(r core.ImportRequest) string {
	if len(r.Users) > 0 {
		return strings.Join(r.Users, ", ")
	}
	return v.say("users.managed", itoa(max(1, r.Managed)))
}

// plan lists the steps by phase, each as symbol and word, with the fields that change.
func (v *HumanImports) plan(p core.ImportPlan) {
	if p.Writes() == 0 {
		v.title(v.say("plan.nothing"))
	} else {
		v.title(v.say("plan", itoa(p.Writes())))
	}
	for _, phase := range phases {
		head := false
		for _, s := range p.Steps {
			if s.Phase != phase {
				continue
			}
			if !head {
				head = true
				v.line(2, v.w.Name(phase))
			}
			v.step(s)
		}
	}
}

// phases in the order in which they run.
var phases = []core.Phase{core.PhaseFoundation, core.PhaseStage, core.PhaseAttach, core.PhaseAccess, core.PhaseProve, core.PhasePublish, core.PhaseRetire}

// step is one step of a plan.
func (p *printer) step(s core.Step) {
	line := resource(p.w, s.Kind, s.Name, s.Ref.ID)
	if why := p.w.Reason(s.Reason); why != "" {
		line += p.say("aside", why)
	}
	p.hang("    "+cell(action(p.w, s.Verb, s.ID), 11), 15, line)
	for _, c := range s.Change {
		p.line(17, c.Field+p.say("colon", p.say("change", value(p.w, c.Have), value(p.w, c.Want))))
	}
	if len(s.Change) > 0 || s.Verb != core.Update {
		return
	}
	for _, field := range sortedKeys(s.Fields) {
		to := value(p.w, s.Fields[field])
		if before, known := s.Before[field]; known {
			to = p.say("change", value(p.w, before), to)
		}
		p.line(17, field+p.say("colon", to))
	}
}

// differences say in what a plan is not the one that was reviewed.
func (p *printer) differences(list []plan.Difference) {
	word := func(v any) string {
		verb, ok := v.(core.Verb)
		if !ok {
			return value(p.w, v)
		}
		return p.w.Name(verb)
	}
	for _, d := range list {
		about := d.About
		switch about {
		case plan.AboutPack, plan.AboutHost, plan.AboutVerb, plan.AboutID, plan.AboutMade, plan.AboutOther, plan.AboutCheck:
			about = p.say("stale." + about)
		}
		of := ""
		switch {
		case d.Kind != "":
			of = resource(p.w, d.Kind, d.Name, 0) + p.say("list")
		case d.Check != nil:
			what, _ := p.w.Check(*d.Check)
			of = what + p.say("list")
		}
		p.line(2, of+about+p.say("colon", p.say("change", word(d.Was), word(d.Is))))
	}
}

func sortedKeys(f core.Fields) []string {
	var out []string
	for k := range f {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Started implements [Imports].
func (v *HumanImports) Started(h core.Host, batch core.BatchID) {
	v.blank()
	v.line(0, v.say("run.started", string(batch), h.Name))
}

// Summary implements [Imports].
func (v *HumanImports) Summary(h core.Host, b engine.BatchDetail) {
	v.blank()
	v.field(v.say("result"), v.say("result.line", string(b.ID), v.w.Name(b.State), h.Name, stamp(b.Ended)))
	v.accounts(b)
	if b.Access.State != "" && b.Access.State != core.AccessUnchecked {
		v.blank()
		v.access(b.Plan.Smoke.Model, b.Access)
		for _, f := range accessFindings(b) {
			v.line(labelColumn, v.say("about", f.About))
			v.finding(labelColumn+2, f)
		}
	}
	v.howTo(h, b)
	v.blank()
}

func (v *HumanImports) accounts(b engine.BatchDetail) {
	n := map[core.Verdict]int{}
	for _, a := range b.Accounts {
		n[a.Verdict]++
	}
	v.field(v.say("accounts"), v.say("accounts.count", itoa(n[core.Passed]), itoa(n[core.Failed]), itoa(n[core.Inconclusive])))
	for _, a := range b.Accounts {
		where := v.say("account.outside")
		if a.Attached {
			where = v.say("account.attached")
		}
		v.hang(cell("", 2)+pad(v.w.Name(a.Verdict), labelColumn-2), labelColumn, resource(v.w, "", a.Name, a.ID)+v.say("aside", where))
		if a.Verdict != core.Passed {
			v.finding(labelColumn+2, a.Finding)
		}
	}
}

// accessFindings are those of a batch that aren't about one of its accounts.
func accessFindings(b engine.BatchDetail) []core.Finding {
	return slices.DeleteFunc(slices.Clone(b.Findings), func(f core.Finding) bool {
		return slices.ContainsFunc(b.Accounts, func(a core.AccountResult) bool { return a.Name == f.About })
	})
}

// howTo says how the access is used, taken back or gone on with.
func (v *HumanImports) howTo(h core.Host, b engine.BatchDetail) {
	ready := b.Access.State == core.SubscriptionReady || b.Access.State == core.SelfServiceReady
	undone := b.State == core.BatchRolledBack
	if ready && !undone {
		v.title(v.say("use.key"))
		v.raw("  cnrelay access key --host " + h.Name + " --provider " + b.Provider + " --access " + string(b.Access.Mode) + " > key.txt")
		v.raw("  CNRELAY_KEY=$(cat key.txt)")
		v.raw("  curl " + h.PublicURL + "/v1/chat/completions \\")
		v.raw("    -H \"Authorization: Bearer $CNRELAY_KEY\" \\")
		v.raw("    -H 'Content-Type: application/json' \\")
		v.raw("    -d '{\"model\":\"" + b.Plan.Smoke.Model + "\",")
		v.raw("         \"messages\":[{\"role\":\"user\",\"content\":\"ping\"}]}'")
	}
	v.blank()
	if b.Phase != "rollback" && b.State != core.BatchSucceeded {
		v.line(0, v.say("use.resume"))
		v.raw("  cnrelay batch resume " + string(b.ID))
	}
	if !undone {
		v.line(0, v.say("use.rollback"))
		v.raw("  cnrelay batch rollback " + string(b.ID))
	} else {
		v.undone(b)
	}
}

// undone says that a batch was rolled back, and what that left.
func (p *printer) undone(b engine.BatchDetail) {
	p.line(0, p.say("undone", stamp(b.Ended)))
	p.kept(b.Kept)
}
