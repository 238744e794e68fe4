package tui_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui"
)

// place is what is thrown: it isn't repeated.
type place string

// fragile panics where it is told to.
type fragile struct{ where string }

func (f fragile) Init() tea.Cmd {
	switch f.where {
	case "init":
		panic(place(f.where))
	case "view":
		return nil // nothing comes after the frame that panics
	case "command":
		return func() tea.Msg { panic(place(f.where)) }
	case "batch":
		return tea.Batch(tea.Tick(time.Hour, func(time.Time) tea.Msg { return nil }), func() tea.Msg { panic(place(f.where)) })
	case "sequence":
		return tea.Sequence(func() tea.Msg { return nil }, func() tea.Msg { panic(place(f.where)) })
	}
	return func() tea.Msg { return f.where }
}

func (f fragile) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if msg == f.where && f.where == "update" {
		panic(place(f.where))
	}
	return f, nil
}

func (f fragile) View() string {
	if f.where == "view" {
		panic(place(f.where))
	}
	return ""
}

// TestGuard: wherever a model panics, its program ends, the terminal is left as it was, and the panic is known.
func TestGuard(t *testing.T) {
	for _, where := range []string{"init", "command", "batch", "sequence", "update", "view"} {
		t.Run(where, func(t *testing.T) {
			g := tui.Guard(t.Context(), fragile{where})
			var out bytes.Buffer
			in, typed := io.Pipe() // nothing is typed
			defer typed.Close()
			if _, err := tea.NewProgram(g, tea.WithInput(in), tea.WithOutput(&out), tea.WithAltScreen(), tea.WithoutSignalHandler()).Run(); err != nil {
				t.Error(err)
			}
			if err := g.Panicked(); err == nil || !strings.HasPrefix(err.Error(), "tui_test.place\n") || strings.Contains(err.Error(), where+"\n") || !strings.Contains(err.Error(), "guard_test.go") {
				t.Errorf("got %v", err)
			}
			if !strings.Contains(out.String(), "\x1b[?1049l") {
				t.Error("the other screen is not left")
			}
		})
	}
}
