package tui

import (
	"strings"

	"cnrelay/tui/dialog"
	"cnrelay/tui/keys"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
)

// help lists every action of where the operator is, with its keys, and why it isn't possible if it isn't.
func (a *App) help() pane.Screen {
	top := a.top()
	scopes := append(top.Scopes(), keys.Global)
	lines := func(width int) []string {
		return a.s.Page(width, func(p *page.Page) {
			for _, scope := range scopes {
				p.Title(a.s.Say("scope." + string(scope)))
				for _, b := range a.s.Keys.Of(scope) {
					var shown []string
					for _, k := range b.Keys {
						shown = append(shown, keys.Shown(k))
					}
					words := a.s.Say("action." + string(b.Action))
					role := page.Code
					if why := top.Why(b.Action); why != "" && scope != keys.Global {
						words, role = words+a.s.Say("aside", why), page.Dim
					}
					p.Mark("  "+page.Cell(strings.Join(shown, " "), 16), role, 19, words)
				}
			}
		})
	}
	return dialog.Read(a.s, func() string { return a.s.Say("action.help") }, lines, "")
}
