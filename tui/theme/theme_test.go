package theme

import (
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"pgregory.net/rapid"
)

// TestColours: a theme uses what its terminal has, whatever the process's environment says, and none at all where
// there are none: attributes stay.
func TestColours(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	for _, tt := range []struct {
		profile termenv.Profile
		bad     string
	}{
		{termenv.TrueColor, "\x1b[1;38;2;255;135;135mx\x1b[0m"}, {termenv.ANSI256, "\x1b[1;38;5;210mx\x1b[0m"}, {termenv.ANSI, "\x1b[1;91mx\x1b[0m"}, {termenv.Ascii, "\x1b[1mx\x1b[0m"},
	} {
		if got := New(io.Discard, Options{Profile: tt.profile}).Paint(Bad, "x"); got != tt.bad {
			t.Errorf("profile %v: %q", tt.profile, got)
		}
	}
}

// TestMeaningWithoutColour: how something stands is told by a glyph of its own in every set.
func TestMeaningWithoutColour(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		th := New(io.Discard, Options{ASCII: ascii})
		seen := map[string]bool{}
		for _, as := range []Token{Good, Warn, Bad, Accent, Dim} {
			mark := th.Mark(as)
			if seen[mark] || ansi.StringWidth(mark) != 1 || ascii && mark[0] > '~' {
				t.Errorf("mark %q", mark)
			}
			seen[mark] = true
		}
	}
}

func TestFit(t *testing.T) {
	th := New(io.Discard, Options{Profile: termenv.ANSI})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("ab 主机，é🙂"))).Draw(t, "text")
		if rapid.Bool().Draw(t, "painted") {
			s = th.Paint(Bad, s)
		}
		width := rapid.IntRange(0, 30).Draw(t, "width")
		if got := th.Fit(s, width); ansi.StringWidth(got) != width {
			t.Fatalf("%q in %d became %q", s, width, got)
		}
	})
	if got := th.Fit("abcdef", 4); got != "abc…" {
		t.Error(got)
	}
}

func TestASCIIFrame(t *testing.T) {
	th := New(io.Discard, Options{ASCII: true})
	if got := th.Frame([]string{"a → b …", "· ⊕ ○", "\x1b[1m余额 é\x1b[0m"}); got != "a > b ~\n- & o\n\x1b[1m???? ?\x1b[0m" { // an upstream's words, too
		t.Errorf("got %q", got)
	}
	if strings.ContainsFunc(th.Rule(5), func(r rune) bool { return r > '~' }) {
		t.Error(th.Rule(5))
	}
}
