package tui

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

// busy is a service that works on a batch.
type busy struct{ pane.Service }

func (busy) Running() []core.BatchID { return []core.BatchID{"b1234"} }
func (busy) Batches(context.Context, engine.BatchFilter) ([]core.Batch, error) {
	return nil, nil
}

func open(t *testing.T, lang text.Lang, banner string) *App {
	t.Helper()
	m, err := keys.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &pane.Session{Context: t.Context(), Service: busy{}, Words: text.For(lang), Keys: m, Theme: theme.New(io.Discard, theme.Options{}), Now: time.Now,
		Process: 4321, Since: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC), Banner: banner}
	a := New(s)
	a.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	return a
}

// TestStatusLineHasNoHalfWords: what doesn't fit is left out as a whole.
func TestStatusLineHasNoHalfWords(t *testing.T) {
	for _, lang := range text.Langs {
		a := open(t, lang, "")
		owner := a.s.Say("console.owner", "4321", "09:30:00Z")
		for width := leastWidth; width < 140; width++ {
			a.Update(tea.WindowSizeMsg{Width: width, Height: 24})
			line := strings.TrimRight(ansi.Strip(a.status()), " ")
			if strings.HasSuffix(line, "…") || (strings.Contains(line, "4321") && !strings.HasSuffix(line, owner)) {
				t.Errorf("%s, %d wide: %s", lang, width, line)
			}
		}
	}
}

// TestFrameFollowsTheLanguage: nothing around the panes stays in the language that the console was opened in.
func TestFrameFollowsTheLanguage(t *testing.T) {
	a := open(t, text.EN, "demo.console")
	before := ansi.Strip(a.View())
	a.do(keys.Language)
	a.frame = ""
	after := ansi.Strip(a.View())
	for _, key := range []string{"demo.console", "status.running", "pane.hosts"} {
		args := []string{"1"}
		if en, zh := text.For(text.EN).Say(key, args...), text.For(text.ZH).Say(key, args...); !strings.Contains(before, en) || !strings.Contains(after, zh) {
			t.Errorf("%s is missing:\n%s\n%s", key, before, after)
		}
	}
	if !strings.Contains(after, text.For(text.ZH).Say("console.owner", "4321", "09:30:00Z")) {
		t.Errorf("the owner isn't said in Chinese:\n%s", after)
	}
}

// TestBannerFits on the smallest screen.
func TestBannerFits(t *testing.T) {
	for _, lang := range text.Langs {
		if banner := text.For(lang).Say("demo.console"); ansi.StringWidth(banner) >= leastWidth {
			t.Errorf("%s: %d cells: %s", lang, ansi.StringWidth(banner), banner)
		}
	}
}

// TestASimulationIsLeftAtOnce: nobody misses its runs. A real one asks.
func TestASimulationIsLeftAtOnce(t *testing.T) {
	for banner, asks := range map[string]bool{"": true, "demo.console": false} {
		a := open(t, text.EN, banner)
		_, quits := a.do(keys.Quit)().(tea.QuitMsg)
		if quits == asks {
			t.Errorf("banner %q: quits at once is %v", banner, quits)
		}
	}
}
