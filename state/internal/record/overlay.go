package record

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// Overlay is a layer of changes on top of another, which it leaves as it is.
type Overlay struct {
	below   Layer
	changes map[string][]byte // by path; nil is a deletion
	bytes   int
}

var _ Layer = (*Overlay)(nil)

// NewOverlay lays an empty overlay on a layer.
func NewOverlay(below Layer) *Overlay {
	return &Overlay{below: below, changes: map[string][]byte{}}
}

// Get implements [Layer].
func (o *Overlay) Get(path string) ([]byte, error) {
	if raw, changed := o.changes[path]; changed {
		return raw, nil
	}
	return o.below.Get(path)
}

// Scan implements [Layer]. It visits what was there when it began, whatever visit changes.
func (o *Overlay) Scan(prefix string, visit func(path string, raw []byte) error) error {
	type change struct {
		path string
		raw  []byte
	}
	var pending []change
	for _, path := range slices.Sorted(maps.Keys(o.changes)) {
		if strings.HasPrefix(path, prefix) {
			pending = append(pending, change{path, o.changes[path]})
		}
	}
	// upTo visits the changes that come before path, and tells whether the next one replaces it.
	upTo := func(before func(path string) bool) error {
		for len(pending) > 0 && before(pending[0].path) {
			next := pending[0]
			pending = pending[1:]
			if next.raw == nil {
				continue
			}
			if err := visit(next.path, next.raw); err != nil {
				return err
			}
		}
		return nil
	}
	err := o.below.Scan(prefix, func(path string, raw []byte) error {
		if err := upTo(func(p string) bool { return p < path }); err != nil {
			return err
		}
		if len(pending) > 0 && pending[0].path == path {
			return upTo(func(p string) bool { return p == path })
		}
		return visit(path, raw)
	})
	if err != nil {
		return err
	}
	return upTo(func(string) bool { return true })
}

// Set changes a record; nil deletes it.
func (o *Overlay) Set(path string, raw []byte) {
	o.bytes += len(path) + len(raw)
	o.changes[path] = raw
}

// All are the changes, in no order; nil is a deletion.
func (o *Overlay) All() iter.Seq2[string, []byte] { return maps.All(o.changes) }

// Len counts the changes.
func (o *Overlay) Len() int { return len(o.changes) }

// Bytes is at least what the changes take.
func (o *Overlay) Bytes() int { return o.bytes }

// Merge takes over another overlay's changes.
func (o *Overlay) Merge(other *Overlay) {
	for path, raw := range other.All() {
		o.Set(path, raw)
	}
}
