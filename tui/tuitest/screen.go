// Package tuitest drives a console without a terminal: keys go in, the screen is read. It runs inside a
// testing/synctest bubble, so that "settled" means that nothing more would happen by itself, and time stands
// still meanwhile.
package tuitest

import (
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// Screen is a console under test.
type Screen struct {
	t    *testing.T
	app  tea.Model
	msgs chan tea.Msg
	quit bool
}

// Start starts a console of a size and waits until it has settled. It must be called in a bubble.
func Start(t *testing.T, app tea.Model, width, height int) *Screen {
	t.Helper()
	s := &Screen{t: t, app: app, msgs: make(chan tea.Msg, 10_000)}
	s.run(app.Init())
	s.Resize(width, height)
	return s
}

// run does what a program does with a command: it waits for it beside everything else.
func (s *Screen) run(cmd tea.Cmd) {
	if cmd != nil {
		go func() { s.take(cmd()) }()
	}
}

func (s *Screen) take(msg tea.Msg) {
	switch m := msg.(type) {
	case nil:
		return
	case tea.BatchMsg:
		for _, cmd := range m {
			s.run(cmd)
		}
		return
	}
	if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() { // a sequence
		for i := range v.Len() {
			if cmd, ok := v.Index(i).Interface().(tea.Cmd); ok && cmd != nil {
				s.take(cmd())
			}
		}
		return
	}
	s.msgs <- msg
}

// Settle handles what commands brought until nothing more comes.
func (s *Screen) Settle() *Screen {
	for {
		synctest.Wait()
		select {
		case m := <-s.msgs:
			s.send(m)
		default:
			return s
		}
	}
}

func (s *Screen) send(m tea.Msg) {
	if _, ok := m.(tea.QuitMsg); ok {
		s.quit = true
		return
	}
	var cmd tea.Cmd
	s.app, cmd = s.app.Update(m)
	s.run(cmd)
}

// Resize gives the terminal another size.
func (s *Screen) Resize(width, height int) *Screen {
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	return s.Settle()
}

var named = map[string]tea.KeyType{"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "backspace": tea.KeyBackspace, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome, "end": tea.KeyEnd,
	"ctrl+c": tea.KeyCtrlC, "ctrl+k": tea.KeyCtrlK, "ctrl+u": tea.KeyCtrlU, "ctrl+r": tea.KeyCtrlR, "ctrl+l": tea.KeyCtrlL, "ctrl+t": tea.KeyCtrlT, "space": tea.KeySpace}

// Press presses keys one after another.
func (s *Screen) Press(keys ...string) *Screen {
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		if t, ok := named[k]; ok {
			msg = tea.KeyMsg{Type: t}
			if t == tea.KeySpace {
				msg.Runes = []rune{' '}
			}
		}
		s.send(msg)
		s.Settle()
	}
	return s
}

// Type types a text, a key a character.
func (s *Screen) Type(text string) *Screen {
	for _, r := range text {
		s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	return s.Settle()
}

// Paste pastes a text.
func (s *Screen) Paste(text string) *Screen {
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
	return s.Settle()
}

// Send hands the console a message.
func (s *Screen) Send(m tea.Msg) *Screen {
	s.send(m)
	return s.Settle()
}

// Quit tells whether the console has ended.
func (s *Screen) Quit() bool { return s.quit }

// Raw is the screen as it is drawn, colours included.
func (s *Screen) Raw() string { return s.app.View() }

// Text is the screen as it is read, without spaces at the end of its lines.
func (s *Screen) Text() string {
	lines := strings.Split(ansi.Strip(s.app.View()), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// Shows fails unless every text is on the screen.
func (s *Screen) Shows(texts ...string) *Screen {
	s.t.Helper()
	screen := s.Text()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			s.t.Fatalf("%q is not on the screen:\n%s", text, screen)
		}
	}
	return s
}

// Lacks fails if a text is on the screen.
func (s *Screen) Lacks(texts ...string) *Screen {
	s.t.Helper()
	screen := s.Text()
	for _, text := range texts {
		if strings.Contains(screen, text) {
			s.t.Fatalf("%q is on the screen:\n%s", text, screen)
		}
	}
	return s
}
