package page

import (
	"errors"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// Failure says what went wrong, where, whose fault it is and what to do next.
func (p *Page) Failure(err error) { p.trouble(p.Say("error"), Bad, err) }

// Warning says the same of what is no obstacle.
func (p *Page) Warning(err error) { p.trouble(p.Say("warning"), Warn, err) }

func (p *Page) trouble(label string, as Role, err error) {
	if _, ok := errors.AsType[*engine.BlockedError](err); ok {
		p.Tell(0, label+p.Say("error.blocked"), as)
		return
	}
	e, ok := errors.AsType[*core.Error](err)
	if !ok {
		p.Tell(0, label+err.Error(), as)
		return
	}
	what := e.What
	if e.Stage != "" {
		what = e.Stage + ": " + what
	}
	if e.Host != "" {
		what = e.Host + ": " + what
	}
	p.Tell(0, label+what, as)
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
