package drift

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/dialog"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
)

type (
	planned struct {
		host    string
		spec    engine.RepairSpec
		preview engine.RepairPreview
		err     error
	}
	repaired compared
)

// found are the resources that the latest run of a target says something about.
func (t target) found() (out []core.Ref) {
	if len(t.runs) > 0 {
		for _, f := range t.runs[0].Findings {
			if f.Ref.Kind != "" {
				out = append(out, f.Ref)
			}
		}
	}
	return out
}

// plan compares a batch anew, and plans what can be done about what is found.
func (p *Pane) plan(t target, spec engine.RepairSpec) tea.Cmd {
	s := p.S
	p.busy[t.host] = true
	looking := pane.Send(pane.Notice{Text: s.Say("drift.looking", t.host), Passing: true})
	return tea.Sequence(looking, func() tea.Msg { // one after the other: it is said before the plan takes it away
		m := planned{host: t.host, spec: spec}
		previews, err := s.Service.PreviewRepair(s.Context, spec)
		if m.err = err; err == nil {
			m.preview = previews[0]
		}
		return m
	})
}

// review shows a plan; it is carried out, as it is shown, once that is wanted.
func (p *Pane) review(m planned) tea.Cmd {
	s := p.S
	delete(p.busy, m.host)
	if m.err != nil {
		return s.Failed(m.err)
	}
	title := s.Say("drift.repair", string(m.spec.Batch))
	if m.spec.Accept {
		title = s.Say("drift.accept", string(m.spec.Batch))
	}
	lines := func(width int) []string {
		return s.Page(width, func(pg *page.Page) { pg.Repair(m.preview) })
	}
	if len(m.preview.Plan.Steps) == 0 {
		return pane.Send(pane.Push{Screen: dialog.Read(s, func() string { return title }, lines, "")})
	}
	return pane.Send(pane.Push{Screen: dialog.Ask(s, title, "", lines, func() tea.Cmd { return p.repair(m) })})
}

// repair carries a plan out. It goes on when the console is left.
func (p *Pane) repair(m planned) tea.Cmd {
	s := p.S
	p.busy[m.host] = true
	return func() tea.Msg {
		done, err := s.Service.StartRepair(context.WithoutCancel(s.Context), m.spec, m.preview.Plan)
		if err == nil {
			err = <-done
		}
		if err != nil {
			return repaired{host: m.host, err: err}
		}
		run := m.preview.Run
		runs, err := s.Service.DriftRuns(s.Context, engine.DriftFilter{Host: run.Host, Provider: run.Provider, Batch: run.Batch, Limit: 1})
		return repaired{m.host, runs, err}
	}
}
