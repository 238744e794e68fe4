package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

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
	secret := strings.TrimRight(string(raw), "\r\n")
	switch {
	case strings.TrimSpace(secret) == "":
		return "", core.Input("--"+flag+": the file is empty", "put the secret on its first line")
	case strings.ContainsAny(secret, "\r\n"):
		return "", core.Input("--"+flag+": the file has more than one line", "leave only the secret in it")
	}
	return secret, nil
}

// readKeys reads a file of upstream keys: one a line, as "key" or "name = key"; # starts a comment line.
// No key ever stands in an error.
func (a *app) readKeys(flag, path string) ([]engine.Key, error) {
	raw, err := a.readInput(flag, path)
	if err != nil {
		return nil, err
	}
	var keys []engine.Key
	byKey, byName := map[string]int{}, map[string]int{}
	for i, line := range strings.Split(string(raw), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		n := i + 1
		refuse := func(format string, args ...any) ([]engine.Key, error) {
			return nil, core.Input(fmt.Sprintf("--%s: line %d: ", flag, n)+fmt.Sprintf(format, args...), "one key a line: KEY, or NAME = KEY")
		}
		key := keyOf(line)
		switch {
		case key.Value == "":
			return refuse("there is no key after the name")
		case !keyLike(key.Value):
			return refuse("that is not a key: it holds spaces or characters that no key has, or is too short or too long")
		case key.Name != "" && !nameShape.MatchString(key.Name):
			return refuse("bad name: letters, digits, dots, dashes and underscores only, 40 at most")
		case byKey[key.Value] != 0:
			return refuse("the same key stands on line %d", byKey[key.Value])
		case key.Name != "" && byName[key.Name] != 0:
			return refuse("the same name stands on line %d", byName[key.Name])
		}
		byKey[key.Value], byName[key.Name] = n, n
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, core.Input("--"+flag+": there is no key in the file", "one key a line: KEY, or NAME = KEY")
	}
	return keys, nil
}

var nameShape = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

// keyLike tells what can go into a header as a key.
func keyLike(s string) bool {
	return len(s) >= 4 && len(s) <= 4096 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// keyOf splits a line. A key may end in the padding of base64, which is no name's equals sign.
func keyOf(line string) engine.Key {
	name, value, named := strings.Cut(line, "=")
	if !named || strings.HasPrefix(value, "=") {
		return engine.Key{Value: line}
	}
	return engine.Key{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
}
