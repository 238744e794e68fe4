package page

import "cnrelay/core"

// Stage is one stage of an acceptance run: how it came out, whose fault it is if it failed, and what was seen besides.
func (p *Page) Stage(s core.StageResult) {
	role := Dim
	switch s.State {
	case core.StagePassed:
		role = Good
	case core.StageFailed:
		role = Bad
	}
	line := p.words.Name(s.Stage)
	if s.Took > 0 && s.State != core.StageSkipped {
		line += p.Say("aside", Took(s.Took))
	}
	p.Mark("  "+pad(p.words.Name(s.State), labelColumn-2), role, labelColumn, line)
	if s.Error != "" {
		p.Tell(labelColumn+2, OneLine(s.Error), Bad)
	}
	if s.Finding != nil {
		p.Finding(labelColumn+2, *s.Finding)
	}
	for _, n := range s.Notes {
		p.Line(labelColumn+2, p.words.Note(n))
	}
}

// Acceptance is how a whole run came out.
func (p *Page) Acceptance(a core.Acceptance) {
	failed, bad := a.Failed()
	switch {
	case len(a.Stages) < len(core.Stages):
		p.State(p.Say("result"), p.Say("acceptance.stopped"), Warn)
		if a.Batch != "" {
			p.Command("  cnrelay batch rollback " + string(a.Batch))
		}
	case bad:
		p.State(p.Say("result"), p.Say("acceptance.failed", a.HostName, p.words.Name(failed.Stage)), Bad)
	default:
		p.State(p.Say("result"), p.Say("acceptance.passed", a.HostName), Good)
	}
}
