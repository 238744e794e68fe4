package hosts

import (
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

func (p *Pane) find(name string) (engine.HostStatus, bool) {
	for _, h := range p.list {
		if h.Host.Name == name {
			return h, true
		}
	}
	return engine.HostStatus{}, false
}

func (p *Pane) copied(id string) string {
	h, _ := p.find(id)
	return h.Host.PublicURL
}

// detail is everything that is known of a host, and since when.
func (p *Pane) detail(id string, width int) []string {
	h, ok := p.find(id)
	if !ok {
		return nil
	}
	return p.S.Page(width, func(pg *page.Page) {
		pg.Lost(h.Host) // first of all: what follows is old
		pg.Blank()
		pg.HostDetail(h.Host)
		if c := h.Host.Seen.Compliance; c != nil && h.Host.Seen.Has(core.FeatureChat) {
			pg.Blank()
			pg.Field(p.S.Say("compliance.document"), pg.Called(core.Text{EN: c.DocumentEN, ZH: c.DocumentZH}))
		}
		if len(h.Providers) == 0 {
			pg.Blank()
			pg.Field(p.S.Say("provider"), p.S.Say("provider.none"))
		}
		for _, v := range h.Providers {
			pg.Blank()
			pg.Provider(v)
			if s, asked := p.states[id+"/"+v.Provider]; asked {
				pg.Blank()
				pg.States(s.list)
				pg.Field("", p.S.Say("hosts.asked_at", page.Stamp(s.at)))
			}
		}
		pg.Resources(p.held[h.Host.ID])
	})
}
