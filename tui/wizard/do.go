package wizard

import (
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/dialog"
	"cnrelay/tui/keys"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
)

// Typing implements [pane.Screen].
func (w *Wizard) Typing() bool {
	switch w.stage {
	case stageHost, stageProvider, stageKeys:
		return true
	case stageRoute:
		return w.route.Current().Typing()
	case stageAccess:
		return w.access.Current().Typing()
	}
	return false
}

// Type implements [pane.Screen].
func (w *Wizard) Type(k tea.KeyMsg) tea.Cmd {
	if text := string(k.Runes); k.Paste && w.stage != stageKeys && likeKeys(text) && !w.secret() {
		w.keys.paste(text)
		return pane.Say(w.s.Say("wizard.keys_taken"))
	}
	switch w.stage {
	case stageHost, stageProvider:
		w.search.Type(k)
		w.choose.SetFilter(w.search.Value())
	case stageKeys:
		return w.keys.typed(k)
	case stageRoute:
		w.route.Current().Type(k)
	case stageAccess:
		w.access.Current().Type(k)
		w.follow()
	}
	return nil
}

// likeKeys tells whether a pasted text is better taken for keys than shown: no address, e-mail or number is like it.
func likeKeys(text string) bool {
	return strings.Contains(text, "\n") || (len(text) >= 12 && !strings.ContainsAny(text, "/@, "))
}

// secret tells whether the field that has the focus shows nothing anyway.
func (w *Wizard) secret() bool { return w.stage == stageAccess && w.access.At == accessUserKey }

// Why implements [pane.Screen].
func (w *Wizard) Why(a keys.Action) string {
	if a == keys.Accept && w.busy {
		return w.s.Say("form.busy")
	}
	if a == keys.Filter || a == keys.Sort || (a == keys.Toggle && !w.choosing()) {
		return w.s.Say("why.not_here")
	}
	return ""
}

// choosing tells whether a field with a few values has the focus.
func (w *Wizard) choosing() bool {
	switch w.stage {
	case stageRoute:
		return len(w.route.Current().Choices) > 0
	case stageAccess:
		return len(w.access.Current().Choices) > 0
	}
	return false
}

// Do implements [pane.Screen].
func (w *Wizard) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.Accept:
		return w.next()
	case keys.Leave, keys.Back:
		return w.back()
	case keys.After, keys.Before, keys.Toggle:
		return w.move(a)
	case keys.Copy:
		if w.stage == stageRun {
			return pane.Send(pane.CopyText{Text: string(w.batch)})
		}
		return nil
	}
	w.body.Walk(a)
	return nil
}

func (w *Wizard) move(a keys.Action) tea.Cmd {
	step := 1
	if a == keys.Before {
		step = -1
	}
	switch w.stage {
	case stageHost, stageProvider:
		w.choose.Move(step)
	case stageKeys:
		w.keys.swap()
	case stageRoute, stageAccess:
		g := &w.route
		if w.stage == stageAccess {
			g = &w.access
		}
		if a == keys.Toggle {
			g.Current().Toggle(1)
			w.follow()
		} else {
			g.Move(step)
		}
	case stageReview, stageRun:
		w.body.Move(step)
	}
	return nil
}

// back goes one stage back with everything kept, or leaves.
func (w *Wizard) back() tea.Cmd {
	w.busy = false
	if w.stage == stageHost || w.stage == stageRun {
		return w.leave()
	}
	return w.enter(w.stage - 1)
}

// next goes on, if what is entered allows it.
func (w *Wizard) next() tea.Cmd {
	switch w.stage {
	case stageHost, stageProvider:
		id := w.choose.Selected()
		switch {
		case id == "":
			return nil
		case w.stage == stageHost:
			w.asked.Host = id
			return w.enter(stageProvider)
		}
		if id != w.asked.Provider || len(w.route.Fields[routeEndpoint].Choices) != len(w.pack().Endpoints) {
			w.asked.Provider = id
			w.route = w.routeFields(w.pack())
		}
		return w.enter(stageRoute)
	case stageRoute:
		var spec engine.ImportSpec
		if w.readRoute(&spec) != nil {
			w.route.Seek()
			return nil
		}
		return w.enter(stageKeys)
	case stageKeys:
		if w.keys.sure() {
			return w.keysDone()
		}
		return w.keys.enter()
	case stageAccess:
		w.follow()
		var spec engine.ImportSpec
		for _, f := range w.access.Fields {
			f.Fault = ""
		}
		if w.readAccess(&spec); w.faulty() {
			return nil
		}
		return w.enter(stageReview)
	case stageReview:
		return w.review()
	case stageRun:
		if w.ended() {
			return tea.Sequence(pane.Send(pane.Pop{Screen: w}), pane.Send(pane.Goto{Tab: pane.Batches, ID: string(w.batch)}))
		}
	}
	return nil
}

func (w *Wizard) keysDone() tea.Cmd {
	if path := w.keys.file.Value(); w.keys.inFile() && path != "" {
		return func() tea.Msg {
			text, err := w.s.ReadKeys(path)
			return fileRead{w, text, err}
		}
	}
	w.keys.coming = false // nothing more is waited for
	if w.keys.refused = w.keys.fault(); w.keys.refused != "" {
		return nil
	}
	w.follow()
	return w.enter(stageAccess)
}

// apart is how far two presses of a key are apart at least that somebody means.
const apart = 100 * time.Millisecond

// review starts what is shown; a replacement wants the provider's name typed first.
func (w *Wizard) review() tea.Cmd {
	if !w.planned {
		return w.plan()
	}
	if w.preview.Plan.Blocked() {
		return pane.Send(pane.Notice{Bad: true, Text: w.s.Say("error.blocked")})
	}
	if w.preview.Request.Mode != core.Replace {
		if now := w.s.Now(); now.Before(w.from) { // it was meant for what was there before, or is held down, or pasted
			if w.from.Before(now.Add(apart)) {
				w.from = now.Add(apart)
			}
			return nil
		}
		return w.start()
	}
	lines := func(width int) []string {
		return w.s.Page(width, func(p *page.Page) {
			p.Line(0, w.s.Say("wizard.replace_means"))
			for _, s := range w.preview.Plan.Steps {
				if s.Phase == core.PhaseRetire {
					p.Step(s)
				}
			}
		})
	}
	return pane.Send(pane.Push{Screen: dialog.Ask(w.s, w.s.Say("wizard.replace"), w.asked.Provider, lines, w.start)})
}
