package tui

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
)

// Guarded is a model whose panics, and those of its commands, end its own program and nothing else.
type Guarded struct {
	model tea.Model
	mu    sync.Mutex
	first error
}

// Guard guards a model.
func Guard(m tea.Model) *Guarded { return &Guarded{model: m} }

// Panicked is the first panic, with where it happened; nil if there was none.
func (g *Guarded) Panicked() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.first
}

// caught takes a panic and then ends the program. It must be deferred itself.
func (g *Guarded) caught(then func()) {
	if r := recover(); r != nil {
		g.mu.Lock()
		if g.first == nil {
			g.first = fmt.Errorf("%v\n%s", r, debug.Stack())
		}
		g.mu.Unlock()
		then()
	}
}

// Init implements [tea.Model].
func (g *Guarded) Init() (cmd tea.Cmd) {
	defer g.caught(func() { cmd = tea.Quit })
	return g.guard(g.model.Init())
}

// Update implements [tea.Model].
func (g *Guarded) Update(msg tea.Msg) (m tea.Model, cmd tea.Cmd) {
	defer g.caught(func() { m, cmd = g, tea.Quit })
	next, cmd := g.model.Update(msg)
	g.model = next
	if g.Panicked() != nil {
		return g, tea.Quit
	}
	return g, g.guard(cmd)
}

// View implements [tea.Model].
func (g *Guarded) View() (frame string) {
	defer g.caught(func() { frame = "" })
	return g.model.View()
}

// guard guards a command, and those that it brings.
func (g *Guarded) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer g.caught(func() { msg = tea.Quit() })
		msg = cmd()
		if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() { // a batch or a sequence
			for i := range v.Len() {
				inner, _ := v.Index(i).Interface().(tea.Cmd)
				v.Index(i).Set(reflect.ValueOf(g.guard(inner)))
			}
		}
		return msg
	}
}
