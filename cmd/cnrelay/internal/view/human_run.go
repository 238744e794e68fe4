package view

import (
	"cnrelay/core"
	"cnrelay/tui/page"
)

// humanRun shows a run line by line.
type humanRun struct {
	page.Run
	undo bool // a rollback
}

// Interrupted implements [Run].
func (v *humanRun) Interrupted(batch core.BatchID) {
	v.Blank()
	v.Line(0, v.Say("interrupted"))
	if !v.undo {
		v.Command("  cnrelay batch resume " + string(batch))
	}
	v.Command("  cnrelay batch rollback " + string(batch))
	v.Blank()
}
