package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cnrelay/core/bundle"
)

// A bundle that can't be written leaves nothing behind, whenever that shows.
func TestNothingIsLeftOfABundleThatFailed(t *testing.T) {
	for name, write := range map[string]func(path string) error{
		"while it is written": func(string) error { return errors.New("disk full") },
		"when it is put in its place": func(path string) error { // somebody else was faster
			return os.MkdirAll(filepath.Join(path, "theirs"), 0o700)
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "bundle")
			err := writeDir(path, func(to bundle.Folder) error {
				f, err := to.Create("data/report.md")
				return errors.Join(err, f.Close(), write(path))
			})
			if left, _ := filepath.Glob(filepath.Join(folder, ".cnrelay-*")); err == nil || len(left) > 0 {
				t.Errorf("%v, left %v", err, left)
			}
		})
	}
}
