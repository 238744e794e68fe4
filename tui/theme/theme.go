// Package theme is the one place where styles are made. A theme belongs to one session: it is made from that
// session's renderer, because several sessions with different terminals can share a process.
package theme

import (
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"cnrelay/tui/page"
)

// Name of a theme.
type Name string

// The themes. Plain has attributes only, no colour: it is what NO_COLOR gets.
const (
	Dark  Name = "dark"
	Light Name = "light"
	Plain Name = "plain"
)

// Names are the themes that there are.
var Names = []Name{Dark, Light, Plain}

// Token is what a piece of the screen is. Its colour never says what its words and glyphs don't.
type Token int

// The tokens.
const (
	Text Token = iota
	Dim
	Accent
	Good
	Warn
	Bad
	Heading
	Label
	Quote
	Code
	Cursor // the selected row of what has the focus
	Shadow // the selected row of what hasn't
	Border
	Tab
	Here // the tab that is shown
	Key
	Alarm // a banner
	tokens
)

// Glyphs are the marks that stand beside words.
type Glyphs struct {
	Good, Warn, Bad, Off, Busy  string
	Cursor, Fold                string
	Horizontal, Vertical        string
	Corners                     [4]string // top left, top right, bottom left, bottom right
	Up, Down, More, Mask, Arrow string
	Bars                        []string
}

var unicodeGlyphs = Glyphs{
	Good: "●", Warn: "▲", Bad: "✗", Off: "○", Busy: "◌", Cursor: "▸", Fold: "…", Horizontal: "─", Vertical: "│",
	Corners: [4]string{"╭", "╮", "╰", "╯"}, Up: "↑", Down: "↓", More: "…", Mask: "•", Arrow: "→",
	Bars: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
}

var asciiGlyphs = Glyphs{
	Good: "+", Warn: "!", Bad: "x", Off: "-", Busy: "~", Cursor: ">", Fold: "~", Horizontal: "-", Vertical: "|",
	Corners: [4]string{"+", "+", "+", "+"}, Up: "^", Down: "v", More: "~", Mask: "*", Arrow: ">",
	Bars: []string{"_", ".", ":", "-", "=", "+", "*", "#"},
}

// Theme is how a session's screen looks.
type Theme struct {
	Name   Name
	Glyphs Glyphs
	ascii  bool
	styles [tokens]lipgloss.Style
}

// Options choose a theme.
type Options struct {
	Name    Name            // "" is dark
	ASCII   bool            // only characters that every terminal has
	Profile termenv.Profile // how many colours the session's terminal has
}

// New makes the theme of a session that writes to w. It asks the terminal nothing.
func New(w io.Writer, o Options) *Theme {
	if !slices.Contains(Names, o.Name) {
		o.Name = Dark
	}
	if o.Profile == termenv.Ascii { // attributes are not colours
		o.Name, o.Profile = Plain, termenv.ANSI
	}
	r := lipgloss.NewRenderer(w, termenv.WithUnsafe())
	r.SetColorProfile(o.Profile) // or it is this process's, by its environment
	r.SetHasDarkBackground(o.Name != Light)
	t := &Theme{Name: o.Name, Glyphs: unicodeGlyphs, ascii: o.ASCII}
	if o.ASCII {
		t.Glyphs = asciiGlyphs
	}
	for i := range t.styles {
		t.styles[i] = r.NewStyle().TabWidth(lipgloss.NoTabConversion)
	}
	t.attributes()
	switch o.Name {
	case Dark:
		t.colours(darkPalette)
	case Light:
		t.colours(lightPalette)
	}
	return t
}

// attributes make a screen readable without colours.
func (t *Theme) attributes() {
	s := &t.styles
	for _, bold := range []Token{Heading, Bad, Warn, Key, Alarm, Here} {
		s[bold] = s[bold].Bold(true)
	}
	s[Cursor] = s[Cursor].Reverse(true)
	s[Here] = s[Here].Reverse(true)
	s[Alarm] = s[Alarm].Reverse(true)
	s[Shadow] = s[Shadow].Underline(true)
	s[Dim] = s[Dim].Faint(true)
}

// palette gives tokens their colours, for terminals with 16, 256 and all of them.
type palette map[Token]lipgloss.CompleteColor

