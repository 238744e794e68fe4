package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
)

// HumanImports shows imports as text.
type HumanImports struct{ humanRun }

var _ Imports = (*HumanImports)(nil)

// Started implements [Imports].
func (v *HumanImports) Started(h core.Host, batch core.BatchID) {
	v.Blank()
	v.Line(0, v.Say("run.started", string(batch), h.Name))
}

// Summary implements [Imports].
func (v *HumanImports) Summary(h core.Host, b engine.BatchDetail) {
	v.Blank()
	v.Page.Summary(h, b)
	v.Blank()
}
