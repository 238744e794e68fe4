package state

import (
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// blockSize is of Badger's tables, before compression.
const blockSize = 4 << 10

// openBadger opens Badger, if its tables are whole.
func openBadger(dir string) (*badger.DB, error) {
	if err := checkTables(dir); err != nil {
		return nil, err
	}
	return orPanic(func() (*badger.DB, error) { return badger.Open(settings(dir)) })
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

// settings are those of a small tool: durable writes, some 30 MB of memory.
func settings(dir string) badger.Options {
	return badger.DefaultOptions(dir).
		WithSyncWrites(true).       // off by default
		WithDetectConflicts(false). // the ledger lets one writer in at a time
		WithMemTableSize(8 << 20).WithNumMemtables(2).
		WithBlockSize(blockSize).WithBaseTableSize(2 << 20).WithBaseLevelSize(8 << 20).
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
