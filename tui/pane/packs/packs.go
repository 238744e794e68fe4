// Package packs is the pane of provider packs: what they hold, what a model costs in the host's unit, where each
// is imported, and what is wrong with those that can't be used.
package packs

import (
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/table"
	"cnrelay/tui/keys"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
	"cnrelay/tui/theme"
)

// Pane shows packs.
type Pane struct {
	pane.List
	list []engine.ListedPack
	used map[string][]string // provider → hosts that it is imported on
}

var _ pane.Pane = (*Pane)(nil)

// New makes the pane.
func New(s *pane.Session) *Pane {
	p := &Pane{}
	p.List = pane.List{S: s, Name: "packs", Own: keys.Packs, Detail: p.detail}
	p.Init(table.Column{Min: 10, Flex: 2}, table.Column{Min: 12, Flex: 3}, table.Column{Min: 6, Right: true}, table.Column{Min: 16, Keep: 2, Flex: 2},
		table.Column{Min: 12, Keep: 3, Flex: 3}, table.Column{Min: 9, Keep: 1})
	return p
}

type (
	loaded struct {
		list []engine.ListedPack
		used map[string][]string
		err  error
	}
	edited struct{ err error }
)

// Load implements [pane.Pane].
func (p *Pane) Load() tea.Cmd {
	return p.Once.Read(func() tea.Msg {
		m := loaded{list: p.S.Service.PackList(), used: map[string][]string{}}
		status, err := p.S.Service.Status(p.S.Context, "")
		for _, h := range status {
			for _, v := range h.Providers {
				if v.State != engine.ProviderAbsent {
					m.used[v.Provider] = append(m.used[v.Provider], h.Host.Name)
				}
			}
		}
		m.err = err
		return m
	})
}

// Update implements [pane.Screen].
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.Changed:
		if m.In(core.TableBatch) {
			return p.Load()
		}
	case loaded:
		p.list, p.used = m.list, m.used
		return tea.Batch(p.Came(p.Load), p.fill(), p.S.Failed(m.err))
	case edited:
		return tea.Batch(p.Load(), p.S.Failed(m.err))
	}
	return nil
}

// id names a row: a pack that can't be read has only its file.
func id(l engine.ListedPack) string {
	if l.Fault != nil {
		return "!" + l.Source
	}
	return l.ID
}

func (p *Pane) fill() tea.Cmd {
	ids := make([]string, len(p.list))
	for i, l := range p.list {
		ids[i] = id(l)
	}
	return p.Fill(ids, p.cells)
}

func (p *Pane) cells(i int) []table.Cell {
	th, l := p.S.Theme, p.list[i]
	state, as := th.Mark(theme.Good)+" "+p.S.Say("packs.valid"), theme.Good
	if l.Fault != nil {
		state, as = th.Mark(theme.Bad)+" "+p.S.Say("packs.faulty"), theme.Bad
	}
	title := l.ID
	if title == "" {
		title = l.Source
	}
	return []table.Cell{{Text: title}, {Text: p.S.Called(l.Name)}, {Text: strconv.Itoa(len(l.Models)), Key: float64(len(l.Models))},
		{Text: l.Smoke.Model}, {Text: strings.Join(p.used[l.ID], ", ")}, {Text: state, As: as}}
}

func (p *Pane) find(wanted string) (engine.ListedPack, bool) {
	i := slices.IndexFunc(p.list, func(l engine.ListedPack) bool { return id(l) == wanted })
	if i < 0 {
		return engine.ListedPack{}, false
	}
	return p.list[i], true
}

// detail is a pack's content, with its prices as a host would hold them.
func (p *Pane) detail(wanted string, width int) []string {
	l, ok := p.find(wanted)
	if !ok {
		return nil
	}
	return p.S.Page(width, func(pg *page.Page) {
		if l.Fault != nil {
			pg.Tell(0, p.S.Say("packs.fault"), page.Bad)
			for line := range strings.Lines(l.Fault.Error()) {
				pg.Line(2, p.S.Words.Failure(strings.TrimRight(line, "\n")))
			}
			return
		}
		if hosts := p.used[l.ID]; len(hosts) > 0 {
			pg.Field(p.S.Say("packs.used"), strings.Join(hosts, p.S.Say("list")))
		}
		pg.Pack(l.Pack)
		pg.Title(p.S.Say("packs.converted"))
		for _, m := range l.Models {
			price, err := core.USDPerToken(m, p.S.Rates)
			if err != nil {
				var why *core.Error
				if errors.As(err, &why) {
					pg.Tell(2, p.S.Words.Failure(why.What)+p.S.Say("aside", p.S.Words.Failure(why.Next)), page.Warn)
				}
				continue
			}
			pg.Line(2, p.S.Say("packs.usd", m.ID, page.Number(round(price.Input*1e6)), page.Number(round(price.Output*1e6))))
			if price.Rate != nil {
				pg.Tell(4, p.S.Say("packs.rate", price.From.Currency, page.Number(price.Rate.USD), price.Rate.Date, price.Rate.Source), page.Dim)
			}
		}
	})
}

// round takes off what the conversion to tokens and back added.
func round(x float64) float64 {
	s, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 6, 64), 64)
	return s
}

// Do implements [pane.Screen].
func (p *Pane) Do(a keys.Action) tea.Cmd {
	l, _ := p.find(p.Selected())
	switch a {
	case keys.PackImport:
		return pane.Send(pane.Import{Provider: l.ID})
	case keys.PackCheck:
		return tea.Batch(p.Load(), pane.Say(p.S.Say("packs.read_again")))
	case keys.PackEdit:
		cmd := exec.CommandContext(p.S.Context, "sh", "-c", p.S.Editor+` "$1"`, "sh", l.Source)
		return tea.ExecProcess(cmd, func(err error) tea.Msg { return edited{err} })
	}
	return p.List.Do(a)
}

// Why implements [pane.Screen].
func (p *Pane) Why(a keys.Action) string {
	l, found := p.find(p.Selected())
	switch a {
	case keys.PackImport:
		if !found || l.Fault != nil {
			return p.S.Say("why.no_pack")
		}
	case keys.PackEdit:
		switch {
		case !found:
			return p.S.Say("why.no_pack")
		case !p.S.Local:
			return p.S.Say("why.not_local")
		case l.Source == "builtin":
			return p.S.Say("why.built_in")
		case p.S.Editor == "":
			return p.S.Say("why.no_editor")
		}
	}
	return p.List.Why(a)
}

// View implements [pane.Screen].
func (p *Pane) View(width, height int) []string {
	p.Table.Titles(p.S.Say("column.pack"), p.S.Say("column.name"), p.S.Say("column.models"), p.S.Say("column.smoke"), p.S.Say("column.imported"), p.S.Say("column.state"))
	return p.List.View(width, height)
}
