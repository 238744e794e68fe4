package state

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"cnrelay/core"
)

func openTest(t *testing.T, dir string) *State {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func putTest(t *testing.T, l *ledger, key string, v any) error {
	t.Helper()
	return l.Update(t.Context(), func(tx core.Tx) error { return tx.Put(core.TableEvent, key, v) })
}

// meanwhile runs updates that all begin before the first of them may go on.
func meanwhile(l *ledger, updates int, run func(n int)) {
	var wg sync.WaitGroup
	l.mu.Lock()
	for n := range updates {
		wg.Go(func() { run(n) })
	}
	for l.waiting.Load() < int32(updates) {
		runtime.Gosched()
	}
	l.mu.Unlock()
	wg.Wait()
}

func TestWaitingUpdatesAreOneCommit(t *testing.T) {
	l := openTest(t, filepath.Join(t.TempDir(), "state")).ledger
	commits, before := l.db.MaxVersion(), l.tally
	meanwhile(l, 50, func(n int) {
		if err := putTest(t, l, fmt.Sprint(n), n); err != nil {
			t.Error(err)
		}
	})
	if n := l.db.MaxVersion() - commits; n != 1 {
		t.Errorf("%d commits", n)
	}
	if l.tally.Updates != before.Updates+50 || l.tally.Records != before.Records+50 {
		t.Errorf("%+v, before %+v", l.tally, before)
	}
}

func TestLargeUpdateSharesNoFate(t *testing.T) {
	l := openTest(t, filepath.Join(t.TempDir(), "state")).ledger
	meanwhile(l, 20, func(n int) {
		err := l.Update(t.Context(), func(tx core.Tx) error {
			changes := 1
			if n%5 == 0 {
				changes = 20_000
			}
			for c := range changes {
				if err := tx.Put(core.TableEvent, fmt.Sprintf("%d/%d", n, c), c); err != nil {
					return err
				}
			}
			return nil
		})
		if large := n%5 == 0; large != errors.Is(err, badger.ErrTxnTooBig) || !large && err != nil {
			t.Errorf("update %d: %v", n, err)
		}
	})
	if l.tally.Records != 1+16 { // with the state's own
		t.Errorf("%d records", l.tally.Records)
	}
}

func TestWithoutItsHeadTheLedgerStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := openTest(t, dir)
	if err := s.ledger.head.close(); err != nil {
		t.Fatal(err)
	}
	if err := putTest(t, s.ledger, "durable", 1); err != nil {
		t.Errorf("it is in Badger, but: %v", err)
	}
	err := putTest(t, s.ledger, "refused", 1)
	var e *core.Error
	if !errors.As(err, &e) || e.Next == "" {
		t.Errorf("want a refusal, got %v", err)
	}
	_ = s.Close()
	l := openTest(t, dir).ledger
	if l.tally.Records != 2 {
		t.Errorf("%d records", l.tally.Records)
	}
}

func TestTallyIsOfWhatIsThere(t *testing.T) {
	l := openTest(t, filepath.Join(t.TempDir(), "state")).ledger
	for n := range 100 {
		if err := putTest(t, l, fmt.Sprint(n%7), n); err != nil {
			t.Fatal(err)
		}
		err := l.Update(t.Context(), func(tx core.Tx) error { return tx.Delete(core.TableEvent, fmt.Sprint(n%5)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	s := newSnapshot(l.db)
	defer s.Discard()
	seen, err := counted(s)
	if err != nil {
		t.Fatal(err)
	}
	seen.Updates = l.tally.Updates
	if seen != l.tally {
		t.Errorf("there is %+v, not %+v", seen, l.tally)
	}
}

// An older log can be cut while a newer one is whole: the last update is there, one before it is not.
func TestGapIsNoticed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := openTest(t, dir)
	for n := range 10 {
		if err := putTest(t, s.ledger, fmt.Sprint(n), n); err != nil {
			t.Fatal(err)
		}
	}
	err := s.ledger.db.Update(func(txn *badger.Txn) error { return txn.Delete([]byte("event/5")) })
	if err != nil {
		t.Fatal(err)
	}
	s.ledger.refusal = errors.New("no clean end")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "10 records that don't add up to the 11") {
		t.Fatalf("want a report of what is missing, got %v", err)
	}
}
