package page

import (
	"time"

	"cnrelay/core"
)

// AlertRole is how much an alert asks for attention.
func AlertRole(s core.AlertState) Role {
	switch s {
	case core.AlertFiring, core.AlertFlapping:
		return Bad
	case core.AlertPending:
		return Warn
	}
	return Good
}

// Alert is an alert: when it came to its state, where, and why.
func (p *Page) Alert(a core.Alert) { p.Tell(0, p.alert(a), AlertRole(a.State)) }

// AlertLine is the same on one line, however long: a stream has a line for each.
func (p *Page) AlertLine(a core.Alert) { p.put(p.alert(a), AlertRole(a.State)) }

func (p *Page) alert(a core.Alert) string {
	where := a.HostName
	if a.Provider != "" {
		where += "/" + a.Provider
	}
	if a.State == core.AlertOK {
		return p.Say("alert.plain", Stamp(a.Since), where, p.words.Name(a.Kind), p.words.Name(a.State))
	}
	return p.Say("alert.line", Stamp(a.Since), where, p.words.Name(a.Kind), p.words.Name(a.State), OneLine(p.words.Cause(a.Cause)))
}

// AlertDetail says since when an alert fails, whether it is silenced, and what tells of it in full.
func (p *Page) AlertDetail(a core.Alert, silences []core.Silence) {
	well := p.Say("alert.never")
	if !a.Well.IsZero() {
		well = Stamp(a.Well)
	}
	p.Line(2, p.Say("alert.why", Stamp(a.Failing), Stamp(a.Seen), well))
	for _, s := range silences {
		if s.Covers(a, time.Now()) {
			p.Line(2, p.Say("alert.silenced", Stamp(s.Until), s.Reason))
		}
	}
	if a.Cause.Run != "" {
		p.Line(2, p.Say("alert.full", a.Cause.Run))
	}
}
