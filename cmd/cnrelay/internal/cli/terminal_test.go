package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
)

// terminal is a command line with somebody at it, and a simulated host.
type terminal struct {
	t     *testing.T
	dir   string
	host  *fakehost.Host
	url   string // of the provider
	out   bytes.Buffer
	typed io.Reader
	env   map[string]string
}

func newTerminal(t *testing.T) *terminal {
	x := &terminal{t: t, dir: t.TempDir(), host: fakehost.New(fakehost.Options{})}
	host, stopHost := x.host.Start()
	t.Cleanup(stopHost)
	provider, stopProvider := fakehost.NewProvider().Start()
	t.Cleanup(stopProvider)
	x.url = provider + "/v1"
	key := x.file("admin.key", x.host.AdminKey())
	if exit := x.run("host", "add", "lab", "--url", host, "--admin-key-file", key); exit != exitReady {
		t.Fatalf("exit code %d\n%s", exit, x.out.String())
	}
	return x
}

func (x *terminal) file(name, text string) string {
	path := filepath.Join(x.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
	return path
}

func (x *terminal) run(args ...string) int { return x.runIn(context.Background(), args...) }

func (x *terminal) runIn(ctx context.Context, args ...string) int {
	x.out.Reset()
	return Run(ctx, IO{Args: args, In: x.typed, Out: &x.out, Err: &x.out, InTerminal: true, OutTerminal: true, Exit: func(int) {},
		Getenv: func(name string) string {
			if name == "CNRELAY_STATE" {
				return filepath.Join(x.dir, "state")
			}
			return x.env[name]
		}})
}

func (x *terminal) importKey(key string, more ...string) int {
	keys := x.file(key+".txt", key)
	return x.run(append([]string{"import", "run", "--host", "lab", "--provider", "deepseek", "--base-url", x.url, "--keys-file", keys, "--access", "subscription"}, more...)...)
}

// typing is an answer, given after something else happened.
type typing struct {
	before func()
	text   io.Reader
}

func (r *typing) Read(p []byte) (int, error) {
	if r.before != nil {
		r.before()
		r.before = nil
	}
	return r.text.Read(p)
}

// TestReviewedPlanIsBinding: what changed on the host while the operator read the plan stops the import.
func TestReviewedPlanIsBinding(t *testing.T) {
	x := newTerminal(t)
	if exit := x.importKey("sk-ok-old"); exit != exitReady {
		t.Fatalf("exit code %d\n%s", exit, x.out.String())
	}
	var writes int
	x.typed = &typing{text: strings.NewReader("deepseek\n"), before: func() {
		answer := x.host.Do("PUT", "/api/v1/admin/groups/2", x.host.AdminKey(), map[string]any{"rate_multiplier": 3})
		if answer.Status != 200 {
			t.Errorf("the host refused: %d %s", answer.Status, answer.Body)
		}
		writes = len(x.host.Writes())
	}}
	if exit := x.importKey("sk-ok-new", "--replace"); exit != exitInput {
		t.Errorf("exit code %d", exit)
	}
	if !strings.Contains(x.out.String(), "Type deepseek to go on") || !strings.Contains(x.out.String(), "changed since the plan was") {
		t.Errorf("it isn't said:\n%s", x.out.String())
	}
	for _, difference := range []string{"group deepseek-sub, what would be done: leave → correct", "group deepseek-sub, rate_multiplier: 1 → 3"} {
		if !strings.Contains(x.out.String(), difference) {
			t.Errorf("%q isn't said:\n%s", difference, x.out.String())
		}
	}
	if got := len(x.host.Writes()); got != writes {
		t.Errorf("%d writes were sent", got-writes)
	}
	x.typed = strings.NewReader("deepseek\n")
	if exit := x.importKey("sk-ok-new", "--replace"); exit != exitReady {
		t.Errorf("exit code %d with the new plan\n%s", exit, x.out.String())
	}
}

// TestKeyOnTerminal: a key isn't written to a terminal unless that is asked for.
func TestKeyOnTerminal(t *testing.T) {
	x := newTerminal(t)
	if exit := x.importKey("sk-ok-1"); exit != exitReady {
		t.Fatalf("exit code %d\n%s", exit, x.out.String())
	}
	if exit := x.run("access", "key", "--host", "lab", "--provider", "deepseek"); exit != exitInput || strings.Contains(x.out.String(), "sk-") {
		t.Errorf("exit code %d\n%s", exit, x.out.String())
	}
	if exit := x.run("access", "key", "--host", "lab", "--provider", "deepseek", "--show"); exit != exitReady || !strings.HasPrefix(x.out.String(), "sk-") {
		t.Errorf("exit code %d\n%s", exit, x.out.String())
	}
}

// TestNothingTyped: the end of the input is no confirmation.
func TestNothingTyped(t *testing.T) {
	x := newTerminal(t)
	if exit := x.importKey("sk-ok-1"); exit != exitReady {
		t.Fatalf("exit code %d\n%s", exit, x.out.String())
	}
	before := x.host.JSON()
	x.typed = strings.NewReader("")
	if exit := x.run("rollback", "--host", "lab", "--provider", "deepseek"); exit != exitInput || x.host.JSON() != before {
		t.Errorf("exit code %d\n%s", exit, x.out.String())
	}
}

// TestInterruptedAtAQuestion: who is asked and interrupts doesn't have to answer first, and nothing is sent.
func TestInterruptedAtAQuestion(t *testing.T) {
	x := newTerminal(t)
	if exit := x.importKey("sk-ok-1"); exit != exitReady {
		t.Fatalf("exit code %d\n%s", exit, x.out.String())
	}
	before := x.host.JSON()
	ctx, interrupt := context.WithCancelCause(t.Context())
	silence, still := io.Pipe()
	defer func() { _ = still.Close() }()
	x.typed = &typing{text: silence, before: func() { interrupt(core.ErrInterrupted) }}
	if exit := x.runIn(ctx, "rollback", "--host", "lab", "--provider", "deepseek"); exit != exitInterrupted || x.host.JSON() != before {
		t.Errorf("exit code %d\n%s", exit, x.out.String())
	}
}
