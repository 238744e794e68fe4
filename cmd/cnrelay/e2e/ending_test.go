package e2e

import (
	"testing"

	"golang.org/x/sys/unix"

	"cnrelay/cmd/cnrelay/internal/ptytest"
	"cnrelay/hostclient/fakehost"
)

// TestTerminalIsRestored after every way to end that leaves a terminal.
func TestTerminalIsRestored(t *testing.T) {
	for _, end := range []struct {
		name string
		by   func(x *ptytest.Terminal)
		exit int
	}{
		{"q", func(x *ptytest.Terminal) { x.Press("q") }, 0},
		{"ctrl+c", func(x *ptytest.Terminal) { x.Press("ctrl+c") }, 0},
		{"SIGTERM", func(x *ptytest.Terminal) { x.Signal(unix.SIGTERM) }, 130},
		{"SIGINT", func(x *ptytest.Terminal) { x.Signal(unix.SIGINT) }, 130},
		{"SIGHUP", func(x *ptytest.Terminal) { x.Signal(unix.SIGHUP) }, 130},
	} {
		t.Run(end.name, func(t *testing.T) {
			l := newLab(t)
			x := l.open()
			x.Sees("No host is registered yet")
			end.by(x)
			if exit := x.Exit(); exit != end.exit {
				t.Errorf("exit code %d", exit)
			}
			x.Restored()
		})
	}
}

// TestKilledDuringAnImport: the terminal is restored at once, what was sent is waited for and written down.
func TestKilledDuringAnImport(t *testing.T) {
	l := newLab(t)
	h := l.registered("lab", fakehost.Options{})
	held := h.hold("POST", "/accounts$", 1)
	x := l.open()
	x.Sees("● up")
	l.started(x, "sk-ok-1")
	<-held.reached
	x.Signal(unix.SIGTERM)
	x.Leaves()
	held.let()
	if exit := x.Exit(); exit != 130 {
		t.Errorf("exit code %d", exit)
	}
	x.Restored()
	l.interrupted()
}

// TestConnectionIsLost: the import is interrupted in order, and the state directory let go.
func TestConnectionIsLost(t *testing.T) {
	l := newLab(t)
	h := l.registered("lab", fakehost.Options{})
	held := h.hold("POST", accountTest, 1)
	x := l.open()
	x.Sees("● up")
	l.started(x, "sk-ok-1")
	<-held.reached
	x.HangUp()
	x.Exit()
	l.interrupted()
}
