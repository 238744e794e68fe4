package tui

import (
	"math/rand/v2"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/pane"
)

// news is what was committed since the last look.
type news struct {
	now  engine.Revision
	last engine.Revision
	err  error
}

// settle is how long commits are collected before the screen is told of them: one reading for all. Where consoles share
// a process it is up to a second, by chance: if all read in the same moment, the engine would wait for the ledger.
const settle = 150 * time.Millisecond

func (a *App) settle() time.Duration {
	if a.s.Guest {
		return settle + rand.N(time.Second-settle)
	}
	return settle
}

// listen waits for the next commit that the console hasn't heard of.
func (a *App) listen(seen engine.Revision) tea.Cmd {
	return func() tea.Msg {
		now, err := a.s.Service.Changes(a.s.Context, seen)
		if err != nil || seen == nil {
			return news{now, seen, err}
		}
		select {
		case <-time.After(a.settle()):
		case <-a.s.Context.Done():
		}
		now, err = a.s.Service.Changes(a.s.Context, nil)
		return news{now, seen, err}
	}
}

// heard lets every pane read again what has changed, and waits for more.
func (a *App) heard(n news) tea.Cmd {
	if n.err != nil { // the session has ended
		return nil
	}
	cmds := []tea.Cmd{a.listen(n.now)}
	if n.last != nil {
		changed := pane.Changed{Was: n.last, Is: n.now}
		cmds = append(cmds, a.broadcast(changed))
		if changed.In(core.TableAlert) {
			cmds = append(cmds, a.drift.LoadAlerts())
		}
		if changed.In(core.TableLease) {
			cmds = append(cmds, a.meet())
		}
	}
	return tea.Batch(cmds...)
}
