package record

import (
	"context"

	"cnrelay/core"
)

// Tx is a [core.Tx] that keeps its writes to itself: whoever began it commits Changes or drops them.
type Tx struct {
	Reader
	Changes *Overlay
}

var _ core.Tx = (*Tx)(nil)

// Begin starts a transaction on a layer.
func Begin(ctx context.Context, below Layer) *Tx {
	changes := NewOverlay(below)
	return &Tx{Reader: NewReader(ctx, changes), Changes: changes}
}

// Put implements [core.Tx].
func (tx *Tx) Put(t core.Table, key string, v any) error {
	p, err := path(t, key)
	if err != nil {
		return err
	}
	raw, err := encode(p, v)
	if err != nil {
		return err
	}
	tx.Changes.Set(p, raw)
	return nil
}

// Delete implements [core.Tx].
func (tx *Tx) Delete(t core.Table, key string) error {
	p, err := path(t, key)
	if err != nil {
		return err
	}
	tx.Changes.Set(p, nil)
	return nil
}
