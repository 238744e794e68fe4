// Package pane is what everything on the console's screen has in common: what a screen is, what it is given,
// and what it can ask the frame around it for.
//
// The rules: no IO in Update or Do, which only return commands; no change of state in a command, which only
// returns a message; a message is sent only where a method can't be called. Styles come from the session's
// theme, sizes from View, words from the session's catalog.
package pane

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/keys"
)

// Screen is what can have the operator's attention: a pane, a dialog, the guided import. It sees actions, not
// keys; only text that is typed into a field comes as it is.
type Screen interface {
	// Scopes are where keys are looked up, the innermost first.
	Scopes() []keys.Scope
	// Do does an action of one of the scopes.
	Do(a keys.Action) tea.Cmd
	// Why says why an action is not possible now, in the session's words; "" if it is.
	Why(a keys.Action) string
	// Typing tells whether a field has the focus; Type is what goes into it, pasted text included.
	Typing() bool
	Type(k tea.KeyMsg) tea.Cmd
	// Update takes what commands brought back. A message that isn't its own is ignored.
	Update(msg tea.Msg) tea.Cmd
	// View draws exactly height lines of width cells.
	View(width, height int) []string
}

// Pane is one of the tabs.
type Pane interface {
	Screen
	// Load reads what the pane shows.
	Load() tea.Cmd
	// Reveal selects what the id names, when it is there.
	Reveal(id string)
}

// Clicker is a screen that knows what is drawn where.
type Clicker interface{ Click(x, y int) tea.Cmd }

// Tab is a pane's place.
type Tab int

// The tabs.
const (
	Hosts Tab = iota
	Packs
	Batches
	Drift
)

// What a screen can ask the frame for. Each is sent by [Send].
type (
	// Push lays a screen over what is there; Pop takes the top one away.
	Push struct{ Screen Screen }
	// Pop takes the screen away that asks for it.
	Pop struct{ Screen Screen }
	// Notice is said for a short while, and kept in the history.
	Notice struct {
		Bad  bool
		Text string
		// Passing is one that what comes of it makes untrue: it goes once a screen opens.
		Passing bool
	}
	// Goto shows a tab, and what the id names in it.
	Goto struct {
		Tab Tab
		ID  string
	}
	// Import opens the guided import with what is known already.
	Import struct {
		Host, Provider string
		Like           *core.ImportRequest // an earlier import whose keys are to be replaced
	}
	// CopyText hands a text to the terminal's clipboard.
	CopyText struct{ Text string }
	// Changed tells that something was committed.
	Changed struct{ Was, Is engine.Revision }
)

// In tells whether one of the tables changed.
func (c Changed) In(tables ...core.Table) bool {
	return slices.ContainsFunc(tables, func(t core.Table) bool { return c.Was[t] != c.Is[t] })
}

// Send is a command that only brings a message.
func Send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// Say is a notice.
func Say(text string) tea.Cmd { return Send(Notice{Text: text}) }
