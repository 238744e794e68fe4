package cli

import (
	"bytes"
	"errors"
	"fmt"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// readInput gives what a file holds; "-" is standard input.
func (a *app) readInput(flag, path string) ([]byte, error) {
	raw, err := a.readFile(path)
	if e, ok := errors.AsType[*core.Error](err); ok {
		e.What = "--" + flag + ": " + e.What
	}
	return bytes.TrimPrefix(raw, []byte("\ufeff")), err
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
