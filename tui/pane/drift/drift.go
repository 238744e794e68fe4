// Package drift is the pane of what no longer is on the hosts as it was recorded: what differs, what doesn't work,
// what is only old, and how that went over time.
package drift

import (
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/spark"
	"cnrelay/tui/comp/table"
	"cnrelay/tui/keys"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
	"cnrelay/tui/theme"
)

// trendRuns is how many runs of a batch the trend shows.
const trendRuns = 12

// Pane shows drift: a row for each live batch.
type Pane struct {
	pane.List
	list     []target
	alerts   []core.Alert // all that are watched
	silences []core.Silence
	busy     map[string]bool // hosts that are being compared
}

// target is a live batch with its latest runs, newest first.
type target struct {
	host     string
	provider string
	batch    core.BatchID
	runs     []core.DriftRun
}

var _ pane.Pane = (*Pane)(nil)

// New makes the pane.
func New(s *pane.Session) *Pane {
	p := &Pane{busy: map[string]bool{}}
	p.List = pane.List{S: s, Name: "drift", Own: keys.Drift, Detail: p.detail}
	p.Init(table.Column{Min: 8, Flex: 2}, table.Column{Min: 8, Flex: 2}, table.Column{Min: 14, Flex: 1}, table.Column{Min: 7, Right: true, Keep: 5}, table.Column{Min: 6, Right: true, Keep: 4},
		table.Column{Min: 5, Right: true, Keep: 1}, table.Column{Min: trendRuns, Keep: 3}, table.Column{Min: 8, Keep: 2, Right: true})
	return p
}

type (
	loaded struct {
		list     []target
		silences []core.Silence
		err      error
	}
	alerted struct {
		alerts []core.Alert
		err    error
	}
	compared struct {
		host string
		runs []core.DriftRun
		err  error
	}
)

// LoadAlerts reads the alerts alone: the frame counts them, whatever tab is shown.
func (p *Pane) LoadAlerts() tea.Cmd {
	return func() tea.Msg {
		alerts, err := p.S.Service.Alerts(p.S.Context, true)
		return alerted{alerts, err}
	}
}

// Load implements [pane.Pane].
func (p *Pane) Load() tea.Cmd { return tea.Batch(p.LoadAlerts(), p.loadRuns()) }

func (p *Pane) loadRuns() tea.Cmd {
	return p.Once.Read(func() tea.Msg {
		status, err := p.S.Service.Status(p.S.Context, "")
		m := loaded{err: err}
		if m.silences, err = p.S.Service.Silences(p.S.Context); err != nil {
			m.err = err
		}
		for _, h := range status {
			for _, v := range h.Providers {
				for _, b := range v.Batches {
					runs, err := p.S.Service.DriftRuns(p.S.Context, engine.DriftFilter{Host: h.Host.ID, Provider: v.Provider, Batch: b, Limit: trendRuns})
					if err != nil {
						m.err = err
					}
					m.list = append(m.list, target{h.Host.Name, v.Provider, b, runs})
				}
			}
		}
		return m
	})
}

// Update implements [pane.Screen].
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.Changed:
		if m.In(core.TableDrift, core.TableBatch, core.TableSilence) {
			return p.Load()
		}
	case loaded:
		p.list, p.silences = m.list, m.silences
		return tea.Batch(p.Came(p.loadRuns), p.fill(), p.S.Failed(m.err))
	case alerted:
		p.alerts = m.alerts
		return tea.Batch(p.fill(), p.S.Failed(m.err))
	case compared:
		delete(p.busy, m.host)
		if m.err != nil {
			return p.S.Failed(m.err)
		}
		return tea.Batch(p.Load(), pane.Say(p.said("drift.compared", m)))
	case remembered:
		return p.tell(m)
	case planned:
		return p.review(m)
	case repaired:
		delete(p.busy, m.host)
		if m.err != nil {
			return tea.Batch(p.Load(), p.S.Failed(m.err))
		}
		return tea.Batch(p.Load(), pane.Say(p.said("drift.repaired", compared(m))))
	}
	return nil
}

