package view

import (
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// HumanStatus shows what is known as text.
type HumanStatus struct{ *page.Page }

var _ Status = (*HumanStatus)(nil)

// Hosts implements [Status].
func (v *HumanStatus) Hosts(list []engine.HostStatus) {
	if len(list) == 0 {
		v.Line(0, v.Say("host.none"))
		return
	}
	for _, s := range list {
		v.Blank()
		v.Host(s.Host)
		v.Lost(s.Host)
		if len(s.Providers) == 0 {
			v.Field(v.Say("provider"), v.Say("provider.none"))
		}
		for _, p := range s.Providers {
			v.Blank()
			v.Provider(p)
		}
	}
}
