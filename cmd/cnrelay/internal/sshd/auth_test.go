package sshd

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"cnrelay/core"
)

// impostor shows one key and signs with another.
type impostor struct {
	shown ssh.PublicKey
	ssh.Signer
}

func (i impostor) PublicKey() ssh.PublicKey { return i.shown }

// TestWhoGetsIn: only whoever proves a listed key, as the operator of the key that was proved.
func TestWhoGetsIn(t *testing.T) {
	t.Parallel()
	x := newLab(t, limits, tell)
	ann, eve, stranger := newSigner(t), newSigner(t), newSigner(t)
	x.list("# the team", "", line(ann, core.RoleAdmin, "ann"), line(eve, core.RoleViewer, "eve"))
	all := func(string, string, []string, []bool) ([]string, error) { return []string{"ann", "ann"}, nil }
	for _, tt := range []struct {
		name string
		auth []ssh.AuthMethod
		want string // "" is refused
	}{
		{"nothing", nil, ""},
		{"a key that isn't listed", []ssh.AuthMethod{ssh.PublicKeys(stranger)}, ""},
		{"a password", []ssh.AuthMethod{ssh.Password("admin")}, ""},
		{"keyboard-interactive", []ssh.AuthMethod{ssh.KeyboardInteractive(all)}, ""},
		{"an admin's key that is only shown", []ssh.AuthMethod{ssh.PublicKeys(impostor{ann.PublicKey(), stranger})}, ""},
		{"an admin's key", []ssh.AuthMethod{ssh.PublicKeys(ann)}, "admin ann"},
		{"a viewer's key", []ssh.AuthMethod{ssh.PublicKeys(eve)}, "viewer eve"},
		{"a viewer's, after an admin's that is only shown", []ssh.AuthMethod{ssh.PublicKeys(impostor{ann.PublicKey(), stranger}, eve)}, ""}, // the false signature ends it
		{"a viewer's, after strangers'", []ssh.AuthMethod{ssh.PublicKeys(stranger, newSigner(t), eve)}, "viewer eve"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := x.dial(tt.auth...)
			if tt.want == "" {
				if err == nil {
					_ = c.Close()
					t.Fatal("it was let in")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			s, err := c.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			if out, err := s.Output("who"); err != nil || string(out) != tt.want {
				t.Errorf("got %q, %v", out, err)
			}
		})
	}
}

// TestKeyTakenOut: a key that isn't listed any more is out at once, and so are all if the file is spoilt.
func TestKeyTakenOut(t *testing.T) {
	t.Parallel()
	x := newLab(t, limits, tell)
	ann, bob := newSigner(t), newSigner(t)
	x.list(line(ann, core.RoleAdmin, "ann"), line(bob, core.RoleAdmin, "bob"))
	in := func(key ssh.Signer) bool {
		c, err := x.dial(ssh.PublicKeys(key))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}
	if !in(ann) || !in(bob) {
		t.Fatal("they are not let in")
	}
	x.list(line(bob, core.RoleAdmin, "bob"))
	if in(ann) || !in(bob) {
		t.Error("the wrong one is in")
	}
	x.list(line(bob, core.RoleAdmin, "bob"), "nonsense")
	if in(bob) {
		t.Error("a spoilt file lets in")
	}
}

// TestKeyTakenOutWhileOn: a session ends when its key is taken out or gets another role, not while the file is spoilt.
func TestKeyTakenOutWhileOn(t *testing.T) {
	t.Parallel()
	cause := make(chan error)
	x := newLab(t, limits, func(ctx context.Context, _ *Session) int {
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return 0
	})
	ann, bob := newSigner(t), newSigner(t)
	for name, rest := range map[string][]string{"taken out": {line(bob, core.RoleAdmin, "bob")}, "another role": {line(ann, core.RoleViewer, "ann")}} {
		t.Run(name, func(t *testing.T) {
			x.list(line(ann, core.RoleAdmin, "ann"))
			c, err := x.dial(ssh.PublicKeys(ann))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			s, err := c.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Start("wait"); err != nil {
				t.Fatal(err)
			}
			x.list("nonsense")
			select {
			case got := <-cause:
				t.Fatalf("it ended while the file was spoilt: %v", got)
			case <-time.After(5 * limits.Unlisted):
			}
			x.list(rest...)
			if got := <-cause; got != ErrUnlisted {
				t.Errorf("ended with %v", got)
			}
		})
	}
	if !x.logged("has left: " + ErrUnlisted.Error()) {
		t.Error("it isn't in the log")
	}
}

// TestNothingButSessions: all else that SSH can do is refused, before and after a session was begun.
func TestNothingButSessions(t *testing.T) {
	t.Parallel()
	x := newLab(t, limits, tell)
	c := x.on()
	for _, kind := range []string{"direct-tcpip", "direct-streamlocal@openssh.com", "x11", "auth-agent@openssh.com", "tun@openssh.com"} {
		if ch, _, err := c.OpenChannel(kind, nil); err == nil {
			_ = ch.Close()
			t.Errorf("a %s channel was opened", kind)
		}
	}
	for _, kind := range []string{"tcpip-forward", "streamlocal-forward@openssh.com", "no-such@thing"} {
		if ok, _, err := c.SendRequest(kind, true, ssh.Marshal(struct {
			Host string
			Port uint32
		}{"127.0.0.1", 0})); ok || err != nil {
			t.Errorf("%s: %v, %v", kind, ok, err)
		}
	}
	ch, requests, err := c.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go ssh.DiscardRequests(requests)
	ask := func(kind string, payload []byte) bool {
		ok, err := ch.SendRequest(kind, true, payload)
		return ok && err == nil
	}
	text := func(s ...string) []byte {
		var b []byte
		for _, v := range s {
			b = append(b, ssh.Marshal(struct{ S string }{v})...)
		}
		return b
	}
	for kind, payload := range map[string][]byte{
		"auth-agent-req@openssh.com": nil, "x11-req": text("MIT"), "subsystem": text("sftp"), "break": {0, 0, 0, 1}, "signal": text("KILL"),
		"env": text("LD_PRELOAD", "/tmp/x.so"), "window-change": {0, 0, 0, 80, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0}, "exec": {0xff, 0xff, 0xff, 0xff}, "pty-req": {1},
	} {
		if ask(kind, payload) {
			t.Errorf("%s was taken", kind)
		}
	}
	for _, own := range []string{"CNRELAY_OPERATOR", "CNRELAY_TERMINAL", "CNRELAY_STATE", "HOME", "PWD", "PATH", "TERM"} {
		if ask("env", text(own, "x")) {
			t.Errorf("%s was taken", own)
		}
	}
	if !ask("env", text("LC_ALL", "C")) || !ask("exec", text("who")) {
		t.Fatal("a session can't be begun")
	}
	if ask("exec", text("who")) || ask("env", text("LANG", "C")) {
		t.Error("a second command was taken")
	}
	if second, _, err := c.OpenChannel("session", nil); err == nil {
		_ = second.Close()
		t.Error("a second session was opened")
	}
	_, _ = io.ReadAll(ch)
}

// TestKeysFile: whatever is wrong with the file is said by its line, and nobody comes in.
func TestKeysFile(t *testing.T) {
	t.Parallel()
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())))
	for _, tt := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"good", `cnrelay-role="viewer" ` + key + " ann", 0o600, ""},
		{"nobody", "# nobody\n", 0o600, "lists no key"},
		{"no role", "\n" + key + " ann", 0o600, ":2: it has no role"},
		{"an unknown role", `cnrelay-role="root" ` + key, 0o600, `"root" is no role`},
		{"two roles", `cnrelay-role="viewer",cnrelay-role="admin" ` + key, 0o600, "two roles"},
		{"an option that would restrict", `cnrelay-role="admin",from="10.0.0.0/8" ` + key, 0o600, `option "from" is not known`},
		{"not a key", "hello", 0o600, ":1: this is not a public key"},
		{"twice", `cnrelay-role="viewer" ` + key + "\n" + `cnrelay-role="admin" ` + key, 0o600, ":2: the same key"},
		{"writable by others", `cnrelay-role="viewer" ` + key, 0o620, "can be written by others"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			n, err := Keys(path).Check()
			if tt.want == "" {
				if err != nil || n != 1 {
					t.Errorf("%d keys, %v", n, err)
				}
				return
			}
			if core.CodeOf(err) != core.CodeInput || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := Keys(filepath.Join(t.TempDir(), "none")).Check(); core.CodeOf(err) != core.CodeInput {
		t.Errorf("a file that isn't there: %v", err)
	}
}

