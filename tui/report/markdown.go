package report

import (
	"fmt"
	"strings"
)

// markdown writes CommonMark with tables, as issue trackers read it. What others said never becomes markup.
type markdown struct{ strings.Builder }

func (m *markdown) line(s string) { m.WriteString(s + "\n") }

func (m *markdown) heading(level int, s string) {
	if m.Len() > 0 {
		m.line("")
	}
	m.line(strings.Repeat("#", level) + " " + plain(s))
	m.line("")
}

func (m *markdown) item(s string) { m.line("- " + s) }

// under is a line of the item before.
func (m *markdown) under(s string) { m.line("  " + s) }

func (m *markdown) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	m.row(head)
	m.line(strings.Repeat("|---", len(head)) + "|")
	for _, r := range rows {
		m.row(r)
	}
}

func (m *markdown) row(cells []string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(strings.ReplaceAll(c, "|", `\|`), "\n", " ")
	}
	m.line("| " + strings.Join(cells, " | ") + " |")
}

// block is text to be copied, or kept as it is.
func (m *markdown) block(language, s string) {
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	m.line(fence + language)
	m.line(strings.TrimRight(s, "\n"))
	m.line(fence)
}

// code is text within a line that stays as it is.
func code(s string) string {
	if s = strings.Join(strings.Fields(s), " "); s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 || strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

var marks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`)

// plain is text whose marks are no markup.
func plain(s string) string { return marks.Replace(strings.Join(strings.Fields(s), " ")) }

func itoa(n int) string { return fmt.Sprint(n) }
