package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui/dialog"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
)

const (
	noticeStays = 6 * time.Second
	noticesKept = 50
)

// notice is something that was said.
type notice struct {
	at      time.Time
	text    string
	bad     bool
	passing bool
}

// notices are what was said, the latest last.
type notices struct {
	list  []notice
	shown int // number of the notice on screen, counted from 1; 0: none
	count int
}

// forgotten takes a notice off the screen.
type forgotten struct{ n int }

func (n *notices) add(now time.Time, m pane.Notice) tea.Cmd {
	if m.Text == "" {
		return nil
	}
	n.list = append(n.list, notice{now, m.Text, m.Bad, m.Passing})
	n.list = n.list[max(0, len(n.list)-noticesKept):]
	n.count++
	n.shown = n.count
	stays, id := noticeStays, n.count
	if m.Bad {
		stays *= 2
	}
	return tea.Tick(stays, func(time.Time) tea.Msg { return forgotten{id} })
}

func (n *notices) forget(f forgotten) {
	if n.shown == f.n {
		n.shown = 0
	}
}

// pass takes what was only true until now off the screen.
func (n *notices) pass() {
	if now, shown := n.current(); shown && now.passing {
		n.shown = 0
	}
}

func (n *notices) current() (notice, bool) {
	if n.shown == 0 {
		return notice{}, false
	}
	return n.list[len(n.list)-1], true
}

// history shows everything that was said, the latest first.
func (a *App) history() pane.Screen {
	lines := func(width int) []string {
		return a.s.Page(width, func(p *page.Page) {
			if len(a.notes.list) == 0 {
				p.Line(0, a.s.Say("notices.none"))
			}
			for i := len(a.notes.list) - 1; i >= 0; i-- {
				n := a.notes.list[i]
				role := page.Plain
				if n.bad {
					role = page.Bad
				}
				p.Mark(page.Clock(n.at)+" ", page.Dim, 11, "")
				p.Tell(2, n.text, role)
			}
		})
	}
	return dialog.Read(a.s, func() string { return a.s.Say("action.notices") }, lines, "")
}
