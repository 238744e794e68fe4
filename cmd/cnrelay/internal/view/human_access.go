package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
)

// HumanAccess shows how users reach a provider as text.
type HumanAccess struct{ *printer }

var _ Access = (*HumanAccess)(nil)

// access is one mode's proof: when, by which addresses, and what came back.
func (p *printer) access(smoke string, a core.AccessResult) {
	p.field(p.say("access"), p.w.Name(a.State)+"  "+stamp(a.At))
	p.field(p.say("user"), a.User)
	p.field(p.say("models"), models(p.w, a.Models, smoke))
	p.field("", a.Models.URL)
	p.field(p.say("completion"), completion(p.w, a.Completion))
	p.field("", a.Completion.URL)
	if a.Completion.Content != "" {
		p.field(p.say("preview"), words(a.Completion.Content))
	}
	if a.ServedBy != 0 {
		p.field(p.say("served_by"), resource(p.w, core.Account, "", a.ServedBy))
	}
}

// Plans implements [Access].
func (v *HumanAccess) Plans(h core.Host, provider string, plans []engine.AccessPlan) {
	v.host(h)
	v.field(v.say("provider"), provider)
	for _, p := range plans {
		v.blank()
		state := v.say("access.available")
		if !p.Available() {
			state = v.say("access.unavailable")
		}
		v.field(v.say("access"), v.w.Name(p.Mode)+v.say("colon", state)+v.say("aside", v.say("batch")+" "+string(p.Batch)))
		v.checks(p.Checks)
	}
}

// Reports implements [Access].
func (v *HumanAccess) Reports(h core.Host, provider string, reports []engine.AccessReport) {
	v.host(h)
	v.field(v.say("provider"), provider)
	for _, r := range reports {
		v.blank()
		v.access("", r.Access)
		v.field(v.say("batch"), string(r.Batch))
		for _, f := range r.Findings {
			v.finding(labelColumn, f)
		}
		v.states(r.Accounts)
	}
}

// Key implements [Access]: the bare value, so that it can be redirected into a file.
func (v *HumanAccess) Key(k AccessKey) { v.raw(k.Value) }

// states lists accounts as their host lists them now.
func (p *printer) states(list []engine.AccountState) {
	serving := 0
	for _, s := range list {
		if s.Serves {
			serving++
		}
	}
	p.field(p.say("accounts"), p.say("accounts.serving", itoa(serving), itoa(len(list))))
	for _, s := range list {
		mark := p.say("account.serves")
		if !s.Serves {
			mark = p.say("account.out")
		}
		line := resource(p.w, "", s.Name, s.ID)
		if !s.Ours {
			line += p.say("aside", p.say("account.foreign"))
		}
		if s.Why != "" {
			line += p.say("colon", words(s.Why))
		}
		p.hang(pad("  "+mark, labelColumn), labelColumn, line)
	}
}
