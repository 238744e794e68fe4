// Package private reads and writes files that are for their owner only.
package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"cnrelay/core"
)

// Write replaces a file as a whole, mode 0600 whatever the umask, and returns when it is on the disk.
func Write(path string, data []byte) error {
	dir := filepath.Dir(path)
	err := renameio.WriteFile(path, data, 0o600, renameio.IgnoreUmask(), renameio.WithTempDir(dir))
	if err != nil {
		return err
	}
	return SyncDir(dir)
}

// SyncDir puts the names in a folder on the disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// SyncAll puts a folder of files on the disk.
func SyncAll(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, SyncDir(filepath.Join(dir, e.Name())))
	}
	return errors.Join(err, SyncDir(dir))
}

// Check tells whether path exists, and refuses one that others could read or write.
func Check(path string) (exists bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, refusal(err.Error(), "name another path, or make it readable for this user", err)
	}
	mode := info.Mode().Perm()
	if mode&0o077 == 0 {
		return true, nil
	}
	want := 0o600
	if info.IsDir() {
		want = 0o700
	}
	return true, refusal(fmt.Sprintf("%s is open to other users (mode %04o)", path, mode),
		fmt.Sprintf("chmod %o %s, after making sure that nobody has read or changed it", want, path), nil)
}

func refusal(what, next string, err error) error {
	return &core.Error{Code: core.CodeState, Stage: "open state", What: what, Fault: core.FaultOperator, Next: next, Err: err}
}
