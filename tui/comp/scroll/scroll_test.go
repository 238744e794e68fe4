package scroll

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"cnrelay/tui/theme"
)

var plain = theme.New(io.Discard, theme.Options{Profile: termenv.Ascii})

func lines(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint("line ", i))
	}
	return out
}

func view(s *Scroll) string {
	var out []string
	for _, l := range s.View(plain, 10, 3) {
		out = append(out, strings.TrimSpace(ansi.Strip(l)))
	}
	return strings.Join(out, "|")
}

// TestLogFollows its end, stops when somebody looks up, and follows again at the end.
func TestLogFollows(t *testing.T) {
	s := New(true)
	s.Set(lines(10))
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"at its end", func() {}, "line 7|line 8|line 9"},
		{"more", func() { s.Set(lines(12)) }, "line 9|line 10|line 11"},
		{"looked up", func() { s.Move(-1) }, "line 8|line 9|↓ 2"},
		{"stays", func() { s.Set(lines(20)) }, "line 8|line 9|↓ 10"},
		{"at the end again", func() { s.Bottom() }, "line 17|line 18|line 19"},
		{"follows again", func() { s.Set(lines(21)) }, "line 18|line 19|line 20"},
	} {
		step.do()
		if got := view(s); got != step.want {
			t.Errorf("%s: %s", step.name, got)
		}
	}
}

func TestPageStaysWhereItIs(t *testing.T) {
	s := New(false)
	s.Set(lines(2))
	if got := view(s); got != "line 0|line 1|" {
		t.Error(got)
	}
	s.Set(lines(9))
	s.Bottom()
	s.Set(lines(30))
	if got := view(s); got != "line 6|line 7|↓ 22" {
		t.Error(got)
	}
}
