package dialog

import (
	tea "github.com/charmbracelet/bubbletea"

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
	fields field.Group
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
	f := &Form{s: s, title: title, intro: intro, fields: field.Group{Fields: fields}}
	f.submit = func() tea.Cmd { return submit(f) }
	f.fields.Focus()
	return f
}

// Field gives a field by its place.
func (f *Form) Field(i int) *field.Field { return f.fields.Fields[i] }

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
	f.fields.Fields[i].Fault = why
	return f.Seek()
}

// Seek goes to the first field that is marked as wrong.
func (f *Form) Seek() tea.Cmd {
	f.fields.Seek()
	return nil
}

// Scopes implements [pane.Screen].
func (f *Form) Scopes() []keys.Scope { return []keys.Scope{keys.Form} }

// Do implements [pane.Screen].
func (f *Form) Do(a keys.Action) tea.Cmd {
	switch a {
	case keys.Leave:
		return pane.Send(pane.Pop{Screen: f})
	case keys.After:
		f.fields.Move(1)
	case keys.Before:
		f.fields.Move(-1)
	case keys.Toggle:
		f.fields.Current().Toggle(1)
		f.changed()
	case keys.Accept:
		if f.busy {
			return nil
		}
		if !f.fields.Last() {
			f.fields.Move(1)
			return nil
		}
		return f.send()
	}
	return nil
}

func (f *Form) send() tea.Cmd {
	f.failed = nil
	for _, x := range f.fields.Fields {
		x.Fault = ""
	}
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
func (f *Form) Why(a keys.Action) string {
	if a == keys.Toggle && len(f.fields.Current().Choices) == 0 {
		return f.s.Say("why.not_here")
	}
	return ""
}

// Typing implements [pane.Screen].
func (f *Form) Typing() bool { return f.fields.Current().Typing() }

// Type implements [pane.Screen].
func (f *Form) Type(k tea.KeyMsg) tea.Cmd {
	if !f.busy {
		f.fields.Current().Type(k)
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
	lines = append(lines, f.fields.View(th, inner)...)
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
