package batches

import (
	"context"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/field"
	"cnrelay/tui/dialog"
	"cnrelay/tui/keys"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
)

// Do implements [pane.Screen].
func (p *Pane) Do(a keys.Action) tea.Cmd {
	b, _ := p.find(p.Selected())
	s := p.S
	switch a {
	case keys.BatchNew:
		return pane.Send(pane.Import{Host: b.HostName})
	case keys.BatchSwap:
		return func() tea.Msg {
			d, err := s.Service.Batch(s.Context, b.ID)
			if err != nil {
				return started{b.ID, err}
			}
			return pane.Import{Host: d.HostName, Provider: d.Provider, Like: &d.Request}
		}
	case keys.BatchResume:
		if b.Phase == "rollback" {
			return p.previewUndo(b.ID)
		}
		return func() tea.Msg {
			_, err := s.Service.ResumeImport(context.WithoutCancel(s.Context), b.ID)
			return started{b.ID, err}
		}
	case keys.BatchUndo:
		return p.previewUndo(b.ID)
	case keys.BatchExport:
		return pane.Send(pane.Push{Screen: p.export(b)})
	case keys.BatchStop:
		return pane.Send(pane.Push{Screen: p.stop(b.ID)})
	}
	return p.List.Do(a)
}

// Why implements [pane.Screen].
func (p *Pane) Why(a keys.Action) string {
	b, found := p.find(p.Selected())
	switch a {
	case keys.BatchResume, keys.BatchSwap, keys.BatchUndo, keys.BatchStop, keys.BatchExport:
		if !found {
			return p.S.Say("why.no_batch")
		}
	default:
		return p.List.Why(a)
	}
	running := slices.Contains(p.S.Service.Running(), b.ID)
	switch {
	case a == keys.BatchStop && !running:
		return p.S.Say("why.not_running")
	case a != keys.BatchStop && running, a == keys.BatchExport && b.State == core.BatchRunning:
		return p.S.Say("why.running")
	case a == keys.BatchResume && b.State == core.BatchSucceeded:
		return p.S.Say("why.succeeded")
	case a == keys.BatchResume && b.State == core.BatchRolledBack:
		return p.S.Say("why.rolled_back")
	case a == keys.BatchUndo && b.State == core.BatchRolledBack && len(b.Kept) == 0:
		return p.S.Say("why.rolled_back")
	}
	return ""
}

// export asks where a batch's evidence is to be written, and says then what was written.
func (p *Pane) export(b engine.BatchLine) pane.Screen {
	s := p.S
	file := field.Text(s.Say("bundle.file"), bundle.Root(b.ID)+".zip")
	intro := func(width int) []string {
		return s.Page(width, func(pg *page.Page) { pg.Line(0, s.Say("bundle.means", string(b.ID), b.HostName)) })
	}
	submit := func(f *dialog.Form) tea.Cmd {
		path := file.Value()
		if path == "" {
			return f.Refuse(0, s.Say("form.needed"))
		}
		return func() tea.Msg {
			written, err := s.Export(s.Context, b.ID, path)
			title := func() string { return s.Say("bundle") }
			lines := func(width int) []string {
				return s.Page(width, func(pg *page.Page) { pg.Bundle(written) })
			}
			return f.Done(err, pane.Push{Screen: dialog.Read(s, title, lines, written.Path)})
		}
	}
	return dialog.NewForm(s, s.Say("bundle.export", string(b.ID)), intro, submit, file)
}

// stop asks why a run is to be stopped, and stops it.
func (p *Pane) stop(id core.BatchID) pane.Screen {
	s := p.S
	reason := field.Text(s.Say("batches.cancel_reason"), s.Say("batches.cancelled_here"))
	intro := func(width int) []string {
		return s.Page(width, func(pg *page.Page) { pg.Line(0, s.Say("batches.cancel_means", string(id))) })
	}
	return dialog.NewForm(s, s.Say("action.batch_cancel"), intro, func(f *dialog.Form) tea.Cmd {
		why := reason.Value()
		if why == "" {
			return f.Refuse(0, s.Say("form.needed"))
		}
		return func() tea.Msg {
			return f.Done(s.Service.Cancel(id, why), pane.Notice{Text: s.Say("batches.cancelled", string(id))})
		}
	}, reason)
}

// previewUndo reads what a rollback would do, and asks for it.
func (p *Pane) previewUndo(id core.BatchID) tea.Cmd {
	s := p.S
	looking := pane.Send(pane.Notice{Text: s.Say("batches.looking", string(id)), Passing: true})
	return tea.Sequence(looking, func() tea.Msg { // one after the other: it is said before the preview takes it away
		preview, err := s.Service.PreviewRollback(s.Context, id, engine.RollbackOptions{})
		return undoable{preview, err}
	})
}

// confirmUndo shows what a rollback would do; it starts once the batch's name is typed.
func (p *Pane) confirmUndo(m undoable) tea.Cmd {
	s := p.S
	if m.err != nil {
		return s.Failed(m.err)
	}
	id := m.preview.Batch.ID
	lines := func(width int) []string { return s.Page(width, func(pg *page.Page) { pg.Undo(m.preview) }) }
	return pane.Send(pane.Push{Screen: dialog.Ask(s, s.Say("batches.undo", string(id)), string(id), lines, func() tea.Cmd {
		return func() tea.Msg {
			_, err := s.Service.StartRollback(context.WithoutCancel(s.Context), id, engine.RollbackOptions{})
			return started{id, err}
		}
	})})
}
