package wizard

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core/engine"
	"cnrelay/tui/comp/field"
	"cnrelay/tui/pane"
	"cnrelay/tui/theme"
)

const (
	most = 1 << 20 // bytes that are taken, as of a keys file
	// Some terminals don't say what is pasted: line breaks come as enter then. One counts as pressed only if
	// nothing came just before it, and nothing comes after it for a moment.
	justBefore = 40 * time.Millisecond
	quiet      = 200 * time.Millisecond
	// More than that isn't read again for each piece of a paste, but when nothing more comes.
	readAlways = 16 << 10
)

// keyBox takes upstream keys, pasted or read from a file, and shows how many there are, never which.
type keyBox struct {
	s       *pane.Session
	text    []byte
	at      time.Time // of the latest input that may be a part of a paste
	says    bool      // the terminal says what is pasted
	coming  bool      // there may be more in a moment: what is entered isn't read yet
	pressed bool      // the latest input was enter, and nothing came just before it
	file    *field.Field
	parsed  engine.KeyList
	current bool // parsed is of what is entered
	tooBig  bool
	refused string // why one couldn't go on with what is entered
	failed  error  // of the file
}

// settled is when a moment has passed since something was entered.
type settled struct{ box *keyBox }

func newKeyBox(s *pane.Session) *keyBox {
	b := &keyBox{s: s, file: field.Text(s.Say("wizard.keys_file"), "")}
	b.file.Hint = s.Say("wizard.keys_file_hint")
	return b
}

func (b *keyBox) inFile() bool { return b.file.Typing() }

// swap goes from pasting to naming a file, and back.
func (b *keyBox) swap() {
	if b.inFile() {
		b.file.Blur()
	} else {
		b.file.Focus()
	}
}

// typed takes a key or a paste.
func (b *keyBox) typed(k tea.KeyMsg) tea.Cmd {
	b.failed, b.refused = nil, ""
	if k.Paste && likeKeys(string(k.Runes)) {
		b.file.Blur() // what isn't a path is never shown
	}
	if b.inFile() {
		b.file.Type(k)
		return nil
	}
	b.current, b.pressed, b.says = false, false, b.says || k.Paste
	switch k.String() {
	case "backspace":
		if n := len(b.text); n > 0 {
			_, size := utf8.DecodeLastRune(b.text)
			b.text = b.text[:n-size]
		}
		return nil
	case "ctrl+u":
		b.text, b.tooBig = nil, false
		return nil
	}
	switch {
	case k.Paste:
		b.paste(string(k.Runes))
	case k.Type == tea.KeyRunes || k.Type == tea.KeySpace:
		b.add(string(k.Runes))
	default:
		return nil
	}
	return b.settle()
}

// sure tells whether enter can't be a part of a paste.
func (b *keyBox) sure() bool { return b.inFile() || b.says || len(b.text) == 0 }

// enter takes a line break. Whether it was pressed shows in a moment.
func (b *keyBox) enter() tea.Cmd {
	b.pressed = b.s.Now().Sub(b.at) > justBefore
	b.add("\n")
	return b.settle()
}

// paste adds what was pasted: on a line of its own, unless it goes on with one that has no key yet.
func (b *keyBox) paste(text string) {
	line := string(b.text[bytes.LastIndexByte(b.text, '\n')+1:])
	if len(engine.ParseKeys(line).Keys) > 0 {
		text = "\n" + text
	}
	b.add(text)
}

func (b *keyBox) add(text string) {
	b.at, b.current = b.s.Now(), false
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if len(b.text)+len(text) > most {
		b.tooBig = true
		return
	}
	b.text = append(b.text, text...)
}

// settle waits for a moment without more of it: a paste may come in many pieces.
func (b *keyBox) settle() tea.Cmd {
	if b.coming {
		return nil
	}
	b.coming = true
	return b.wait()
}

func (b *keyBox) wait() tea.Cmd {
	return tea.Tick(quiet, func(time.Time) tea.Msg { return settled{b} })
}

