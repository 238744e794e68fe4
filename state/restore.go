package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/sys/unix"

	"cnrelay/state/internal/private"
)

// unfinished is the name of a file that is there while a restore is under way.
const unfinished = "restore.unfinished"

// finished refuses a directory that a restore has left half written.
func finished(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, unfinished)); !errors.Is(err, fs.ErrNotExist) {
		return problem("open state", "a restore into "+dir+" did not end", "empty the directory and restore again", err)
	}
	return nil
}

// Restore makes a state directory, which must be empty or not there, of a backup. The backup is read whole before
// anything is written; if writing fails, nothing is left of it.
func Restore(path, dir string, opts Options) (Backup, error) {
	unix.Umask(0o077)
	f, err := os.Open(path)
	if err != nil {
		return Backup{}, backupProblem(err.Error(), "name a file that cnrelay state backup made", err)
	}
	defer f.Close()
	content, err := readBackup(f, path, nil)
	if err != nil {
		return content.Backup, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return content.Backup, err
	}
	if err := ensureDir(dir, false); err != nil {
		return content.Backup, err
	}
	if err := empty(dir); err != nil {
		return content.Backup, err
	}
	if err := roomOn(dir, opts.Volume, content.bytes)(); err != nil {
		return content.Backup, err
	}
	release, err := hold(dir, opts)
	if err != nil {
		return content.Backup, err
	}
	if err = content.write(f, path, dir); err != nil {
		err = errors.Join(backupProblem("the backup could not be restored: "+err.Error(), "check the disk, then restore again: nothing is left of it", err), clear(dir))
	}
	return content.Backup, errors.Join(err, release())
}

// empty refuses a directory that holds anything but the lock of a process and what a new volume has.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return backupProblem(dir+" can't be read: "+err.Error(), "name another directory (--state)", err)
	}
	for _, e := range entries {
		switch e.Name() {
		case "holder.lock", "holder.json", "lost+found":
		default:
			return backupProblem(fmt.Sprintf("%s is not empty (%s)", dir, e.Name()), "name an empty directory (--state DIR)", nil)
		}
	}
	return nil
}

// write makes the state directory; the marker goes last.
func (c backupContent) write(f io.ReadSeeker, path, dir string) error {
	at := filesOf(dir)
	marker := filepath.Join(dir, unfinished)
	if err := private.Write(marker, nil); err != nil {
		return err
	}
	if c.sealed != nil {
		if err := private.Write(filepath.Join(dir, backupVault), c.sealed); err != nil {
			return err
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	db, err := badger.Open(settings(at.db))
	if err != nil {
		return err
	}
	batch := db.NewWriteBatch()
	defer batch.Cancel()
	_, err = readBackup(f, path, func(record string, raw []byte) error { return batch.Set([]byte(record), raw) })
	if err == nil {
		err = batch.Flush()
	}
	if err == nil {
		err = db.Update(func(txn *badger.Txn) error { return set(txn, tallyPath, c.tally.encode()) })
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := createHead(at.head, headLine{tally: c.tally, Clean: true}); err != nil {
		return err
	}
	return errors.Join(os.Remove(marker), private.SyncDir(dir))
}

// clear takes away what a failed restore wrote.
func clear(dir string) error {
	at := filesOf(dir)
	return errors.Join(os.RemoveAll(at.db), os.RemoveAll(at.head), os.RemoveAll(filepath.Join(dir, backupVault)), os.RemoveAll(filepath.Join(dir, unfinished)))
}
