package state

import (
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// openBadger opens Badger with the settings of a small tool (durable writes, some 30 MB of memory) and
// reads all its tables against their checksums: nobody may use a damaged one, Badger's own compaction
// included, which ends the process or drops what it can't read.
func openBadger(dir string) (*badger.DB, error) {
	db, err := orPanic(func() (*badger.DB, error) { return badger.Open(settings(dir)) })
	if err != nil {
		return nil, err
	}
	if _, err := orPanic(func() (any, error) { return nil, db.VerifyChecksum() }); err != nil {
		return nil, errors.Join(fmt.Errorf("one of its tables is damaged: %w", err), db.Close())
	}
	return db, nil
}

// orPanic makes an error of the panic that a damaged file can cause in Badger.
func orPanic[T any](f func() (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("badger panicked: %v", p)
		}
	}()
	return f()
}

func settings(dir string) badger.Options {
	return badger.DefaultOptions(dir).
		WithSyncWrites(true).       // off by default
		WithDetectConflicts(false). // the ledger lets one writer in at a time
		WithMemTableSize(8 << 20).WithNumMemtables(2).
		WithBaseTableSize(2 << 20).WithBaseLevelSize(8 << 20).
		WithNumLevelZeroTables(2).WithNumLevelZeroTablesStall(6).WithNumCompactors(2).
		WithBlockCacheSize(8 << 20). // not 0: Open panics
		WithIndexCacheSize(4 << 20).
		WithValueLogFileSize(16 << 20).
		WithValueThreshold(64 << 10). // must be below 15 % of the memory table
		WithVerifyValueChecksum(true).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithMetricsEnabled(false).
		WithLogger(nil)
}

const reclaimEvery = 10 * time.Minute

// startReclaiming gives back, now and then, what the value log holds of records that are gone.
func startReclaiming(db *badger.DB) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(reclaimEvery)
		defer tick.Stop()
		for {
			reclaim(db, quit)
			select {
			case <-quit:
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// reclaim rewrites files of the value log that are half garbage, one by one.
func reclaim(db *badger.DB, quit <-chan struct{}) {
	for db.RunValueLogGC(0.5) == nil {
		select {
		case <-quit:
			return
		default:
		}
	}
}
