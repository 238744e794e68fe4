// Package table is a list of rows that can be filtered, sorted and walked through. The selection is kept by the
// row's id when rows are read again. Only the rows in sight are made and drawn, so the cost of a frame doesn't grow
// with their number.
package table

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/tui/theme"
)

// Column of a table.
type Column struct {
	Title string
	Min   int // cells that it needs
	Flex  int // share of the room that is left; 0: none
	// Keep orders what is given up on a narrow screen: the lowest goes first, 0 never goes.
	Keep  int
	Right bool // numbers
}

// Cell of a row.
type Cell struct {
	Text string
	As   theme.Token
	// Key sorts the cell where its text wouldn't: a time, a number.
	Key float64
}

// Row of a table.
type Row struct {
	ID    string
	Cells []Cell
}

// Table holds rows and where the operator is in them.
type Table struct {
	columns []Column
	ids     []string // of all rows
	cells   func(i int) []Cell
	texts   []string // what a filter looks at, once there is one
	shown   []int    // indexes of those that match, in order
	filter  string
	sort    int // column, -1 as given
	down    bool
	at      int // in shown
	top     int // in shown: first row in sight
	height  int // rows in sight, of the latest view
}

// New makes an empty table.
func New(columns ...Column) *Table { return &Table{columns: columns, sort: -1} }

// Titles renames the columns: a language may have changed.
func (t *Table) Titles(titles ...string) {
	for i, title := range titles {
		t.columns[i].Title = title
	}
}

// Set replaces the rows. The selected row stays selected if it is still there; else its neighbour is.
func (t *Table) Set(rows []Row) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	t.Fill(ids, func(i int) []Cell { return rows[i].Cells })
}

// Fill is Set for rows whose cells are made when they are seen, anew for each view.
func (t *Table) Fill(ids []string, cells func(i int) []Cell) {
	id := t.Selected()
	t.ids, t.cells = ids, cells
	t.Refresh(id)
}

// Refresh filters and orders the rows by what their cells say now, and selects one.
func (t *Table) Refresh(id string) {
	t.texts = nil
	t.arrange(id)
}

// text is what a filter looks at.
func (t *Table) text(i int) string {
	if t.texts == nil {
		t.texts = make([]string, len(t.ids))
	}
	if t.texts[i] == "" {
		var b strings.Builder
		for _, c := range t.cells(i) {
			b.WriteString(strings.ToLower(c.Text))
			b.WriteByte(' ')
		}
		t.texts[i] = b.String()
	}
	return t.texts[i]
}

// arrange applies filter and order, and finds the selected row again.
func (t *Table) arrange(id string) {
	t.shown = t.shown[:0]
	words := strings.Fields(strings.ToLower(t.filter))
	for i := range t.ids {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(t.text(i), w) }) {
			t.shown = append(t.shown, i)
		}
	}
	if t.sort >= 0 {
		by := make(map[int]Cell, len(t.shown))
		for _, i := range t.shown {
			by[i] = t.cells(i)[t.sort]
		}
		slices.SortStableFunc(t.shown, func(a, b int) int {
			order := cmp.Or(cmp.Compare(by[a].Key, by[b].Key), cmp.Compare(by[a].Text, by[b].Text))
			if t.down {
				return -order
			}
			return order
		})
	}
	if i := slices.IndexFunc(t.shown, func(i int) bool { return t.ids[i] == id }); i >= 0 && id != "" {
		t.at = i
	}
	t.clamp()
}

func (t *Table) clamp() {
	t.at = max(0, min(t.at, len(t.shown)-1))
	if t.height > 0 {
		t.top = max(0, min(t.top, t.at, len(t.shown)-t.height))
		if t.at >= t.top+t.height {
			t.top = t.at - t.height + 1
		}
	}
}

// Selected is the id of the row under the cursor, "" if there is none.
func (t *Table) Selected() string {
	if t.at >= len(t.shown) {
		return ""
	}
	return t.ids[t.shown[t.at]]
}

// Select moves the cursor to a row, if it is shown.
func (t *Table) Select(id string) { t.arrange(id) }

// Counts are the rows that match the filter, and all of them.
func (t *Table) Counts() (shown, all int) { return len(t.shown), len(t.ids) }

// Filter is what the rows are filtered by.
func (t *Table) Filter() string { return t.filter }

// SetFilter shows only rows that hold every word of s.
func (t *Table) SetFilter(s string) {
	id := t.Selected()
	t.filter = s
	t.arrange(id)
}

