package packs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
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
	for _, tt := range []struct{ ask, id, source string }{
		{"kimi", "kimi", "builtin"},
		{"acme", "acme", acme},
		{"deepseek", "deepseek", own + " (in place of the built-in)"},
		{own, "deepseek", own},
		{acme, "acme", acme},
	} {
		p, err := src.Pack(tt.ask)
		if err != nil || p.ID != tt.id || p.Source != tt.source {
			t.Errorf("%s: %s from %q, %v; want %s from %q", tt.ask, p.ID, p.Source, err, tt.id, tt.source)
		}
	}
	all, err := src.Packs()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range all {
		ids = append(ids, p.ID)
	}
	if got, want := strings.Join(ids, " "), "acme deepseek doubao glm kimi minimax qwen"; got != want {
		t.Errorf("packs %s, want %s", got, want)
	}
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

func TestSourceErrors(t *testing.T) {
	twice, broken := t.TempDir(), t.TempDir()
	write(t, twice, "a.toml", minimal)
	write(t, twice, "b.toml", minimal)
	write(t, broken, "a.toml", "x = 1")
	write(t, broken, "b.toml", replace(t, minimal, `region = "cn"`, `region = "us"`))
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
		{"directory that isn't there", Source{Dir: missing}, "kimi", []string{missing, "no such file or directory"}},
		{"one id in two files", Source{Dir: twice}, "kimi", []string{"two packs have the id acme", "a.toml", "b.toml"}},
		{"faults of all files together", Source{Dir: broken}, "kimi", []string{"a.toml:1:1: x: unknown key", `b.toml:6:1: endpoint[0].region: "us"`}},
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
			if _, all := tt.src.Packs(); tt.src.Dir != "" && (all == nil || all.Error() != err.Error()) {
				t.Errorf("Packs says %v", all)
			}
		})
	}
	if _, err := (Source{Dir: missing}).Packs(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
}
