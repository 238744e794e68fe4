package hostclient

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Lengths of texts from the other side, in bytes.
const (
	shortText = 200 // names, codes
	longText  = 500 // messages, previews
)

// maxCombining is how many combining marks one character keeps: enough for every living script,
// too few to paint over other lines.
const maxCombining = 4

// Sanitize makes foreign text safe to show on a terminal. Escape sequences vanish; whatever else
// can't be seen (controls, bidirectional and zero-width marks, tags, private and unassigned
// characters) becomes a visible mark such as ␇ or ⟪U+202E⟫, so that spoofing shows. Newlines stay,
// tabs become spaces, and a character keeps at most four combining marks. The result is valid
// UTF-8 of at most max bytes; 0 leaves the length alone.
func Sanitize(s string, max int) string {
	if plain(s) {
		return cut(s, max)
	}
	s = ansi.Strip(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.ReplaceAll(s, "\r\n", "\n")

	var b strings.Builder
	b.Grow(len(s))
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
		case invisible(r):
			fmt.Fprintf(&b, "⟪U+%04X⟫", r)
		default:
			b.WriteRune(r)
		}
	}
	return cut(b.String(), max)
}

// plain tells whether s is printable ASCII, as most texts are: there is nothing to change.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// invisible tells whether r leaves nothing, or nothing of its own, on the screen. Not graphic are
// Cc, Cf, Zl, Zp, Co, Cs and the unassigned; some letters and marks are blank as well.
func invisible(r rune) bool {
	return !unicode.IsGraphic(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// cut shortens s to max bytes without splitting a character; 0 leaves it alone.
func cut(s string, max int) string {
	if max <= 0 || len(s) <= max {
		return s
	}
	const ellipsis = "…"
	end := max - len(ellipsis)
	if end < 0 {
		return ""
	}
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}