// TestHostKey is made once, for its user only, and refused once others could have read it.
func TestHostKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "host_key")
	first, err := HostKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	second, err := HostKey(path)
	if err != nil || ssh.FingerprintSHA256(first.PublicKey()) != ssh.FingerprintSHA256(second.PublicKey()) {
		t.Errorf("another key: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := HostKey(path); core.CodeOf(err) != core.CodeInput {
		t.Errorf("got %v", err)
	}
}

// TestLateComers: who doesn't say who they are in time is cut, and no more than a few may wait.
func TestLateComers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limits
		l.Handshake, l.Waiting = 200*time.Millisecond, 2
		x := newVirtualLab(t, l, tell)
		for i := range 3 {
			c := x.knock()
			defer c.Close()
			if i == 2 { // at once, without a word
				if b, err := io.ReadAll(c); err != nil || len(b) > 0 {
					t.Errorf("the third got %q, %v", b, err)
				}
			}
		}
		c := x.knock()
		defer c.Close()
		eventually(t, "a place is free", func() bool {
			again := x.knock()
			defer again.Close()
			b := make([]byte, 1)
			n, _ := again.Read(b)
			return n == 1
		})
		eventually(t, "nobody waits", func() bool {
			x.server.mu.Lock()
			defer x.server.mu.Unlock()
			return len(x.server.early) == 0
		})
		in := x.on() // signed in, but asks for nothing
		if err := in.Wait(); err == nil {
			t.Error("it wasn't cut")
		}
	})
}

// TestCrowdAtTheDoor: however many addresses connections come from, no more than twice the sessions are held.
func TestCrowdAtTheDoor(t *testing.T) {
	t.Parallel()
	l := limits
	l.Sessions, l.Waiting = 1, 10
	x := newLab(t, l, tell)
	for i := range 3 {
		c := x.knock()
		defer c.Close()
		b := make([]byte, 1)
		if n, _ := c.Read(b); (n == 1) != (i < 2) {
			t.Errorf("connection %d: greeted: %v", i, n == 1)
		}
	}
}
