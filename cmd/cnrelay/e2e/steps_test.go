package e2e

import (
	"strconv"
	"strings"
	"time"

	"cnrelay/cmd/cnrelay/internal/ptytest"
	"cnrelay/tui/dialog"
)

// answer types the word that a question asks for. A question takes no keys for a moment after it appeared: they
// were meant for what was there before.
func answer(x *ptytest.Terminal, word string) {
	asks := "Type " + word + " to go on:"
	x.Sees(asks)
	x.Repeat("the word typed", func(screen string) bool { return strings.Contains(screen, asks+" "+word) }, func() {
		x.Press("ctrl+u")
		x.Type(word)
	})
	x.Press("enter")
	x.Loses(asks)
}

// started guides an import on the only host, or the selected one, up to its start.
func (l *lab) started(x *ptytest.Terminal, keys ...string) {
	l.reviewed(x, keys...)
	begin(x)
}

// keysAsked guides an import up to the keys.
func (l *lab) keysAsked(x *ptytest.Terminal) {
	x.Press("i")
	x.Sees("Which provider?", "deepseek")
	x.Press("enter")
	x.Sees("Base URL")
	x.Press("tab")
	x.Paste(l.upstream)
	x.Sees(l.upstream)
	x.Press("enter")
	x.Sees("Paste upstream keys")
}

// reviewed guides an import up to its plan.
func (l *lab) reviewed(x *ptytest.Terminal, keys ...string) {
	l.keysAsked(x)
	x.Paste(strings.Join(keys, "\n"))
	x.Sees("keys: " + strconv.Itoa(len(keys)))
	x.Press("enter")
	x.Sees("managed:1")
	x.Press("enter")
	x.Sees("Everything is in place")
}

// begin starts what is reviewed, by one stroke: a second one might come after the end, and go on from there.
func begin(x *ptytest.Terminal) {
	x.Sees("enter starts")
	time.Sleep(dialog.Grace) // what comes earlier was meant for what was there before
	x.Press("enter")
	x.Loses("enter starts")
}

// interrupted wants the only batch to be interrupted, as another process reads it.
func (l *lab) interrupted() {
	l.t.Helper()
	if list := l.run("batch", "list"); !strings.Contains(list, "interrupted") {
		l.t.Errorf("the batch isn't interrupted:\n%s", list)
	}
}

// leave goes one level out, to a pane.
func leave(x *ptytest.Terminal) {
	x.Press("esc")
	x.Sees("q quit")
}
