package wizard

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
)

// service knows one host and one pack, and plans what it is told to.
type service struct {
	pane.Service
	plan func(spec engine.ImportSpec) engine.Preview
}

func (service) Hosts(context.Context) ([]core.Host, error) {
	return []core.Host{{ID: "h1", Name: "lab"}}, nil
}

func (service) PackList() []engine.ListedPack {
	return []engine.ListedPack{{Pack: core.Pack{ID: "acme", Endpoints: []core.Endpoint{{ID: "cn"}}}}}
}

func (s service) PreviewImport(_ context.Context, spec engine.ImportSpec) (engine.Preview, error) {
	return s.plan(spec), nil
}

// opened is a guided import whose host and provider are known: it asks for the route.
func opened(t *testing.T, plan func(spec engine.ImportSpec) engine.Preview) *Wizard {
	t.Helper()
	m, err := keys.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	w := New(&pane.Session{Context: t.Context(), Service: service{plan: plan}, Words: text.For(text.EN), Keys: m, Theme: theme.New(io.Discard, theme.Options{}),
		Now: func() time.Time { now = now.Add(time.Minute); return now }}, pane.Import{Host: "lab", Provider: "acme"})
	w.Update(w.Load()())
	return w
}

func screen(w *Wizard) string { return ansi.Strip(strings.Join(w.View(80, 20), "\n")) }

func pasted(w *Wizard, s string) {
	w.Type(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s), Paste: true})
}

// TestOnlyTheLatestPlanIsShown: the answer to a question that has been changed since isn't shown for review.
func TestOnlyTheLatestPlanIsShown(t *testing.T) {
	w := opened(t, func(spec engine.ImportSpec) engine.Preview {
		return engine.Preview{Request: core.ImportRequest{Access: spec.Access}, Pack: core.Pack{ID: "plan-of-" + string(spec.Access)}}
	})
	w.Do(keys.Accept)
	pasted(w, "sk-key-1")
	w.Do(keys.Accept)
	first := w.Do(keys.Accept) // for a subscription
	w.Do(keys.Leave)
	w.Do(keys.Toggle)
	second := w.Do(keys.Accept) // for self-service
	w.Update(first())
	if w.planned || !w.busy {
		t.Errorf("the first plan is taken for the second:\n%s", screen(w))
	}
	w.Update(second())
	if !w.planned || w.preview.Pack.ID != "plan-of-self_service" {
		t.Errorf("the second plan isn't shown:\n%s", screen(w))
	}
}

// TestMissingKeyIsSaidWhereItIsMissing, and no longer than it is.
func TestMissingKeyIsSaidWhereItIsMissing(t *testing.T) {
	w := opened(t, nil)
	w.Do(keys.Accept)
	if w.Do(keys.Accept); w.stage != stageKeys || !strings.Contains(screen(w), "There is no key yet") {
		t.Errorf("it isn't said:\n%s", screen(w))
	}
	if pasted(w, "sk-key-1"); strings.Contains(screen(w), "There is no key yet") {
		t.Errorf("it is still said:\n%s", screen(w))
	}
}

// TestOnlyChoicesAreToggled: the footer offers no key that does nothing.
func TestOnlyChoicesAreToggled(t *testing.T) {
	w := opened(t, nil)
	if why := w.Why(keys.Toggle); why != "" {
		t.Errorf("an endpoint can't be chosen: %s", why)
	}
	if w.Do(keys.After); w.Why(keys.Toggle) == "" {
		t.Error("an address can be toggled")
	}
}
