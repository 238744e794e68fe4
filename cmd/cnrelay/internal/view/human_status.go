package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
)

// HumanStatus shows what is known as text.
type HumanStatus struct{ *printer }

var _ Status = (*HumanStatus)(nil)

// Hosts implements [Status].
func (v *HumanStatus) Hosts(list []engine.HostStatus) {
	if len(list) == 0 {
		v.line(0, v.say("host.none"))
		return
	}
	for _, s := range list {
		v.blank()
		v.host(s.Host)
		if len(s.Providers) == 0 {
			v.field(v.say("provider"), v.say("provider.none"))
		}
		for _, p := range s.Providers {
			v.blank()
			v.field(v.say("provider"), p.Provider+v.say("colon", v.w.Name(p.State)))
			v.field(v.say("batches"), ids(p.Batches))
			if p.State == engine.ProviderAbsent {
				continue
			}
			v.field(v.say("accounts"), v.say("accounts.count", itoa(p.Accounts[core.Passed]), itoa(p.Accounts[core.Failed]), itoa(p.Accounts[core.Inconclusive])))
			for _, a := range p.Access {
				v.access("", a)
			}
		}
	}
}
