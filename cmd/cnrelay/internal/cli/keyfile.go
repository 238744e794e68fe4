package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"cnrelay/core"
	"cnrelay/core/engine"
)

const maxInput = 1 << 20 // bytes of a file of keys

// readInput gives what a file holds; "-" is standard input.
func (a *app) readInput(flag, path string) ([]byte, error) {
	in := a.In
	if path != "-" {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, core.Input("--"+flag+": there is no file "+strconv.Quote(path), "check the path; it is read on the machine that runs cnrelay")
		}
		if err != nil {
			return nil, core.Input("--"+flag+": "+err.Error(), "check who may read the file")
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	switch {
	case err != nil:
		return nil, core.Input("--"+flag+": "+err.Error(), "give a file that can be read")
	case len(raw) > maxInput:
		return nil, core.Input("--"+flag+": the file is larger than 1 MiB", "check that it is the right file")
	}
	return bytes.TrimPrefix(raw, []byte("\ufeff")), nil
}

// readSecret gives the one line of a file that holds a secret.
func (a *app) readSecret(flag, path string) (string, error) {
	raw, err := a.readInput(flag, path)
	if err != nil {
		return "", err
	}
	return oneSecret(flag, raw)
}

// readKeys reads a file of upstream keys: one a line, as "key" or "name = key"; # starts a comment line.
// No key ever stands in an error.
func (a *app) readKeys(flag, path string) ([]engine.Key, error) {
	raw, err := a.readInput(flag, path)
	if err != nil {
		return nil, err
	}
	list := engine.ParseKeys(string(raw))
	switch {
	case len(list.Faults) > 0:
		f := list.Faults[0]
		return nil, core.Input(fmt.Sprintf("--%s: line %d: %s", flag, f.Line, f.Why), "one key a line: KEY, or NAME = KEY")
	case len(list.Keys) == 0:
		return nil, core.Input("--"+flag+": there is no key in the file", "one key a line: KEY, or NAME = KEY")
	}
	return list.Keys, nil
}
