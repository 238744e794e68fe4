package tui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui/dialog"
	"cnrelay/tui/page"
)

// quit ends the session. While this process works on a batch it asks first: the run would be interrupted, and
// could be resumed later. Nobody misses one of a simulation.
func (a *App) quit() tea.Cmd {
	running := a.s.Service.Running()
	if len(running) == 0 || a.s.Banner != "" || a.s.Guest {
		return tea.Quit
	}
	for _, s := range a.over {
		if q, ok := s.(*dialog.Question); ok && q.About == "quit" {
			return nil // asked already
		}
	}
	lines := func(width int) []string {
		return a.s.Page(width, func(p *page.Page) {
			p.Line(0, a.s.Say("quit.running", strings.TrimSpace(page.IDs(running))))
			p.Line(0, a.s.Say("quit.means"))
		})
	}
	q := dialog.Ask(a.s, a.s.Say("action.quit"), "", lines, func() tea.Cmd { return tea.Quit })
	q.About = "quit"
	return a.push(q)
}
