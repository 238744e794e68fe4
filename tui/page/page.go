// Package page writes what both faces say of hosts, plans, batches, findings and packs: wrapped text in the
// words' language, line by line. The command line prints the lines; a pane shows them in its colours.
package page

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/core"
	"cnrelay/core/visible"
	"cnrelay/tui/text"
)

const (
	// Width is the columns that the command line's text keeps to; addresses and commands are never broken.
	Width       = 80
	labelColumn = 11 // where a field's value starts
)

// Role is what a piece of text is, so that a face can choose how it looks. It never carries meaning that the
// words don't.
type Role int

// The roles.
const (
	Plain Role = iota
	Label
	Heading
	Good
	Bad
	Warn
	Dim
	Quote // words of a host or an upstream
	Code  // a command or address to copy
)

// Page writes lines: wrapped, indented, and never with two blank lines in a row. Whatever it is given, no line holds
// a character that a terminal would obey or hide.
type Page struct {
	words text.Words
	width int
	out   func(line string)
	paint func(Role, string) string // nil: all text is plain
	began bool                      // something was written
	gap   bool                      // a blank line is due before the next one
}

// New makes a page of a width whose lines go to out. paint may be nil.
func New(w text.Words, width int, out func(line string), paint func(Role, string) string) *Page {
	return &Page{words: w, width: width, out: out, paint: paint}
}

// Words are the catalog that the page speaks.
func (p *Page) Words() text.Words { return p.words }

// Say is a sentence of the catalog.
func (p *Page) Say(key string, args ...string) string { return p.words.Say(key, args...) }

// Called is a name in the words' language.
func (p *Page) Called(t core.Text) string { return p.words.Called(t) }

// Blank asks for one empty line before whatever comes next.
func (p *Page) Blank() { p.gap = p.began }

// Raw writes a line as it is.
func (p *Page) Raw(line string) { p.put(line, Plain) }

// Command writes a command or an address that somebody may copy, unbroken.
func (p *Page) Command(line string) { p.put(line, Code) }

func (p *Page) put(line string, role Role) {
	line = visible.Line(line)
	for _, part := range p.broken(strings.TrimRight(line, " "), p.width) {
		p.emit(p.painted(role, part))
	}
}

func (p *Page) emit(line string) {
	if p.gap {
		p.out("")
	}
	p.gap, p.began = false, true
	p.out(line)
}

// broken cuts what is too wide for a screen. What is printed stays whole, so that it can be copied.
func (p *Page) broken(s string, width int) []string {
	if p.paint == nil || ansi.StringWidth(s) <= width {
		return []string{s}
	}
	return strings.Split(ansi.Hardwrap(s, width, true), "\n")
}

func (p *Page) painted(role Role, s string) string {
	if p.paint == nil || role == Plain || s == "" {
		return s
	}
	return p.paint(role, s)
}

// Line writes a text, wrapped under its indent.
func (p *Page) Line(indent int, s string) { p.Tell(indent, s, Plain) }

// Tell is a line in a role.
func (p *Page) Tell(indent int, s string, role Role) {
	p.hang("", Plain, indent, s, role)
}

// Hang writes a text after lead; what is wrapped stands at indent.
func (p *Page) Hang(lead string, indent int, s string) { p.hang(lead, Plain, indent, s, Plain) }

// Mark is Hang with a lead that says how it stands.
func (p *Page) Mark(lead string, as Role, indent int, s string) { p.hang(lead, as, indent, s, Plain) }

func (p *Page) hang(lead string, as Role, indent int, s string, role Role) {
	margin := strings.Repeat(" ", indent)
	if lead = visible.Line(lead); lead == "" {
		lead = margin
	}
	s = visible.Line(s)
	room := max(8, p.width-indent)
	var parts []string
	for _, part := range wrap(s, room) {
		parts = append(parts, p.broken(part, room)...)
	}
	for i, part := range parts {
		if i > 0 {
			lead, as = margin, Plain
		}
		bare := strings.TrimLeft(lead, " ")
		before, after := lead[:len(lead)-len(bare)], bare[len(strings.TrimRight(bare, " ")):]
		p.emit(strings.TrimRight(before+p.painted(as, strings.TrimRight(bare, " "))+after+p.painted(role, part), " "))
	}
}

// Field writes a label with its value. An empty label puts the value under the one before.
func (p *Page) Field(label, value string) { p.State(label, value, Plain) }

// State is a field whose value says how something stands.
func (p *Page) State(label, value string, role Role) {
	p.hang(pad(label, labelColumn), Label, labelColumn, value, role)
}

// Title starts a part of the page.
func (p *Page) Title(s string) {
	p.Blank()
	p.put(s, Heading)
}

// pad fills a text with spaces up to a column, and leaves one at least.
func pad(s string, column int) string {
	return s + strings.Repeat(" ", max(1, column-ansi.StringWidth(s)))
}

// Cell is pad for a column of a table; an empty one is all spaces.
func Cell(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}

// wrap breaks a text at spaces and between wide characters. A word that is longer than the width is left
// whole; closing punctuation never starts a line.
func wrap(s string, width int) []string {
	var lines []string
	var line strings.Builder
	used := 0
	for _, piece := range pieces(s) {
		w := ansi.StringWidth(piece)
		bare := ansi.StringWidth(strings.TrimRight(piece, " "))
		if used > 0 && used+bare > width {
			lines = append(lines, strings.TrimRight(line.String(), " "))
			line.Reset()
			used = 0
		}
		line.WriteString(piece)
		used += w
	}
	return append(lines, strings.TrimRight(line.String(), " "))
}

// pieces cuts a text where a line may break.
func pieces(s string) []string {
	var out []string
	start, runes := 0, []rune(s)
	for i := 1; i < len(runes); i++ {
		before, here := runes[i-1], runes[i]
		space := before == ' ' && here != ' '
		wide := (isWide(before) || isWide(here)) && before != ' ' && here != ' ' && !closes(here) && !opens(before)
		if space || wide {
			out = append(out, string(runes[start:i]))
			start = i
		}
	}
	return append(out, string(runes[start:]))
}

func isWide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || closes(r) && r > unicode.MaxLatin1 || opens(r) && r > unicode.MaxLatin1
}

func closes(r rune) bool {
	return strings.ContainsRune(`，。、；：？！）》」』】”’,.;:?!)`, r)
}
func opens(r rune) bool { return strings.ContainsRune("（《「『【“‘(", r) }
