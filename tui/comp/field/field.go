// Package field is one line that is filled in: a text, a secret that isn't shown, or a choice.
package field

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui/theme"
)

// Field is a labelled value.
type Field struct {
	Label   string
	Hint    string   // shown under it while it has the focus
	Choices []string // of a choice: what is shown for each
	Fault   string   // what is wrong with the value
	Hidden  bool     // not asked for now
	input   textinput.Model
	choice  int
	focused bool
}

// limit is the most that one line takes; more is refused rather than cut.
const limit = 4096

// Text makes a field for a text.
func Text(label, value string) *Field {
	f := &Field{Label: label, input: textinput.New()}
	f.input.Prompt = ""
	f.input.CharLimit = limit
	f.input.KeyMap.Paste.SetEnabled(false)      // it would read the clipboard of the machine that runs this
	f.input.Cursor.SetMode(cursor.CursorStatic) // a blinking one costs bytes on an idle line
	f.input.SetValue(value)
	return f
}

// Secret makes a field whose value isn't shown.
func Secret(label string) *Field {
	f := Text(label, "")
	f.input.EchoMode = textinput.EchoPassword
	return f
}

// Choice makes a field with a few values.
func Choice(label string, at int, choices ...string) *Field {
	return &Field{Label: label, Choices: choices, choice: at}
}

// Secret tells whether the value must not be shown.
func (f *Field) Secret() bool { return f.input.EchoMode == textinput.EchoPassword }

// Value is the text, without spaces around it.
func (f *Field) Value() string { return strings.TrimSpace(f.input.Value()) }

// Chosen is the number of the choice.
func (f *Field) Chosen() int { return f.choice }

// Set replaces the text.
func (f *Field) Set(value string) { f.input.SetValue(value) }

// Choose takes a choice by its number.
func (f *Field) Choose(i int) { f.choice = max(0, min(i, len(f.Choices)-1)) }

// Focus and Blur say whether it is the one that is filled in.
func (f *Field) Focus() {
	f.focused = true
	if len(f.Choices) == 0 {
		f.input.Focus()
	}
}

// Blur takes the focus away.
func (f *Field) Blur() {
	f.focused = false
	f.input.Blur()
}

// Typing tells whether keys are text.
func (f *Field) Typing() bool { return f.focused && len(f.Choices) == 0 }

// Type is a key or a paste. A choice takes the next one.
func (f *Field) Type(k tea.KeyMsg) {
	if len(f.Choices) > 0 {
		return
	}
	f.Fault = ""
	if k.Type == tea.KeyRunes && len(k.Runes) > 1 { // "end" typed at once is a word, not a key
		k.Paste = true
	}
	f.input, _ = f.input.Update(k)
}

// Toggle takes the next choice.
func (f *Field) Toggle(n int) {
	if len(f.Choices) > 0 {
		f.choice = (f.choice + n + len(f.Choices)) % len(f.Choices)
	}
}

// View is the value on one line of so many cells.
func (f *Field) View(th *theme.Theme, width int) string {
	if len(f.Choices) > 0 {
		var parts []string
		for i, c := range f.Choices {
			switch {
			case i == f.choice && f.focused:
				parts = append(parts, th.Paint(theme.Cursor, "("+th.Glyphs.Good+") "+c))
			case i == f.choice:
				parts = append(parts, "("+th.Glyphs.Good+") "+c)
			default:
				parts = append(parts, th.Paint(theme.Dim, "( ) "+c))
			}
		}
		return th.Fit(strings.Join(parts, "  "), width)
	}
	f.input.Width = max(1, width-1)
	f.input.EchoCharacter = []rune(th.Glyphs.Mask)[0]
	f.input.TextStyle = th.Style(theme.Text)
	f.input.Cursor.Style = th.Style(theme.Cursor)
	f.input.Cursor.TextStyle = th.Style(theme.Text)
	shown := f.input.View()
	if f.Secret() && f.input.Value() != "" && !f.focused {
		shown = strings.Repeat(th.Glyphs.Mask, 8) + " " + strconv.Itoa(len([]rune(f.input.Value())))
	}
	return th.Fit(shown, width)
}
