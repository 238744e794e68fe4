package view

import (
	"cnrelay/core"
	"cnrelay/tui/page"
)

// humanRun shows a run line by line.
type humanRun struct {
	page.Run
	on []string // the commands that go on, or back, when it was interrupted
}

// Interrupted implements [Run].
func (v *humanRun) Interrupted(batch core.BatchID) {
	v.Blank()
	v.Line(0, v.Say("interrupted"))
	for _, command := range v.on {
		v.Command("  cnrelay " + command + " " + string(batch))
	}
	v.Blank()
}
