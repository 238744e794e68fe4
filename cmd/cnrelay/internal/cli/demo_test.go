package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"cnrelay/core"
)

// TestDemoInterrupted: a demonstration that is stopped says so and leaves nothing behind either.
func TestDemoInterrupted(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(core.ErrInterrupted)
	var out bytes.Buffer
	exit := Run(ctx, IO{Args: []string{"demo"}, Out: &out, Err: &out, Getenv: func(string) string { return "" }, Exit: func(int) {}})
	if exit != exitInterrupted {
		t.Errorf("exit code %d", exit)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if !strings.Contains(out.String(), "not ready") || !strings.Contains(out.String(), "state directory is removed") {
		t.Errorf("it isn't said:\n%s", out.String())
	}
}

// TestDemoConsoleLeavesNothing: however the console on the simulation ends, its files are gone.
func TestDemoConsoleLeavesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		typed io.Reader
		exit  int
	}{"left by its key": {strings.NewReader("q"), exitReady}, "terminated": {nil, exitInterrupted}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if tt.typed == nil {
				tt.typed = &typing{text: strings.NewReader(""), before: func() { cancel(core.ErrInterrupted) }}
			}
			exit := Run(ctx, IO{Args: []string{"demo"}, In: tt.typed, Out: io.Discard, Err: os.Stderr, InTerminal: true, OutTerminal: true,
				Getenv: func(string) string { return "" }, Exit: func(int) {}})
			if exit != tt.exit {
				t.Errorf("exit code %d, want %d", exit, tt.exit)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
