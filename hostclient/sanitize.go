package hostclient

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/core/visible"
)

// Lengths of texts from the other side, in bytes.
const (
	shortText = 200 // names, codes
	longText  = 500 // messages, previews
)

// Sanitize makes foreign text safe to show on a terminal: escape sequences vanish, and [visible.Text] makes the rest
// of what can't be seen visible. The result is valid UTF-8 of at most max bytes; 0 leaves the length alone.
func Sanitize(s string, max int) string {
	if visible.Plain(s) {
		return cut(s, max)
	}
	s = ansi.Strip(strings.ToValidUTF8(s, "\uFFFD"))
	return cut(visible.Text(strings.ReplaceAll(s, "\r\n", "\n")), max)
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
