package view

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"cnrelay/tui/text"
)

func TestWrap(t *testing.T) {
	tests := []struct {
		name, in string
		width    int
		want     []string
	}{
		{"fits", "one two", 10, []string{"one two"}},
		{"at spaces", "one two three", 8, []string{"one two", "three"}},
		{"a long word stays whole", "see https://example.com/long now", 8, []string{"see", "https://example.com/long", "now"}},
		{"between wide characters", "主机分组渠道", 8, []string{"主机分组", "渠道"}},
		{"punctuation doesn't start a line", "主机分组，渠道", 8, []string{"主机分", "组，渠道"}},
		{"an opening mark doesn't end one", "主机分（组）", 8, []string{"主机分", "（组）"}},
		{"mixed", "主机 example 已登记", 12, []string{"主机 example", "已登记"}},
		{"empty", "", 8, []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := wrap(tt.in, tt.width); strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestWrapKeepsEverything: nothing but spaces is lost at the breaks, and only what can't be broken is too wide.
func TestWrapKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(strings.Fields(rapid.StringOf(rapid.SampledFrom([]rune("ab 主机，。（）x"))).Draw(t, "text")), " ")
		width := rapid.IntRange(8, 30).Draw(t, "width")
		lines := wrap(in, width)
		if squeeze(strings.Join(lines, "")) != squeeze(in) {
			t.Fatalf("%q became %q", in, lines)
		}
		for _, line := range lines {
			if ansi.StringWidth(line) > width && len(pieces(line)) > 1 {
				t.Fatalf("%q is wider than %d and could be broken", line, width)
			}
		}
	})
}

func squeeze(s string) string { return strings.ReplaceAll(s, " ", "") }

func TestBlankLines(t *testing.T) {
	var out bytes.Buffer
	p := &printer{out: &out, w: text.For(text.EN)}
	p.blank() // nothing before it
	p.raw("a")
	p.blank()
	p.blank()
	p.raw("b")
	p.title("c")
	p.blank() // nothing after it
	if got, want := out.String(), "a\n\nb\n\nc\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestEverySentenceIsInTheCatalog reads the sources of the command line for what they say.
func TestEverySentenceIsInTheCatalog(t *testing.T) {
	words := text.For(text.EN)
	seen := 0
	for _, dir := range []string{".", "../cli"} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatal(dir, err)
		}
		for _, path := range paths {
			files := token.NewFileSet()
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			file, err := parser.ParseFile(files, path, src, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				for _, key := range spoken(n) {
					seen++
					if words.Say(key) == key {
						t.Errorf("%s: %q is not in the catalog", files.Position(n.Pos()), key)
					}
				}
				return true
			})
		}
	}
	if seen < 100 {
		t.Fatalf("only %d sentences were found: the reader of the sources is broken", seen)
	}
}

// spoken are the keys in a call of say, Say, ask or confirm.
func spoken(n ast.Node) []string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	at := 0
	switch sel.Sel.Name {
	case "say", "Say", "ask":
	case "confirm":
		at = 1
	default:
		return nil
	}
	if at >= len(call.Args) {
		return nil
	}
	lit, ok := call.Args[at].(*ast.BasicLit)
	if !ok {
		return nil
	}
	key, err := strconv.Unquote(lit.Value)
	if err != nil {
		return nil
	}
	return []string{key}
}
