package wire

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/hostclient"
)

// testHook knows one secret.
func testHook() hook {
	d := hostclient.New("test")
	d.Secrets = func() []string { return []string{"hook-canary-1"} }
	return hook{d.Text}
}

func TestHook(t *testing.T) {
	tests := []struct {
		name, command, out string
		code               int
	}{
		{"output of both streams", "echo $CNRELAY_HOST; echo two >&2", "lab\ntwo\n", 0},
		{"its code", "exit 7", "", 7},
		{"a command that isn't there", "nonsense-cnrelay 2>/dev/null", "", 127},
		{"secrets are hidden", "echo hook-canary-1; echo hook-canary-1 | base64", "[secret]\n[secret]Qo=\n", 0},
		{"escape sequences vanish", `printf '\033[31mred'`, "red", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, code, err := testHook().run(context.Background(), tt.command, []string{"CNRELAY_HOST=lab"})
			if err != nil || out != tt.out || code != tt.code {
				t.Errorf("got %q, %d, %v", out, code, err)
			}
		})
	}
}

func TestHookOutputIsCapped(t *testing.T) {
	out, _, err := testHook().run(context.Background(), "head -c 200000 /dev/zero | tr '\\0' x", nil)
	if err != nil || len(out) > hookOutput || !strings.HasPrefix(out, "xxx") {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

func TestHookEndsInTime(t *testing.T) {
	_, _, err := testHook().runWithin(context.Background(), time.Millisecond, "exec sleep 60", nil)
	if core.CodeOf(err) != core.CodeInput || !strings.Contains(err.Error(), "did not end within 1ms") {
		t.Errorf("overrun: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := testHook().run(ctx, "exec sleep 60", nil); !errors.Is(err, core.ErrInterrupted) {
		t.Errorf("interrupted: %v", err)
	}
}
