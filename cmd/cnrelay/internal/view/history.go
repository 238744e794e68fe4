package view

import (
	"strconv"
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// JSONHistory shows the history as lines of JSON.
type JSONHistory JSON

var _ History = (*JSONHistory)(nil)

func (v *JSONHistory) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// List implements [History].
func (v *JSONHistory) List(list []engine.Entry) {
	for _, n := range list {
		if n.Batch != nil {
			v.line("batch", n.Batch)
		} else {
			v.line("run", n.Run)
		}
	}
}

// Pruned implements [History].
func (v *JSONHistory) Pruned(p engine.Pruned) { v.line("prune", p) }

// Dropped implements [History].
func (v *JSONHistory) Dropped(p engine.Pruned) { v.line("pruned", p) }

// HumanHistory shows the history as text.
type HumanHistory struct{ *page.Page }

var _ History = (*HumanHistory)(nil)

// List implements [History].
func (v *HumanHistory) List(list []engine.Entry) {
	if len(list) == 0 {
		v.Line(0, v.Say("history.none"))
	}
	for _, n := range list {
		if b := n.Batch; b != nil {
			v.entry(page.Stamp(b.Started), v.Say("history.batch"), b.HostName, b.Provider, v.Words().Name(b.State))
			v.Line(indent, string(b.ID))
			continue
		}
		v.run(n.Run)
	}
}

func (v *HumanHistory) run(r *core.Run) {
	state := v.Words().Outcome(r.Kind, r.State)
	if r.Ended.IsZero() {
		state = v.Say("history.open")
	}
	v.entry(page.Stamp(r.Started), v.Words().Name(r.Kind), r.HostName, r.Provider, state)
	var about []string
	for _, id := range r.Batches {
		about = append(about, string(id))
	}
	if r.Class != "" {
		about = append(about, string(r.Class))
	}
	switch {
	case r.Dropped > 0:
		about = append(about, v.Say("history.thin", strconv.Itoa(r.Exchanges), strconv.Itoa(r.Dropped)))
	case r.Exchanges > 0:
		about = append(about, v.Say("history.kept", strconv.Itoa(r.Exchanges)))
	}
	for _, line := range []string{strings.Join(about, v.Say("list")), r.File, page.OneLine(r.Error)} {
		if line != "" {
			v.Line(indent, line)
		}
	}
}

const indent = 22 // under what was done

func (v *HumanHistory) entry(at, kind, host, provider, state string) {
	v.Raw(page.Cell(at, indent) + page.Cell(kind, 16) + page.Cell(host, 12) + page.Cell(provider, 12) + state)
}

// Pruned implements [History].
func (v *HumanHistory) Pruned(p engine.Pruned) {
	if p.Runs == 0 {
		v.Line(0, v.Say("prune.nothing", page.Stamp(p.Before)))
		return
	}
	v.Line(0, v.Say("prune.means", page.Stamp(p.Before), strconv.Itoa(p.Exchanges), strconv.Itoa(p.Runs), strconv.Itoa(p.Gone), strconv.Itoa(p.Held)))
	v.Line(0, v.Say("prune.stays"))
}

// Dropped implements [History].
func (v *HumanHistory) Dropped(p engine.Pruned) {
	v.Line(0, v.Say("prune.done", strconv.Itoa(p.Exchanges), strconv.Itoa(p.Gone)))
}
