package view

import (
	"strconv"

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
		return
	}
	for _, n := range list {
		if n.Batch != nil {
			b := n.Batch
			v.entry(page.Stamp(b.Started), v.Say("history.batch"), b.HostName, b.Provider, v.Words().Name(b.State))
			v.under(string(b.ID), "", "")
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
	kept := ""
	switch {
	case r.Dropped > 0:
		kept = v.Say("history.thin", strconv.Itoa(r.Exchanges), strconv.Itoa(r.Dropped))
	case r.Exchanges > 0:
		kept = v.Say("history.kept", strconv.Itoa(r.Exchanges))
	}
	batches := ""
	for i, id := range r.Batches {
		if i > 0 {
			batches += " "
		}
		batches += string(id)
	}
	v.under(batches, string(r.Class), kept)
	if r.File != "" {
		v.Line(22, r.File)
	}
	if r.Error != "" {
		v.Tell(22, page.OneLine(r.Error), page.Bad)
	}
}

func (v *HumanHistory) entry(at, kind, host, provider, state string) {
	v.Raw(page.Cell(at, 22) + page.Cell(kind, 16) + page.Cell(host, 12) + page.Cell(provider, 12) + state)
}

// under is a second line: what it was about, how bad, what is kept.
func (v *HumanHistory) under(parts ...string) {
	line := ""
	for _, part := range parts {
		if part != "" && line != "" {
			line += v.Say("list")
		}
		line += part
	}
	if line != "" {
		v.Line(22, line)
	}
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
