package state

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"

	"cnrelay/core"
	"cnrelay/state/internal/record"
)

// ledger is the [core.Store] in Badger.
//
// Updates that come while another one is on its way to the disk are committed together: each runs
// its function, one after the other, on top of the others' changes; the last of them commits for all.
type ledger struct {
	db             *badger.DB
	head           *headFile    // nil if it is open for reading only
	room           func() error // refuses when the disk is all but full
	stopReclaiming func()
	damage         []string     // why it is open for reading only, if it is damaged
	forget         func() error // removes what is open for reading only

	users  gate
	once   sync.Once
	closed error // what closing it came to

	waiting atomic.Int32 // updates that want mu
	mu      sync.Mutex   // guards what follows
	group   *group       // that the next update joins
	tally   tally        // of what is committed
	refusal error        // why nothing can be written any more
}

var _ core.Store = (*ledger)(nil)

// group is updates that are committed as one.
type group struct {
	base    *snapshot
	changes *record.Overlay
	updates uint64
	done    chan struct{}
	err     error // once done
}

// A group is committed when it has this much, even if more would join.
const (
	groupChanges = 1000
	groupBytes   = 256 << 10
)

func (g *group) fits(changes *record.Overlay) bool {
	return g.updates == 0 ||
		g.changes.Len()+changes.Len() <= groupChanges && g.changes.Bytes()+changes.Bytes() <= groupBytes
}

// View implements [core.Store].
func (l *ledger) View(ctx context.Context, fn func(core.Reader) error) error {
	if err := l.users.enter(); err != nil {
		return err
	}
	defer l.users.leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	s := newSnapshot(l.db)
	defer s.Discard()
	return fn(record.NewReader(ctx, s))
}

// Update implements [core.Store]. fn runs once, in the caller's goroutine, while no other does.
func (l *ledger) Update(ctx context.Context, fn func(core.Tx) error) error {
	if err := l.users.enter(); err != nil {
		return err
	}
	defer l.users.leave()
	g, err := l.join(ctx, fn)
	// What fn saw may be of others in the group: even its error counts only when that is durable.
	<-g.done
	if err != nil {
		return err
	}
	return g.err
}

// join adds fn's changes to a group; an fn that fails or panics adds nothing.
func (l *ledger) join(ctx context.Context, fn func(core.Tx) error) (*group, error) {
	l.waiting.Add(1)
	l.mu.Lock()
	l.waiting.Add(-1)
	defer l.mu.Unlock()
	if l.group == nil {
		l.begin()
	}
	defer l.commitUnlessOthersWait()

	if err := ctx.Err(); err != nil {
		return l.group, err
	}
	if l.refusal != nil {
		return l.group, l.refusal
	}
	tx := record.Begin(ctx, l.group.changes)
	if err := fn(tx); err != nil {
		return l.group, err
	}
	if !l.group.fits(tx.Changes) {
		l.commit()
		l.begin()
	}
	if tx.Changes.Len() > 0 {
		l.group.changes.Merge(tx.Changes)
		l.group.updates++
	}
	return l.group, nil
}

func (l *ledger) commitUnlessOthersWait() {
	if l.waiting.Load() == 0 || l.group.changes.Len() >= groupChanges || l.group.changes.Bytes() >= groupBytes {
		l.commit()
	}
}

func (l *ledger) begin() {
	base := newSnapshot(l.db)
	l.group = &group{base: base, changes: record.NewOverlay(base), done: make(chan struct{})}
}

// commit makes the group durable and lets its members go.
func (l *ledger) commit() {
	g := l.group
	l.group = nil
	if g.updates > 0 {
		g.err = l.write(g)
	}
	g.base.Discard()
	close(g.done)
}

// write commits a group and its tally to Badger, then the tally to the head.
func (l *ledger) write(g *group) error {
	if l.refusal != nil {
		return l.refusal
	}
	if err := l.room(); err != nil {
		return err
	}
	txn := l.db.NewTransaction(true)
	defer txn.Discard()
	after := l.tally
	after.Updates += g.updates
	for path, raw := range g.changes.All() {
		before, err := g.base.Get(path)
		if err != nil {
			return err
		}
		after.replace(path, before, raw)
		if err := set(txn, path, raw); err != nil {
			return err
		}
	}
	if err := set(txn, tallyPath, after.encode()); err != nil {
		return err
	}
	if err := tooBig(txn.Commit()); err != nil {
		if errors.Is(err, badger.ErrTxnTooBig) {
			return err
		}
		l.refusal = unwritable("the ledger could not be written: "+err.Error(), err)
		return l.refusal
	}
	l.tally = after
	if err := l.head.write(headLine{tally: after}); err != nil {
		// The group is durable. Without the head a later loss could go unseen, so it is the last one.
		l.refusal = unwritable("the ledger's head could not be written: "+err.Error(), err)
	}
	return nil
}

func set(txn *badger.Txn, path string, raw []byte) error {
	if raw == nil {
		return tooBig(txn.Delete([]byte(path)))
	}
	return tooBig(txn.Set([]byte(path), raw))
}

// tooBig explains Badger's refusal of a large transaction, before anything was written.
func tooBig(err error) error {
	if errors.Is(err, badger.ErrTxnTooBig) {
		return problem("write the ledger", "one update has too many changes to be committed as a whole",
			"split the import into smaller ones", err)
	}
	return err
}

func unwritable(what string, err error) error {
	return &core.Error{
		Code: core.CodeState, Stage: "write the ledger", What: what, Fault: core.FaultOperator,
		Next:            "check the disk, then start cnrelay again: it looks up what became of the last step",
		MayHaveHappened: true, Err: err,
	}
}

// Close implements [core.Store]: it waits for those who read and write, and flushes. Once is enough.
func (l *ledger) Close() error {
	l.once.Do(func() { l.closed = l.close() })
	return l.closed
}

func (l *ledger) close() error {
	l.users.close()
	l.stopReclaiming()
	if l.head != nil {
		// Closing empties the log into a table. Without room for it that ends the process; the log is as good.
		if full := l.room(); full != nil {
			return errors.Join(full, l.head.close())
		}
	}
	var err error
	if closed := l.db.Close(); closed != nil {
		err = problem("close the ledger", closed.Error(), "check the disk; the next start checks the ledger", closed)
	}
	if l.head == nil {
		return errors.Join(err, l.forget())
	}
	if err == nil && l.refusal == nil {
		err = l.head.write(headLine{l.tally, true, tablesSum(l.db.Opts().Dir)})
	}
	return errors.Join(err, l.head.close())
}
