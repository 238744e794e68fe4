// Package tui is the console: four panes in a frame, and what stands over them. It is a face of the engine:
// whatever it does, a command does too.
//
// A key becomes an action in route.go, the only place that looks at keys. An action goes to the screen that has
// the attention; what it starts runs in a command, whose message comes back to Update. The engine is never
// waited for in Update, and it never calls the console: the console asks what changed (feed.go).
package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core/engine"
	_ "cnrelay/tui/calm" // before Bubble Tea starts
	"cnrelay/tui/pane"
	"cnrelay/tui/pane/batches"
	"cnrelay/tui/pane/drift"
	"cnrelay/tui/pane/hosts"
	"cnrelay/tui/pane/packs"
	"cnrelay/tui/wizard"
)

// App is the console's one model.
type App struct {
	s      *pane.Session
	hosts  *hosts.Pane
	drift  *drift.Pane
	panes  [4]pane.Pane
	tab    pane.Tab
	over   []pane.Screen // what stands over the pane, the topmost last
	notes  notices
	who    engine.Who // as of the last look around
	width  int
	height int
	frame  string // drawn already; "" if something may have changed
	read   [4]bool
	first  bool // the first data has come
}

// New makes a console for a session.
func New(s *pane.Session) *App {
	h, d := hosts.New(s), drift.New(s)
	return &App{s: s, hosts: h, drift: d, panes: [4]pane.Pane{h, packs.New(s), batches.New(s), d}}
}

// Init implements [tea.Model].
func (a *App) Init() tea.Cmd {
	return tea.Batch(a.show(a.tab), a.drift.LoadAlerts(), a.listen(nil), a.tick(), a.meet())
}

// show goes to a tab. What it shows is read when it is first seen, and from then on as it changes.
func (a *App) show(tab pane.Tab) tea.Cmd {
	a.tab = tab
	if a.read[tab] {
		return nil
	}
	a.read[tab] = true
	return a.panes[tab].Load()
}

// top is the screen that has the attention.
func (a *App) top() pane.Screen {
	if n := len(a.over); n > 0 {
		return a.over[n-1]
	}
	return a.panes[a.tab]
}

// Update implements [tea.Model].
func (a *App) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	a.frame = ""
	return a, a.update(msg)
}

func (a *App) update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.WindowSizeMsg:
		a.width, a.height = m.Width, m.Height
		return nil
	case tea.KeyMsg:
		return a.key(m)
	case tea.MouseMsg:
		return a.mouse(m)
	case pane.Push:
		a.over = append(a.over, m.Screen)
		a.notes.pass()
		return nil
	case pane.Pop:
		a.pop(m.Screen)
		return nil
	case pane.Notice:
		return a.notes.add(a.s.Now(), m)
	case forgotten:
		a.notes.forget(m)
		return nil
	case pane.Goto:
		a.tab, a.read[m.Tab] = m.Tab, true
		a.panes[m.Tab].Reveal(m.ID)
		return a.panes[m.Tab].Load()
	case pane.Import:
		w := wizard.New(a.s, m)
		a.over = append(a.over, w)
		return w.Load()
	case pane.CopyText:
		return a.copied(m.Text)
	case news:
		return a.heard(m)
	case ticked:
		return tea.Batch(a.tick(), a.meet())
	case met:
		a.who = m.who
		return nil
	}
	return a.broadcast(msg)
}

// broadcast hands what a command brought back to every screen: each knows its own.
func (a *App) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	_, changed := msg.(pane.Changed)
	for i, p := range a.panes {
		if a.read[i] || !changed {
			cmds = append(cmds, p.Update(msg))
		}
	}
	for _, s := range a.over {
		cmds = append(cmds, s.Update(msg))
	}
	if !a.first && len(a.hosts.Names()) > 0 { // what is on screen is as old as the last session: look again
		a.first = true
		cmds = append(cmds, a.hosts.CheckAll(time.Minute))
	}
	return tea.Batch(cmds...)
}

func (a *App) pop(s pane.Screen) {
	for i := len(a.over) - 1; i >= 0; i-- {
		if a.over[i] == s {
			a.over = append(a.over[:i:i], a.over[i+1:]...)
			return
		}
	}
}

// ticked comes now and then, so that ages on screen don't stand still.
type ticked struct{}

// tick waits for as long as nothing on screen would change by itself.
func (a *App) tick() tea.Cmd {
	every := 15 * time.Second
	if len(a.s.Service.Running()) > 0 {
		every = time.Second
	}
	return tea.Tick(every, func(time.Time) tea.Msg { return ticked{} })
}
