package page

import (
	"strconv"
	"strings"

	"cnrelay/core"
)

// Run writes a run line by line, each with its time and host.
type Run struct {
	*Page
	day string // of the line before
}

// head starts a line of a run. The date is said when it changes.
func (p *Run) head(host core.Host, ev core.Event) string {
	if day := ev.At.UTC().Format("2006-01-02"); day != p.day {
		p.day = day
		p.Tell(0, p.Say("run.date", day, host.Name, host.URL), Dim)
	}
	return Clock(ev.At) + " " + host.Name + "  "
}

// Event writes what happened.
func (p *Run) Event(host core.Host, ev core.Event) {
	if ev.Type == core.EventProgress {
		if text := OneLine(ev.Text); text != "" {
			p.Tell(6, p.Say("run.progress", ev.Name, text), Dim)
		}
		return
	}
	lead := p.head(host, ev)
	indent := min(len(lead)+2, 24)
	say := func(s string, role Role) { p.hang(lead, Dim, indent, s, role) }
	switch ev.Type {
	case core.EventStarted:
		what := p.Say("run.import")
		if ev.Text != "" {
			what = p.Say("run." + ev.Text)
		}
		if ev.By != nil {
			what += p.Say("aside", ev.By.Name)
		}
		say(what, Plain)
	case core.EventIntent, core.EventResult:
		p.outcome(say, indent, ev)
	case core.EventVerdict:
		say(p.Say("run.verdict", p.words.Name(ev.Verdict), Resource(p.words, ev.Kind, ev.Name, ev.ID), Took(ev.Took)), verdictRole(ev.Verdict))
		if ev.Finding != nil && ev.Verdict != core.Passed {
			p.Finding(indent, *ev.Finding)
		}
	case core.EventProbe:
		p.probe(say, indent, ev)
	case core.EventHook:
		say(p.Say("run.hook", ev.Name, strconv.FormatInt(ev.ID, 10)), Plain)
		for line := range strings.Lines(ev.Text) {
			p.Line(indent, "| "+strings.TrimRight(line, "\n"))
		}
	case core.EventKept:
		k := core.Kept{Name: ev.Name, Reason: ev.State, Detail: ev.Text}
		say(p.Say("run.kept", Resource(p.words, ev.Kind, ev.Name, ev.ID), p.words.Kept(k)), Warn)
	case core.EventFinished:
		say(p.Say("run.finished", p.words.Name(core.BatchState(ev.State))), batchRole(core.BatchState(ev.State)))
		if ev.Text != "" {
			p.Line(indent, ev.Text)
		}
	case core.EventPhase, core.EventPlanned:
		say(p.words.Name(ev.Phase), Label)
	}
}

// outcome is an intent, or what became of it.
func (p *Run) outcome(say func(string, Role), indent int, ev core.Event) {
	subject := Resource(p.words, ev.Kind, ev.Name, ev.ID)
	if ev.Kind == "" { // a step of the run itself, a hook
		subject = ev.Step
	}
	state := core.StepState(ev.State)
	line := p.words.Name(state) + p.Say("colon", strings.TrimSpace(Action(p.words, ev.Verb, ev.Step)+" "+subject))
	if ev.Took > 0 {
		line += p.Say("aside", Took(ev.Took))
	}
	role := Plain
	switch state {
	case core.StepIntent:
		role = Dim
	case core.StepFailed:
		role = Bad
	case core.StepUnknown:
		role = Warn
	}
	say(line, role)
	if ev.Text != "" {
		p.Line(indent, ev.Text)
	}
}

// probe is what the gateway answered a user.
func (p *Run) probe(say func(string, Role), indent int, ev core.Event) {
	say(p.Say("run.probe", ev.Name, p.words.Name(ev.Access)), accessRole(ev.Access))
	if ev.Models != nil {
		p.Line(indent, p.Say("models")+p.Say("colon", Models(p.words, *ev.Models, "")))
	}
	if ev.Completion != nil {
		p.Line(indent, p.Say("completion")+p.Say("colon", Completion(p.words, *ev.Completion)))
	}
	if ev.Finding != nil {
		p.Finding(indent, *ev.Finding)
	}
}
