package tui

import (
	"fmt"
	"runtime/debug"

	tea "github.com/charmbracelet/bubbletea"
)

// crash is a command's panic.
type crash struct {
	what  any
	stack []byte
}

// guarded hands a command's panic to Update, which panics in its place: there Bubble Tea restores the terminal before
// it says what happened, while in a command it says so on the screen that it then leaves.
func guarded(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if p := recover(); p != nil {
				msg = crash{p, debug.Stack()}
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = guarded(batch[i])
			}
		}
		return msg
	}
}

func (c crash) again() { panic(fmt.Sprintf("%v\n\n%s", c.what, c.stack)) }
