package theme

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// likeness are ASCII characters that look like others.
var likeness = strings.NewReplacer("→", ">", "←", "<", "↑", "^", "↓", "v", "…", "~", "•", "*", "·", "-", "×", "x", "⊕", "&", "○", "o", "●", "*", "–", "-", "—", "-",
	"‘", "'", "’", "'", "“", `"`, "”", `"`, "⟪", "<", "⟫", ">")

// spelled is a frame on a terminal that has ASCII only: each other character, those of hosts and upstreams included,
// becomes one that looks like it, or question marks of its width.
func spelled(frame string) string {
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
