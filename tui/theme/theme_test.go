package theme

import (
	"io"
	"strings"
	"testing"

	"github.com/muesli/termenv"
)

// TestColoursAreTheSessions: what a session's terminal has decides, not the environment of the process, which may
// serve several.
func TestColoursAreTheSessions(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	for profile, want := range map[termenv.Profile]string{termenv.TrueColor: "38;2;", termenv.ANSI256: "38;5;", termenv.ANSI: "91"} {
		if got := New(io.Discard, Options{Profile: profile}).Paint(Bad, "x"); !strings.Contains(got, want) {
			t.Errorf("profile %v: %q", profile, got)
		}
	}
}

// TestAttributesAreNotColours: without colours what is selected and what is bad still stand out.
func TestAttributesAreNotColours(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	th := New(io.Discard, Options{Name: Light, Profile: termenv.Ascii})
	for as, want := range map[Token]string{Cursor: "\x1b[7m", Bad: "\x1b[1m", Shadow: "\x1b[4"} {
		if got := th.Paint(as, "x"); !strings.HasPrefix(got, want) {
			t.Errorf("token %d: %q", as, got)
		}
	}
	if got := th.Paint(Good, "x"); got != "x" {
		t.Errorf("a colour in %q", got)
	}
}
