package ptytest

import "unicode/utf8"

// sequences are what keys send that aren't characters.
var sequences = map[string]string{
	"enter": "\r", "esc": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
	"ctrl+c": "\x03", "ctrl+k": "\x0b", "ctrl+l": "\x0c", "ctrl+r": "\x12", "ctrl+t": "\x14", "ctrl+u": "\x15",
}

// Press presses keys, one after the other.
func (x *Terminal) Press(keys ...string) {
	x.t.Helper()
	for _, k := range keys {
		sent, named := sequences[k]
		if !named {
			sent = k
		}
		x.send(sent, 1)
	}
}

// Type types a text, faster than the program may read it.
func (x *Terminal) Type(text string) {
	x.t.Helper()
	x.send(text, utf8.RuneCountInString(text))
}

// Paste pastes a text as terminals do that say so: one stroke.
func (x *Terminal) Paste(text string) {
	x.t.Helper()
	x.send("\x1b[200~"+text+"\x1b[201~", 1)
}

// Strokes is how many keys were pressed so far.
func (x *Terminal) Strokes() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.strokes
}

func (x *Terminal) send(bytes string, strokes int) {
	x.t.Helper()
	x.mu.Lock()
	x.strokes += strokes
	x.mu.Unlock()
	_, err := x.master.WriteString(bytes)
	x.check(err)
}
