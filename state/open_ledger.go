package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"

	"cnrelay/core"
	"cnrelay/state/internal/private"
)

// ErrDamaged marks a ledger that has lost or changed what it once acknowledged.
var ErrDamaged = errors.New("the ledger is damaged")

var errNewer = errors.New("the ledger is of a newer version")

// files are where the ledger lies in a state directory.
type files struct {
	db, head string
	look     string // a replica, while it is looked at
	next     string // a replica that is about to become db
}

func filesOf(dir string) files {
	return files{db: filepath.Join(dir, "db"), head: filepath.Join(dir, "head"), look: filepath.Join(dir, "look"), next: filepath.Join(dir, "db.next")}
}

// openLedger opens Badger and compares it with the head.
//
// A ledger that was closed is opened as it is. Any other, and one that doesn't look as it was left, is opened in
// a replica first and counted there: a damaged one is not touched.
func openLedger(dir string, opts Options, room func() error) (*ledger, error) {
	f := filesOf(dir)
	if err := f.prepare(); err != nil {
		return nil, problem("open the ledger", err.Error(), "make the state directory writable", err)
	}
	head, headErr := readHead(f.head)
	if head.Version > tallyVersion {
		return nil, newer(head.Version)
	}
	if !opts.ReadOnly && headErr == nil && head.Clean && closed(f.db, head.Tables) {
		if db, t, err := openWhole(f.db, head); err == nil {
			return f.begin(db, t, room)
		}
	}
	seen, err := lookAt(f, head, headErr)
	if err != nil {
		return nil, err
	}
	if seen.damage == nil && !opts.ReadOnly {
		head.tally = seen.tally
		db, t, err := openWhole(f.db, head)
		if err == nil {
			return f.begin(db, t, room, seen.close())
		}
		seen.damage = []string{err.Error()}
	}
	switch {
	case opts.ReadOnly, opts.ReadDamaged:
		return readOnly(seen), nil
	case !opts.AcceptLoss:
		return nil, errors.Join(damaged("open the ledger", seen.damage), seen.close())
	}
	seen.tally.Updates = max(seen.tally.Updates, head.Updates) + 1
	if err := f.take(seen); err != nil {
		return nil, err
	}
	db, t, err := openWhole(f.db, headLine{tally: seen.tally})
	if err != nil {
		return nil, problem("open the ledger", err.Error(), "check the disk", err)
	}
	return f.begin(db, t, room)
}

// prepare finishes a change of folders that was interrupted, and makes the first head before Badger's folder, so
// that a folder without a head is no crash.
func (f files) prepare() error {
	_, dbErr := os.Stat(f.db)
	if errors.Is(dbErr, fs.ErrNotExist) {
		if err := os.Rename(f.next, f.db); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, left := range []string{f.look, f.look + ".all", f.next} {
		if err := os.RemoveAll(left); err != nil {
			return err
		}
	}
	if !errors.Is(dbErr, fs.ErrNotExist) {
		return dbErr
	}
	if _, err := os.Stat(f.head); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return createHead(f.head, headLine{tally: tally{Version: tallyVersion}, Clean: true})
}

// openWhole opens Badger in a folder that should hold what the head says.
func openWhole(dir string, head headLine) (*badger.DB, tally, error) {
	large := valuesIn(dir)
	db, err := openBadger(settings(dir))
	if err != nil {
		return nil, tally{}, fmt.Errorf("%s can't be opened: %w", dir, err)
	}
	t, err := verify(db, head, nil, false)
	if err == nil && large {
		err = readLarge(db)
	}
	if err != nil {
		return nil, t, errors.Join(err, db.Close())
	}
	return db, t, nil
}

// begin makes a ledger of a whole Badger, unless something before it failed.
func (f files) begin(db *badger.DB, t tally, room func() error, before ...error) (*ledger, error) {
	head, err := openHead(f.head)
	if err := errors.Join(append(before, err)...); err != nil {
		return nil, errors.Join(problem("open the ledger", err.Error(), "check the disk", err), db.Close())
	}
	return &ledger{db: db, tally: t, head: head, room: room, stopReclaiming: startReclaiming(db, room)}, nil
}

// readOnly makes a ledger of a look. Closing it forgets the replica.
func readOnly(seen *look) *ledger {
	l := &ledger{db: seen.db, tally: seen.tally, damage: seen.damage, stopReclaiming: func() {}, forget: seen.remove}
	l.refusal = problem("write the ledger", "it is open for reading only", "start cnrelay again", core.ErrReadOnly)
	if seen.damage != nil {
		l.refusal = errors.Join(damaged("write the ledger", seen.damage), core.ErrReadOnly)
	}
	return l
}

// take makes the replica the ledger, and what is there the whole. The damaged folder is kept beside it.
func (f files) take(seen *look) error {
	err := seen.db.Update(func(txn *badger.Txn) error { return set(txn, tallyPath, seen.tally.encode()) })
	err = errors.Join(err, seen.db.Close())
	if err == nil {
		err = private.SyncAll(seen.dir)
	}
	if err == nil {
		err = os.Rename(seen.dir, f.next)
	}
	if err == nil {
		err = os.Rename(f.db, f.db+".damaged-"+time.Now().UTC().Format("20060102T150405Z"))
	}
	if err == nil {
		err = os.Rename(f.next, f.db)
	}
	if err == nil {
		err = createHead(f.head, headLine{tally: seen.tally}) // syncs the folder, too
	}
	if err != nil {
		return unwritable("the ledger could not be written: "+err.Error(), err)
	}
	return nil
}

// verify compares what Badger holds with what it should, and gives the tally to go on from: that of the records
// themselves if they are counted, else the one that was committed with the last of them.
//
// A crash between the two writes of a commit leaves the head behind the ledger, never before it.
func verify(db *badger.DB, head headLine, headErr error, count bool) (tally, error) {
	snapshot := newSnapshot(db)
	defer snapshot.Discard()
	t, tallyErr := kept(snapshot)
	if t.Version > tallyVersion {
		return t, newer(t.Version)
	}
	seen := t
	if count {
		var err error
		if seen, err = counted(snapshot); err != nil {
			return seen, err
		}
		seen.Updates = t.Updates
	}
	switch {
	case headErr != nil:
		return seen, fmt.Errorf("head can't be read (%w)", headErr)
	case tallyErr != nil:
		return seen, fmt.Errorf("its own tally can't be read (%w)", tallyErr)
	case t.Updates < head.Updates:
		return seen, fmt.Errorf("it lost its last %d updates of %d", head.Updates-t.Updates, head.Updates)
	case t.Updates == head.Updates && t != head.tally:
		return seen, errors.New("it is not the one that the head speaks of")
	case seen != t:
		return seen, fmt.Errorf("it holds %d records that don't add up to the %d that were written", seen.Records, t.Records)
	}
	return seen, nil
}

func newer(version int) error {
	return problem("open the ledger", fmt.Sprintf("it has version %d; this build knows versions up to %d", version, tallyVersion),
		"use the cnrelay that wrote it, or a newer one", errNewer)
}
