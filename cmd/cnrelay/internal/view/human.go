package view

import (
	"errors"
	"io"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/packs"
	"cnrelay/tui/text"
)

// Human speaks plain text: what was found goes to out, what went wrong to errs.
type Human struct {
	*printer
	errs *printer
}

var _ Output = (*Human)(nil)

// NewHuman makes a face in the words' language.
func NewHuman(out, errs io.Writer, w text.Words) *Human {
	return &Human{&printer{out: out, w: w}, &printer{out: errs, w: w}}
}

// Nested implements [Output].
func (h *Human) Nested() Output { return h }

// Begin implements [Output].
func (h *Human) Begin(string) {}

// End implements [Output].
func (h *Human) End(int) {}

// Fail implements [Output].
func (h *Human) Fail(err error) {
	p := h.errs
	if faults, ok := errors.AsType[packs.Faults](err); ok {
		for _, f := range faults {
			p.raw(f.String())
		}
		return
	}
	label := p.say("error")
	if _, ok := errors.AsType[*engine.BlockedError](err); ok {
		p.line(0, label+p.say("error.blocked"))
		return
	}
	e, ok := errors.AsType[*core.Error](err)
	if !ok {
		p.line(0, label+err.Error())
		return
	}
	what := e.What
	if e.Stage != "" {
		what = e.Stage + ": " + what
	}
	if e.Host != "" {
		what = e.Host + ": " + what
	}
	p.line(0, label+what)
	if stale, ok := errors.AsType[*engine.StaleError](err); ok {
		p.differences(stale.Differences)
	}
	if e.MayHaveHappened {
		p.line(2, p.say("error.uncertain"))
	}
	if e.Fault != "" && e.Fault != core.FaultOperator {
		p.line(2, p.say("whose", p.w.Name(e.Fault)))
	}
	if e.Next != "" {
		p.line(2, p.say("next", e.Next))
	}
}

// Version implements [Output].
func (h *Human) Version(v Version) {
	line := "cnrelay " + v.Version
	if v.Commit != "" {
		line += " (" + v.Commit + ")"
	}
	h.raw(line + " " + v.Go + " " + v.System)
}

// Hosts implements [Output].
func (h *Human) Hosts() Hosts { return &HumanHosts{h.printer} }

// Packs implements [Output].
func (h *Human) Packs() Packs { return &HumanPacks{h.printer, h.errs} }

// Imports implements [Output].
func (h *Human) Imports() Imports { return &HumanImports{humanRun{printer: h.printer}} }

// Rollbacks implements [Output].
func (h *Human) Rollbacks() Rollbacks {
	return &HumanRollbacks{humanRun{printer: h.printer, undo: true}}
}

// Batches implements [Output].
func (h *Human) Batches() Batches { return &HumanBatches{humanRun{printer: h.printer}} }

// Access implements [Output].
func (h *Human) Access() Access { return &HumanAccess{h.printer} }

// Probes implements [Output].
func (h *Human) Probes() Probes { return &HumanProbes{h.printer} }

// Status implements [Output].
func (h *Human) Status() Status { return &HumanStatus{h.printer} }

// Adoption implements [Output].
func (h *Human) Adoption() Adoption { return &HumanAdoption{h.printer} }

// Demo implements [Output].
func (h *Human) Demo() Demo { return &HumanDemo{h.printer} }

// finding says what a failure means, whose fault it is, in whose words, and what to do next.
func (p *printer) finding(indent int, f core.Finding) {
	what, next := p.w.Class(f)
	p.line(indent, string(f.Class)+p.say("colon", what))
	if f.Class == core.Ready {
		return
	}
	p.line(indent, p.say("whose", p.w.Name(f.Fault))+p.say("aside", p.w.Stage(f.Stage)+p.at(f)))
	if f.Words != "" {
		status := ""
		if f.Status != 0 {
			status = p.say("aside", "HTTP "+itoa(f.Status))
		}
		p.line(indent, p.say("said", words(f.Words))+status)
	}
	for _, stage := range f.Missing {
		p.line(indent, p.say("finding.missing", p.w.Stage(stage)))
	}
	p.line(indent, p.say("next", next))
}

func (p *printer) at(f core.Finding) string {
	if f.At.IsZero() {
		return ""
	}
	return p.say("list") + stamp(f.At)
}

// checks lists preconditions: those that hold, then those that don't, with what to do.
func (p *printer) checks(list []core.Check) {
	for _, c := range list {
		what, next := p.w.Check(c)
		mark := p.say("check.ok")
		if !c.OK {
			mark = p.say("check.bad")
		}
		p.hang("  "+cell(mark, 5), 7, what)
		if next != "" {
			p.line(7, p.say("next", next))
		}
	}
}
