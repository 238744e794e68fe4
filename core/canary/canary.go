// Package canary finds secrets where they must not be. A test puts a value of its own into every place that holds a
// secret, runs what it likes, and scans every byte that came out of it: as it is, in the encodings in which secrets
// travel, and in parts.
package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Form is an encoding of a secret.
type Form string

// The forms that are looked for. The base64 ones differ in how many bytes, modulo 3, stand before the secret.
const (
	Raw     Form = "raw"
	Base64  Form = "base64"
	Base641 Form = "base64+1"
	Base642 Form = "base64+2"
	URL     Form = "url"
	Percent Form = "percent" // every byte
	JSON    Form = "json"
	Escaped Form = `\u` // every character
	HTML    Form = "html"
	Hex     Form = "hex"
)

// Forms are all of them.
var Forms = []Form{Raw, Base64, Base641, Base642, URL, Percent, JSON, Escaped, HTML, Hex}

// Say gives a value in a form, as somebody would say it who echoes it.
func (f Form) Say(value string) string {
	switch f {
	case Base64:
		return base64.StdEncoding.EncodeToString([]byte(value))
	case Base641:
		return base64.StdEncoding.EncodeToString([]byte("u" + value))
	case Base642:
		return base64.StdEncoding.EncodeToString([]byte("u:" + value))
	case URL:
		return url.QueryEscape(value)
	case Percent:
		return each(value, "%%%02X")
	case JSON:
		raw, _ := json.Marshal(value) // a string always marshals
		return string(raw[1 : len(raw)-1])
	case Escaped:
		return each(value, `\u%04x`)
	case HTML:
		return html.EscapeString(value)
	case Hex:
		return hex.EncodeToString([]byte(value))
	}
	return value
}

func each(value, format string) string {
	var b strings.Builder
	for i := range len(value) {
		fmt.Fprintf(&b, format, value[i])
	}
	return b.String()
}

// Secrets are values by the place that they were put into. Each is longer than [Part].
type Secrets map[string]string

// Part is how many bytes of a secret, in a row, are one: less says nothing, more could be left by a cut.
const Part = 12

// Find is a secret, or a part of it, where it must not be.
type Find struct {
	Where  string // a file, an output
	Offset int
	Slot   string // the secret's
	Form   Form
}

func (f Find) String() string {
	return fmt.Sprintf("%s of the %s in %s at %d", f.Form, f.Slot, f.Where, f.Offset)
}

// Scanner looks for secrets.
type Scanner struct {
	marks map[[keySize]byte][]mark // by their first bytes
	begin [1 << 16]bool            // the first two of them
}

// mark is what a part of a secret looks like.
type mark struct {
	text []byte
	slot string
	form Form
}

const keySize = 8

// New makes a scanner of secrets.
func New(secrets Secrets) *Scanner {
	s := &Scanner{marks: map[[keySize]byte][]mark{}}
	for slot, value := range secrets {
		if len(value) <= Part {
			panic("canary: the " + slot + " is too short to be found in parts")
		}
		for at := range len(value) - Part + 1 {
			for _, form := range Forms {
				s.add(slot, form, form.part(value[at:at+Part]))
			}
		}
	}
	return s
}

// part is what must be there if a secret's part is said in a form, wherever the whole began.
func (f Form) part(part string) []string {
	said := f.Say(part)
	switch f {
	case Base64:
		return alphabets(said)
	case Base641: // the first character and a half, and the last one, are shared with what stands around
		return alphabets(said[2 : len(said)-3])
	case Base642:
		return alphabets(said[3 : len(said)-2])
	case Escaped, Percent, Hex:
		return []string{strings.ToLower(said), strings.ReplaceAll(strings.ToUpper(said), `\U`, `\u`)}
	}
	return []string{said}
}

// alphabets are base64 in its two alphabets.
func alphabets(s string) []string {
	return []string{s, strings.NewReplacer("+", "-", "/", "_").Replace(s)}
}

func (s *Scanner) add(slot string, form Form, texts []string) {
	for _, text := range texts {
		key := [keySize]byte([]byte(text[:keySize]))
		s.begin[int(key[0])<<8|int(key[1])] = true
		s.marks[key] = append(s.marks[key], mark{[]byte(text), slot, form})
	}
}

// Scan looks through data, as it is and with up to three layers of quoting taken off, those of JSON and of HTML in
// turns. It gives each secret once a form.
func (s *Scanner) Scan(where string, data []byte) []Find {
	finds := s.scan(nil, where, data)
	for range 3 {
		for _, peel := range []func([]byte) []byte{unquote, unpage} {
			if bare := peel(data); len(bare) != len(data) {
				data = bare
				finds = s.scan(finds, where, data)
			}
		}
	}
	return finds
}

// unpage takes one layer of the escapes of HTML off.
func unpage(data []byte) []byte {
	if bytes.IndexByte(data, '&') < 0 {
		return data
	}
	return []byte(html.UnescapeString(string(data)))
}

// unquote takes one layer of the escapes of JSON and Go strings off, wherever they stand.
func unquote(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' || i+1 == len(data) {
			out = append(out, data[i])
			continue
		}
		switch next := data[i+1]; next {
		case '\\', '"', '/', '\'':
			out = append(out, next)
			i++
		case 'u':
			if i+6 <= len(data) && string(data[i+2:i+4]) == "00" {
				if b, err := hex.DecodeString(string(data[i+4 : i+6])); err == nil {
					out = append(out, b[0])
					i += 5
					continue
				}
			}
			fallthrough
		default:
			out = append(out, '\\')
		}
	}
	return out
}

func (s *Scanner) scan(finds []Find, where string, data []byte) []Find {
	for at := 0; at+keySize <= len(data); at++ {
		if !s.begin[int(data[at])<<8|int(data[at+1])] {
			continue
		}
		for _, m := range s.marks[[keySize]byte(data[at:at+keySize])] {
			if !bytes.HasPrefix(data[at:], m.text) {
				continue
			}
			f := Find{where, at, m.slot, m.form}
			if !slices.ContainsFunc(finds, func(g Find) bool { return g.Slot == f.Slot && g.Form == f.Form && g.Where == f.Where }) {
				finds = append(finds, f)
			}
		}
	}
	return finds
}

// Scanned sums up what was looked through.
type Scanned struct {
	Files int
	Bytes int64
}

// Dir looks through all files below a folder but those that skip names, which is given paths in it; nil skips none.
func (s *Scanner) Dir(dir string, skip func(path string) bool) (finds []Find, sum Scanned, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || skip != nil && skip(name) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data = bytes.TrimRight(data, "\x00") // of files that are mapped into memory
		sum.Files++
		sum.Bytes += int64(len(data))
		finds = append(finds, s.Scan(name, data)...)
		return nil
	})
	return finds, sum, err
}
