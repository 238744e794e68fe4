package cli

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cnrelay/cmd/cnrelay/internal/ptytest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"panicking": panicking})
}

// panicking is the console with a bug: where its argument says.
func panicking() {
	a := &app{IO: IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv}, who: thisUser()}
	a.begin("")
	l, err := a.look(consoleFlags{})
	if err == nil {
		err = a.open(context.Background(), func(ctx context.Context, s *session) error {
			switch os.Args[1] {
			case "view":
				l.keys = nil
			case "command":
				s.house.service.Packs = nil
			}
			return s.show(ctx, l)
		})
	}
	if err != nil {
		a.out.Fail(err)
		os.Exit(exitOf(context.Background(), err))
	}
}

// TestTerminalIsRestoredAfterAPanic: whatever went wrong in the console itself, the operator's terminal can be used, and
// says what it was.
func TestTerminalIsRestoredAfterAPanic(t *testing.T) {
	for where, culprit := range map[string]string{"view": "tui.(*App).footer", "command": "engine.(*Engine).PackList"} {
		t.Run(where, func(t *testing.T) {
			x := ptytest.Start(t, ptytest.Options{Width: 200, Height: 200, Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}, "panicking", where)
			if where == "command" {
				x.Sees("No host is registered yet")
				x.Press("2")
			}
			if exit := x.Exit(); exit != exitError {
				t.Errorf("exit code %d", exit)
			}
			x.Restored()
			if screen := x.Screen(); !strings.Contains(screen, "invalid memory address") || !strings.Contains(screen, culprit) {
				t.Error("it isn't said")
			}
		})
	}
}