// over tells whether nothing more comes, and whether enter was pressed at the end; if more may come, it waits again.
func (b *keyBox) over() (pressed bool, again tea.Cmd) {
	if b.s.Now().Sub(b.at) < quiet {
		return false, b.wait()
	}
	pressed = b.pressed
	b.coming, b.pressed = false, false
	return pressed, nil
}

// take replaces what was entered by what a file holds.
func (b *keyBox) take(text []byte) {
	b.text, b.current, b.tooBig, b.pressed, b.refused = text, false, false, false, ""
	b.file.Blur()
}

// list is what was entered, without what stands twice. A megabyte isn't read again for each of its pieces.
func (b *keyBox) list() engine.KeyList {
	if !b.current && (!b.coming || len(b.text) < readAlways) {
		b.parsed, b.current = engine.ParseKeys(strings.TrimSuffix(string(b.text), "\n")), true
	}
	return b.parsed
}

func (b *keyBox) empty() bool { return len(b.text) == 0 }

// forget lets go of the keys.
func (b *keyBox) forget() {
	clear(b.text)
	b.text, b.parsed, b.current = nil, engine.KeyList{}, false
	b.file.Set("")
}

// note is something to know about what was entered.
type note struct {
	text string
	as   theme.Token
}

// notes are how many keys there are, and what was left out.
func (b *keyBox) notes() []note {
	list := b.list()
	out := []note{{b.s.Say("wizard.keys_count", strconv.Itoa(len(list.Keys))), theme.Text}}
	twice := 0
	for _, f := range list.Faults {
		if f.Twice {
			twice++
		}
	}
	if twice > 0 {
		out = append(out, note{b.s.Say("wizard.keys_twice", strconv.Itoa(twice)), theme.Warn})
	}
	if list.Blank > 0 && len(b.text) > 0 {
		out = append(out, note{b.s.Say("wizard.keys_blank", strconv.Itoa(list.Blank)), theme.Dim})
	}
	return out
}

// fault is why one can't go on, in words; "" if one can.
func (b *keyBox) fault() string {
	list := b.list()
	switch {
	case b.tooBig:
		return b.s.Say("wizard.keys_big")
	case len(list.Keys) == 0 && len(list.Faults) == 0:
		return b.s.Say("wizard.keys_none")
	}
	for _, f := range list.Faults {
		if !f.Twice {
			return b.s.Say("wizard.keys_fault", strconv.Itoa(f.Line), f.Why)
		}
	}
	return ""
}

// view shows what was entered as counts and masks.
func (b *keyBox) view(width, height int) []string {
	th := b.s.Theme
	list := b.list()
	cursor := th.Paint(theme.Cursor, " ")
	if b.inFile() {
		cursor = ""
	}
	lines := []string{th.Paint(theme.Label, b.s.Say("wizard.keys_paste")), ""}
	for i, n := range b.notes() {
		lines = append(lines, "  "+th.Paint(n.as, n.text))
		if i == 0 {
			lines[len(lines)-1] += cursor
		}
	}
	if fault := b.fault(); fault != "" && (len(list.Keys)+len(list.Faults) > 0 || b.tooBig || b.refused != "") {
		lines = append(lines, "  "+th.Paint(theme.Bad, fault))
	}
	lines = append(lines, "")
	for i, k := range list.Keys {
		if len(lines) > height-5 {
			lines = append(lines, th.Paint(theme.Dim, "  "+th.Glyphs.More+" "+strconv.Itoa(len(list.Keys)-i)))
			break
		}
		name := k.Name
		if name == "" {
			name = b.s.Say("wizard.key_number", strconv.Itoa(i+1))
		}
		lines = append(lines, "  "+th.Fit(name, 24)+" "+th.Paint(theme.Dim, strings.Repeat(th.Glyphs.Mask, 8)+" "+b.s.Say("wizard.key_length", strconv.Itoa(len(k.Value)))))
	}
	lines = append(lines, "", th.Paint(theme.Label, b.file.Label)+" "+b.file.View(th, max(10, width-30)))
	if b.failed != nil {
		lines = append(lines, b.s.Fail(width, b.failed)...)
	}
	return lines
}
