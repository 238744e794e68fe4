package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
)

// tableExt is how the names of Badger's tables end.
const tableExt = ".sst"

// tablesOf reads the manifest of a Badger that is not open.
func tablesOf(dir string) (map[uint64]badger.TableManifest, error) {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	manifest, _, err := badger.ReplayManifestFile(f, 0, settings(dir))
	return manifest.Tables, err
}

// closed tells whether Badger's folder is as a clean end leaves it: the tables are those of the manifest, whole,
// and nothing waits in a log. Badger itself opens tables in goroutines of its own, where a damaged one ends the
// process, and its compaction drops what it can't read. Tables that add up to sum are those that were closed; to
// read each against its own checksums takes several times as long, and most of what opening takes.
func closed(dir, sum string) bool {
	tables, err := tablesOf(dir)
	if err != nil || len(tables) != len(replica{dir}.tables()) {
		return false
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "*.mem"))
	if sum != "" && tablesSum(dir) == sum {
		return len(logs) == 0
	}
	var checks errgroup.Group
	checks.SetLimit(runtime.GOMAXPROCS(0))
	for id, t := range tables {
		checks.Go(func() error { return checkTable(dir, id, t.Compression) })
	}
	return checks.Wait() == nil && len(logs) == 0
}

// tablesSum is what the tables of a Badger that is not open add up to: a hash of their names, sizes and CRC-32Cs. It is
// "" if they can't be read.
func tablesSum(dir string) string {
	tables, err := tablesOf(dir)
	if err != nil {
		return ""
	}
	ids := slices.Sorted(maps.Keys(tables))
	sums := make([]string, len(ids))
	var reads errgroup.Group
	reads.SetLimit(runtime.GOMAXPROCS(0))
	for i, id := range ids {
		reads.Go(func() error {
			f, err := os.Open(table.NewFilename(id, dir))
			if err != nil {
				return err
			}
			defer f.Close()
			crc := crc32.New(crc32.MakeTable(crc32.Castagnoli))
			size, err := io.Copy(crc, f)
			sums[i] = fmt.Sprintf("%d %d %08x", id, size, crc.Sum32())
			return err
		})
	}
	if reads.Wait() != nil {
		return ""
	}
	all := sha256.Sum256([]byte(strings.Join(sums, "\n")))
	return hex.EncodeToString(all[:8])
}

// checkTable reads a table against its checksums.
func checkTable(dir string, id uint64, compression options.CompressionType) error {
	path := table.NewFilename(id, dir)
	data, err := os.ReadFile(path)
	if err == nil {
		var opened *table.Table
		opened, err = orPanic(func() (*table.Table, error) {
			return table.OpenInMemoryTable(data, id, &table.Options{Compression: compression, BlockSize: blockSize})
		})
		if err == nil {
			_, err = orPanic(func() (any, error) { return nil, opened.VerifyChecksum() })
		}
	}
	if err != nil {
		return fmt.Errorf("%s (%w)", filepath.Base(path), err)
	}
	return nil
}

// rescueTable makes a new table of the blocks that are whole, in place of a damaged one. It tells whether there are
// any.
func rescueTable(dir string, id uint64, compression options.CompressionType) bool {
	path := table.NewFilename(id, dir)
	data, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	rescued, err := orPanic(func() ([]byte, error) { return wholeBlocks(data, id, compression) })
	if err != nil || rescued == nil {
		return false
	}
	// The damaged one may be linked to the ledger's own.
	return os.Remove(path) == nil && os.WriteFile(path, rescued, 0o600) == nil
}

// wholeBlocks is a table of what can be read of a damaged one, nil if that is nothing.
func wholeBlocks(data []byte, id uint64, compression options.CompressionType) ([]byte, error) {
	opts := table.Options{Compression: compression, BlockSize: blockSize, TableSize: uint64(len(data)), BloomFalsePositive: 0.01, ChkMode: options.OnBlockRead}
	t, err := table.OpenInMemoryTable(data, id, &opts)
	if err != nil {
		return nil, err
	}
	whole := table.NewTableBuilder(opts)
	defer whole.Close()
	it := t.NewIterator(table.NOCACHE)
	defer it.Close()
	var last []byte
	for _, first := range t.KeySplits(math.MaxInt, nil) {
		if last != nil && y.CompareKeys([]byte(first), last) <= 0 {
			continue // of a block that was read after the one before it
		}
		for it.Seek([]byte(first)); it.Valid(); it.Next() {
			last = bytes.Clone(it.Key())
			whole.Add(last, it.ValueCopy(), 0)
		}
	}
	if whole.Empty() {
		return nil, nil
	}
	return whole.Finish(), nil
}

// encodeManifest is a manifest as Badger reads it (version 8): its magic number, and one set of changes after its
// length and checksum.
func encodeManifest(tables map[uint64]badger.TableManifest) []byte {
	var set pb.ManifestChangeSet
	for id, t := range tables {
		set.Changes = append(set.Changes, &pb.ManifestChange{Id: id, Op: pb.ManifestChange_CREATE,
			Level: uint32(t.Level), KeyId: t.KeyID, EncryptionAlgo: pb.EncryptionAlgo_aes, Compression: uint32(t.Compression)})
	}
	changes, err := proto.Marshal(&set)
	if err != nil {
		panic(err) // it is numbers
	}
	out := []byte{'B', 'd', 'g', 'r', 0, 0, 0, 8}
	out = binary.BigEndian.AppendUint32(out, uint32(len(changes)))
	out = binary.BigEndian.AppendUint32(out, crc32.Checksum(changes, crc32.MakeTable(crc32.Castagnoli)))
	return append(out, changes...)
}
