package dialog

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui/comp/field"
	"cnrelay/tui/comp/scroll"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/theme"
)

// Grace is how long what starts or takes away something takes no keys after it appeared: they were meant for what
// was there before.
const Grace = 300 * time.Millisecond

// Question shows what would happen, and goes on only when the word is typed. Anything else is a no.
type Question struct {
	About  string // what it asks, for who must not ask twice
	s      *pane.Session
	title  string
	lines  func(width int) []string
	word   string
	body   *scroll.Scroll
	answer *field.Field
	yes    func() tea.Cmd
	since  time.Time
}

// Ask makes a question. An empty word asks for nothing but enter.
func Ask(s *pane.Session, title, word string, lines func(width int) []string, yes func() tea.Cmd) *Question {
	q := &Question{s: s, title: title, word: word, lines: lines, body: scroll.New(false), yes: yes, since: s.Now(),
		answer: field.Text(s.Say("question.type", word), "")}
	if word != "" {
		q.answer.Focus()
	}
	return q
}

// Scopes implements [pane.Screen].
func (q *Question) Scopes() []keys.Scope { return []keys.Scope{keys.Form, keys.Move} }

func (q *Question) early() bool { return q.s.Now().Sub(q.since) < Grace }

// Do implements [pane.Screen].
func (q *Question) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.Leave, keys.Back:
		return pane.Send(pane.Pop{Screen: q})
	case keys.Accept: // not a key that walks: what is asked for can't always be taken back
		if q.early() {
			return nil
		}
		if q.answer.Value() != q.word {
			q.answer.Fault = q.s.Say("question.no_match", q.word)
			return nil
		}
		return tea.Sequence(pane.Send(pane.Pop{Screen: q}), q.yes())
	case keys.After:
		q.body.Move(1)
	case keys.Before:
		q.body.Move(-1)
	}
	q.body.Walk(a)
	return nil
}

// Why implements [pane.Screen].
func (q *Question) Why(a keys.Action) string {
	switch a {
	case keys.Filter, keys.Sort, keys.Copy, keys.Toggle:
		return q.s.Say("why.not_here")
	}
	return ""
}

// Typing implements [pane.Screen].
func (q *Question) Typing() bool { return q.word != "" }

// Type implements [pane.Screen].
func (q *Question) Type(k tea.KeyMsg) tea.Cmd {
	if !q.early() {
		q.answer.Type(k)
	}
	return nil
}

// Update implements [pane.Screen].
func (q *Question) Update(tea.Msg) tea.Cmd { return nil }

// View implements [pane.Screen].
func (q *Question) View(width, height int) []string {
	th := q.s.Theme
	inner := min(width-4, 100)
	q.body.Set(q.lines(inner))
	tail := []string{"", th.Paint(theme.Warn, q.answer.Label) + " " + q.answer.View(th, inner/2)}
	if q.word == "" {
		tail = []string{"", th.Paint(theme.Warn, q.s.Say("question.enter"))}
	}
	if q.answer.Fault != "" {
		tail = append(tail, th.Paint(theme.Bad, q.answer.Fault))
	}
	rows := max(1, min(len(q.body.Lines()), height-2-len(tail)))
	return Box(th, q.title, append(q.body.View(th, inner, rows), tail...), width, height)
}