var darkPalette = palette{
	Dim: {ANSI: "8", ANSI256: "245", TrueColor: "#8a8f98"}, Accent: {ANSI: "14", ANSI256: "80", TrueColor: "#5fd7d7"},
	Good: {ANSI: "10", ANSI256: "114", TrueColor: "#87d787"}, Warn: {ANSI: "11", ANSI256: "221", TrueColor: "#ffd75f"},
	Bad: {ANSI: "9", ANSI256: "210", TrueColor: "#ff8787"}, Heading: {ANSI: "15", ANSI256: "255", TrueColor: "#eeeeee"},
	Label: {ANSI: "6", ANSI256: "109", TrueColor: "#87afaf"}, Quote: {ANSI: "13", ANSI256: "183", TrueColor: "#d7afff"},
	Code: {ANSI: "12", ANSI256: "117", TrueColor: "#87d7ff"}, Border: {ANSI: "8", ANSI256: "240", TrueColor: "#585858"},
	Tab: {ANSI: "7", ANSI256: "250", TrueColor: "#bcbcbc"}, Key: {ANSI: "14", ANSI256: "80", TrueColor: "#5fd7d7"},
	Here: {ANSI: "14", ANSI256: "80", TrueColor: "#5fd7d7"}, Alarm: {ANSI: "11", ANSI256: "221", TrueColor: "#ffd75f"},
	Cursor: {ANSI: "14", ANSI256: "80", TrueColor: "#5fd7d7"},
}

var lightPalette = palette{
	Dim: {ANSI: "8", ANSI256: "243", TrueColor: "#767676"}, Accent: {ANSI: "4", ANSI256: "25", TrueColor: "#005faf"},
	Good: {ANSI: "2", ANSI256: "28", TrueColor: "#008700"}, Warn: {ANSI: "3", ANSI256: "130", TrueColor: "#af5f00"},
	Bad: {ANSI: "1", ANSI256: "160", TrueColor: "#d70000"}, Heading: {ANSI: "0", ANSI256: "232", TrueColor: "#080808"},
	Label: {ANSI: "4", ANSI256: "24", TrueColor: "#005f87"}, Quote: {ANSI: "5", ANSI256: "90", TrueColor: "#870087"},
	Code: {ANSI: "4", ANSI256: "25", TrueColor: "#005faf"}, Border: {ANSI: "7", ANSI256: "249", TrueColor: "#b2b2b2"},
	Tab: {ANSI: "8", ANSI256: "240", TrueColor: "#585858"}, Key: {ANSI: "4", ANSI256: "25", TrueColor: "#005faf"},
	Here: {ANSI: "4", ANSI256: "25", TrueColor: "#005faf"}, Alarm: {ANSI: "3", ANSI256: "130", TrueColor: "#af5f00"},
	Cursor: {ANSI: "4", ANSI256: "25", TrueColor: "#005faf"},
}

func (t *Theme) colours(p palette) {
	t.styles[Dim] = t.styles[Dim].Faint(false)
	t.styles[Shadow] = t.styles[Shadow].Underline(false).Bold(true)
	for token, colour := range p {
		t.styles[token] = t.styles[token].Foreground(colour)
	}
}

// Style is a token's style, for components that want one.
func (t *Theme) Style(as Token) lipgloss.Style { return t.styles[as] }

// Paint shows a text as a token.
func (t *Theme) Paint(as Token, s string) string {
	if as == Text || s == "" {
		return s
	}
	return t.styles[as].Render(s)
}

// Page shows a text as a page's role.
func (t *Theme) Page(as page.Role, s string) string { return t.Paint(roles[as], s) }

var roles = map[page.Role]Token{page.Plain: Text, page.Label: Label, page.Heading: Heading, page.Good: Good, page.Bad: Bad,
	page.Warn: Warn, page.Dim: Dim, page.Quote: Quote, page.Code: Code}

// Mark is the glyph of a token that says how something stands.
func (t *Theme) Mark(as Token) string {
	switch as {
	case Good:
		return t.Glyphs.Good
	case Warn:
		return t.Glyphs.Warn
	case Bad:
		return t.Glyphs.Bad
	case Accent:
		return t.Glyphs.Busy
	}
	return t.Glyphs.Off
}

// Frame is a whole screen, ready for the terminal.
func (t *Theme) Frame(lines []string) string {
	frame := strings.Join(lines, "\n")
	if t.ascii {
		return spelled(frame)
	}
	return frame
}

// Rule is a horizontal line.
func (t *Theme) Rule(width int) string {
	return t.Paint(Border, strings.Repeat(t.Glyphs.Horizontal, max(0, width)))
}

// Fit makes a line exactly so many cells wide: cut with a mark, or filled with spaces.
func (t *Theme) Fit(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if w := ansi.StringWidth(s); w <= width {
		return s + strings.Repeat(" ", width-w)
	}
	s = ansi.Truncate(s, width, t.Glyphs.More)
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}
