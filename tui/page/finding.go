package page

import "cnrelay/core"

// Finding says what a failure means, whose fault it is, in whose words, and what to do next.
func (p *Page) Finding(indent int, f core.Finding) {
	what, next := p.words.Class(f)
	if f.Class == core.Ready {
		p.Tell(indent, string(f.Class)+p.Say("colon", what), Good)
		return
	}
	p.Tell(indent, string(f.Class)+p.Say("colon", what), Bad)
	p.Line(indent, p.Say("whose", p.words.Name(f.Fault))+p.Say("aside", p.words.Stage(f.Stage)+p.at(f)))
	if f.Words != "" {
		status := ""
		if f.Status != 0 {
			status = p.Say("aside", "HTTP "+itoa(f.Status))
		}
		p.Tell(indent, p.Say("said", Quoted(f.Words))+status, Quote)
	}
	for _, stage := range f.Missing {
		p.Line(indent, p.Say("finding.missing", p.words.Stage(stage)))
	}
	p.Line(indent, p.Say("next", next))
}

func (p *Page) at(f core.Finding) string {
	if f.At.IsZero() {
		return ""
	}
	return p.Say("list") + Stamp(f.At)
}

// Checks lists preconditions: those that hold, then those that don't, with what to do.
func (p *Page) Checks(list []core.Check) {
	for _, c := range list {
		what, next := p.words.Check(c)
		p.Verdict(2, c.OK, what)
		if next != "" {
			p.Line(7, p.Say("next", next))
		}
	}
}

// Verdict is a line that begins with whether it is well.
func (p *Page) Verdict(indent int, ok bool, what string) {
	mark, role := p.Say("check.ok"), Good
	if !ok {
		mark, role = p.Say("check.bad"), Bad
	}
	p.Mark(Cell("", indent)+Cell(mark, 5), role, indent+5, what)
}
