package state

import (
	"fmt"
	"io/fs"
	"os"

	"cnrelay/state/internal/private"
)

// ensureDir makes a folder for this user only, or makes sure that it is one.
func ensureDir(dir string, mustExist bool) error {
	exists, err := private.Check(dir)
	if err != nil {
		return err
	}
	if !exists && mustExist {
		return problem("open state", dir+" is not there", "name the state directory (--state)", fs.ErrNotExist)
	}
	if err = makeDir(dir, exists); err != nil {
		return problem("open state", err.Error(), "name another state directory (--state)", err)
	}
	return nil
}

func makeDir(dir string, exists bool) error {
	if !exists {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		return os.Chmod(dir, 0o700) // whatever the umask
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a directory", dir)
	}
	return err
}
