package cli

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/tui/report"
)

// export writes a batch's bundle to a new file or directory. It is there whole, or not at all.
func (s *session) export(ctx context.Context, id core.BatchID, out string, dir bool) (bundle.File, error) {
	b, err := s.Batch(ctx, id)
	if err != nil {
		return bundle.File{}, err
	}
	if out == "" {
		if out = bundle.Root(id); !dir {
			out += ".zip"
		}
	}
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return bundle.File{}, core.Input(out+" is there already; nothing was written", "name another file, or remove it first")
	}
	w := bundle.File{Path: out, At: time.Now().UTC()}
	write := func(to bundle.Folder) (err error) {
		w.Written, err = bundle.Write(ctx, to, s.Engine, id, s.Version, report.Documents())
		return err
	}
	if dir {
		err = writeDir(out, write)
		w.Digest = w.Written.Digest
	} else {
		w.Digest, err = writeZip(out, b.Batch, write)
	}
	if err != nil {
		return w, unwritable(out, err)
	}
	return w, s.Exported(ctx, b.Batch, out, w.Digest)
}

func unwritable(path string, err error) error {
	if core.CodeOf(err) != "" {
		return err
	}
	return &core.Error{Code: core.CodeInput, Stage: "bundle", What: path + " can't be written: " + err.Error(), Fault: core.FaultOperator,
		Next: "name a file in a folder that you may write to, on a disk with room", Err: err}
}

func writeZip(path string, b core.Batch, write func(bundle.Folder) error) (digest string, err error) {
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o600))
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Cleanup() }()
	sum := sha256.New()
	buffered := bufio.NewWriterSize(f, 1<<16)
	z := bundle.NewZip(io.MultiWriter(buffered, sum), bundle.Root(b.ID), b.Ended)
	for _, step := range []func() error{func() error { return write(z) }, z.Close, buffered.Flush, f.CloseAtomicallyReplace} {
		if err := step(); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func writeDir(path string, write func(bundle.Folder) error) error {
	tmp, err := os.MkdirTemp(filepath.Dir(path), ".cnrelay-bundle-")
	if err != nil {
		return err
	}
	if err := write(directory(tmp)); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	return os.Rename(tmp, path)
}

// directory is a bundle's folder on disk.
type directory string

// Create implements [bundle.Folder].
func (d directory) Create(name string) (io.WriteCloser, error) {
	path := filepath.Join(string(d), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{bufio.NewWriterSize(f, 1<<16), f}, nil
}

type file struct {
	*bufio.Writer
	f *os.File
}

// Close implements [io.Closer].
func (f *file) Close() error { return errors.Join(f.Flush(), f.f.Close()) }
