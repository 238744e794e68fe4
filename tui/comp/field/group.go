package field

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/tui/theme"
)

// Group is fields that are filled in together; one of them has the focus.
type Group struct {
	Fields []*Field
	At     int // of the one that has the focus
}

// Focus gives the focus to the field that had it last.
func (g *Group) Focus() { g.Move(0) }

// Blur takes it away.
func (g *Group) Blur() {
	for _, f := range g.Fields {
		f.Blur()
	}
}

// Move goes so many fields on, past those that aren't asked for.
func (g *Group) Move(n int) {
	g.Blur()
	step := 1
	if n < 0 {
		step = -1
	}
	for range g.Fields {
		g.At = (g.At + n + len(g.Fields)) % len(g.Fields)
		if !g.Fields[g.At].Hidden {
			break
		}
		n = step
	}
	g.Fields[g.At].Focus()
}

// Seek goes to the first field with a fault, if there is one.
func (g *Group) Seek() {
	for i, f := range g.Fields {
		if f.Fault != "" && !f.Hidden {
			g.Blur()
			g.At = i
			f.Focus()
			return
		}
	}
}

// Current is the field that has the focus.
func (g *Group) Current() *Field { return g.Fields[g.At] }

// Last tells whether no field comes after the current one.
func (g *Group) Last() bool {
	for _, f := range g.Fields[g.At+1:] {
		if !f.Hidden {
			return false
		}
	}
	return true
}

// View draws each field on a line, labels side by side, with its fault or hint under it.
func (g *Group) View(th *theme.Theme, width int) []string {
	label := 0
	for _, f := range g.Fields {
		if !f.Hidden {
			label = max(label, ansi.StringWidth(f.Label)+2)
		}
	}
	label = min(label, width/2)
	var lines []string
	for i, f := range g.Fields {
		if f.Hidden {
			continue
		}
		as := theme.Label
		if i == g.At {
			as = theme.Accent
		}
		lines = append(lines, th.Paint(as, th.Fit(f.Label, label))+f.View(th, width-label))
		note, as := f.Fault, theme.Bad
		if note == "" && i == g.At {
			note, as = f.Hint, theme.Dim
		}
		if note != "" {
			lines = append(lines, strings.Repeat(" ", label)+th.Paint(as, ansi.Truncate(note, width-label, th.Glyphs.More)))
		}
	}
	return lines
}
