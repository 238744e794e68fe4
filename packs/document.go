package packs

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/BurntSushi/toml"
)

// document is a TOML file while it is read: where its values stand, and what is wrong with them.
type document struct {
	name   string
	src    string
	at     map[string]int // byte offset by path
	broken bool           // not TOML, or too big: nothing more can be said about its values
	faults []offsetFault
}

type offsetFault struct {
	offset       int
	key, message string
}

// parse reads a source with the reader of its format, which is given the root table.
func parse[T any](name string, src []byte, reader func(root *table) T) (T, error) {
	doc, root := open(name, src)
	out := reader(root)
	root.end()
	if err := doc.err(); err != nil {
		var none T
		return none, err
	}
	return out, nil
}

// open decodes a source. The root table of a broken document is empty.
func open(name string, src []byte) (*document, *table) {
	d := &document{name: name, src: strings.TrimPrefix(string(src), "\ufeff")}
	values := map[string]any{}
	var tooDeep int
	d.at, tooDeep = scan(d.src)
	switch {
	case len(src) > maxSize:
		d.breaks(0, fmt.Sprintf("the file is larger than %d KiB", maxSize>>10))
	case tooDeep >= 0:
		d.breaks(tooDeep, fmt.Sprintf("nested too deep, or a key too long: the path to a value has more than %d bytes", maxPath))
	default:
		if _, err := toml.Decode(d.src, &values); err != nil {
			d.syntax(err)
		}
	}
	return d, &table{doc: d, values: values}
}

func (d *document) breaks(offset int, message string) {
	d.faults = append(d.faults, offsetFault{offset: offset, message: message})
	d.broken = true
}

// syntax reports the decoder's error; it stops at the first. Its words quote the source.
func (d *document) syntax(err error) {
	offset, words := 0, err.Error()
	if parse, ok := errors.AsType[toml.ParseError](err); ok {
		// The decoder's offset may be just outside the source.
		offset, words = min(max(parse.Position.Start, 0), len(d.src)), parse.Message
	}
	d.breaks(offset, "not TOML: "+strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, words))
}

// fault notes what is wrong with the value at a path. If no value stands there, its table is
// pointed at.
func (d *document) fault(table, path, format string, args ...any) {
	if d.broken {
		return
	}
	offset, ok := d.at[path]
	if !ok {
		offset = d.at[table]
	}
	d.faults = append(d.faults, offsetFault{offset, path, fmt.Sprintf(format, args...)})
}

// err is every fault in the order of the file, or nil.
func (d *document) err() error {
	if len(d.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(d.faults, func(a, b offsetFault) int { return cmp.Compare(a.offset, b.offset) })
	faults := make(Faults, len(d.faults))
	line, column, pos := 1, 1, 0
	for i, f := range d.faults {
		for _, r := range d.src[pos:f.offset] {
			if column++; r == '\n' {
				line, column = line+1, 1
			}
		}
		pos = f.offset
		faults[i] = Fault{File: d.name, Line: line, Column: column, Key: f.key, Message: f.message}
	}
	return faults
}
