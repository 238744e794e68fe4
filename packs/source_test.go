package packs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cnrelay/core"
)

var _ core.PackSource = Source{}

func TestSource(t *testing.T) {
	dir := t.TempDir()
	acme := write(t, dir, "acme.toml", minimal)
	own := write(t, dir, "ds.toml", replace(t, minimal, `"acme"`, `"deepseek"`))
	write(t, dir, "notes.txt", "not a pack")
	if err := os.Mkdir(filepath.Join(dir, "old.toml"), 0o700); err != nil {
		t.Fatal(err)
	}
	src := Source{Dir: dir}
	for _, tt := range []struct {
		ask, id, source string
		replaces        bool
	}{
		{"kimi", "kimi", "builtin", false},
		{"acme", "acme", acme, false},
		{"deepseek", "deepseek", own, true},
		{own, "deepseek", own, false},
		{acme, "acme", acme, false},
	} {
		p, err := src.Pack(tt.ask)
		if err != nil || p.ID != tt.id || p.Source != tt.source || p.Replaces != tt.replaces {
			t.Errorf("%s: %s from %q, %v, %v; want %s from %q", tt.ask, p.ID, p.Source, p.Replaces, err, tt.id, tt.source)
		}
	}
	if got, want := listed(src), "acme deepseek doubao glm kimi minimax qwen"; got != want {
		t.Errorf("packs %s, want %s", got, want)
	}
	if got, want := listed(Source{Dir: filepath.Join(dir, "none"), Optional: true}), "deepseek doubao glm kimi minimax qwen"; got != want {
		t.Errorf("packs %s, want %s", got, want)
	}
}

// listed are the ids that a source lists, those with a fault after a "!".
func listed(src Source) string {
	var ids []string
	for _, p := range src.Packs() {
		if p.Fault != nil {
			p.ID = "!" + p.ID
		}
		ids = append(ids, p.ID)
	}
	return strings.Join(ids, " ")
}

// The same content has the same digest, wherever it was read.
func TestDigestIsNotOfTheSource(t *testing.T) {
	path := write(t, t.TempDir(), "mine.toml", mustRead("builtin/kimi.toml"))
	mine, err := Source{}.Pack(path)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := Source{}.Pack("kimi")
	if err != nil || mine.Digest != theirs.Digest || digest(mine) != mine.Digest || mine.Source == theirs.Source {
		t.Errorf("%s from %s, %s from %s, %v", mine.Digest, mine.Source, theirs.Digest, theirs.Source, err)
	}
}

// last is the fault of the last pack that a source lists.
func last(src Source) error {
	all := src.Packs()
	return all[len(all)-1].Fault
}

func TestSourceErrors(t *testing.T) {
	twice, broken, loose := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, twice, "a.toml", minimal)
	write(t, twice, "b.toml", minimal)
	write(t, broken, "a.toml", "x = 1")
	write(t, broken, "b.toml", replace(t, minimal, `region = "cn"`, `region = "us"`))
	write(t, broken, "kimi.toml", "x = 1")
	for _, err := range []error{os.Chmod(loose, 0o777), os.Chmod(write(t, broken, "glm.toml", minimal), 0o622)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	missing := filepath.Join(broken, "no")
	tests := []struct {
		name string
		src  Source
		ask  string
		want []string
	}{
		{"unknown id", Source{}, "openai", []string{"there is no pack openai", "deepseek, doubao, glm, kimi, minimax, qwen"}},
		{"path that isn't there", Source{}, "./openai", []string{`there is no file "./openai"`}},
		{"file that isn't there", Source{}, "openai.toml", []string{`there is no file "openai.toml"`}},
		{"a folder's parent", Source{Dir: twice}, "..", []string{"there is no pack .."}},
		{"folder that isn't there", Source{Dir: missing}, "kimi", []string{missing, "no such file or directory"}},
		{"folder that others write", Source{Dir: loose}, "kimi", []string{"mode 0777", "chmod go-w"}},
		{"folder that is a file", Source{Dir: filepath.Join(broken, "a.toml")}, "kimi", []string{"not a directory"}},
		{"one id in two files", Source{Dir: twice}, "acme", []string{"two packs have the id acme", "a.toml", "b.toml"}},
		{"faults of the file that has the id", Source{Dir: broken}, "acme", []string{`b.toml:6:1: endpoint[0].region: "us"`}},
		{"faults of the file that has the name", Source{Dir: broken}, "kimi", []string{"kimi.toml:1:1: x: unknown key"}},
		{"file that others write", Source{Dir: broken}, "glm", []string{"mode 0622", "says where keys are sent"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.src.Pack(tt.ask)
			if core.CodeOf(err) != core.CodeInput {
				t.Fatalf("error %v, want bad input", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q in it", err, want)
				}
			}
		})
	}
	if p, err := (Source{Dir: broken}).Pack("deepseek"); err != nil || p.Source != fromBinary {
		t.Errorf("a pack beside broken ones: %v", err)
	}
	if got, want := listed(Source{Dir: broken}), "deepseek doubao minimax qwen !a !acme !glm !kimi"; got != want {
		t.Errorf("packs %s, want %s", got, want)
	}
	if got, want := listed(Source{Dir: twice}), "deepseek doubao glm kimi minimax qwen !acme !acme"; got != want {
		t.Errorf("packs %s, want %s", got, want)
	}
	if fault := last(Source{Dir: missing}); !errors.Is(fault, os.ErrNotExist) {
		t.Errorf("the cause is lost: %v", fault)
	}
}

// Nothing outside the folder is read, wherever links lead, and nothing in it makes the reader wait.
func TestFolderIsNotLeft(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	secret := write(t, outside, "secret.toml", minimal)
	inside := write(t, dir, "inside", replace(t, minimal, `"acme"`, `"inside"`))
	rel, err := filepath.Rel(dir, secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{
		"absolute.toml": secret, "relative.toml": rel, "up.toml": "../" + filepath.Base(outside) + "/secret.toml", "loop.toml": "loop.toml",
		"folder.toml": outside, "passwd.toml": "/etc/passwd", "zero.toml": "/dev/zero", "good.toml": filepath.Base(inside), "gone.toml": "nothing",
	} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.toml"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "big.toml", strings.Repeat("#", maxSize+1))
	deep := write(t, dir, "deep.toml", "id = \"deep\"\na = "+strings.Repeat("[", 500_000))
	if got, want := listed(Source{Dir: dir}), "deepseek doubao glm inside kimi minimax qwen !absolute !big !deep !folder !gone !loop !passwd !pipe !relative !up !zero"; got != want {
		t.Errorf("packs %s\nwant  %s", got, want)
	}
	for _, p := range (Source{Dir: dir}).Packs() {
		if p.Fault != nil && p.Source != deep && strings.Contains(p.Fault.Error(), "root:") {
			t.Errorf("%s tells what is outside: %v", p.Source, p.Fault)
		}
	}
	for n := range maxFiles {
		write(t, dir, fmt.Sprintf("%03d.toml", n), "")
	}
	if fault := last(Source{Dir: dir}); fault == nil || !strings.Contains(fault.Error(), "more than 200") {
		t.Errorf("a full folder: %v", fault)
	}
}
