package page

import (
	"cnrelay/core"
	"cnrelay/core/engine"
)

// Access is one mode's proof: when, by which addresses, and what came back.
func (p *Page) Access(smoke string, a core.AccessResult) {
	p.State(p.Say("access"), p.words.Name(a.State)+"  "+Stamp(a.At), accessRole(a.State))
	if a.State == core.AccessUnchecked {
		return
	}
	p.Field(p.Say("user"), a.User)
	p.Field(p.Say("models"), Models(p.words, a.Models, smoke))
	p.Field("", a.Models.URL)
	p.Field(p.Say("completion"), Completion(p.words, a.Completion))
	p.Field("", a.Completion.URL)
	if a.Completion.Content != "" {
		p.State(p.Say("preview"), Quoted(a.Completion.Content), Quote)
	}
	if a.ServedBy != 0 {
		p.Field(p.Say("served_by"), Resource(p.words, core.Account, "", a.ServedBy))
	}
}

func accessRole(s core.AccessState) Role {
	switch s {
	case core.SubscriptionReady, core.SelfServiceReady:
		return Good
	case core.AccessBroken:
		return Bad
	}
	return Dim
}

// AccessPlan is whether one mode's access could work now, by its preconditions.
func (p *Page) AccessPlan(a core.AccessPlan) {
	state, role := p.Say("access.available"), Good
	if !a.Available() {
		state, role = p.Say("access.unavailable"), Bad
	}
	p.State(p.Say("access"), p.words.Name(a.Mode)+p.Say("colon", state)+p.Say("aside", p.Say("batch")+" "+string(a.Batch)), role)
	p.Checks(a.Checks)
}

// AccessReport is one mode's access now, with the accounts that serve it.
func (p *Page) AccessReport(r engine.AccessReport) {
	p.Access("", r.Access)
	p.Field(p.Say("batch"), string(r.Batch))
	for _, f := range r.Findings {
		p.Finding(labelColumn, f)
	}
	p.States(r.Accounts)
}

// States lists accounts as their host lists them now.
func (p *Page) States(list []core.AccountState) {
	serving := 0
	for _, s := range list {
		if s.Serves {
			serving++
		}
	}
	p.Field(p.Say("accounts"), p.Say("accounts.serving", itoa(serving), itoa(len(list))))
	for _, s := range list {
		mark, role := p.Say("account.serves"), Good
		if !s.Serves {
			mark, role = p.Say("account.out"), Bad
		}
		line := Resource(p.words, "", s.Name, s.ID)
		if !s.Ours {
			line += p.Say("aside", p.Say("account.foreign"))
		}
		if s.Why != "" {
			line += p.Say("colon", Quoted(s.Why))
		}
		p.Mark(pad("  "+mark, labelColumn), role, labelColumn, line)
	}
}

// Upstream is what a provider answered one key.
func (p *Page) Upstream(r engine.UpstreamReport) {
	p.Field(p.Say("models"), Models(p.words, r.Models, ""))
	p.Field("", r.Models.URL)
	p.Field(p.Say("completion"), Completion(p.words, r.Completion))
	p.Field("", r.Completion.URL+"  "+Stamp(r.Completion.At))
	if r.Completion.Content != "" {
		p.State(p.Say("preview"), Quoted(r.Completion.Content), Quote)
	}
	if r.FromHost != nil {
		p.Field(p.Say("from_host"), Models(p.words, *r.FromHost, ""))
	}
	p.Finding(labelColumn, r.Finding)
}
