package record

import (
	"context"
	"errors"
	"strings"

	"cnrelay/core"
)

// Layer is raw records by path, in the order of their bytes.
type Layer interface {
	// Get gives bytes that the caller keeps and nobody changes; nil if there is no such record.
	Get(path string) ([]byte, error)
	// Scan visits the records whose path starts with prefix; raw is valid until visit returns.
	Scan(prefix string, visit func(path string, raw []byte) error) error
}

// Reader is a [core.Reader] on a layer, for as long as ctx lives.
type Reader struct {
	ctx   context.Context
	layer Layer
}

var _ core.Reader = Reader{}

// NewReader reads from a layer.
func NewReader(ctx context.Context, layer Layer) Reader { return Reader{ctx, layer} }

// Get implements [core.Reader].
func (r Reader) Get(t core.Table, key string, v any) (bool, error) {
	p, err := path(t, key)
	if err != nil {
		return false, err
	}
	if err := r.ctx.Err(); err != nil {
		return false, err
	}
	raw, err := r.layer.Get(p)
	if err != nil || raw == nil {
		return false, err
	}
	return true, decode(p, raw, v)
}

// Scan implements [core.Reader].
func (r Reader) Scan(t core.Table, prefix string, fn func(key string, decode func(v any) error) error) error {
	table := string(t) + "/"
	err := r.layer.Scan(table+prefix, func(p string, raw []byte) error {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		return fn(strings.TrimPrefix(p, table), func(v any) error { return decode(p, raw, v) })
	})
	if errors.Is(err, core.ErrStop) {
		return nil
	}
	return err
}
