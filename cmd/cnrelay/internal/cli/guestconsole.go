package cli

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/time/rate"

	"cnrelay/tui"
	"cnrelay/tui/pane"
)

// A hand, or a key that is held down, makes fewer strokes; a paste that isn't said to be one comes in a burst.
const (
	strokes = 40 // a second
	burst   = 60
)

// showGuest runs a console for an operator whose terminal is elsewhere: its size comes by itself, it is read no faster
// than anybody types, and a panic ends this session only.
func (s *session) showGuest(ctx context.Context, sess *pane.Session, options []tea.ProgramOption) error {
	g := s.guest
	ctx, end := context.WithCancel(ctx)
	defer end()
	limit := rate.NewLimiter(strokes, burst)
	options = append(options, tea.WithInput(g.typed.Keys()), tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg {
		switch msg.(type) {
		case tea.KeyMsg, tea.MouseMsg:
			_ = limit.Wait(ctx) // once the session is over nothing is waited for
		}
		return msg
	}))
	guarded := tui.Guard(ctx, tui.Pace(g.house.model(s.who, sess), framesFar))
	program := tea.NewProgram(guarded, options...)
	g.spawn(func() {
		for {
			select {
			case size := <-g.sizes:
				program.Send(tea.WindowSizeMsg{Width: size.Columns, Height: size.Rows})
			case <-ctx.Done():
				return
			}
		}
	})
	_, err := program.Run()
	if panicked := guarded.Panicked(); panicked != nil {
		panic(panicked) // the server's guard says it
	}
	return closed(ctx, err)
}

// readKeysAt reads a file of keys that is named in the console, on the machine that the operator is at.
func (a *app) readKeysAt(path string) ([]byte, error) {
	if a.guest != nil && !a.who.Remote() {
		own := app{who: a.who} // the same user on the same machine
		return own.readInput("keys-file", a.near(path))
	}
	return a.readInput("keys-file", path)
}
