package hostclient

import (
	"encoding/hex"
	"html"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// span is a part of a text.
type span struct{ from, to int }

// layer is a text with one kind of escapes taken off, and where each part of it stood.
type layer struct {
	text  string
	atoms []atom
}

// atom is one escape: what it means is at in the bare text and stood between from and to.
type atom struct{ at, size, from, to int32 }

const (
	// How many kinds of escapes are taken off, one after the other. A mask knows its secrets with one more.
	peels = 2
	// A long text is peeled in pieces of so many bytes, to bound what that takes.
	peeledAtOnce = 64 << 10
)

// unescaped are the texts within s, where escapes are on top of escapes: a page shows what JSON has quoted. It calls
// see with each, and with how to find a part of it in s.
func unescaped(s string, see func(bare string, in func(span) span)) {
	if !strings.ContainsAny(s, `\&%`) {
		return
	}
	for from := 0; from < len(s); from += peeledAtOnce {
		piece := s[from:min(len(s), from+peeledAtOnce+longestSecret)]
		peel(piece, peels, func(p span) span { return span{from + p.from, from + p.to} }, see)
	}
}

func peel(s string, more int, in func(span) span, see func(string, func(span) span)) {
	for _, kind := range []func(string) (string, int){backslashed, entity, percented} {
		l := bare(s, kind)
		if len(l.atoms) == 0 {
			continue
		}
		within := func(p span) span { return in(l.origin(p)) }
		see(l.text, within)
		if more > 1 {
			peel(l.text, more-1, within, see)
		}
	}
}

// bare takes one kind of escapes off. escape tells what the one means that a text begins with, and its length; 0 if it
// begins with none.
func bare(s string, escape func(string) (string, int)) layer {
	var l layer
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); {
		if s[i] != '\\' && s[i] != '&' && s[i] != '%' {
			i++
			continue
		}
		means, n := escape(s[i:])
		if n == 0 {
			i++
			continue
		}
		b.WriteString(s[done:i])
		l.atoms = append(l.atoms, atom{int32(b.Len()), int32(len(means)), int32(i), int32(i + n)})
		b.WriteString(means)
		i += n
		done = i
	}
	if done > 0 {
		b.WriteString(s[done:])
		l.text = b.String()
	}
	return l
}

// origin is where a part stood; of an escape it is never a half.
func (l layer) origin(p span) span {
	from, _ := l.where(p.from)
	_, to := l.where(p.to - 1)
	return span{from, to}
}

// where is the place in which the byte at i stood.
func (l layer) where(i int) (from, to int) {
	n, here := slices.BinarySearchFunc(l.atoms, int32(i), func(a atom, at int32) int { return int(a.at - at) })
	if !here {
		n--
	}
	if n < 0 {
		return i, i + 1
	}
	a := l.atoms[n]
	if past := i - int(a.at+a.size); past >= 0 {
		return int(a.to) + past, int(a.to) + past + 1
	}
	return int(a.from), int(a.to)
}

// backslashed reads the escapes of JSON, and of the languages that write them alike.
func backslashed(s string) (string, int) {
	if len(s) < 2 || s[0] != '\\' {
		return "", 0
	}
	switch s[1] {
	case '"', '\\', '/', '\'':
		return s[1:2], 2
	case 'n':
		return "\n", 2
	case 't':
		return "\t", 2
	case 'r':
		return "\r", 2
	case 'u':
		r, ok := unit(s)
		if !ok {
			return "", 0
		}
		if low, ok := unit(s[6:]); ok && utf16.IsSurrogate(r) {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return string(pair), 12
			}
		}
		return string(r), 6
	}
	return "", 0
}

// unit is the four digits of a \u.
func unit(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	b, err := hex.DecodeString(s[2:6])
	if err != nil {
		return 0, false
	}
	return rune(b[0])<<8 | rune(b[1]), true
}

// entity reads the escapes of HTML and XML.
func entity(s string) (string, int) {
	const longest = 32
	if s[0] != '&' {
		return "", 0
	}
	n := 1
	for n < min(len(s), longest) && (s[n] == '#' || '0' <= s[n] && s[n] <= '9' || 'a' <= s[n]|0x20 && s[n]|0x20 <= 'z') {
		n++
	}
	if n < len(s) && s[n] == ';' {
		n++
	}
	if means := html.UnescapeString(s[:n]); means != s[:n] {
		return means, n
	}
	return "", 0
}

// percented reads the escapes of URLs.
func percented(s string) (string, int) {
	if len(s) < 3 || s[0] != '%' {
		return "", 0
	}
	b, err := hex.DecodeString(s[1:3])
	if err != nil {
		return "", 0
	}
	return string(b), 3
}
