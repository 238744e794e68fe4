package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"cnrelay/core"
)

// lines are what somebody types, a line each time they are asked; asked counts.
type lines struct {
	left  []string
	asked int
}

func (l *lines) Read(p []byte) (int, error) {
	if len(l.left) == 0 {
		return 0, io.EOF
	}
	l.asked++
	n := copy(p, l.left[0]+"\n")
	l.left = l.left[1:]
	return n, nil
}

// protected puts a passphrase on the vault's key, as the vault does at a hundred times the cost.
func (x *terminal) protected(phrase string) {
	path := filepath.Join(x.dir, "state", "vault.key")
	text, err := os.ReadFile(path)
	if err != nil {
		x.t.Fatal(err)
	}
	to, err := age.NewScryptRecipient(phrase)
	if err != nil {
		x.t.Fatal(err)
	}
	to.SetWorkFactor(10)
	var sealed strings.Builder
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write(text)
	}
	if err := errors.Join(err, w.Close(), os.WriteFile(path, []byte(sealed.String()), 0o600)); err != nil {
		x.t.Fatal(err)
	}
}

// TestPassphraseIsAskedOnce: on a terminal the passphrase is asked for when the first secret is, once a process, and
// again if it was wrong; it is neither shown nor in an error.
func TestPassphraseIsAskedOnce(t *testing.T) {
	x := newTerminal(t)
	x.protected("correct horse")
	for _, tt := range []struct {
		typed []string
		args  string
		exit  int
		asked int
		says  string
	}{
		{nil, "status", exitReady, 0, ""},
		{[]string{"correct horse", "again"}, "host check lab", exitReady, 1, "Passphrase of the vault: "},
		{[]string{"battery", "staple", "correct horse"}, "host check lab", exitReady, 3, "That is not it."},
		{[]string{"one", "two", "three", "correct horse"}, "host check lab", exitError, 3, "the passphrase is not the one of"},
		{[]string{""}, "host check lab", exitError, 1, "the passphrase is empty"},
		{nil, "host check lab", exitError, 0, "nothing was typed"},
		{[]string{"correct horse"}, "host check lab --json", exitError, 0, "is protected by a passphrase"},
		{[]string{"correct horse"}, "state check", exitReady, 1, "with its passphrase"},
	} {
		in := &lines{left: tt.typed}
		x.typed = in
		if exit := x.run(strings.Fields(tt.args)...); exit != tt.exit || in.asked != tt.asked || !strings.Contains(strings.Join(strings.Fields(x.out.String()), " "), strings.TrimSpace(tt.says)) {
			t.Errorf("%s, typed %q: exit code %d, asked %d times\n%s", tt.args, tt.typed, exit, in.asked, x.out.String())
		}
		if strings.Contains(x.out.String(), "horse") {
			t.Errorf("it is shown:\n%s", x.out.String())
		}
	}
}

// TestNewPassphraseIsAskedTwice: what was typed wrong once would lock the vault for good.
func TestNewPassphraseIsAskedTwice(t *testing.T) {
	x := newTerminal(t)
	for _, tt := range []struct {
		typed []string
		exit  int
		says  string
	}{
		{[]string{"correct horse", "correct hose"}, exitInput, "the two are not the same; nothing was changed"},
		{[]string{"", ""}, exitInput, "the passphrase is empty"},
		{[]string{"correct horse", "correct horse"}, exitReady, "with its passphrase"},
	} {
		x.typed = &lines{left: tt.typed}
		if exit := x.run("vault", "rotate", "--new-passphrase"); exit != tt.exit || !strings.Contains(strings.Join(strings.Fields(x.out.String()), " "), tt.says) {
			t.Errorf("typed %q: exit code %d\n%s", tt.typed, exit, x.out.String())
		}
	}
	x.typed = &lines{left: []string{"correct horse"}}
	if exit := x.run("host", "check", "lab"); exit != exitReady {
		t.Errorf("exit code %d\n%s", exit, x.out.String())
	}
}

func TestPassphraseCommandIsAskedOnce(t *testing.T) {
	dir := t.TempDir()
	a := &app{IO: IO{In: strings.NewReader(""), Err: io.Discard}}
	f := passphraseFlags{command: "echo x >> " + filepath.Join(dir, "asked") + "; echo correct horse"}
	source, err := f.source(t.Context(), a, "passphrase")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if phrase, err := source(); phrase != "correct horse" || err != nil {
			t.Fatalf("%q, %v", phrase, err)
		}
	}
	if asked, err := os.ReadFile(filepath.Join(dir, "asked")); string(asked) != "x\n" {
		t.Errorf("asked %q, %v", asked, err)
	}
	f = passphraseFlags{command: "echo correct horse; exit 1"}
	source, err = f.source(t.Context(), a, "passphrase")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source(); core.CodeOf(err) != core.CodeInput || strings.Contains(err.Error(), "exit status 1") == false || strings.Contains(err.Error(), ": correct") {
		t.Errorf("a failed command: %v", err)
	}
}
