package pane

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui/comp/field"
	"cnrelay/tui/comp/scroll"
	"cnrelay/tui/comp/table"
	"cnrelay/tui/keys"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
)

// Widths from which more stands side by side; below, one thing at a time.
const (
	sideBySide = 100 // list and detail
	withLog    = 140 // list, detail and a log under it
)

// List is a table with the detail of the selected row: what every pane is. A pane embeds it and fills it.
type List struct {
	Once
	S      *Session
	Name   string // "hosts": its title is pane.hosts, what it says when empty pane.hosts.empty
	Own    keys.Scope
	Table  *table.Table
	Detail func(id string, width int) []string
	Log    func(id string, width int) []string // nil: none
	Copied func(id string) string              // what the copy action takes; nil: the id
	Picked func(id string) tea.Cmd             // when another row is selected; may be nil

	detail    *scroll.Scroll
	log       *scroll.Scroll
	filter    *field.Field
	filtering bool
	open      bool // the detail has the focus; on a narrow screen it is all that is shown
	shown     string
	wanted    string // to be revealed when it is there
	read      bool   // what there is, is known
	lang      text.Lang
	wide      bool
}

// Init makes the parts that a list is made of.
func (l *List) Init(columns ...table.Column) {
	l.Table = table.New(columns...)
	l.detail, l.log = scroll.New(false), scroll.New(true)
	l.filter = field.Text("", "")
}

// Selected is the id of the selected row.
func (l *List) Selected() string { return l.Table.Selected() }

// Reveal implements [Pane]. What isn't read yet is shown once it is, unless the operator goes elsewhere meanwhile.
func (l *List) Reveal(id string) {
	l.Table.SetFilter("")
	l.filter.Set("")
	l.open, l.wanted = false, id
	l.reveal()
}

func (l *List) reveal() {
	l.Table.Select(l.wanted)
	if l.wanted != "" && l.Selected() == l.wanted {
		l.open, l.wanted = !l.wide, ""
	}
}

// Scopes implements [Screen].
func (l *List) Scopes() []keys.Scope {
	if l.filtering {
		return []keys.Scope{keys.Form}
	}
	return []keys.Scope{l.Own, keys.Move}
}

// Typing implements [Screen].
func (l *List) Typing() bool { return l.filtering }

// Type implements [Screen].
func (l *List) Type(k tea.KeyMsg) tea.Cmd {
	l.filter.Type(k)
	l.Table.SetFilter(l.filter.Value())
	return l.picked()
}

// Do does the actions that all lists have.
func (l *List) Do(a keys.Action) tea.Cmd {
	l.wanted = ""
	if l.filtering {
		switch a {
		case keys.Leave:
			l.filter.Set("")
			l.Table.SetFilter("")
			l.endFilter()
		case keys.Accept:
			l.endFilter()
		case keys.After:
			l.Table.Move(1)
		case keys.Before:
			l.Table.Move(-1)
		}
		return l.picked()
	}
	switch a {
	case keys.Filter:
		l.open, l.filtering = false, true
		l.filter.Focus()
		return nil
	case keys.Sort:
		l.Table.Sort()
		return nil
	case keys.Open:
		l.open = l.Selected() != ""
		return nil
	case keys.Back:
		l.back()
		return l.picked()
	case keys.Copy:
		copied := l.Selected()
		if l.Copied != nil {
			copied = l.Copied(copied)
		}
		return Send(CopyText{copied})
	}
	if l.open {
		l.detail.Walk(a)
		return nil
	}
	switch a {
	case keys.Up:
		l.Table.Move(-1)
	case keys.Down:
		l.Table.Move(1)
	case keys.PageUp:
		l.Table.Page(-1)
	case keys.PageDown:
		l.Table.Page(1)
	case keys.First:
		l.Table.Top()
	case keys.Last:
		l.Table.Bottom()
	}
	return l.picked()
}

// back goes one level out: from the detail to the list, from a filter to all rows.
func (l *List) back() {
	switch {
	case l.open:
		l.open = false
	case l.Table.Filter() != "":
		l.filter.Set("")
		l.Table.SetFilter("")
	}
}

func (l *List) endFilter() {
	l.filtering = false
	l.filter.Blur()
}

