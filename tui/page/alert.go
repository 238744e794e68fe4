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

// Alert is an alert in a line: when it came to its state, where, and why.
func (p *Page) Alert(a core.Alert) {
	where := a.HostName
	if a.Provider != "" {
		where += "/" + a.Provider
	}
	line := p.Say("alert.plain", Stamp(a.Since), where, p.words.Name(a.Kind), p.words.Name(a.State))
	if a.State != core.AlertOK {
		line = p.Say("alert.line", Stamp(a.Since), where, p.words.Name(a.Kind), p.words.Name(a.State), OneLine(p.words.Cause(a.Cause)))
	}
	p.Tell(0, line, AlertRole(a.State))
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
