package cli

import (
	"bytes"
	"context"
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
