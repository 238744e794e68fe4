package tui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
)

// key turns a key into an action of the innermost scope that knows it, or into text where one is typed.
func (a *App) key(k tea.KeyMsg) tea.Cmd {
	top := a.top()
	name := k.String()
	runes := k.Type == tea.KeyRunes && !k.Alt
	if top.Typing() && (runes || keys.Text(name)) { // "up" typed at once is a word, not a key
		return top.Type(k)
	}
	if runes && len(k.Runes) > 1 && !k.Paste { // over a slow line keys come together
		var cmds []tea.Cmd
		for _, r := range k.Runes {
			cmds = append(cmds, a.key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}))
		}
		return tea.Batch(cmds...)
	}
	scopes := top.Scopes()
	if len(a.over) == 0 && !top.Typing() {
		scopes = append(scopes, keys.Global)
	}
	action, ok := a.s.Keys.Resolve(name, scopes...)
	switch {
	case !ok && name == "ctrl+c":
		return a.do(keys.Quit)
	case !ok && top.Typing():
		return top.Type(k) // backspace, ctrl+u and the like
	case !ok:
		return nil
	}
	return a.do(action)
}

// do does an action, or says why it isn't possible now.
func (a *App) do(action keys.Action) tea.Cmd {
	if cmd, global := a.global(action); global {
		return cmd
	}
	top := a.top()
	if why := top.Why(action); why != "" {
		if action == keys.Back || action == keys.Leave {
			return nil // there is nothing to leave
		}
		return pane.Say(a.s.Say("action."+string(action)) + a.s.Say("colon", why))
	}
	return top.Do(action)
}

// global does what works anywhere.
func (a *App) global(action keys.Action) (tea.Cmd, bool) {
	switch action {
	case keys.Quit:
		return a.quit(), true
	case keys.Help:
		return a.push(a.help()), true
	case keys.Palette:
		return a.push(a.palette()), true
	case keys.Notices:
		return a.push(a.history()), true
	case keys.GoHosts, keys.GoPacks, keys.GoBatch, keys.GoDrift:
		return a.show(pane.Tab(slices.Index(goTo[:], action))), true
	case keys.Next:
		return a.show((a.tab + 1) % pane.Tab(len(a.panes))), true
	case keys.Previous:
		return a.show((a.tab + pane.Tab(len(a.panes)) - 1) % pane.Tab(len(a.panes))), true
	case keys.Refresh:
		return tea.Batch(a.panes[a.tab].Load(), a.hosts.CheckAll(0)), true
	case keys.Theme:
		a.s.NextTheme()
		return nil, true
	case keys.Language:
		a.s.NextLanguage()
		return nil, true
	}
	return nil, false
}

var goTo = [...]keys.Action{keys.GoHosts, keys.GoPacks, keys.GoBatch, keys.GoDrift}

func (a *App) push(s pane.Screen) tea.Cmd { return pane.Send(pane.Push{Screen: s}) }

// mouse selects a tab or a row. Nothing needs it.
func (a *App) mouse(m tea.MouseMsg) tea.Cmd {
	top := a.top()
	switch m.Button {
	case tea.MouseButtonWheelUp:
		return top.Do(keys.Up)
	case tea.MouseButtonWheelDown:
		return top.Do(keys.Down)
	case tea.MouseButtonLeft:
	default:
		return nil
	}
	if m.Action != tea.MouseActionPress || len(a.over) > 0 {
		return nil
	}
	f := a.layout()
	if m.Y == f.tabs {
		if tab, ok := a.tabAt(m.X); ok {
			return a.show(tab)
		}
		return nil
	}
	if c, ok := top.(pane.Clicker); ok && m.Y >= f.body {
		return c.Click(m.X, m.Y-f.body)
	}
	return nil
}
