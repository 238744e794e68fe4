package picture

import (
	"encoding/xml"
	"strings"
	"testing"
)

// TestColumnsStayWhereTheyAre: whatever stands before it, a text begins in its own column.
func TestColumnsStayWhereTheyAre(t *testing.T) {
	for _, before := range []string{"abcd", "主机", "●  ▁", "│ ─…", "\x1b[1m\x1b[38;2;1;2;3mab\x1b[0m\x1b[7mcd\x1b[0m", "<&>\""} {
		drawn, err := SVG("<a title>", []string{before + "\x1b[4mX"}, 10)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(drawn), `<text x="45.6" y="25.5" textLength="8.4" lengthAdjust="spacingAndGlyphs" text-decoration="underline">X</text>`) {
			t.Errorf("%q:\n%s", before, drawn)
		}
		if err := xml.Unmarshal(drawn, new(struct{})); err != nil {
			t.Errorf("%q: %v", before, err)
		}
	}
}

// TestWhatCantBeDrawnIsAnError: a picture shows all that a terminal would.
func TestWhatCantBeDrawnIsAnError(t *testing.T) {
	for _, line := range []string{"\x1b[2Jx", "\x1b[5mx", "\x1b[31mx", "a\tb", "\x1b[38;5;1mx"} {
		if _, err := SVG("", []string{line}, 10); err == nil {
			t.Errorf("%q is drawn", line)
		}
	}
}
