package page

import (
	"errors"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/tui/text"
)

// Failure says what went wrong, where, whose fault it is and what to do next.
func (p *Page) Failure(err error) { p.trouble(p.Say("error"), Bad, err) }

// Brief is a failure on one line.
func Brief(w text.Words, err error) string {
	var lines []string
	New(w, 1<<16, func(line string) { lines = append(lines, strings.TrimSpace(line)) }, nil).Failure(err)
	return strings.Join(lines, "  ")
}

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
		say(p.words.Failure(err.Error()))
		return
	}
	what := p.words.Failure(e.What)
	if e.Stage != "" {
		what = p.words.During(e.Stage) + p.Say("colon", what)
	}
	if e.Host != "" {
		what = e.Host + p.Say("colon", what)
	}
	say(what)
	if stale, ok := errors.AsType[*engine.StaleError](err); ok {
		p.differences(stale.Differences)
	}
	if e.MayHaveHappened {
		p.Line(2, p.Say("error.uncertain"))
	}
	if e.Fault != "" && e.Fault != core.FaultOperator {
		p.Line(2, p.Say("whose", p.words.Name(e.Fault)))
	}
	if e.Next != "" {
		p.Line(2, p.Say("next", p.words.Failure(e.Next)))
	}
}

// differences say in what a plan is not the one that was reviewed.
func (p *Page) differences(list []plan.Difference) {
	word := func(v any) string {
		if verb, ok := v.(core.Verb); ok {
			return p.words.Name(verb)
		}
		return Value(p.words, v)
	}
	for _, d := range list {
		about := d.About
		switch about {
		case plan.AboutPack, plan.AboutHost, plan.AboutVerb, plan.AboutID, plan.AboutMade, plan.AboutOther, plan.AboutCheck:
			about = p.Say("stale." + about)
		}
		of := ""
		switch {
		case d.Kind != "":
			of = Resource(p.words, d.Kind, d.Name, 0) + p.Say("list")
		case d.Check != nil:
			what, _ := p.words.Check(*d.Check)
			of = what + p.Say("list")
		}
		p.Line(2, of+about+p.Say("colon", p.Say("change", word(d.Was), word(d.Is))))
	}
}
