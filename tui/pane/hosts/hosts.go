// Package hosts is the pane of registered hosts: which answer, which providers their users can reach, and what
// to do about those they can't.
package hosts

import (
	"fmt"
	"slices"
	"strings"
	"time"

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

// Pane shows hosts.
type Pane struct {
	pane.List
	list    []engine.HostStatus
	held    map[core.HostID][]core.Resource
	states  map[string]states    // by host and provider: why accounts are out of traffic
	latency map[string][]float64 // of checks in this session, milliseconds; -1 failed
	seen    map[string]time.Time // of the latest check that is in latency
	busy    map[string]string    // host → what is asked of it
	failed  error                // why the list couldn't be read
}

var _ pane.Pane = (*Pane)(nil)

type states struct {
	at   time.Time
	list []core.AccountState
}

// New makes the pane.
func New(s *pane.Session) *Pane {
	p := &Pane{held: map[core.HostID][]core.Resource{}, states: map[string]states{}, latency: map[string][]float64{},
		seen: map[string]time.Time{}, busy: map[string]string{}}
	p.List = pane.List{S: s, Name: "hosts", Own: keys.Hosts, Detail: p.detail, Copied: p.copied}
	p.Init(table.Column{Min: 8, Flex: 3}, table.Column{Min: 10, Flex: 1}, table.Column{Min: 8, Keep: 3}, table.Column{Min: 14, Keep: 1},
		table.Column{Min: 16, Flex: 6}, table.Column{Min: 8, Keep: 2, Right: true})
	return p
}

// Messages of the pane's own commands.
type (
	loaded struct {
		list []engine.HostStatus
		held map[core.HostID][]core.Resource
		err  error
	}
	checked struct {
		host string
		err  error
	}
	probed struct {
		host, provider string
		list           []core.AccountState
		err            error
	}
	proven struct {
		host string
		said []string // of each provider and mode
		err  error
	}
)

// Load implements [pane.Pane].
func (p *Pane) Load() tea.Cmd {
	return p.Once.Read(func() tea.Msg {
		list, err := p.S.Service.Status(p.S.Context, "")
		m := loaded{list: list, held: map[core.HostID][]core.Resource{}, err: err}
		for _, h := range list {
			if m.held[h.Host.ID], err = p.S.Service.Resources(p.S.Context, h.Host.ID); err != nil {
				m.err = err
			}
		}
		return m
	})
}

// CheckAll looks at every host that wasn't looked at for a while. It costs GETs only.
func (p *Pane) CheckAll(older time.Duration) tea.Cmd {
	var cmds []tea.Cmd
	for _, h := range p.list {
		if p.S.Now().Sub(h.Host.Seen.At) > older {
			cmds = append(cmds, p.check(h.Host.Name))
		}
	}
	return tea.Batch(cmds...)
}

func (p *Pane) check(name string) tea.Cmd {
	if p.busy[name] != "" {
		return nil
	}
	p.busy[name] = "check"
	return func() tea.Msg {
		_, err := p.S.Service.CheckHost(p.S.Context, name)
		return checked{name, err}
	}
}

// Update implements [pane.Screen].
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case pane.Changed:
		if m.In(core.TableHost, core.TableBatch, core.TableAccess, core.TableResource) {
			return p.Load()
		}
	case loaded:
		again := p.Came(p.Load)
		if p.failed = m.err; m.err != nil {
			return tea.Batch(again, p.S.Failed(m.err))
		}
		p.list, p.held = m.list, m.held
		p.learn()
		return tea.Batch(again, p.Fill(p.Names(), p.cells))
	case checked:
		delete(p.busy, m.host)
		return tea.Batch(p.Load(), p.S.Failed(m.err))
	case probed:
		delete(p.busy, m.host)
		if m.err != nil {
			return p.S.Failed(m.err)
		}
		p.states[m.host+"/"+m.provider] = states{p.S.Now(), m.list}
	case proven:
		delete(p.busy, m.host)
		if m.err != nil {
			return p.S.Failed(m.err)
		}
		return tea.Batch(p.Load(), pane.Say(p.S.Say("hosts.proven", m.host, strings.Join(m.said, p.S.Say("list")))))
	}
	return nil
}

// learn adds new checks to the trend.
func (p *Pane) learn() {
	for _, h := range p.list {
		at, value := h.Host.Seen.At, float64(h.Host.Seen.Latency)/float64(time.Millisecond)
		if h.Host.Lost.At.After(at) {
			at, value = h.Host.Lost.At, -1
		}
		if name := h.Host.Name; at.After(p.seen[name]) {
			p.seen[name] = at
			p.latency[name] = append(p.latency[name], value)
			p.latency[name] = p.latency[name][max(0, len(p.latency[name])-60):]
		}
	}
}

// standing is how a host stands: the word, and how it is to be taken.
func standing(s *pane.Session, h core.Host) (string, theme.Token) {
	switch {
	case !h.Lost.At.IsZero() && h.Lost.Code == core.CodeAuth:
		return s.Say("host.refused"), theme.Bad
	case !h.Lost.At.IsZero():
		return s.Say("host.down"), theme.Bad
	case len(h.Seen.Blocks) > 0 && slices.Contains(h.Seen.Blocks, core.BlockCompliance):
		return s.Say("host.gated"), theme.Warn
	case h.Seen.At.IsZero():
		return s.Say("host.unseen"), theme.Dim
	}
	return s.Say("host.up"), theme.Good
}

