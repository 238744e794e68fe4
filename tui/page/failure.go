package page

import (
	"errors"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// Failure says what went wrong, where, whose fault it is and what to do next.
func (p *Page) Failure(err error) { p.trouble(p.Say("error"), Bad, err) }

// Warning says the same of what is no obstacle.
func (p *Page) Warning(err error) { p.trouble(p.Say("warning"), Warn, err) }

// trouble hangs the words under the label: of whatever somebody else said, no line begins where ours do.
func (p *Page) trouble(label string, as Role, err error) {
	say := func(what string) { p.hang(label, as, ansi.StringWidth(label), what, as) }
	if _, ok := errors.AsType[*engine.BlockedError](err); ok {
		say(p.Say("error.blocked"))
		return
	}
	e, ok := errors.AsType[*core.Error](err)
	if !ok {
		say(err.Error())
		return
	}
	what := e.What
	if e.Stage != "" {
		what = e.Stage + ": " + what
	}
	if e.Host != "" {
		what = e.Host + ": " + what
	}
	say(what)
	if e.MayHaveHappened {
		p.Line(2, p.Say("error.uncertain"))
	}
	if e.Fault != "" && e.Fault != core.FaultOperator {
		p.Line(2, p.Say("whose", p.words.Name(e.Fault)))
	}
	if e.Next != "" {
		p.Line(2, p.Say("next", e.Next))
	}
}