// Sort orders by the next column, then the same the other way round, then as given again.
func (t *Table) Sort() {
	switch {
	case t.sort < 0:
		t.sort, t.down = 0, false
	case !t.down:
		t.down = true
	default:
		t.sort, t.down = t.sort+1, false
		if t.sort == len(t.columns) {
			t.sort = -1
		}
	}
	t.arrange(t.Selected())
}

// Sorted names the column that the rows are ordered by; ok is false if they are as given.
func (t *Table) Sorted() (title string, down, ok bool) {
	if t.sort < 0 {
		return "", false, false
	}
	return t.columns[t.sort].Title, t.down, true
}

// Move goes so many rows down, or up if n is negative.
func (t *Table) Move(n int) {
	t.at += n
	t.clamp()
}

// Page goes so many screens down.
func (t *Table) Page(n int) { t.Move(n * max(1, t.height-1)) }

// Top and Bottom go to the first and last row.
func (t *Table) Top() { t.Move(-len(t.shown)) }

// Bottom goes to the last row.
func (t *Table) Bottom() { t.Move(len(t.shown)) }

// Click selects the row that is drawn on a line of the view; false if there is none.
func (t *Table) Click(line int) bool {
	i := t.top + line - 1
	if line < 1 || i >= len(t.shown) {
		return false
	}
	t.at = i
	t.clamp()
	return true
}

// View draws the table in exactly height lines of width cells, its head included.
func (t *Table) View(th *theme.Theme, width, height int, focused bool) []string {
	widths := t.widths(width - 2)
	t.height = max(1, height-1)
	t.clamp()
	lines := make([]string, 0, height)
	lines = append(lines, th.Paint(theme.Label, t.head(th, widths, width)))
	for i := t.top; i < len(t.shown) && len(lines) < height; i++ {
		lines = append(lines, t.row(th, t.cells(t.shown[i]), widths, width, i == t.at, focused))
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", max(0, width)))
	}
	return lines[:max(0, height)]
}

func (t *Table) head(th *theme.Theme, widths []int, width int) string {
	var b strings.Builder
	b.WriteString("  ")
	for i, c := range t.columns {
		if widths[i] == 0 {
			continue
		}
		title := c.Title
		if i == t.sort && t.down {
			title += th.Glyphs.Down
		} else if i == t.sort {
			title += th.Glyphs.Up
		}
		b.WriteString(aligned(th, title, widths[i], c.Right))
		b.WriteByte(' ')
	}
	return th.Fit(b.String(), width)
}

func (t *Table) row(th *theme.Theme, cells []Cell, widths []int, width int, here, focused bool) string {
	var b strings.Builder
	mark := "  "
	if here {
		mark = th.Glyphs.Cursor + " "
	}
	b.WriteString(mark)
	for i, c := range t.columns {
		if widths[i] == 0 || i >= len(cells) {
			continue
		}
		s := aligned(th, cells[i].Text, widths[i], c.Right)
		if !here || !focused { // the cursor's own style covers the whole line
			s = th.Paint(cells[i].As, s)
		}
		b.WriteString(s)
		b.WriteByte(' ')
	}
	line := th.Fit(b.String(), width)
	switch {
	case here && focused:
		return th.Paint(theme.Cursor, line)
	case here:
		return th.Paint(theme.Shadow, mark) + ansi.TruncateLeft(line, 2, "")
	}
	return line
}

func aligned(th *theme.Theme, s string, width int, right bool) string {
	if w := ansi.StringWidth(s); right && w < width {
		return strings.Repeat(" ", width-w) + s
	}
	return th.Fit(s, width)
}

// widths shares the room out: columns that don't fit are given up, the least important first.
func (t *Table) widths(room int) []int {
	out := make([]int, len(t.columns))
	need := 0
	for i, c := range t.columns {
		out[i] = c.Min
		need += c.Min + 1
	}
	for need > room {
		drop := -1
		for i, c := range t.columns {
			if out[i] > 0 && c.Keep > 0 && (drop < 0 || c.Keep < t.columns[drop].Keep) {
				drop = i
			}
		}
		if drop < 0 {
			break
		}
		need -= out[drop] + 1
		out[drop] = 0
	}
	flex := 0
	for i, c := range t.columns {
		if out[i] > 0 {
			flex += c.Flex
		}
	}
	left := room - need
	for i, c := range t.columns {
		if out[i] == 0 || c.Flex == 0 || left <= 0 {
			continue
		}
		share := left * c.Flex / flex
		out[i] += share
		left, flex = left-share, flex-c.Flex
	}
	return out
}

// Summary is how many rows are shown, of how many if a filter hides some.
func (t *Table) Summary() string {
	shown, all := t.Counts()
	if shown == all {
		return strconv.Itoa(all)
	}
	return strconv.Itoa(shown) + "/" + strconv.Itoa(all)
}