// said is what a comparison found, in a line.
func (p *Pane) said(key string, m compared) string {
	var parts []string
	for _, r := range m.runs {
		parts = append(parts, r.Provider+" "+p.S.Words.Name(r.Status))
	}
	return p.S.Say(key, m.host, strings.Join(parts, p.S.Say("list")))
}

func (p *Pane) find(id string) (target, bool) {
	for _, t := range p.list {
		if string(t.batch) == id {
			return t, true
		}
	}
	return target{}, false
}

// Firing counts the alerts that operators should know of.
func (p *Pane) Firing() (n int) {
	for _, a := range p.alerts {
		if a.Firing() {
			n++
		}
	}
	return n
}

// watched are the alerts of a target: its host's own and its provider's.
func (p *Pane) watched(t target) (out []core.Alert) {
	for _, a := range p.alerts {
		if a.HostName == t.host && (a.Provider == "" || a.Provider == t.provider) {
			out = append(out, a)
		}
	}
	return out
}

// state is how a target stands: by its alerts where it is watched and one isn't ok, else by its latest run.
func (p *Pane) state(t target) (string, theme.Token) {
	r := t.runs[0]
	said, as := p.S.Words.Name(r.Status), token(r.Status)
	for _, a := range p.watched(t) {
		switch {
		case a.Firing():
			return p.S.Words.Name(a.Kind), theme.Bad
		case a.State == core.AlertPending && as == theme.Good:
			said, as = p.S.Words.Name(a.State), theme.Warn
		}
	}
	return said, as
}

func token(s core.DriftStatus) theme.Token {
	switch s {
	case core.InSync:
		return theme.Good
	case core.Drifted:
		return theme.Bad
	case core.Degraded, core.DriftUnknown:
		return theme.Warn
	}
	return theme.Dim
}

// trend is a glyph a run, the newest at the right.
func (p *Pane) trend(runs []core.DriftRun) string {
	th := p.S.Theme
	var b strings.Builder
	for i := min(len(runs), trendRuns) - 1; i >= 0; i-- {
		mark := th.Mark(token(runs[i].Status))
		if runs[i].Status == core.DriftUnknown {
			mark = th.Glyphs.Off
		}
		b.WriteString(mark)
	}
	return b.String()
}

func (p *Pane) fill() tea.Cmd {
	ids := make([]string, len(p.list))
	for i, t := range p.list {
		ids[i] = string(t.batch)
	}
	return p.Fill(ids, p.cells)
}

func (p *Pane) cells(i int) []table.Cell {
	th, t := p.S.Theme, p.list[i]
	if len(t.runs) == 0 {
		return []table.Cell{{Text: t.host}, {Text: t.provider}, {Text: th.Glyphs.Off + " " + p.S.Say("drift.never"), As: theme.Dim}, {}, {}, {}, {}, {Text: "-"}}
	}
	r := t.runs[0]
	said, as := p.state(t)
	differs := 0
	for _, f := range r.Findings {
		if f.Type.Differs() {
			differs++
		}
	}
	count := func(n int, bad theme.Token) table.Cell {
		if n == 0 {
			bad = theme.Dim
		}
		return table.Cell{Text: strconv.Itoa(n), As: bad, Key: float64(n)}
	}
	return []table.Cell{{Text: t.host}, {Text: t.provider}, {Text: th.Mark(as) + " " + said, As: as}, count(differs, theme.Bad),
		count(r.ProbeFailures, theme.Warn), count(r.StaleNoiseCount, theme.Text), {Text: p.trend(t.runs), As: as},
		{Text: p.S.Age(r.At), Key: -float64(r.At.Unix()), As: theme.Dim}}
}

