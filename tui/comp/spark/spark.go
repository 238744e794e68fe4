// Package spark draws a short history of numbers.
package spark

import (
	"slices"
	"strings"

	"cnrelay/tui/theme"
)

// Line draws the last width values, the newest at the right; a negative one is a failure.
func Line(th *theme.Theme, values []float64, width int) string {
	if len(values) > width {
		values = values[len(values)-width:]
	}
	if len(values) == 0 {
		return ""
	}
	high := slices.Max(values)
	bars := th.Glyphs.Bars
	var b strings.Builder
	for _, v := range values {
		switch {
		case v < 0:
			b.WriteString(th.Glyphs.Bad)
		case high <= 0:
			b.WriteString(bars[0])
		default:
			b.WriteString(bars[min(len(bars)-1, int(v/high*float64(len(bars))))])
		}
	}
	return b.String()
}
