package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/dgraph-io/badger/v4"
)

// ErrDamaged marks a ledger that has lost or changed what it once acknowledged.
var ErrDamaged = errors.New("the ledger is damaged")

// openLedger opens Badger in db and compares it with the head.
func openLedger(db, head string, opts Options, room func() error) (*ledger, error) {
	if err := firstHead(db, head); err != nil {
		return nil, problem("open the ledger", err.Error(), "make the state directory writable", err)
	}
	store, err := openBadger(db)
	if err != nil {
		return nil, problem("open the ledger", "Badger can't open "+db+": "+err.Error(),
			"restore the state directory from a copy, or start a new one and adopt what is on the hosts", err)
	}
	l := &ledger{db: store, room: room, stopReclaiming: func() {}}
	l.tally, err = verify(store, head)
	if opts.ReadOnly && (err == nil || errors.Is(err, ErrDamaged)) {
		l.refusal = problem("write the ledger", "the state directory is open for reading only", "start cnrelay without --read-only", nil)
		return l, nil
	}
	if opts.AcceptLoss && errors.Is(err, ErrDamaged) {
		l.tally, err = acceptLoss(store, head, l.tally.Updates)
	}
	if err == nil {
		l.head, err = openHead(head)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	l.stopReclaiming = startReclaiming(store)
	return l, nil
}

// firstHead makes the head before Badger's folder, so that a folder without a head is no crash.
func firstHead(db, head string) error {
	if _, err := os.Stat(db); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(head); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return createHead(head, tally{Version: tallyVersion})
}

// verify compares what Badger holds with what it should. It gives the tally to go on from.
//
// A crash between the two writes of a commit leaves the head behind the ledger, never before it. After a
// clean end everything is in Badger's tables, which openBadger has checked; otherwise some may be in its
// logs, each of which ends at the first damaged byte, so all records are counted.
func verify(db *badger.DB, headPath string) (tally, error) {
	snapshot := newSnapshot(db)
	defer snapshot.Discard()
	t, err := kept(snapshot)
	if err != nil {
		return t, damaged("its own tally can't be read: "+err.Error(), err)
	}
	head, err := readHead(headPath)
	if newer := max(head.Version, t.Version); newer > tallyVersion {
		return t, problem("open the ledger", fmt.Sprintf("it has version %d; this build knows versions up to %d", newer, tallyVersion),
			"use the cnrelay that wrote it, or a newer one", nil)
	}
	if err != nil {
		return t, damaged(headPath+" can't be read: "+err.Error(), err)
	}
	switch {
	case t.Updates < head.Updates:
		lost := head.Updates - t.Updates
		t.Updates = head.Updates
		return t, damaged(fmt.Sprintf("it lost its last %d updates of %d", lost, head.Updates), nil)
	case t.Updates == head.Updates && t != head.tally:
		return t, damaged("it is not the one that "+headPath+" speaks of", nil)
	case head.Clean && t == head.tally:
		return t, nil
	}
	seen, err := counted(snapshot)
	if err != nil {
		return t, damaged(err.Error(), err)
	}
	seen.Updates = t.Updates
	if seen != t {
		return t, damaged(fmt.Sprintf("it holds %d records that don't add up to the %d that were written", seen.Records, t.Records), nil)
	}
	return t, nil
}

// acceptLoss takes what is there for what should be.
func acceptLoss(db *badger.DB, headPath string, updates uint64) (tally, error) {
	snapshot := newSnapshot(db)
	defer snapshot.Discard()
	t, err := counted(snapshot)
	if err != nil {
		return t, err
	}
	t.Updates = updates + 1
	if err := db.Update(func(txn *badger.Txn) error { return set(txn, tallyPath, t.encode()) }); err != nil {
		return t, unwritable("the ledger could not be written: "+err.Error(), err)
	}
	return t, createHead(headPath, t)
}

func damaged(what string, err error) error {
	return problem("open the ledger", "the ledger is damaged: "+what,
		"restore the state directory from a copy, look at what is left with --read-only, or go on with what is left with --accept-loss",
		errors.Join(ErrDamaged, err))
}
