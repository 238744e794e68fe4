package wizard

import (
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
	// A line break that comes so soon after other text was pasted, not pressed: some terminals don't say which.
	pasted = 15 * time.Millisecond
)

// keyBox takes upstream keys, pasted or read from a file, and shows how many there are, never which.
type keyBox struct {
	s       *pane.Session
	text    []byte
	at      time.Time // of the latest text
	says    bool      // the terminal says what is pasted
	file    *field.Field
	parsed  engine.KeyList
	current bool // parsed is of what is entered
	tooBig  bool
	failed  error // of the file
}

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
func (b *keyBox) typed(k tea.KeyMsg) {
	b.current, b.failed = false, nil
	if text := string(k.Runes); k.Paste && (strings.Contains(text, "\n") || !strings.Contains(text, "/")) {
		b.file.Blur() // what isn't a path is never shown
	}
	if b.inFile() {
		b.file.Type(k)
		return
	}
	b.at, b.says = b.s.Now(), b.says || k.Paste
	switch k.String() {
	case "backspace":
		if n := len(b.text); n > 0 {
			_, size := utf8.DecodeLastRune(b.text)
			b.text = b.text[:n-size]
		}
		return
	case "ctrl+u":
		b.text, b.tooBig = nil, false
		return
	}
	if k.Type != tea.KeyRunes && k.Type != tea.KeySpace {
		return
	}
	added := strings.ReplaceAll(strings.ReplaceAll(string(k.Runes), "\r\n", "\n"), "\r", "\n")
	if len(b.text)+len(added) > most {
		b.tooBig = true
		return
	}
	b.text = append(b.text, added...)
}

// broke takes a line break that belongs to a paste; false if it was pressed.
func (b *keyBox) broke() bool {
	if b.inFile() || b.says || len(b.text) == 0 || b.s.Now().Sub(b.at) > pasted {
		return false
	}
	b.text = append(b.text, '\n')
	b.at, b.current = b.s.Now(), false
	return true
}

// take replaces what was entered by what a file holds.
func (b *keyBox) take(text []byte) {
	b.text, b.current, b.tooBig = text, false, false
	b.file.Blur()
}

// list is what was entered, without what stands twice.
func (b *keyBox) list() engine.KeyList {
	if !b.current {
		b.parsed, b.current = engine.ParseKeys(string(b.text)), true
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
	lines := []string{th.Paint(theme.Label, b.s.Say("wizard.keys_paste")), "",
		"  " + b.s.Say("wizard.keys_count", strconv.Itoa(len(list.Keys))) + cursor}
	twice, bad := 0, 0
	for _, f := range list.Faults {
		if f.Twice {
			twice++
		} else {
			bad++
		}
	}
	if twice > 0 {
		lines = append(lines, "  "+th.Paint(theme.Warn, b.s.Say("wizard.keys_twice", strconv.Itoa(twice))))
	}
	if list.Blank > 0 && len(b.text) > 0 {
		lines = append(lines, "  "+th.Paint(theme.Dim, b.s.Say("wizard.keys_blank", strconv.Itoa(list.Blank))))
	}
	if bad > 0 || b.tooBig {
		lines = append(lines, "  "+th.Paint(theme.Bad, b.fault()))
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
