package picture

import (
	"fmt"
	"strings"
)

// drawn is how a character that has to meet its neighbours is drawn: fonts leave gaps between them. It is nil for
// all others.
func drawn(text string) func(b *strings.Builder, x, y float64, ink string) {
	if bar := strings.Index("▁▂▃▄▅▆▇█", text); bar >= 0 && text != "" {
		height := cellHeight * float64(bar/len("▁")+1) / 9
		return func(b *strings.Builder, x, y float64, ink string) {
			fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y+cellHeight-height-1, cellWidth-0.8, height, ink)
		}
	}
	path, ok := strokes[text]
	if !ok {
		return nil
	}
	return func(b *strings.Builder, x, y float64, ink string) {
		fmt.Fprintf(b, `<path transform="translate(%.1f %.1f)" d="%s" fill="none" stroke="%s"/>`+"\n", x, y, path, ink)
	}
}

// strokes are the lines of boxes, within a cell of 8.4 by 18.
var strokes = map[string]string{
	"─": "M0 9H8.4",
	"│": "M4.2 0V18",
	"╭": "M4.2 18V13Q4.2 9 8.4 9",
	"╮": "M4.2 18V13Q4.2 9 0 9",
	"╰": "M4.2 0V5Q4.2 9 8.4 9",
	"╯": "M4.2 0V5Q4.2 9 0 9",
}
