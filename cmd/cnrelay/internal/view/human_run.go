package view

import (
	"strconv"
	"strings"

	"cnrelay/core"
)

// humanRun shows a run line by line, each with its time and host.
type humanRun struct {
	*printer
	undo bool   // a rollback
	day  string // of the line before
}

// head starts a line of a run. The date is said when it changes.
func (v *humanRun) head(host core.Host, ev core.Event) string {
	if day := ev.At.UTC().Format("2006-01-02"); day != v.day {
		v.day = day
		v.raw(v.say("run.date", day, host.Name, host.URL))
	}
	return clock(ev.At) + " " + host.Name + "  "
}

// Event implements [Run].
func (v *humanRun) Event(host core.Host, ev core.Event) {
	if ev.Type == core.EventProgress {
		if text := oneLine(ev.Text); text != "" {
			v.line(6, v.say("run.progress", ev.Name, text))
		}
		return
	}
	lead := v.head(host, ev)
	indent := min(len(lead)+2, 24)
	switch ev.Type {
	case core.EventStarted:
		what := v.say("run.import")
		if ev.Text != "" {
			what = v.say("run." + ev.Text)
		}
		v.hang(lead, indent, what)
	case core.EventIntent, core.EventResult:
		v.outcome(lead, indent, ev)
	case core.EventVerdict:
		v.hang(lead, indent, v.say("run.verdict", v.w.Name(ev.Verdict), resource(v.w, ev.Kind, ev.Name, ev.ID), took(ev.Took)))
		if ev.Finding != nil && ev.Verdict != core.Passed {
			v.finding(indent, *ev.Finding)
		}
	case core.EventProbe:
		v.probe(lead, indent, ev)
	case core.EventHook:
		v.hang(lead, indent, v.say("run.hook", ev.Name, strconv.FormatInt(ev.ID, 10)))
		for line := range strings.Lines(ev.Text) {
			v.line(indent, "| "+strings.TrimRight(line, "\n"))
		}
	case core.EventKept:
		k := core.Kept{Name: ev.Name, Reason: ev.State, Detail: ev.Text}
		v.hang(lead, indent, v.say("run.kept", resource(v.w, ev.Kind, ev.Name, ev.ID), v.w.Kept(k)))
	case core.EventFinished:
		v.hang(lead, indent, v.say("run.finished", v.w.Name(core.BatchState(ev.State))))
		if ev.Text != "" {
			v.line(indent, ev.Text)
		}
	case core.EventPhase, core.EventPlanned:
		v.hang(lead, indent, v.w.Name(ev.Phase))
	}
}

// outcome is an intent, or what became of it.
func (v *humanRun) outcome(lead string, indent int, ev core.Event) {
	subject := resource(v.w, ev.Kind, ev.Name, ev.ID)
	if ev.Kind == "" { // a step of the run itself, a hook
		subject = ev.Step
	}
	state := core.StepState(ev.State)
	line := v.w.Name(state) + v.say("colon", strings.TrimSpace(action(v.w, ev.Verb, ev.Step)+" "+subject))
	if ev.Took > 0 {
		line += v.say("aside", took(ev.Took))
	}
	v.hang(lead, indent, line)
	if ev.Text != "" {
		v.line(indent, ev.Text)
	}
}

// probe is what the gateway answered a user.
func (v *humanRun) probe(lead string, indent int, ev core.Event) {
	v.hang(lead, indent, v.say("run.probe", ev.Name, v.w.Name(ev.Access)))
	if ev.Models != nil {
		v.line(indent, v.say("models")+v.say("colon", models(v.w, *ev.Models, "")))
	}
	if ev.Completion != nil {
		v.line(indent, v.say("completion")+v.say("colon", completion(v.w, *ev.Completion)))
	}
	if ev.Finding != nil {
		v.finding(indent, *ev.Finding)
	}
}

// Interrupted implements [Run].
func (v *humanRun) Interrupted(batch core.BatchID) {
	v.blank()
	v.line(0, v.say("interrupted"))
	if !v.undo {
		v.raw("  cnrelay batch resume " + string(batch))
	}
	v.raw("  cnrelay batch rollback " + string(batch))
	v.blank()
}
