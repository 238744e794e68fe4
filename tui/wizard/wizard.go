// Package wizard guides an import: host, provider, route, keys, access, the plan to review, and the run as it
// happens. Going back keeps what was entered; leaving asks; a run goes on without it.
package wizard

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/field"
	"cnrelay/tui/comp/scroll"
	"cnrelay/tui/comp/table"
	"cnrelay/tui/dialog"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/pane/batches"
	"cnrelay/tui/theme"
)

// stage is where the operator is.
type stage int

const (
	stageHost stage = iota
	stageProvider
	stageRoute
	stageKeys
	stageAccess
	stageReview
	stageRun
)

// Wizard is one guided import.
type Wizard struct {
	s     *pane.Session
	stage stage
	asked pane.Import

	hosts  []core.Host
	packs  []engine.ListedPack
	choose *table.Table // hosts, or packs
	search *field.Field

	route  field.Group
	keys   *keyBox
	access field.Group

	preview engine.Preview
	planned bool      // preview is of what is entered now
	plans   int       // that were asked for; only the latest is of what is entered now
	from    time.Time // the plan can be started from then on
	busy    bool      // a plan is made, or the import is started
	failed  error     // of the latest try
	body    *scroll.Scroll

	batch  core.BatchID
	feed   *batches.Feed
	detail engine.BatchDetail
	reads  int // of the detail, that were asked for
}

// New starts a guided import with what is known already.
func New(s *pane.Session, from pane.Import) *Wizard {
	w := &Wizard{s: s, asked: from, search: field.Text("", ""), body: scroll.New(false), keys: newKeyBox(s)}
	w.choose = table.New(table.Column{Min: 12, Flex: 2}, table.Column{Min: 16, Flex: 3}, table.Column{Min: 20, Flex: 4, Keep: 1})
	w.access = w.accessFields()
	w.route = w.routeFields(core.Pack{})
	return w
}

type (
	loaded struct {
		w     *Wizard
		hosts []core.Host
		packs []engine.ListedPack
		err   error
	}
	fileRead struct {
		w    *Wizard
		text []byte
		err  error
	}
	planned struct {
		w       *Wizard
		n       int
		preview engine.Preview
		err     error
	}
	started struct {
		w   *Wizard
		id  core.BatchID
		err error
	}
	detailed struct {
		w      *Wizard
		n      int
		detail engine.BatchDetail
		err    error
	}
)

// Load reads what can be chosen.
func (w *Wizard) Load() tea.Cmd {
	return func() tea.Msg {
		hosts, err := w.s.Service.Hosts(w.s.Context)
		return loaded{w, hosts, w.s.Service.PackList(), err}
	}
}

func (w *Wizard) host() core.Host {
	i := slices.IndexFunc(w.hosts, func(h core.Host) bool { return h.Name == w.asked.Host })
	if i < 0 {
		return core.Host{}
	}
	return w.hosts[i]
}

func (w *Wizard) pack() core.Pack {
	i := slices.IndexFunc(w.packs, func(p engine.ListedPack) bool { return p.ID == w.asked.Provider && p.Fault == nil })
	if i < 0 {
		return core.Pack{}
	}
	return w.packs[i].Pack
}

// enter goes to a stage.
func (w *Wizard) enter(to stage) tea.Cmd {
	w.stage, w.failed, w.body = to, nil, scroll.New(false)
	w.search.Set("")
	w.search.Blur()
	w.route.Blur()
	w.access.Blur()
	switch to {
	case stageHost, stageProvider:
		w.search.Focus()
		w.list()
	case stageRoute:
		w.route.Focus()
	case stageAccess:
		w.access.Focus()
	case stageReview:
		return w.plan()
	}
	return nil
}

// first goes to the first stage whose answer isn't known.
func (w *Wizard) first() tea.Cmd {
	if len(w.hosts) == 1 && w.asked.Host == "" {
		w.asked.Host = w.hosts[0].Name
	}
	switch {
	case w.host().ID == "":
		return w.enter(stageHost)
	case w.pack().ID == "":
		return w.enter(stageProvider)
	}
	w.route = w.routeFields(w.pack())
	return w.enter(stageRoute)
}

// list fills the table of what can be chosen.
func (w *Wizard) list() {
	w.choose.SetFilter("")
	var rows []table.Row
	selected := w.asked.Host
	if w.stage == stageHost {
		w.choose.Titles(w.s.Say("column.host"), w.s.Say("column.version"), w.s.Say("column.address"))
		for _, h := range w.hosts {
			rows = append(rows, table.Row{ID: h.Name, Cells: []table.Cell{{Text: h.Name}, {Text: h.Seen.Version}, {Text: h.URL, As: theme.Dim}}})
		}
	} else {
		selected = w.asked.Provider
		w.choose.Titles(w.s.Say("column.provider"), w.s.Say("column.name"), w.s.Say("column.smoke"))
		for _, p := range w.packs {
			if p.Fault != nil {
				continue
			}
			rows = append(rows, table.Row{ID: p.ID, Cells: []table.Cell{{Text: p.ID}, {Text: w.s.Called(p.Name)}, {Text: p.Smoke.Model, As: theme.Dim}}})
		}
	}
	w.choose.Set(rows)
	w.choose.Select(selected)
}

