package tui

import (
	"context"
	"reflect"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
)

// Guarded is a model whose panics, and those of its commands, end its own program in good order: the terminal is
// restored before anything is said, and where many consoles share a process, the others go on.
type Guarded struct {
	model tea.Model
	over  context.Context // ends with the program, or with the first panic
	end   context.CancelCauseFunc
}

// Guard guards a model until ctx ends.
func Guard(ctx context.Context, m tea.Model) *Guarded {
	g := &Guarded{model: m}
	g.over, g.end = context.WithCancelCause(ctx)
	return g
}

// Panicked is the first panic, a [core.Panic]; nil if there was none.
func (g *Guarded) Panicked() error {
	if p, ok := context.Cause(g.over).(*core.Panic); ok {
		return p
	}
	return nil
}

// catch takes a panic, which ends the program. It must be deferred itself.
func (g *Guarded) catch() {
	if r := recover(); r != nil {
		g.end(core.Caught(r))
	}
}

// ends is a command that ends the program once something has panicked, even if no message comes any more.
func (g *Guarded) ends() tea.Msg {
	<-g.over.Done()
	if g.Panicked() != nil {
		return tea.Quit()
	}
	return nil
}

// Init implements [tea.Model].
func (g *Guarded) Init() (cmd tea.Cmd) {
	defer g.catch()
	cmd = g.ends
	return tea.Batch(cmd, g.guard(g.model.Init()))
}

// Update implements [tea.Model].
func (g *Guarded) Update(msg tea.Msg) (same tea.Model, cmd tea.Cmd) {
	defer g.catch()
	if same = g; g.Panicked() != nil {
		return same, nil
	}
	g.model, cmd = g.model.Update(msg)
	return same, g.guard(cmd)
}

// View implements [tea.Model].
func (g *Guarded) View() string {
	defer g.catch()
	if g.Panicked() != nil {
		return ""
	}
	return g.model.View()
}

// guard guards a command, and those that it brings.
func (g *Guarded) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		defer g.catch()
		msg := cmd()
		if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() { // a batch or a sequence
			for i := range v.Len() {
				inner, _ := v.Index(i).Interface().(tea.Cmd)
				v.Index(i).Set(reflect.ValueOf(g.guard(inner)))
			}
		}
		return msg
	}
}