func (l *List) picked() tea.Cmd {
	id := l.Selected()
	if id == l.shown {
		return nil
	}
	l.shown = id
	l.detail, l.log = scroll.New(false), scroll.New(true)
	if l.Picked == nil {
		return nil
	}
	return l.Picked(id)
}

// Fill replaces the rows, and tells the pane if another one is selected now.
func (l *List) Fill(ids []string, cells func(i int) []table.Cell) tea.Cmd {
	l.read = true
	l.Table.Fill(ids, cells)
	if l.wanted != "" {
		l.reveal()
	}
	return l.picked()
}

// Why says why a list's own action is not possible now.
func (l *List) Why(a keys.Action) string {
	switch a {
	case keys.Open, keys.Copy:
		if l.Selected() == "" {
			return l.S.Say("why.nothing_selected")
		}
	case keys.Back:
		if !l.open && l.Table.Filter() == "" {
			return l.S.Say("why.outermost")
		}
	}
	return ""
}

// Click implements [Clicker].
func (l *List) Click(x, y int) tea.Cmd {
	if l.open && !l.wide {
		return nil
	}
	if l.Table.Click(y - 1) {
		l.open = false
	}
	return l.picked()
}

// DetailOnly tells whether the detail of a row is all that is shown at a width.
func (l *List) DetailOnly(width int) bool { return l.open && width < sideBySide }

// View implements [Screen].
func (l *List) View(width, height int) []string {
	th := l.S.Theme
	if lang := l.S.Words.Lang(); lang != l.lang { // filter and order are by words
		l.lang = lang
		l.Table.Refresh(l.Selected())
	}
	l.wide = width >= sideBySide
	if !l.wide {
		if l.open {
			return l.detailView(width, height, false)
		}
		return l.listView(width, height, true)
	}
	left := width * 9 / 20
	list := l.listView(left, height, !l.open)
	detail := l.detailView(width-left-3, height, width >= withLog && l.Log != nil)
	bar := " " + th.Paint(theme.Border, th.Glyphs.Vertical) + " "
	out := make([]string, height)
	for i := range out {
		out[i] = list[i] + bar + detail[i]
	}
	return out
}

func (l *List) listView(width, height int, focused bool) []string {
	th := l.S.Theme
	head := th.Paint(theme.Heading, l.S.Say("pane."+l.Name))
	if l.read {
		head += " " + th.Paint(theme.Dim, l.Table.Summary())
	}
	if title, _, ok := l.Table.Sorted(); ok {
		head += "  " + th.Paint(theme.Dim, l.S.Say("list.sorted", title))
	}
	switch {
	case l.filtering:
		head += "  / " + l.filter.View(th, max(10, width/3))
	case l.Table.Filter() != "":
		head += "  " + th.Paint(theme.Accent, "/ "+l.Table.Filter())
	}
	lines := []string{th.Fit(head, width)}
	if _, all := l.Table.Counts(); all == 0 && l.read {
		lines = append(lines, l.empty(width)...)
	} else if all > 0 {
		lines = append(lines, l.Table.View(th, width, height-1, focused)...)
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", width))
	}
	return lines[:height]
}

func (l *List) empty(width int) []string {
	var lines []string
	for _, part := range strings.Split(l.S.Say("pane."+l.Name+".empty"), "\n") {
		lines = append(lines, l.S.Theme.Fit("  "+part, width))
	}
	return append([]string{strings.Repeat(" ", width)}, lines...)
}

func (l *List) detailView(width, height int, withLog bool) []string {
	th := l.S.Theme
	id := l.Selected()
	if id == "" {
		l.detail.Set(nil)
		return l.detail.View(th, width, height)
	}
	if withLog {
		l.detail.Set(l.Detail(id, width))
		l.log.Set(l.Log(id, width))
		low := min(max(4, height/3), max(1, len(l.log.Lines())))
		out := l.detail.View(th, width, height-low-1)
		out = append(out, th.Rule(width))
		return append(out, l.log.View(th, width, low)...)
	}
	lines := l.Detail(id, width)
	if l.Log != nil {
		lines = append(append(lines, ""), l.Log(id, width)...)
	}
	l.detail.Set(lines)
	return l.detail.View(th, width, height)
}
