package page

import (
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
	var lines []string
	p := New(text.For(text.EN), Width, func(line string) { lines = append(lines, line) }, nil)
	p.Blank() // nothing before it
	p.Raw("a")
	p.Blank()
	p.Blank()
	p.Raw("b")
	p.Title("c")
	p.Blank() // nothing after it
	if got, want := strings.Join(lines, "|"), "a||b||c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
