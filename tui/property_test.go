package tui_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"pgregory.net/rapid"

	"cnrelay/tui/text"
	"cnrelay/tui/theme"
)

// TestEveryLineFits: whatever is pressed, in whatever size, language and look, the screen has as many lines as the
// terminal, and each is exactly as wide.
func TestEveryLineFits(t *testing.T) {
	presses := []string{"1", "2", "3", "4", "tab", "enter", "esc", "down", "up", "G", "g", "pgdown", "/", "s", "a", "e", "A", "i", "u", "R", "x", "w", "?", ":", "!", "r", "p",
		"ctrl+l", "ctrl+t", "space", "left", "l", "字", "z"}
	rapid.Check(t, func(rt *rapid.T) {
		o := options{lang: rapid.SampledFrom(text.Langs[:]).Draw(rt, "lang"), theme: rapid.SampledFrom(theme.Names).Draw(rt, "theme"), ascii: rapid.Bool().Draw(rt, "ascii"),
			profile: rapid.SampledFrom([]termenv.Profile{termenv.Ascii, termenv.ANSI, termenv.TrueColor}).Draw(rt, "profile")}
		o.width, o.height = rapid.IntRange(80, 210).Draw(rt, "width"), rapid.IntRange(20, 60).Draw(rt, "height")
		pressed := rapid.SliceOfN(rapid.SampledFrom(presses), 1, 14).Draw(rt, "presses")
		synctest.Test(t, func(t *testing.T) {
			s := start(t, newStub(), o)
			for i, p := range pressed {
				s.Press(p)
				if s.Quit() {
					return
				}
				lines := strings.Split(s.Raw(), "\n")
				if len(lines) != o.height {
					rt.Fatalf("after %v: %d lines of %d", pressed[:i+1], len(lines), o.height)
				}
				for n, line := range lines {
					if w := ansi.StringWidth(line); w != o.width {
						rt.Fatalf("after %v: line %d is %d wide, not %d: %q", pressed[:i+1], n, w, o.width, line)
					}
					if o.ascii {
						if i := strings.IndexFunc(ansi.Strip(line), func(r rune) bool { return r > 0x2000 && r < 0x2e80 }); i >= 0 && o.lang == text.EN {
							rt.Fatalf("line %d isn't ASCII: %q", n, line)
						}
					}
				}
			}
		})
	})
}

// TestTooSmall: below its least size the console says so on one line, and comes back when there is room.
func TestTooSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newStub(), options{lang: text.EN})
		s.Press("3").Resize(60, 10)
		if got := s.Text(); got != "cnrelay needs a screen of 80x20" {
			t.Errorf("got %q", got)
		}
		s.Resize(80, 24).Shows("Batches 4", "b2k4m6n8p")
	})
}
