package view

import (
	"io"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/core"
	"cnrelay/tui/text"
)

const (
	pageWidth   = 80 // columns that text keeps to; addresses and commands are never broken
	labelColumn = 11 // where a field's value starts
)

// printer writes plain text: wrapped, indented, and never with two blank lines in a row.
type printer struct {
	out   io.Writer
	w     text.Words
	began bool // something was written
	gap   bool // a blank line is due before the next one
}

// say is a sentence of the catalog.
func (p *printer) say(key string, args ...string) string { return p.w.Say(key, args...) }

// called is a name in the words' language.
func (p *printer) called(t core.Text) string {
	if p.w.Lang() == text.ZH && t.ZH != "" {
		return t.ZH
	}
	return t.EN
}

// blank asks for one empty line before whatever comes next.
func (p *printer) blank() { p.gap = p.began }

// raw writes a line as it is.
func (p *printer) raw(line string) {
	if p.gap {
		_, _ = io.WriteString(p.out, "\n")
	}
	p.gap, p.began = false, true
	_, _ = io.WriteString(p.out, strings.TrimRight(line, " ")+"\n")
}

// line writes a text, wrapped under its indent.
func (p *printer) line(indent int, s string) { p.hang(strings.Repeat(" ", indent), indent, s) }

// hang writes a text after lead; what is wrapped stands at indent.
func (p *printer) hang(lead string, indent int, s string) {
	margin := strings.Repeat(" ", indent)
	for i, part := range wrap(s, pageWidth-indent) {
		if i == 0 {
			p.raw(lead + part)
		} else {
			p.raw(margin + part)
		}
	}
}

// field writes a label with its value. An empty label puts the value under the one before.
func (p *printer) field(label, value string) {
	p.hang(pad(label, labelColumn), labelColumn, value)
}

// title starts a part of the output.
func (p *printer) title(s string) {
	p.blank()
	p.raw(s)
}

// pad fills a text with spaces up to a column, and leaves one at least.
func pad(s string, column int) string {
	return s + strings.Repeat(" ", max(1, column-ansi.StringWidth(s)))
}

// cell is pad for a column of a table; an empty one is all spaces.
func cell(s string, width int) string {
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
