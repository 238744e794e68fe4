package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
)

// checkTables reads all tables of a Badger that is not open yet against their checksums. Badger itself
// opens them in goroutines of its own, where a damaged one ends the process, and its compaction drops
// what it can't read.
func checkTables(dir string) error {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	manifest, _, err := badger.ReplayManifestFile(f, 0, settings(dir))
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	// Other tables are left from a crash; Badger removes them.
	for id, t := range manifest.Tables {
		if err := checkTable(dir, id, t.Compression); err != nil {
			return err
		}
	}
	return nil
}

func checkTable(dir string, id uint64, compression options.CompressionType) error {
	path := table.NewFilename(id, dir)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	opened, err := orPanic(func() (*table.Table, error) {
		return table.OpenInMemoryTable(data, id, &table.Options{Compression: compression, BlockSize: blockSize})
	})
	if err == nil {
		_, err = orPanic(func() (any, error) { return nil, opened.VerifyChecksum() })
	}
	if err != nil {
		return fmt.Errorf("%s is damaged: %w", path, err)
	}
	return nil
}
