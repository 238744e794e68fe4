package tui

import (
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"cnrelay/core/engine"
	"cnrelay/tui/keys"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
	"cnrelay/tui/theme"
)

// The least that a screen needs.
const (
	leastWidth  = 80
	leastHeight = 20
)

// layout is where things stand: rows from the top.
type layout struct{ banner, tabs, body, height, status int }

func (a *App) layout() layout {
	var f layout
	if a.s.Banner != "" {
		f.banner, f.tabs = 0, 1
	}
	f.body = f.tabs + 2
	f.status = a.height - 2
	f.height = max(1, f.status-f.body)
	return f
}

// View implements [tea.Model]. Bubble Tea asks for it after every message: what hasn't changed isn't drawn again.
func (a *App) View() string {
	if a.frame == "" {
		a.frame = a.s.Theme.Frame(a.draw())
	}
	return a.frame
}

func (a *App) draw() []string {
	th := a.s.Theme
	if a.width == 0 {
		return []string{""}
	}
	if a.width < leastWidth || a.height < leastHeight {
		return []string{ansi.Truncate(a.s.Say("frame.small", strconv.Itoa(leastWidth), strconv.Itoa(leastHeight)), a.width, "")}
	}
	f := a.layout()
	var out []string
	if a.s.Banner != "" {
		out = append(out, th.Paint(theme.Alarm, th.Fit(" "+a.s.Say(a.s.Banner), a.width)))
	}
	out = append(out, a.tabs(), th.Rule(a.width))
	body := a.top().View(a.width, f.height)
	out = append(out, body...)
	return append(out, a.status(), a.footer())
}

// tabs name the panes; the one that is shown stands out by brackets too.
func (a *App) tabs() string {
	th := a.s.Theme
	line := th.Paint(theme.Heading, " cnrelay") + " "
	for i := range a.panes {
		line += " " + a.tabLabel(pane.Tab(i))
	}
	return th.Fit(line, a.width)
}

func (a *App) tabLabel(tab pane.Tab) string {
	label := " " + strconv.Itoa(int(tab)+1) + " " + a.s.Say("pane."+[...]string{"hosts", "packs", "batches", "drift"}[tab]) + " "
	if tab == a.tab {
		return a.s.Theme.Paint(theme.Here, label)
	}
	return a.s.Theme.Paint(theme.Tab, label)
}

func (a *App) tabAt(x int) (pane.Tab, bool) {
	at := ansi.StringWidth(" cnrelay ")
	for i := range a.panes {
		w := 1 + ansi.StringWidth(a.tabLabel(pane.Tab(i)))
		if x >= at && x < at+w {
			return pane.Tab(i), true
		}
		at += w
	}
	return 0, false
}

// status is the notice of the moment, or how everything stands: hosts, runs, the latest look, who owns the state.
func (a *App) status() string {
	th := a.s.Theme
	if n, ok := a.notes.current(); ok {
		as := theme.Accent
		if n.bad {
			as = theme.Bad
		}
		return th.Paint(as, th.Fit(" "+th.Mark(as)+" "+n.text, a.width))
	}
	up, down := a.hosts.Standing()
	parts := []string{a.s.Say("status.hosts", strconv.Itoa(up), strconv.Itoa(up+down))}
	if running := len(a.s.Service.Running()); running > 0 {
		parts = append(parts, a.s.Say("status.running", strconv.Itoa(running)))
	}
	firing := a.drift.Firing()
	if firing > 0 {
		parts = append(parts, a.s.Say("status.alerts", strconv.Itoa(firing)))
	}
	parts = append(parts, a.company()...)
	if at := a.hosts.LastProbe(); !at.IsZero() {
		parts = append(parts, a.s.Say("status.probe", at.UTC().Format("15:04:05Z")))
	}
	parts = append(parts, a.s.Say("console.owner", strconv.Itoa(a.s.Process), page.Clock(a.s.Since)))
	as := theme.Dim
	if down+firing > 0 {
		as = theme.Warn
	}
	line := " " + parts[0]
	for _, part := range parts[1:] { // what doesn't fit is left out: half a word tells nobody anything
		if part = "  " + th.Glyphs.Vertical + "  " + part; ansi.StringWidth(line+part) <= a.width {
			line += part
		}
	}
	return th.Paint(as, th.Fit(line, a.width))
}

// met is who is on, and who works.
type met struct{ who engine.Who }

// meet looks around who is on.
func (a *App) meet() tea.Cmd {
	return func() tea.Msg {
		who, err := a.s.Service.Who(a.s.Context)
		if err != nil {
			return nil // who was there a moment ago still stands there
		}
		return met{who}
	}
}

// company is who works on which host, and who else is on.
func (a *App) company() (parts []string) {
	for _, w := range a.who.Work {
		if w.By.Name != "" {
			parts = append(parts, w.HostName+a.s.Say("colon", w.By.Name))
		}
	}
	var others []string
	for _, p := range a.who.Present {
		if !p.Operator.Is(a.s.Me) && !slices.Contains(others, p.Operator.Name) {
			others = append(others, p.Operator.Name)
		}
	}
	switch {
	case len(others) > 3:
		parts = append(parts, a.s.Say("status.crowd", strconv.Itoa(len(others))))
	case len(others) > 0:
		parts = append(parts, a.s.Say("status.others", strings.Join(others, a.s.Say("list"))))
	}
	return parts
}

// footer shows the keys of where the operator is, as many as fit.
func (a *App) footer() string {
	right := ""
	if len(a.over) == 0 && !a.top().Typing() {
		for _, b := range a.s.Keys.Of(keys.Global) {
			if brief[b.Action] {
				right += a.hint(b)
			}
		}
	}
	left, room := "", a.width-ansi.StringWidth(right)
	for _, b := range a.shortHelp() {
		hint := a.hint(b)
		if ansi.StringWidth(left)+ansi.StringWidth(hint) > room {
			break
		}
		left += hint
	}
	return a.s.Theme.Fit(left, room) + right
}

func (a *App) hint(b keys.Binding) string {
	if len(b.Keys) == 0 {
		return ""
	}
	th := a.s.Theme
	return " " + th.Paint(theme.Key, keys.Shown(b.Keys[0])) + " " + th.Paint(theme.Dim, a.s.Say("action."+string(b.Action))) + " "
}

// shortHelp are the actions that are possible here and now, a key once.
func (a *App) shortHelp() []keys.Binding {
	top := a.top()
	taken := map[string]bool{}
	var out []keys.Binding
	for _, scope := range top.Scopes() {
		for _, b := range a.s.Keys.Of(scope) {
			if len(b.Keys) == 0 || taken[b.Keys[0]] || top.Why(b.Action) != "" || (scope == keys.Move && !brief[b.Action]) {
				continue
			}
			taken[b.Keys[0]] = true
			out = append(out, b)
		}
	}
	return out
}

// brief are the common actions that the footer has room for; help has all.
var brief = map[keys.Action]bool{keys.Open: true, keys.Back: true, keys.Filter: true, keys.Help: true, keys.Palette: true, keys.Quit: true}
