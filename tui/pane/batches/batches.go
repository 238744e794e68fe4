// Package batches is the pane of imports: how each stands, what happens in those that run, whose fault a failure
// is, and the way on: resume, replace, roll back.
package batches

import (
	"slices"
	"strconv"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/table"
	"cnrelay/tui/keys"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
	"cnrelay/tui/theme"
)

// Pane shows batches.
type Pane struct {
	pane.List
	list    []engine.BatchLine
	at      map[string]int // in list, by id
	details map[core.BatchID]engine.BatchDetail
	drifts  map[core.BatchID][]core.DriftRun // of each batch its own, newest first
	runs    map[core.BatchID]*Feed
	reading map[core.BatchID]time.Time // when a detail was asked for
	due     map[core.BatchID]bool      // it will be asked for again
	failed  error
}

var _ pane.Pane = (*Pane)(nil)

// New makes the pane.
func New(s *pane.Session) *Pane {
	p := &Pane{details: map[core.BatchID]engine.BatchDetail{}, drifts: map[core.BatchID][]core.DriftRun{}, runs: map[core.BatchID]*Feed{}, reading: map[core.BatchID]time.Time{}, due: map[core.BatchID]bool{}}
	p.List = pane.List{S: s, Name: "batches", Own: keys.Batches, Detail: p.detail, Log: p.log, Picked: p.picked}
	p.Init(table.Column{Min: 10}, table.Column{Min: 13, Flex: 6}, table.Column{Min: 8, Flex: 2}, table.Column{Min: 9, Flex: 2}, table.Column{Min: 6, Keep: 4},
		table.Column{Min: 9, Flex: 2, Keep: 3}, table.Column{Min: 8, Keep: 2, Right: true}, table.Column{Min: 7, Keep: 1, Right: true})
	return p
}

type (
	loaded struct {
		list []engine.BatchLine
		err  error
	}
	detailed struct {
		asked  time.Time
		detail engine.BatchDetail
		drifts []core.DriftRun
		err    error
	}
	started struct {
		id  core.BatchID
		err error
	}
	due      struct{ id core.BatchID }
	undoable struct {
		preview engine.RollbackPreview
		err     error
	}
)

// Load implements [pane.Pane].
func (p *Pane) Load() tea.Cmd {
	return p.Once.Read(func() tea.Msg {
		list, err := p.S.Service.BatchLines(p.S.Context)
		return loaded{list, err}
	})
}

// read reads a batch in full, but while it runs not more often than again: its events tell what is new meanwhile.
func (p *Pane) read(id core.BatchID, again time.Duration) tea.Cmd {
	wait := again - p.S.Now().Sub(p.reading[id])
	switch {
	case id == "", wait > 0 && p.due[id]:
		return nil
	case wait > 0: // the last change counts, too
		p.due[id] = true
		return tea.Tick(wait, func(time.Time) tea.Msg { return due{id} })
	}
	asked := p.S.Now()
	p.reading[id] = asked
	return func() tea.Msg {
		d, err := p.S.Service.Batch(p.S.Context, id)
		if err != nil {
			return detailed{asked: asked, err: err}
		}
		drifts, err := p.S.Service.DriftRuns(p.S.Context, engine.DriftFilter{Host: d.Host, Provider: d.Provider, Batch: id, Limit: 20})
		return detailed{asked, d, drifts, err}
	}
}

func (p *Pane) picked(id string) tea.Cmd {
	p.forget(core.BatchID(id))
	return tea.Batch(p.read(core.BatchID(id), 0), p.follow(core.BatchID(id)))
}

// forget lets go of what was read of batches that are over, but for one: it is read again when it is looked at again.
func (p *Pane) forget(but core.BatchID) {
	for id, run := range p.runs {
		if run.ended && id != but {
			delete(p.runs, id)
			delete(p.details, id)
			delete(p.drifts, id)
			delete(p.reading, id)
		}
	}
}

// follow reads a batch's events from the beginning on, and goes on as they happen.
func (p *Pane) follow(id core.BatchID) tea.Cmd {
	if id == "" {
		return nil
	}
	b, _ := p.find(string(id))
	live := b.State == core.BatchRunning || slices.Contains(p.S.Service.Running(), id)
	run := p.runs[id]
	switch {
	case run == nil:
		p.runs[id] = NewFeed(p.S, id, live)
		return p.runs[id].Wait()
	case live:
		return run.Revive()
	}
	return nil
}

