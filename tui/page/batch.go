package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// BatchHead is which batch it is, how it stands, and on what evidence.
func (p *Page) BatchHead(b engine.BatchDetail) {
	p.BatchTitle(b.ID, b.Provider, b.State, b.Started, b.Ended)
	p.Field(p.Say("host"), p.Say("batch.host", b.HostName, b.HostSeen.Version, Short(b.HostSeen.Fingerprint), Stamp(b.HostSeen.At)))
	p.Field(p.Say("console"), p.Say("batch.console", b.Console.Version, Stamp(b.Console.Started)))
	if b.By.Name != "" {
		p.Field(p.Say("operator"), p.Operator(b.By))
	}
	p.Field(p.Say("access"), p.words.Name(b.Request.Access)+"  "+p.words.Name(cmp.Or(b.Access.State, core.AccessUnchecked))+"  "+Stamp(b.Access.At))
}

// BatchTitle is a batch's name and how it stands.
func (p *Page) BatchTitle(id core.BatchID, provider string, state core.BatchState, started, ended time.Time) {
	p.State(p.Say("batch"), p.Say("batch.line", string(id), provider, p.words.Name(state), Stamp(started)), batchRole(state))
	p.Field("", p.Say("batch.ended", Stamp(ended)))
}

func batchRole(s core.BatchState) Role {
	switch s {
	case core.BatchSucceeded:
		return Good
	case core.BatchPartial, core.BatchInterrupted:
		return Warn
	case core.BatchFailed:
		return Bad
	case core.BatchRolledBack:
		return Dim
	}
	return Plain
}

func verdictRole(v core.Verdict) Role {
	switch v {
	case core.Passed:
		return Good
	case core.Failed:
		return Bad
	}
	return Warn
}

// Accounts are a batch's accounts: how each did, and why it failed.
func (p *Page) Accounts(b engine.BatchDetail) {
	n := map[core.Verdict]int{}
	for _, a := range b.Accounts {
		n[a.Verdict]++
	}
	p.Field(p.Say("accounts"), p.Say("accounts.count", itoa(n[core.Passed]), itoa(n[core.Failed]), itoa(n[core.Inconclusive])))
	for _, a := range b.Accounts {
		where := p.Say("account.outside")
		if a.Attached {
			where = p.Say("account.attached")
		}
		p.Mark("  "+pad(p.words.Name(a.Verdict), labelColumn-2), verdictRole(a.Verdict), labelColumn, Resource(p.words, "", a.Name, a.ID)+p.Say("aside", where))
		if a.Verdict != core.Passed {
			p.Finding(labelColumn+2, a.Finding)
		}
	}
}

// Proof is what the gateway answered users of a batch, and why it failed.
func (p *Page) Proof(b engine.BatchDetail) {
	if b.Access.State == "" || b.Access.State == core.AccessUnchecked {
		return
	}
	p.Blank()
	p.Access(b.Plan.Smoke.Model, b.Access)
	for _, f := range accessFindings(b) {
		p.Line(labelColumn, p.Say("about", f.About))
		p.Finding(labelColumn+2, f)
	}
}

// Summary is what came of an import.
func (p *Page) Summary(h core.Host, b engine.BatchDetail) {
	p.State(p.Say("result"), p.Say("result.line", string(b.ID), p.words.Name(b.State), h.Name, Stamp(b.Ended)), batchRole(b.State))
	p.Accounts(b)
	p.Proof(b)
	p.howTo(h, b)
}

// accessFindings are those of a batch that aren't about one of its accounts.
func accessFindings(b engine.BatchDetail) []core.Finding {
	return slices.DeleteFunc(slices.Clone(b.Findings), func(f core.Finding) bool {
		return slices.ContainsFunc(b.Accounts, func(a core.AccountResult) bool { return a.Name == f.About })
	})
}

// howTo says how the access is used, taken back or gone on with.
func (p *Page) howTo(h core.Host, b engine.BatchDetail) {
	ready := b.Access.State == core.SubscriptionReady || b.Access.State == core.SelfServiceReady
	undone := b.State == core.BatchRolledBack
	if ready && !undone {
		p.Title(p.Say("use.key"))
		p.Command("  cnrelay access key --host " + h.Name + " --provider " + b.Provider + " --access " + string(b.Access.Mode) + " > key.txt")
		p.Command("  CNRELAY_KEY=$(cat key.txt)")
		p.Command("  curl " + h.PublicURL + "/v1/chat/completions \\")
		p.Command("    -H \"Authorization: Bearer $CNRELAY_KEY\" \\")
		p.Command("    -H 'Content-Type: application/json' \\")
		p.Command("    -d '{\"model\":\"" + b.Plan.Smoke.Model + "\",")
		p.Command("         \"messages\":[{\"role\":\"user\",\"content\":\"ping\"}]}'")
	}
	p.Blank()
	if b.Phase != "rollback" && b.State != core.BatchSucceeded {
		p.Line(0, p.Say("use.resume"))
		p.Command("  cnrelay batch resume " + string(b.ID))
	}
	if !undone {
		p.Line(0, p.Say("use.rollback"))
		p.Command("  cnrelay batch rollback " + string(b.ID))
		return
	}
	p.Line(0, p.Say("undone", Stamp(b.Ended)))
	p.Kept(b.Kept)
}

// Timeline is a batch's plan with how far each step got, and how long it took.
func (p *Page) Timeline(b engine.BatchDetail) {
	if len(b.Plan.Steps) == 0 {
		return
	}
	p.Title(p.Say("batch.steps"))
	for _, s := range b.Plan.Steps {
		rec := b.Steps[s.ID]
		role, state := Dim, p.Say("step.waiting")
		switch rec.State {
		case core.StepDone:
			role = Good
		case core.StepFailed:
			role = Bad
		case core.StepUnknown, core.StepIntent:
			role = Warn
		}
		if rec.State != "" {
			state = p.words.Name(rec.State)
		}
		line := strings.TrimSpace(Action(p.words, s.Verb, s.ID) + " " + Resource(p.words, s.Kind, s.Name, rec.Ref.ID))
		if took := rec.At.Sub(rec.Sent); rec.State == core.StepDone && !rec.Sent.IsZero() && took > 0 {
			line += p.Say("aside", Took(took))
		}
		p.Mark("  "+pad(state, labelColumn-2), role, labelColumn, line)
		if rec.Error != "" {
			p.Tell(labelColumn+2, rec.Error, Bad)
		}
	}
}
