package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
)

// HumanRepairs shows repairs as text.
type HumanRepairs struct{ humanRun }

var _ Repairs = (*HumanRepairs)(nil)

// Preview implements [Repairs].
func (v *HumanRepairs) Preview(p engine.RepairPreview) {
	v.Blank()
	v.Repair(p)
	v.Blank()
}

// Report implements [Repairs].
func (v *HumanRepairs) Report(r core.DriftRun) {
	v.Blank()
	v.DriftRun(r)
	v.Blank()
}