// detail is the latest comparison of a batch in full, and how the ones before it went.
func (p *Pane) detail(id string, width int) []string {
	t, ok := p.find(id)
	if !ok {
		return nil
	}
	return p.S.Page(width, func(pg *page.Page) {
		if len(t.runs) == 0 {
			pg.Field(p.S.Say("batch"), string(t.batch)+", "+t.provider+", "+t.host)
			pg.Line(0, p.S.Say("drift.never_long"))
			return
		}
		p.watch(pg, t)
		pg.DriftRun(t.runs[0])
		if len(t.runs) > 1 {
			pg.Title(p.S.Say("drift.before"))
			pg.DriftRuns(t.runs[1:])
		}
	})
}

// watch is what the monitor knows of a target: alerts, how long its looks took, and the last one that found nothing.
func (p *Pane) watch(pg *page.Page, t target) {
	watched := p.watched(t)
	if len(watched) == 0 {
		return
	}
	well := watched[0].Well
	for _, a := range watched {
		if a.Well.Before(well) {
			well = a.Well
		}
		if a.State != core.AlertOK {
			pg.Alert(a)
			pg.AlertDetail(a, p.silences)
		}
	}
	pg.Field(p.S.Say("drift.well"), p.S.Age(well))
	var took []float64
	for i := len(t.runs) - 1; i >= 0; i-- {
		ms := float64(t.runs[i].Took.Milliseconds())
		if t.runs[i].Status == core.DriftUnknown {
			ms = -1
		}
		took = append(took, ms)
	}
	pg.Field(p.S.Say("drift.took"), spark.Line(p.S.Theme, took, trendRuns)+"  "+page.Took(t.runs[0].Took))
	pg.Blank()
}

// Do implements [pane.Screen].
func (p *Pane) Do(a keys.Action) tea.Cmd {
	t, _ := p.find(p.Selected())
	switch a {
	case keys.DriftRun:
		return p.compare(t.host, engine.ReconcileSpec{Host: t.host, Batch: t.batch})
	case keys.DriftProve:
		return p.compare(t.host, engine.ReconcileSpec{Host: t.host, Batch: t.batch, Completion: true})
	case keys.DriftAll:
		var cmds []tea.Cmd
		for _, t := range p.list {
			cmds = append(cmds, p.compare(t.host, engine.ReconcileSpec{Host: t.host}))
		}
		return tea.Batch(cmds...)
	case keys.DriftPast:
		return p.past(t)
	case keys.DriftRepair, keys.DriftAccept:
		return p.plan(t, engine.RepairSpec{Batch: t.batch, Accept: a == keys.DriftAccept})
	case keys.DriftMore:
		return p.plan(t, engine.RepairSpec{Batch: t.batch, Only: t.found()})
	}
	return p.List.Do(a)
}

// compare looks at a host; of one that is being looked at already nothing more is asked.
func (p *Pane) compare(host string, spec engine.ReconcileSpec) tea.Cmd {
	if p.busy[host] {
		return nil
	}
	p.busy[host] = true
	return func() tea.Msg {
		runs, err := p.S.Service.Reconcile(p.S.Context, spec)
		return compared{host, runs, err}
	}
}

// Why implements [pane.Screen].
func (p *Pane) Why(a keys.Action) string {
	t, found := p.find(p.Selected())
	switch a {
	case keys.DriftPast:
		if !found {
			return p.S.Say("why.no_batch")
		}
	case keys.DriftRun, keys.DriftProve, keys.DriftAll, keys.DriftRepair, keys.DriftMore, keys.DriftAccept:
		switch {
		case !found:
			return p.S.Say("why.no_batch")
		case p.busy[t.host] && a != keys.DriftAll:
			return p.S.Say("why.host_busy", t.host)
		case a == keys.DriftMore && len(t.found()) == 0:
			return p.S.Say("why.nothing_found")
		}
	}
	return p.List.Why(a)
}

// View implements [pane.Screen].
func (p *Pane) View(width, height int) []string {
	p.Table.Titles(p.S.Say("column.host"), p.S.Say("column.provider"), p.S.Say("column.state"), p.S.Say("column.differs"), p.S.Say("column.probes"),
		p.S.Say("column.noise"), p.S.Say("column.trend"), p.S.Say("column.compared"))
	return p.List.View(width, height)
}
