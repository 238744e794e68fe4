package state

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// blockSize is of Badger's tables, before compression.
const blockSize = 4 << 10

// valueThreshold is the size from which values lie in the value log; it must be below 15 % of the memory table.
const valueThreshold = 64 << 10

// openBadger opens Badger, whose tables must be whole.
func openBadger(opts badger.Options) (*badger.DB, error) {
	// Without encryption the key registry holds nothing, and Badger makes another one.
	_, err := badger.OpenKeyRegistry(badger.KeyRegistryOptions{Dir: opts.Dir, ReadOnly: true})
	if err != nil {
		if err := os.RemoveAll(filepath.Join(opts.Dir, badger.KeyRegistryFileName)); err != nil {
			return nil, err
		}
	}
	return orPanic(func() (*badger.DB, error) { return badger.Open(opts) })
}

// valuesIn tells whether a value log that is not open has more than its head of 20 bytes.
func valuesIn(dir string) bool {
	logs, _ := filepath.Glob(filepath.Join(dir, "*.vlog"))
	return slices.ContainsFunc(logs, func(path string) bool {
		info, err := os.Stat(path)
		return err != nil || info.Size() > 20
	})
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

// settings are those of a small tool: durable writes, some 30 MB of memory. Merging takes a multiple of the tables' size.
func settings(dir string) badger.Options {
	return badger.DefaultOptions(dir).
		WithSyncWrites(true).       // off by default
		WithDetectConflicts(false). // the ledger lets one writer in at a time
		WithMemTableSize(8 << 20).WithNumMemtables(2).
		WithBlockSize(blockSize).WithBaseTableSize(512 << 10).WithBaseLevelSize(8 << 20).
		WithNumLevelZeroTables(4).WithNumLevelZeroTablesStall(6).WithNumCompactors(2).
		WithBlockCacheSize(8 << 20). // not 0: Open panics
		WithIndexCacheSize(4 << 20).
		WithValueLogFileSize(16 << 20).
		WithValueThreshold(valueThreshold).
		WithVerifyValueChecksum(true).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithMetricsEnabled(false).
		WithLogger(nil)
}

const (
	reclaimEvery = 10 * time.Minute
	// By then Badger has merged the tables of the last runs, which it begins within a second, and has let go of the
	// memory for it, which it does piece by piece, one in two seconds.
	tidied = 12 * time.Second
)

// startReclaiming gives back, now and then, what the value log holds of records that are gone. That takes some
// room first. The memory that the start took, some 90 MB where tables were merged, goes back once.
func startReclaiming(db *badger.DB, room func() error) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(reclaimEvery)
		defer tick.Stop()
		start := time.NewTimer(tidied)
		defer start.Stop()
		for {
			if room() == nil {
				reclaim(db, quit)
			}
			select {
			case <-quit:
				return
			case <-start.C:
				debug.FreeOSMemory()
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
