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

// export writes a batch's bundle to a new file or directory, where it is whole or not at all; "-" is standard output.
func (s *session) export(ctx context.Context, id core.BatchID, out string, dir bool) (bundle.File, error) {
	b, err := s.Batch(ctx, id)
	if err != nil {
		return bundle.File{}, err
	}
	switch {
	case out == "" && s.who.Remote() && !dir:
		out = "-"
	case out == "":
		if out = bundle.Root(id); !dir {
			out += ".zip"
		}
	}
	path := out
	if out != "-" {
		if path, err = s.target(out); err != nil {
			return bundle.File{}, err
		}
	} else if dir || s.OutTerminal {
		return bundle.File{}, core.Input("standard output takes a zip, and no terminal", "--format zip --out - > FILE")
	}
	w := bundle.File{Path: out, At: time.Now().UTC()}
	write := func(to bundle.Folder) (err error) {
		w.Written, err = bundle.Write(ctx, to, s.Desk, id, s.Version, report.Documents())
		return err
	}
	switch {
	case dir:
		err = writeDir(path, write)
		w.Digest = w.Written.Digest
	case out == "-":
		w.Digest, err = zipTo(s.Out, b.Batch, write)
	default:
		w.Digest, err = writeZip(path, b.Batch, write)
	}
	if err != nil {
		return w, unwritable(out, err)
	}
	return w, s.Exported(ctx, b.Batch, out, w.Digest)
}

// target is a file or directory to make, where the operator is. For who comes from the network nothing is made here.
func (a *app) target(out string) (string, error) {
	if a.who.Remote() {
		return "", core.Input("over the network nothing is written to files", "cnrelay bundle export --batch ID --out - > FILE")
	}
	path := a.near(out)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return "", core.Input(out+" is there already; nothing was written", "name another file, or remove it first")
	}
	return path, nil
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
	if digest, err = zipTo(f, b, write); err != nil {
		return "", err
	}
	return digest, f.CloseAtomicallyReplace()
}

func zipTo(w io.Writer, b core.Batch, write func(bundle.Folder) error) (digest string, err error) {
	sum := sha256.New()
	buffered := bufio.NewWriterSize(w, 1<<16)
	z := bundle.NewZip(io.MultiWriter(buffered, sum), bundle.Root(b.ID), b.Ended)
	for _, step := range []func() error{func() error { return write(z) }, z.Close, buffered.Flush} {
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
	if err = write(directory(tmp)); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	return nil
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
