package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/sys/unix"

	"cnrelay/state/internal/private"
)

// replica is a copy of Badger's folder, to look at. Badger cuts its logs at the first damaged byte, and deletes
// the tables that its manifest doesn't name, when it opens them: here it may.
type replica struct{ dir string }

// newReplica copies the folder db. Tables never change, so they are linked where that is possible.
func newReplica(db, dir string) (replica, error) {
	r := replica{dir}
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return r, err
	}
	entries, err := os.ReadDir(db)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	for _, e := range entries {
		from, to := filepath.Join(db, e.Name()), filepath.Join(dir, e.Name())
		if filepath.Ext(from) == tableExt && os.Link(from, to) == nil {
			continue
		}
		if err := copySparse(from, to); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r replica) remove() error { return os.RemoveAll(r.dir) }

// copySparse leaves out the holes: most of Badger's logs are some.
func copySparse(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := in.Stat()
	block := make([]byte, 256<<10)
	for at := int64(0); err == nil && at < info.Size(); {
		data, hole := unix.Seek(int(in.Fd()), at, unix.SEEK_DATA)
		if errors.Is(hole, unix.ENXIO) {
			break // up to the end
		}
		if hole == nil {
			at = data
		} // else the file system has no holes, or can't tell
		var n int
		if n, err = in.ReadAt(block, at); err == io.EOF {
			err = nil
		}
		if err == nil {
			_, err = out.WriteAt(block[:n], at)
		}
		at += int64(max(n, 1)) // never in place
	}
	if err == nil {
		err = out.Truncate(info.Size())
	}
	return errors.Join(err, out.Close())
}

// mend leaves of damaged tables what is whole, and makes a new manifest where it is damaged or every table is
// wanted. It tells what was damaged.
func (r replica) mend(every bool) (hurt []string, err error) {
	tables, unreadable := tablesOf(r.dir)
	if unreadable != nil {
		hurt = append(hurt, badger.ManifestFilename+" ("+unreadable.Error()+")")
		tables = map[uint64]badger.TableManifest{}
	}
	if every || unreadable != nil {
		for _, id := range r.tables() {
			// Records carry their own order, so any table may stand in the first level.
			tables[id] = badger.TableManifest{Compression: settings(r.dir).Compression}
		}
	}
	for id, t := range tables {
		if err := checkTable(r.dir, id, t.Compression); err != nil {
			hurt = append(hurt, err.Error())
			if !rescueTable(r.dir, id, t.Compression) {
				delete(tables, id)
			}
		}
	}
	slices.Sort(hurt)
	if !every && len(hurt) == 0 {
		return nil, nil
	}
	manifest := filepath.Join(r.dir, badger.ManifestFilename)
	return hurt, errors.Join(os.RemoveAll(manifest), private.Write(manifest, encodeManifest(tables)))
}

// tables are the numbers of all table files that are there.
func (r replica) tables() (ids []uint64) {
	files, _ := filepath.Glob(filepath.Join(r.dir, "*"+tableExt)) // the pattern is sound
	for _, f := range files {
		if id, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(f), tableExt), 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// open opens Badger on the replica. A log that keeps it from that is left out.
func (r replica) open() (db *badger.DB, hurt []string, err error) {
	opts := settings(r.dir).WithSyncWrites(false).
		WithNumCompactors(0).WithNumLevelZeroTablesStall(1 << 20)
	for _, logs := range []string{"", "*.mem", "*.vlog"} {
		if logs != "" {
			hurt = append(hurt, fmt.Sprintf("logs %s (%v)", logs, err))
			files, _ := filepath.Glob(filepath.Join(r.dir, logs))
			for _, f := range files {
				if err := os.Remove(f); err != nil {
					return nil, hurt, err
				}
			}
		}
		if db, err = openBadger(opts); err == nil {
			return db, hurt, nil
		}
	}
	return nil, hurt, err
}
