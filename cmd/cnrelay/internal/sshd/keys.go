package sshd

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"cnrelay/core"
)

// Keys is the path of a file of public keys, as OpenSSH's authorized_keys, each with the option
// cnrelay-role="viewer", "operator" or "admin". The comment is the operator's name. It is read again for every
// one who comes, and now and then for those who are on: a key that is taken out is out.
type Keys string

// Check reads the file and tells how many keys it lists.
func (k Keys) Check() (int, error) {
	list, err := k.read()
	if err == nil && len(list) == 0 {
		err = k.fault(0, "lists no key, so nobody could come in")
	}
	return len(list), err
}

var errUnlisted = errors.New("the key is not listed")

// of is whose key it is.
func (k Keys) of(key ssh.PublicKey) (core.Operator, error) {
	list, err := k.read()
	if err != nil {
		return core.Operator{}, err
	}
	print := ssh.FingerprintSHA256(key)
	for _, l := range list {
		if l.Key == print {
			return l, nil
		}
	}
	return core.Operator{}, errUnlisted
}

// still tells whether an operator's key is listed as it was. While the file can't be read nothing is known.
func (k Keys) still(who core.Operator) bool {
	list, err := k.read()
	return err != nil || slices.ContainsFunc(list, func(l core.Operator) bool { return l.Is(who) && l.Role == who.Role })
}

func (k Keys) read() ([]core.Operator, error) {
	info, err := os.Stat(string(k))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, core.Input("there is no file "+string(k)+" of the keys that may come in", `a line each: cnrelay-role="operator" ssh-ed25519 AAAA… NAME`)
	case err != nil:
		return nil, core.Input(err.Error(), "check who may read the file")
	case info.Mode().Perm()&0o022 != 0:
		return nil, core.Input(string(k)+" can be written by others", "chmod go-w "+string(k))
	}
	raw, err := os.ReadFile(string(k))
	if err != nil {
		return nil, core.Input(err.Error(), "check who may read the file")
	}
	var out []core.Operator
	for i, line := range strings.Split(string(raw), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		l, err := parse(line)
		if err != nil {
			return nil, k.fault(i+1, err.Error())
		}
		if slices.ContainsFunc(out, func(o core.Operator) bool { return o.Key == l.Key }) {
			return nil, k.fault(i+1, "the same key stands above")
		}
		out = append(out, l)
	}
	return out, nil
}

func (k Keys) fault(line int, what string) error {
	at := string(k)
	if line > 0 {
		at = fmt.Sprintf("%s:%d", k, line)
	}
	return core.Input(at+": "+what, `a line each: cnrelay-role="operator" ssh-ed25519 AAAA… NAME`)
}

// parse reads one line. An option that isn't known is a fault: one that restricts must not be ignored.
func parse(line string) (core.Operator, error) {
	key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return core.Operator{}, errors.New("this is not a public key")
	}
	if _, cert := key.(*ssh.Certificate); cert {
		return core.Operator{}, errors.New("certificates are not taken, only keys")
	}
	print := ssh.FingerprintSHA256(key)
	who := core.Operator{Name: cmp.Or(comment, print), Key: print}
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		role := core.Role(strings.Trim(value, `"`))
		switch {
		case name != "cnrelay-role":
			return core.Operator{}, fmt.Errorf("the option %q is not known here", name)
		case !slices.Contains(core.Roles, role):
			return core.Operator{}, fmt.Errorf("%q is no role; viewer, operator and admin are", role)
		case who.Role != "":
			return core.Operator{}, errors.New("there are two roles")
		}
		who.Role = role
	}
	if who.Role == "" {
		return core.Operator{}, errors.New(`it has no role: cnrelay-role="viewer", "operator" or "admin"`)
	}
	return who, nil
}
