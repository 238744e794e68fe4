package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cnrelay/cmd/cnrelay/internal/attach"
	"cnrelay/core"
	"cnrelay/packs"
)

const maxInput = 1 << 20 // bytes of a file that a command names

// readFile gives what a file holds that the operator names; "-" is standard input. Files are read where the
// operator is: a command that runs for another process gets what that one read, and from the network there is
// only "-".
func (a *app) readFile(path string) ([]byte, error) {
	raw, err := a.file(path)
	_, said := errors.AsType[*core.Error](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, core.Input("there is no file "+strconv.Quote(path), "check the path; it is read on the machine that runs cnrelay")
	case err != nil && !said:
		return nil, core.Input("can't read "+strconv.Quote(path)+": "+err.Error(), "check what the path names and who may read it")
	case len(raw) > maxInput:
		return nil, core.Input("the file is larger than 1 MiB", "check that it is the right file")
	}
	return raw, err
}

// file is readFile with the system's own errors.
func (a *app) file(path string) (raw []byte, err error) {
	if a.guest != nil && a.guest.files != nil {
		if raw, handed := a.guest.files[path]; handed || path != "-" {
			return raw, missing(handed)
		}
	}
	if a.read == nil {
		a.read = attach.Files{}
	}
	in := a.In
	if path != "-" {
		if a.who.Remote() {
			return nil, core.Input("over the network only - is taken as a file, and a pack by its id", "… < FILE, with - as the path")
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err = io.ReadAll(io.LimitReader(in, maxInput+1))
	if err == nil {
		a.read[path] = raw
	}
	return raw, err
}

func missing(there bool) error {
	if there {
		return nil
	}
	return fs.ErrNotExist
}

// pack is a pack by its id, or by its file.
func (a *app) pack(named string) (core.Pack, error) {
	if !isPath(named) {
		return a.packs().Pack(named)
	}
	return a.packFile(named)
}

func (a *app) packFile(path string) (core.Pack, error) {
	src, err := a.readFile(path)
	if err != nil {
		return core.Pack{}, err
	}
	return packs.Parse(path, src)
}

// providerID is the id of a provider that may be named by its pack's file.
func (a *app) providerID(named string) (string, error) {
	if !isPath(named) {
		return named, nil
	}
	p, err := a.packFile(named)
	return p.ID, err
}

func isPath(named string) bool {
	return strings.ContainsRune(named, filepath.Separator) || strings.HasSuffix(named, ".toml")
}
