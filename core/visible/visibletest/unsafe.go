// Package visibletest tells what a terminal would obey or hide, by a list of its own: tests compare what package
// visible lets through with it.
package visibletest

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Unsafe tells what is wrong with an output, "" if it can be shown as it is.
func Unsafe(out string) string {
	if !utf8.ValidString(out) {
		return "bytes that are no text"
	}
	marks := 0
	for _, r := range out {
		switch {
		case r == '\n':
		case r < 0x20, r == 0x7f, r >= 0x80 && r <= 0x9f:
			return fmt.Sprintf("control %U", r)
		case unicode.In(r, unicode.Bidi_Control, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co), !unicode.IsGraphic(r):
			return fmt.Sprintf("hidden %U", r)
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		if marks > 4 {
			return "a pile of marks"
		}
	}
	return ""
}
