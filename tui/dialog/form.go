package dialog

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"cnrelay/tui/comp/field"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/theme"
)

// Form is fields to fill in. What is entered stays while it is sent and when it is refused.
type Form struct {
	s      *pane.Session
	title  string
	intro  func(width int) []string
	fields []*field.Field
	at     int
	busy   bool
	failed error
	submit func() tea.Cmd
	redo   func() // after every change: which fields are asked for may follow from others
}

// sent is what came of a form.
type sent struct {
	form *Form
	err  error
	then tea.Msg
}

// NewForm makes a form. submit runs when it is accepted: its command ends with [Form.Done].
func NewForm(s *pane.Session, title string, intro func(width int) []string, submit func(f *Form) tea.Cmd, fields ...*field.Field) *Form {
	f := &Form{s: s, title: title, intro: intro, fields: fields}
	f.submit = func() tea.Cmd { return submit(f) }
	f.focus(0, 1)
	return f
}

// Field gives a field by its place.
func (f *Form) Field(i int) *field.Field { return f.fields[i] }

// Follow says what depends on what was entered.
func (f *Form) Follow(redo func()) *Form {
	f.redo = redo
	redo()
	return f
}

// Done is the end of a submission: with an error the form stays, without one it is closed and then is sent.
func (f *Form) Done(err error, then tea.Msg) tea.Msg { return sent{f, err, then} }

// Refuse marks a field's value as wrong and goes there.
func (f *Form) Refuse(i int, why string) tea.Cmd {
	f.fields[i].Fault = why
	f.focus(i, 1)
	return nil
}

func (f *Form) focus(at, step int) {
	for _, x := range f.fields {
		x.Blur()
	}
	n := len(f.fields)
	for range n {
		at = (at + n) % n
		if !f.fields[at].Hidden {
			break
		}
		at += step
	}
	f.at = at
	f.fields[at].Focus()
}

// Scopes implements [pane.Screen].
func (f *Form) Scopes() []keys.Scope { return []keys.Scope{keys.Form} }

// Do implements [pane.Screen].
func (f *Form) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.Leave:
		return pane.Send(pane.Pop{Screen: f})
	case keys.After:
		f.focus(f.at+1, 1)
	case keys.Before:
		f.focus(f.at-1, -1)
	case keys.Toggle:
		f.fields[f.at].Toggle(1)
		f.changed()
	case keys.Accept:
		if f.busy {
			return nil
		}
		if f.at < f.last() {
			f.focus(f.at+1, 1)
			return nil
		}
		return f.send()
	}
	return nil
}

func (f *Form) last() int {
	for i := len(f.fields) - 1; i >= 0; i-- {
		if !f.fields[i].Hidden {
			return i
		}
	}
	return 0
}

func (f *Form) send() tea.Cmd {
	f.failed = nil
	cmd := f.submit()
	f.busy = cmd != nil
	return cmd
}

func (f *Form) changed() {
	if f.redo != nil {
		f.redo()
	}
}

// Why implements [pane.Screen].
func (f *Form) Why(keys.Action) string { return "" }

// Typing implements [pane.Screen].
func (f *Form) Typing() bool { return f.fields[f.at].Typing() }

// Type implements [pane.Screen].
func (f *Form) Type(k tea.KeyMsg) tea.Cmd {
	if !f.busy {
		f.fields[f.at].Type(k)
		f.changed()
	}
	return nil
}

// Update implements [pane.Screen].
func (f *Form) Update(msg tea.Msg) tea.Cmd {
	m, ok := msg.(sent)
	if !ok || m.form != f {
		return nil
	}
	f.busy, f.failed = false, m.err
	if m.err != nil {
		return nil
	}
	return tea.Sequence(pane.Send(pane.Pop{Screen: f}), pane.Send(m.then))
}

// View implements [pane.Screen].
func (f *Form) View(width, height int) []string {
	th := f.s.Theme
	inner := min(width-4, 76)
	var lines []string
	if f.intro != nil {
		lines = append(f.intro(inner), "")
	}
	label := 0
	for _, x := range f.fields {
		if !x.Hidden {
			label = max(label, ansi.StringWidth(x.Label)+2)
		}
	}
	label = min(label, inner/2)
	for i, x := range f.fields {
		if x.Hidden {
			continue
		}
		as := theme.Label
		if i == f.at {
			as = theme.Accent
		}
		lines = append(lines, th.Paint(as, th.Fit(x.Label, label))+x.View(th, inner-label))
		note, as := x.Fault, theme.Bad
		if note == "" && i == f.at {
			note, as = x.Hint, theme.Dim
		}
		if note != "" {
			lines = append(lines, strings.Repeat(" ", label)+th.Paint(as, ansi.Truncate(note, inner-label, th.Glyphs.More)))
		}
	}
	switch {
	case f.busy:
		lines = append(lines, "", th.Paint(theme.Accent, th.Glyphs.Busy+" "+f.s.Say("form.busy")))
	case f.failed != nil:
		lines = append(append(lines, ""), f.s.Fail(inner, f.failed)...)
	}
	if over := len(lines) - (height - 2); over > 0 && f.intro != nil { // the fields matter more than the words above
		lines = lines[min(over, len(lines)-1):]
	}
	return Box(th, f.title, lines, width, height)
}
