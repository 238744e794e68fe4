package engine

import (
	"context"
	"maps"
	"sync"

	"cnrelay/core"
)

// Revision counts the commits to each table since the engine began. A face compares two of them to know what to
// read again.
type Revision map[core.Table]uint64

// changes tells who waits that something was committed.
type changes struct {
	mu    sync.Mutex
	count Revision
	next  chan struct{} // closed at the next commit
}

func newChanges() *changes { return &changes{count: Revision{}, next: make(chan struct{})} }

func (c *changes) committed(tables map[core.Table]bool) {
	if len(tables) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for t := range tables {
		c.count[t]++
	}
	close(c.next)
	c.next = make(chan struct{})
}

// Changes waits until something was committed after seen (nil: not at all), and gives the counts now. It ends
// with ctx.
func (e *Engine) Changes(ctx context.Context, seen Revision) (Revision, error) {
	for {
		e.changes.mu.Lock()
		now, next := maps.Clone(e.changes.count), e.changes.next
		e.changes.mu.Unlock()
		if seen == nil || !maps.Equal(now, seen) {
			return now, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return seen, ctx.Err()
		}
	}
}

// watched is a store whose commits are told to those who wait for changes.
type watched struct {
	core.Store
	changes *changes
}

// Update implements [core.Store].
func (w watched) Update(ctx context.Context, fn func(tx core.Tx) error) error {
	var tables map[core.Table]bool
	err := w.Store.Update(ctx, func(tx core.Tx) error {
		tables = map[core.Table]bool{} // fn may run again
		return fn(noting{tx, tables})
	})
	if err == nil {
		w.changes.committed(tables)
	}
	return err
}

// noting notes which tables a transaction writes.
type noting struct {
	core.Tx
	tables map[core.Table]bool
}

// Put implements [core.Tx].
func (n noting) Put(t core.Table, key string, v any) error {
	n.tables[t] = true
	return n.Tx.Put(t, key, v)
}

// Delete implements [core.Tx].
func (n noting) Delete(t core.Table, key string) error {
	n.tables[t] = true
	return n.Tx.Delete(t, key)
}