// Update implements [pane.Screen].
func (w *Wizard) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case loaded:
		if m.w != w {
			return nil
		}
		w.hosts, w.packs, w.failed = m.hosts, m.packs, m.err
		if m.err == nil && w.stage == stageHost {
			return w.first()
		}
	case settled:
		if m.box != w.keys {
			return nil
		}
		pressed, again := w.keys.over()
		if pressed && w.stage == stageKeys {
			return w.keysDone()
		}
		return again
	case fileRead:
		if m.w != w || w.stage != stageKeys {
			return nil
		}
		if w.keys.failed = m.err; m.err != nil {
			return nil
		}
		w.keys.take(m.text)
		return w.keysDone()
	case planned:
		if m.w != w || m.n != w.plans || !w.busy {
			return nil
		}
		w.busy, w.preview, w.failed = false, m.preview, m.err
		w.planned, w.from = m.err == nil, w.s.Now().Add(dialog.Grace)
	case started:
		if m.w != w {
			return nil
		}
		w.busy, w.failed = false, m.err
		if m.err != nil {
			return nil
		}
		w.keys.forget()
		w.batch, w.stage = m.id, stageRun
		w.feed = batches.NewFeed(w.s, m.id, true)
		w.body = scroll.New(true)
		return tea.Batch(w.feed.Wait(), w.read())
	case batches.Happened:
		if m.Feed != w.feed {
			return nil
		}
		cmd := w.feed.Take(m)
		if w.feed.Done {
			return tea.Batch(cmd, w.read())
		}
		return cmd
	case detailed:
		if m.w == w && m.n == w.reads && m.err == nil { // an older reading may come later
			w.detail = m.detail
		}
	case pane.Changed:
		if w.stage == stageRun && m.In(core.TableBatch) {
			return w.read()
		}
	}
	return nil
}

func (w *Wizard) read() tea.Cmd {
	w.reads++
	n := w.reads
	return func() tea.Msg {
		d, err := w.s.Service.Batch(w.s.Context, w.batch)
		return detailed{w, n, d, err}
	}
}

// ended tells whether the run that is shown is over.
func (w *Wizard) ended() bool { return w.detail.State != "" && w.detail.State != core.BatchRunning }

// plan asks what the import would do. It writes nothing.
func (w *Wizard) plan() tea.Cmd {
	spec, err := w.spec()
	if err != nil {
		w.failed = err
		return nil
	}
	w.busy, w.planned = true, false
	w.plans++
	n := w.plans
	return func() tea.Msg {
		p, err := w.s.Service.PreviewImport(w.s.Context, spec)
		return planned{w, n, p, err}
	}
}

// start runs the plan as it was shown.
func (w *Wizard) start() tea.Cmd {
	spec, err := w.spec()
	if err != nil {
		w.failed = err
		return nil
	}
	reviewed := w.preview.Plan
	spec.Reviewed = &reviewed
	w.busy = true
	return func() tea.Msg {
		id, _, err := w.s.Service.StartImport(context.WithoutCancel(w.s.Context), spec)
		return started{w, id, err}
	}
}

// spec is what was entered.
func (w *Wizard) spec() (engine.ImportSpec, error) {
	spec := engine.ImportSpec{HostName: w.asked.Host, Keys: w.keys.list().Keys, FX: w.s.Rates}
	spec.Provider = w.asked.Provider
	if err := w.readRoute(&spec); err != nil {
		return spec, err
	}
	return spec, w.readAccess(&spec)
}

// leave closes the wizard, after asking if something would be lost.
func (w *Wizard) leave() tea.Cmd {
	if w.stage == stageRun || w.keys.empty() {
		return pane.Send(pane.Pop{Screen: w})
	}
	lines := func(width int) []string { return []string{w.s.Say("wizard.leave_means")} }
	return pane.Send(pane.Push{Screen: dialog.Ask(w.s, w.s.Say("wizard.leave"), "", lines, func() tea.Cmd {
		w.keys.forget()
		return pane.Send(pane.Pop{Screen: w})
	})})
}

// title is where the operator is on the way.
func (w *Wizard) title(width int) string {
	th := w.s.Theme
	names := []string{"host", "provider", "route", "keys", "access", "review", "run"}
	var parts []string
	for i, n := range names {
		label := w.s.Say("wizard." + n)
		switch {
		case stage(i) == w.stage:
			label = th.Paint(theme.Here, " "+label+" ")
		case stage(i) < w.stage:
			label = th.Paint(theme.Good, label)
		default:
			label = th.Paint(theme.Dim, label)
		}
		parts = append(parts, label)
	}
	return th.Fit(" "+th.Paint(theme.Heading, w.s.Say("wizard.title"))+"  "+strings.Join(parts, th.Paint(theme.Dim, " "+th.Glyphs.Arrow+" ")), width)
}

var _ pane.Screen = (*Wizard)(nil)

// Scopes implements [pane.Screen].
func (w *Wizard) Scopes() []keys.Scope {
	switch w.stage {
	case stageReview, stageRun:
		return []keys.Scope{keys.Form, keys.Move}
	}
	return []keys.Scope{keys.Form}
}
