package theme

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// likeness are ASCII characters that look like others.
var likeness = strings.NewReplacer("→", ">", "←", "<", "↑", "^", "↓", "v", "…", "~", "•", "*", "·", ".", "×", "x", "⊕", "@", "○", "o", "●", "*", "–", "-", "—", "-",
	"‘", "'", "’", "'", "“", `"`, "”", `"`, "⟪", "<", "⟫", ">")

// Spelled is a frame as the terminal can show it: on one that has ASCII only, each other character becomes one that
// looks like it, or question marks of its width.
func (t *Theme) Spelled(frame string) string {
	if !t.ascii || isASCII(frame) {
		return frame
	}
	frame = likeness.Replace(frame)
	var b strings.Builder
	for len(frame) > 0 {
		if frame[0] < utf8.RuneSelf {
			n := strings.IndexFunc(frame, func(r rune) bool { return r >= utf8.RuneSelf })
			if n < 0 {
				n = len(frame)
			}
			b.WriteString(frame[:n])
			frame = frame[n:]
			continue
		}
		cluster, width := ansi.FirstGraphemeCluster(frame, ansi.GraphemeWidth)
		b.WriteString(strings.Repeat("?", width))
		frame = frame[len(cluster):]
	}
	return b.String()
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
