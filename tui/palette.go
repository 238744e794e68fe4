package tui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui/comp/field"
	"cnrelay/tui/comp/table"
	"cnrelay/tui/dialog"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/theme"
)

// palette finds an action by its words and does it.
type palette struct {
	a     *App
	field *field.Field
	table *table.Table
}

func (a *App) palette() pane.Screen {
	p := &palette{a: a, field: field.Text("", ""), table: table.New(table.Column{Min: 20, Flex: 3}, table.Column{Min: 10}, table.Column{Min: 10, Flex: 2, Keep: 1})}
	p.field.Focus()
	top := a.top()
	var rows []table.Row
	for _, scope := range append(top.Scopes(), keys.Global) {
		if scope == keys.Move {
			continue // walking by name is nobody's wish
		}
		for _, b := range a.s.Keys.Of(scope) {
			why, as := "", theme.Text
			if scope != keys.Global {
				why = top.Why(b.Action)
			}
			if why != "" {
				as = theme.Dim
			}
			rows = append(rows, table.Row{ID: string(b.Action), Cells: []table.Cell{{Text: a.s.Say("action." + string(b.Action)), As: as},
				{Text: strings.Join(b.Keys, " "), As: theme.Key}, {Text: why, As: theme.Dim}}})
		}
	}
	p.table.Titles(a.s.Say("column.action"), a.s.Say("column.key"), a.s.Say("column.why"))
	p.table.Set(rows)
	return p
}

// Scopes implements [pane.Screen].
func (p *palette) Scopes() []keys.Scope { return []keys.Scope{keys.Form} }

// Do implements [pane.Screen].
func (p *palette) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.Leave:
		return pane.Send(pane.Pop{Screen: p})
	case keys.After:
		p.table.Move(1)
	case keys.Before:
		p.table.Move(-1)
	case keys.Accept:
		p.a.pop(p)
		return p.a.do(keys.Action(p.table.Selected()))
	}
	return nil
}

// Why implements [pane.Screen].
func (p *palette) Why(keys.Action) string { return "" }

// Typing implements [pane.Screen].
func (p *palette) Typing() bool { return true }

// Type implements [pane.Screen].
func (p *palette) Type(k tea.KeyMsg) tea.Cmd {
	p.field.Type(k)
	p.table.SetFilter(p.field.Value())
	return nil
}

// Update implements [pane.Screen].
func (p *palette) Update(tea.Msg) tea.Cmd { return nil }

// View implements [pane.Screen].
func (p *palette) View(width, height int) []string {
	inner := min(width-4, 76)
	lines := []string{"> " + p.field.View(p.a.s.Theme, inner-2)}
	lines = append(lines, p.table.View(p.a.s.Theme, inner, min(height-4, 16), true)...)
	return dialog.Box(p.a.s.Theme, p.a.s.Say("action.palette"), lines, width, height)
}
