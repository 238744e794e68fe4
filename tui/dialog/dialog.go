// Package dialog is what stands over a pane and wants an answer: forms, questions, pages to read.
package dialog

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"cnrelay/tui/comp/scroll"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/theme"
)

// Box draws lines with a frame and a title in exactly height lines of width cells, centred.
func Box(th *theme.Theme, title string, lines []string, width, height int) []string {
	inner := 0
	for _, l := range lines {
		inner = max(inner, ansi.StringWidth(l))
	}
	inner = max(min(inner, width-4), min(ansi.StringWidth(title)+2, width-4))
	rows := min(len(lines), max(1, height-2))
	g := th.Glyphs
	left := strings.Repeat(" ", max(0, (width-inner-4)/2))
	right := strings.Repeat(" ", max(0, width-inner-4-len(left)))
	edge := func(a, b, text string) string {
		fill := strings.Repeat(g.Horizontal, max(0, inner+2-ansi.StringWidth(text)))
		return left + th.Paint(theme.Border, a) + th.Paint(theme.Heading, text) + th.Paint(theme.Border, fill+b) + right
	}
	head := ""
	if title != "" {
		head = " " + ansi.Truncate(title, max(0, inner), g.More) + " "
	}
	out := make([]string, 0, height)
	for range max(0, (height-rows-2)/2) {
		out = append(out, strings.Repeat(" ", width))
	}
	out = append(out, edge(g.Corners[0], g.Corners[1], head))
	bar := th.Paint(theme.Border, g.Vertical)
	for _, l := range lines[:rows] {
		out = append(out, left+bar+" "+th.Fit(l, inner)+" "+bar+right)
	}
	out = append(out, edge(g.Corners[2], g.Corners[3], ""))
	for len(out) < height {
		out = append(out, strings.Repeat(" ", width))
	}
	return out[:height]
}

// Reading shows a page until it is closed.
type Reading struct {
	s     *pane.Session
	title func() string
	lines func(width int) []string
	body  *scroll.Scroll
	copy  string
}

// Read makes a page to read; copied is what the copy action takes.
func Read(s *pane.Session, title func() string, lines func(width int) []string, copied string) *Reading {
	return &Reading{s: s, title: title, lines: lines, body: scroll.New(false), copy: copied}
}

// Scopes implements [pane.Screen].
func (r *Reading) Scopes() []keys.Scope { return []keys.Scope{keys.Move} }

// Do implements [pane.Screen].
func (r *Reading) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.Back, keys.Open:
		return pane.Send(pane.Pop{Screen: r})
	case keys.Copy:
		return pane.Send(pane.CopyText{Text: r.copy})
	}
	r.body.Walk(a)
	return nil
}

// Why implements [pane.Screen].
func (r *Reading) Why(a keys.Action) string {
	if a == keys.Filter || a == keys.Sort || (a == keys.Copy && r.copy == "") {
		return r.s.Say("why.not_here")
	}
	return ""
}

// Typing implements [pane.Screen].
func (r *Reading) Typing() bool { return false }

// Type implements [pane.Screen].
func (r *Reading) Type(tea.KeyMsg) tea.Cmd { return nil }

// Update implements [pane.Screen].
func (r *Reading) Update(tea.Msg) tea.Cmd { return nil }

// View implements [pane.Screen].
func (r *Reading) View(width, height int) []string {
	inner := min(width-4, 100)
	r.body.Set(r.lines(inner))
	rows := min(max(1, len(r.body.Lines())), height-2)
	return Box(r.s.Theme, r.title(), r.body.View(r.s.Theme, inner, rows), width, height)
}