// Names are those of the hosts.
func (p *Pane) Names() []string {
	var out []string
	for _, h := range p.list {
		out = append(out, h.Host.Name)
	}
	return out
}

// Standing counts hosts that answer, and those that don't.
func (p *Pane) Standing() (up, down int) {
	for _, h := range p.list {
		if h.Host.Lost.At.IsZero() {
			up++
		} else {
			down++
		}
	}
	return up, down
}

// LastProbe is when a host was last looked at.
func (p *Pane) LastProbe() time.Time {
	var last time.Time
	for _, h := range p.list {
		for _, at := range []time.Time{h.Host.Seen.At, h.Host.Lost.At} {
			if at.After(last) {
				last = at
			}
		}
	}
	return last
}

func (p *Pane) cells(i int) []table.Cell {
	th, h := p.S.Theme, p.list[i]
	word, as := standing(p.S, h.Host)
	var providers []string
	worst := theme.Dim
	for _, v := range worstFirst(h.Providers) {
		if v.State == engine.ProviderAbsent {
			continue
		}
		token := providerToken(v.State)
		worst = worse(worst, token)
		providers = append(providers, th.Mark(token)+" "+v.Provider)
	}
	if len(providers) == 0 {
		providers = []string{p.S.Say("provider.none")}
	}
	trend := p.latency[h.Host.Name]
	latency := spark.Line(th, trend, 8)
	if h.Host.Seen.Latency > 0 {
		latency = page.Took(h.Host.Seen.Latency) + " " + latency
	}
	return []table.Cell{{Text: h.Host.Name}, {Text: th.Mark(as) + " " + word, As: as}, {Text: h.Host.Seen.Version},
		{Text: latency, Key: float64(h.Host.Seen.Latency)}, {Text: strings.Join(providers, "  "), As: worst},
		{Text: p.S.Age(h.Host.Seen.At), Key: -float64(h.Host.Seen.At.Unix()), As: theme.Dim}}
}

// rank orders how things stand: the worse, the higher.
func rank(t theme.Token) int {
	return slices.Index([]theme.Token{theme.Dim, theme.Good, theme.Accent, theme.Warn, theme.Bad}, t)
}

func worse(a, b theme.Token) theme.Token {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// worstFirst orders providers so that a narrow column shows those that matter.
func worstFirst(list []engine.ProviderStatus) []engine.ProviderStatus {
	return slices.SortedStableFunc(slices.Values(list), func(a, b engine.ProviderStatus) int {
		return rank(providerToken(b.State)) - rank(providerToken(a.State))
	})
}

func providerToken(s engine.ProviderState) theme.Token {
	switch s {
	case engine.ProviderActive:
		return theme.Good
	case engine.ProviderDegraded:
		return theme.Warn
	case engine.ProviderBroken:
		return theme.Bad
	case engine.ProviderImporting:
		return theme.Accent
	}
	return theme.Dim
}

// View implements [pane.Screen]. Under the list stands the worst that is known, so that nobody has to look for it.
func (p *Pane) View(width, height int) []string {
	p.Table.Titles(p.S.Say("column.host"), p.S.Say("column.state"), p.S.Say("column.version"), p.S.Say("column.latency"), p.S.Say("column.providers"), p.S.Say("column.seen"))
	trouble := p.trouble(width)
	room := height - len(trouble)
	if len(trouble) == 0 || room < 6 || p.DetailOnly(width) {
		return p.List.View(width, height)
	}
	return append(p.List.View(width, room), trouble...)
}

// trouble is the first thing that keeps users from a provider: what, whose fault, what to do.
func (p *Pane) trouble(width int) []string {
	type bad struct {
		host     string
		provider engine.ProviderStatus
	}
	var found []bad
	for _, h := range p.list {
		for _, v := range h.Providers {
			if len(v.Findings) > 0 && (v.State == engine.ProviderBroken || v.State == engine.ProviderDegraded) {
				found = append(found, bad{h.Host.Name, v})
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.SortStableFunc(found, func(a, b bad) int { // broken ones first
		return strings.Compare(string(b.provider.State), string(a.provider.State)) * -1
	})
	first := found[0]
	th := p.S.Theme
	as := providerToken(first.provider.State)
	head := fmt.Sprintf("%s %s %s", th.Mark(as), first.host, first.provider.Provider) + p.S.Say("colon", p.S.Words.Name(first.provider.State))
	if len(found) > 1 {
		head += "  " + p.S.Say("hosts.more_trouble", fmt.Sprint(len(found)-1))
	}
	lines := []string{th.Rule(width), th.Fit(th.Paint(as, head), width)}
	for _, line := range p.S.Page(width-2, func(pg *page.Page) { pg.Finding(0, first.provider.Findings[0]) }) {
		lines = append(lines, th.Fit("  "+line, width))
	}
	return lines[:min(len(lines), 8)]
}
