package ptytest

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/vt"
)

// text is what stands on a screen, without the spaces at the ends of lines.
func text(screen *vt.Emulator) string {
	var b strings.Builder
	for y := range screen.Height() {
		var line strings.Builder
		for x := 0; x < screen.Width(); {
			cell := screen.CellAt(x, y)
			if cell == nil || cell.Content == "" {
				line.WriteByte(' ')
				x++
				continue
			}
			line.WriteString(cell.Content)
			x += max(1, cell.Width)
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// Screen is what stands on the screen now.
func (x *Terminal) Screen() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return text(x.screen)
}

// Until waits for a screen that something holds of.
func (x *Terminal) Until(what string, holds func(screen string) bool) {
	x.t.Helper()
	deadline := time.After(patience)
	for {
		x.mu.Lock()
		screen, news := text(x.screen), x.news
		x.mu.Unlock()
		if holds(screen) {
			return
		}
		select {
		case <-news:
		case <-x.ended:
			if now := x.Screen(); !holds(now) {
				x.t.Fatalf("the program ended, and never showed %s", what)
			}
			return
		case <-deadline:
			x.t.Fatalf("never seen: %s", what)
		}
	}
}

// Sees waits until all of the texts are on screen.
func (x *Terminal) Sees(texts ...string) {
	x.t.Helper()
	x.Until(strings.Join(texts, " and "), func(screen string) bool {
		for _, t := range texts {
			if !strings.Contains(screen, t) {
				return false
			}
		}
		return true
	})
}

// Loses waits until a text is no longer on screen.
func (x *Terminal) Loses(gone string) {
	x.t.Helper()
	x.Until("a screen without "+gone, func(screen string) bool { return !strings.Contains(screen, gone) })
}

// Leaves waits until the program has left the alternate screen.
func (x *Terminal) Leaves() {
	x.t.Helper()
	x.Until("the main screen", func(string) bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		return !x.screen.IsAltScreen()
	})
}

// Styled tells whether any cell on screen has a colour.
func (x *Terminal) Styled() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for y := range x.screen.Height() {
		for i := range x.screen.Width() {
			if c := x.screen.CellAt(i, y); c != nil && (c.Style.Fg != nil || c.Style.Bg != nil) {
				return true
			}
		}
	}
	return false
}

// Repeat does something again and again until the screen is as wanted: for what a program may ignore at first.
func (x *Terminal) Repeat(what string, holds func(screen string) bool, do func()) {
	x.t.Helper()
	deadline := time.After(patience)
	for {
		do()
		for wait := time.After(200 * time.Millisecond); ; {
			x.mu.Lock()
			screen, news := text(x.screen), x.news
			x.mu.Unlock()
			if holds(screen) {
				return
			}
			select {
			case <-news:
				continue
			case <-wait:
			case <-x.ended:
				if now := x.Screen(); !holds(now) {
					x.t.Fatalf("the program ended, and never showed %s", what)
				}
				return
			case <-deadline:
				x.t.Fatalf("never seen: %s", what)
			}
			break
		}
	}
}
