// Package scroll shows lines of which only some fit. It can follow its end, and stops following when the
// operator scrolls up.
package scroll

import (
	"strconv"
	"strings"

	"cnrelay/tui/keys"
	"cnrelay/tui/theme"
)

// Scroll holds lines and where the operator is in them.
type Scroll struct {
	lines  []string
	top    int
	height int
	log    bool // its end is what matters
	follow bool // the end is kept in sight
}

// New makes an empty one. Of a log the end is kept in sight until the operator scrolls up.
func New(log bool) *Scroll { return &Scroll{log: log, follow: log} }

// Set replaces the lines.
func (s *Scroll) Set(lines []string) {
	s.lines = lines
	s.clamp()
}

// Lines are what it holds.
func (s *Scroll) Lines() []string { return s.lines }

func (s *Scroll) clamp() {
	last := max(0, len(s.lines)-s.height)
	if s.follow {
		s.top = last
	}
	s.top = max(0, min(s.top, last))
}

// Move goes so many lines down, or up if n is negative.
func (s *Scroll) Move(n int) {
	last := max(0, len(s.lines)-s.height)
	s.top = max(0, min(s.top+n, last))
	s.follow = s.log && s.top == last
}

// Page goes so many screens down.
func (s *Scroll) Page(n int) { s.Move(n * max(1, s.height-1)) }

// Top goes to the beginning.
func (s *Scroll) Top() { s.Move(-len(s.lines)) }

// Bottom goes to the end.
func (s *Scroll) Bottom() { s.Move(len(s.lines)) }

// Walk does an action that walks; false if it is none.
func (s *Scroll) Walk(a keys.Action) bool {
	switch a {
	case keys.Up:
		s.Move(-1)
	case keys.Down:
		s.Move(1)
	case keys.PageUp:
		s.Page(-1)
	case keys.PageDown:
		s.Page(1)
	case keys.First:
		s.Top()
	case keys.Last:
		s.Bottom()
	default:
		return false
	}
	return true
}

// View draws exactly height lines of width cells. The last one tells how much there is beyond, if there is.
func (s *Scroll) View(th *theme.Theme, width, height int) []string {
	s.height = max(1, height)
	s.clamp()
	out := make([]string, 0, height)
	for i := s.top; i < len(s.lines) && len(out) < height; i++ {
		out = append(out, th.Fit(s.lines[i], width))
	}
	for len(out) < height {
		out = append(out, strings.Repeat(" ", max(0, width)))
	}
	if rest := len(s.lines) - s.top - height; rest > 0 && height > 1 {
		out[height-1] = th.Paint(theme.Dim, th.Fit(th.Glyphs.Down+" "+strconv.Itoa(rest+1), width))
	}
	return out
}
