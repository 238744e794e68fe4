package view

import (
	"errors"
	"io"
	"strings"

	"cnrelay/packs"
	"cnrelay/tui/page"
	"cnrelay/tui/text"
)

// Human speaks plain text: what was found goes to out, what went wrong to errs.
type Human struct{ p, errs *page.Page }

var _ Output = (*Human)(nil)

// NewHuman makes a face in the words' language.
func NewHuman(out, errs io.Writer, w text.Words) *Human {
	return &Human{plain(out, w, page.Width), plain(errs, w, page.Width)}
}

// NewUnwrapped makes a face that breaks no line: whatever reads it aloud does that itself.
func NewUnwrapped(out, errs io.Writer, w text.Words) *Human {
	return &Human{plain(out, w, unwrapped), plain(errs, w, unwrapped)}
}

const unwrapped = 1 << 16 // columns

// plain is a page that is printed line by line.
func plain(to io.Writer, w text.Words, width int) *page.Page {
	return page.New(w, width, func(line string) { _, _ = io.WriteString(to, line+"\n") }, nil)
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
			p.Raw(f.String())
		}
		return
	}
	p.Failure(err)
}

// Warn implements [Output].
func (h *Human) Warn(err error) { h.errs.Warning(err) }

// Version implements [Output].
func (h *Human) Version(v Version) {
	line := "cnrelay " + v.Version
	if v.Commit != "" {
		line += " (" + v.Commit + ")"
	}
	h.p.Raw(line + " " + v.Go + " " + v.System)
}

// Metrics implements [Output].
func (h *Human) Metrics(text string) {
	for line := range strings.Lines(text) {
		h.p.Raw(strings.TrimSuffix(line, "\n"))
	}
}

// Hosts implements [Output].
func (h *Human) Hosts() Hosts { return &HumanHosts{h.p} }

// Packs implements [Output].
func (h *Human) Packs() Packs { return &HumanPacks{h.p, h.errs} }

// Imports implements [Output].
func (h *Human) Imports() Imports { return &HumanImports{humanRun{Run: page.Run{Page: h.p}}} }

// Rollbacks implements [Output].
func (h *Human) Rollbacks() Rollbacks {
	return &HumanRollbacks{humanRun{Run: page.Run{Page: h.p}, undo: true}}
}

// Batches implements [Output].
func (h *Human) Batches() Batches { return &HumanBatches{humanRun{Run: page.Run{Page: h.p}}} }

// Access implements [Output].
func (h *Human) Access() Access { return &HumanAccess{h.p} }

// Probes implements [Output].
func (h *Human) Probes() Probes { return &HumanProbes{h.p} }

// Status implements [Output].
func (h *Human) Status() Status { return &HumanStatus{h.p} }

// Drifts implements [Output].
func (h *Human) Drifts() Drifts { return &HumanDrifts{h.p} }

// Alerts implements [Output].
func (h *Human) Alerts() Alerts { return &HumanAlerts{h.p} }

// Receivers implements [Output].
func (h *Human) Receivers() Receivers { return &HumanReceivers{h.p} }

// Bundles implements [Output].
func (h *Human) Bundles() Bundles { return &HumanBundles{h.p} }

// Acceptances implements [Output].
func (h *Human) Acceptances() Acceptances { return &HumanAcceptances{h.p} }

// History implements [Output].
func (h *Human) History() History { return &HumanHistory{h.p} }

// Adoption implements [Output].
func (h *Human) Adoption() Adoption { return &HumanAdoption{h.p} }

// State implements [Output].
func (h *Human) State() State { return &HumanState{h.p} }

// Demo implements [Output].
func (h *Human) Demo() Demo { return &HumanDemo{h.p} }