// Update implements [pane.Screen].
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.Changed:
		var cmds []tea.Cmd
		if m.In(core.TableBatch, core.TableDrift) {
			cmds = append(cmds, p.Load(), p.read(core.BatchID(p.Selected()), 0))
		} else if m.In(core.TableStep, core.TableAccount) {
			cmds = append(cmds, p.read(core.BatchID(p.Selected()), time.Second))
		}
		return tea.Batch(cmds...)
	case loaded:
		again := p.Came(p.Load)
		if p.failed = m.err; m.err != nil {
			return tea.Batch(again, p.S.Failed(m.err))
		}
		p.list, p.at = m.list, map[string]int{}
		ids := make([]string, len(p.list))
		for i := range p.list {
			ids[i] = string(p.list[i].ID)
			p.at[ids[i]] = i
		}
		cmds := []tea.Cmd{again, p.Fill(ids, p.cells)}
		for _, b := range p.list {
			if b.State == core.BatchRunning {
				cmds = append(cmds, p.follow(b.ID))
			}
		}
		return tea.Batch(cmds...)
	case due:
		delete(p.due, m.id)
		return p.read(m.id, 0)
	case detailed:
		if m.err != nil {
			return p.S.Failed(m.err)
		}
		if !m.asked.Before(p.reading[m.detail.ID]) { // an older reading may come later
			p.details[m.detail.ID], p.drifts[m.detail.ID] = m.detail, m.drifts
		}
	case Happened:
		if run := p.runs[m.Run]; run != nil && run == m.Feed {
			return run.Take(m)
		}
	case started:
		if m.err != nil {
			return p.S.Failed(m.err)
		}
		return tea.Batch(p.Load(), p.follow(m.id))
	case undoable:
		return p.confirmUndo(m)
	}
	return nil
}

func (p *Pane) find(id string) (engine.BatchLine, bool) {
	i, found := p.at[id]
	if !found {
		return engine.BatchLine{}, false
	}
	return p.list[i], true
}

func stateToken(s core.BatchState) theme.Token {
	switch s {
	case core.BatchSucceeded:
		return theme.Good
	case core.BatchPartial, core.BatchInterrupted:
		return theme.Warn
	case core.BatchFailed:
		return theme.Bad
	case core.BatchRunning:
		return theme.Accent
	}
	return theme.Dim
}

// state is a state's name, short enough for a column.
func (p *Pane) state(s core.BatchState) string {
	if s == core.BatchPartial {
		return p.S.Say("batches.partial")
	}
	return p.S.Words.Name(s)
}

// access is in a word how users reach what was imported; the detail says in which mode.
func (p *Pane) access(s core.AccessState) string {
	mark := p.S.Theme.Mark(accessToken(s)) + " "
	switch s {
	case "":
		return ""
	case core.SubscriptionReady, core.SelfServiceReady:
		return mark + p.S.Say("batches.ready")
	}
	return mark + p.S.Words.Name(s)
}

// accessNow is how users reach what a batch made: not at all once it is rolled back, whatever was proven before.
func accessNow(b *engine.BatchLine) core.AccessState {
	if b.State == core.BatchRolledBack {
		return ""
	}
	return b.Access.State
}

func accessToken(s core.AccessState) theme.Token {
	switch s {
	case core.SubscriptionReady, core.SelfServiceReady:
		return theme.Good
	case core.AccessBroken:
		return theme.Bad
	}
	return theme.Dim
}

func (p *Pane) cells(i int) []table.Cell {
	th, b := p.S.Theme, &p.list[i]
	as := stateToken(b.State)
	keysText, keysAs := p.tested(b)
	took := b.Ended.Sub(b.Started)
	if b.State == core.BatchRunning {
		took = p.S.Now().Sub(b.Started).Truncate(time.Second)
	}
	return []table.Cell{{Text: string(b.ID)}, {Text: th.Mark(as) + " " + p.state(b.State), As: as}, {Text: b.HostName}, {Text: b.Provider},
		{Text: keysText, As: keysAs}, {Text: p.access(accessNow(b)), As: accessToken(accessNow(b))},
		{Text: p.S.Age(b.Started), Key: -float64(b.Started.Unix()), As: theme.Dim}, {Text: page.Took(took), Key: float64(took), As: theme.Dim}}
}

// tested is how many of a batch's keys passed, of how many.
func (p *Pane) tested(b *engine.BatchLine) (string, theme.Token) {
	passed, failed := b.Passed, b.Keys()-b.Passed
	if run := p.runs[b.ID]; run != nil && b.State == core.BatchRunning {
		passed, failed = run.Passed, run.Failed
	}
	as := theme.Good
	switch {
	case failed > 0 && passed == 0:
		as = theme.Bad
	case failed > 0:
		as = theme.Warn
	}
	return strconv.Itoa(passed) + "/" + strconv.Itoa(b.Keys()), as
}

// View implements [pane.Screen].
func (p *Pane) View(width, height int) []string {
	p.Table.Titles(p.S.Say("column.batch"), p.S.Say("column.state"), p.S.Say("column.host"), p.S.Say("column.provider"), p.S.Say("column.keys"),
		p.S.Say("column.access"), p.S.Say("column.age"), p.S.Say("column.took"))
	return p.List.View(width, height)
}
