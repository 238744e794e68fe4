// Package drift is the pane of what has changed on the hosts since it was recorded.
package drift

import (
	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui/comp/table"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
)

// Pane shows drift.
type Pane struct{ pane.List }

var _ pane.Pane = (*Pane)(nil)

// New makes the pane.
func New(s *pane.Session) *Pane {
	p := &Pane{}
	p.List = pane.List{S: s, Name: "drift", Own: keys.Drift, Detail: func(string, int) []string { return nil }}
	p.Init(table.Column{Min: 10})
	return p
}

// Load implements [pane.Pane].
func (p *Pane) Load() tea.Cmd { return nil }

// Update implements [pane.Screen].
func (p *Pane) Update(tea.Msg) tea.Cmd { return nil }
