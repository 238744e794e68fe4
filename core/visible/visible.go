// Package visible makes foreign text safe to show: what can't be seen becomes a visible mark, so that a text which
// pretends to be another shows that it does.
package visible

import (
	"fmt"
	"strings"
	"unicode"
)

// maxCombining is how many combining marks one character keeps: enough for every living script,
// too few to paint over other lines.
const maxCombining = 4

// Text replaces what a terminal would obey or hide (controls, bidirectional and zero-width marks, tags, private and
// unassigned characters) by marks such as ␇ or ⟪U+202E⟫. Newlines stay, tabs become spaces, a character keeps at
// most four combining marks, and bytes that are no UTF-8 become U+FFFD. What it gives it leaves alone.
func Text(s string) string {
	if Plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	combining := 0
	for _, r := range s {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if combining++; combining > maxCombining {
				continue
			}
		} else {
			combining = 0
		}
		switch {
		case r == '\n':
			b.WriteRune(r)
		case r == '\t':
			b.WriteByte(' ')
		case r < ' ':
			b.WriteRune('\u2400' + r) // the control pictures: ␀ … ␟
		case r == '\x7f':
			b.WriteRune('\u2421')
		case Hidden(r):
			fmt.Fprintf(&b, "⟪U+%04X⟫", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Line does the same and leaves one line: newlines become marks, too.
func Line(s string) string { return strings.ReplaceAll(Text(s), "\n", "␊") }

// Plain tells whether s is printable ASCII, as most texts are: there is nothing to change.
func Plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Hidden tells whether r leaves nothing, or nothing of its own, on the screen, newlines included. Not graphic are
// Cc, Cf, Zl, Zp, Co, Cs and the unassigned; some letters and marks are blank as well.
func Hidden(r rune) bool {
	return !unicode.IsGraphic(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// JSON escapes, in a JSON text, what a terminal would obey or hide. Its value stays the same.
func JSON(text []byte) []byte {
	if !strings.ContainsFunc(string(text), left) {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	for _, r := range string(text) {
		switch {
		case !left(r):
			out = append(out, string(r)...)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// left are the hidden characters that encoding/json leaves as they are, inside of strings.
func left(r rune) bool { return r >= 0x7f && Hidden(r) }
