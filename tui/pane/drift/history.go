package drift

import (
	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core/drift"
	"cnrelay/tui/dialog"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
)

type remembered struct {
	of      target
	history drift.History
	err     error
}

// past reads how the comparisons of a batch went.
func (p *Pane) past(t target) tea.Cmd {
	return func() tea.Msg {
		h, err := p.S.Service.DriftHistory(p.S.Context, t.batch)
		return remembered{t, h, err}
	}
}

func (p *Pane) tell(m remembered) tea.Cmd {
	s := p.S
	if m.err != nil {
		return s.Failed(m.err)
	}
	of := string(m.of.batch) + ", " + m.of.provider + ", " + m.of.host
	title := func() string { return s.Say("drift.history") }
	return pane.Send(pane.Push{Screen: dialog.Read(s, title, func(width int) []string {
		return s.Page(width, func(pg *page.Page) { pg.DriftHistory(of, m.history) })
	}, "")})
}
