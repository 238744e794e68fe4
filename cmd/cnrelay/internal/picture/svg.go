// Package picture turns a screen of the console into an SVG, and its test makes those of the documentation from the
// program's own output.
package picture

import (
	"fmt"
	"html"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The measures of a picture, in its own units.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	baseline   = 13.5 // of a cell's text, from its top
	margin     = 12.0
	fontSize   = 14
)

// The colours of a terminal that shows the dark theme.
const (
	background = "#1c1c1c"
	foreground = "#d0d0d0"
)

// style is how a cell is drawn.
type style struct {
	colour                         string // "" is the foreground
	bold, faint, underline, invert bool
}

// cell is a character, as wide as it is, in its style.
type cell struct {
	text  string
	width int
	style style
}

// SVG draws lines of a terminal, of so many cells, with a title for who can't see it. What it can't draw is an error.
func SVG(title string, lines []string, width int) ([]byte, error) {
	var b strings.Builder
	w, h := 2*margin+float64(width)*cellWidth, 2*margin+float64(len(lines))*cellHeight
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.1f %.1f" role="img">`+"\n", w, h, w, h)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", background)
	fmt.Fprintf(&b, `<g font-family="'DejaVu Sans Mono',Menlo,Consolas,'Noto Sans Mono CJK SC','Microsoft YaHei',monospace" font-size="%d" fill="%s" xml:space="preserve" style="white-space:pre">`+"\n", fontSize, foreground)
	for row, line := range lines {
		cells, err := read(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", row+1, err)
		}
		draw(&b, cells, margin+float64(row)*cellHeight)
	}
	b.WriteString("</g>\n</svg>\n")
	return []byte(b.String()), nil
}

// read takes a line apart.
func read(line string) ([]cell, error) {
	var out []cell
	var now style
	var state byte
	p := ansi.NewParser()
	for len(line) > 0 {
		seq, width, n, next := ansi.DecodeSequence(line, state, p)
		line, state = line[n:], next
		switch {
		case width > 0:
			out = append(out, cell{seq, width, now})
		case ansi.Cmd(p.Command()).Final() == 'm' && strings.HasPrefix(seq, "\x1b["):
			if err := now.apply(p.Params()); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("%q can't be drawn", seq)
		}
	}
	return out, nil
}

// apply takes what the theme uses of the sequences that choose a style.
func (s *style) apply(params ansi.Params) error {
	if len(params) == 0 {
		*s = style{}
		return nil
	}
	for i := 0; i < len(params); i++ {
		switch code := params[i].Param(0); code {
		case 0:
			*s = style{}
		case 1:
			s.bold = true
		case 2:
			s.faint = true
		case 4:
			s.underline = true
		case 7:
			s.invert = true
		case 38:
			if i+4 >= len(params) || params[i+1].Param(0) != 2 {
				return fmt.Errorf("a colour that is not given by its parts can't be drawn")
			}
			s.colour = fmt.Sprintf("#%02x%02x%02x", params[i+2].Param(0), params[i+3].Param(0), params[i+4].Param(0))
			i += 4
		default:
			return fmt.Errorf("style %d can't be drawn", code)
		}
	}
	return nil
}

// draw draws a row, its backgrounds first. Letters of one style that stand together are one piece of text. What
// isn't ASCII stands by itself: it may come from another font, whose widths would shift the rest.
func draw(b *strings.Builder, cells []cell, y float64) {
	at := make([]float64, len(cells)+1)
	at[0] = margin
	for i, c := range cells {
		at[i+1] = at[i] + float64(c.width)*cellWidth
	}
	for i := 0; i < len(cells); {
		j := i + 1
		for j < len(cells) && cells[j].style == cells[i].style {
			j++
		}
		if cells[i].style.invert {
			fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", at[i], y, at[j]-at[i], cellHeight, cells[i].style.ink())
		}
		i = j
	}
	for i := 0; i < len(cells); {
		if shape := drawn(cells[i].text); shape != nil {
			shape(b, at[i], y, cells[i].style.ink())
			i++
			continue
		}
		j := i + 1
		for j < len(cells) && cells[i].plain() && cells[j].plain() && cells[j].style == cells[i].style {
			j++
		}
		write(b, cells[i:j], at[i], y)
		i = j
	}
}

// plain tells whether a cell is a letter that every font has.
func (c cell) plain() bool { return len(c.text) == 1 }

// ink is the colour of what is drawn.
func (s style) ink() string {
	if s.colour == "" {
		return foreground
	}
	return s.colour
}

// write writes a piece of text. Its length is stated, so that the column after it is where it belongs whatever the
// font.
func write(b *strings.Builder, cells []cell, x, y float64) {
	var text strings.Builder
	width := 0
	for _, c := range cells {
		text.WriteString(c.text)
		width += c.width
	}
	said := text.String()
	lead := len(said) - len(strings.TrimLeft(said, " "))
	trimmed := strings.TrimSpace(said)
	if trimmed == "" && !cells[0].style.underline {
		return
	}
	x += float64(lead) * cellWidth
	width -= lead + len(said) - len(strings.TrimRight(said, " "))
	s := cells[0].style
	attributes := ""
	switch {
	case s.invert:
		attributes += ` fill="` + background + `"`
	case s.colour != "":
		attributes += ` fill="` + s.colour + `"`
	}
	if s.bold {
		attributes += ` font-weight="bold"`
	}
	if s.faint {
		attributes += ` fill-opacity="0.6"`
	}
	if s.underline {
		attributes += ` text-decoration="underline"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
		x, y+baseline, float64(width)*cellWidth, attributes, html.EscapeString(trimmed))
}
