package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"filippo.io/age"

	"cnrelay/state/internal/private"
)

// keyFile is where the vault's identity lies: an age identity file, or one that age has encrypted with
// a passphrase (what `age -p` makes).
type keyFile struct {
	path       string
	given      bool // by the operator: never made
	passphrase func() (string, error)
}

// pair is an identity and what is encrypted to it.
type pair struct {
	identity  age.Identity
	recipient age.Recipient
	from      string // its file
}

// work is scrypt's cost for a new passphrase, as a power of two; age's own default.
var work = 18

const encryptedWithPassphrase = "age-encryption.org/v1\n-> scrypt "

// open reads the identity; for a fresh vault it makes one where none is.
func (k keyFile) open(fresh bool) (pair, error) {
	text, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) && !k.given {
		if !fresh {
			return pair{}, problem("the vault's key "+k.path+" is gone",
				"restore it from a copy; to start with an empty vault, move vault.age away and give the keys again", err)
		}
		return k.make()
	}
	if err != nil {
		return pair{}, problem(k.path+" can't be read: "+err.Error(), "make it readable for this user", err)
	}
	if text, err = k.unwrap(text); err != nil {
		return pair{}, err
	}
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(ids) != 1 {
		return pair{}, problem(k.path+" is not an age identity file with one identity", "restore it from a copy, or name another one", err)
	}
	switch id := ids[0].(type) {
	case *age.X25519Identity:
		return pair{id, id.Recipient(), k.path}, nil
	case *age.HybridIdentity:
		return pair{id, id.Recipient(), k.path}, nil
	}
	return pair{}, problem(fmt.Sprintf("%s has an identity of a kind that can't encrypt (%T)", k.path, ids[0]), "name another one", nil)
}

func (k keyFile) make() (pair, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return pair{}, problem("no key can be made: "+err.Error(), "try again", err)
	}
	text := []byte("# The key of cnrelay's vault beside it. Keep a copy elsewhere.\n" + id.String() + "\n")
	if text, err = k.wrap(text); err != nil {
		return pair{}, err
	}
	if err := private.Write(k.path, text); err != nil {
		return pair{}, problem(k.path+" can't be written: "+err.Error(), "check the disk", err)
	}
	return pair{id, id.Recipient(), k.path}, nil
}

// wrap encrypts an identity file with the passphrase, if one is wanted.
func (k keyFile) wrap(text []byte) ([]byte, error) {
	if k.passphrase == nil {
		return text, nil
	}
	phrase, err := k.ask()
	if err != nil {
		return nil, err
	}
	to, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return nil, problem("the passphrase can't be used: "+err.Error(), "give another one", err)
	}
	to.SetWorkFactor(work)
	return encrypt(text, to)
}

// unwrap decrypts an identity file that is encrypted with a passphrase, and insists that one is if a
// passphrase is given.
func (k keyFile) unwrap(text []byte) ([]byte, error) {
	wrapped := bytes.HasPrefix(text, []byte(encryptedWithPassphrase))
	switch {
	case wrapped && k.passphrase == nil:
		return nil, problem(k.path+" is protected by a passphrase", "give the passphrase", nil)
	case !wrapped && k.passphrase != nil:
		return nil, problem(k.path+" is not protected by a passphrase",
			"start without one, or protect it first: age -p -o vault.key.new vault.key && mv vault.key.new vault.key", nil)
	case !wrapped:
		return text, nil
	}
	phrase, err := k.ask()
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(phrase)
	if err != nil {
		return nil, problem("the passphrase can't be used: "+err.Error(), "give another one", err)
	}
	plain, err := decrypt(text, id)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, problem("the passphrase is not the one of "+k.path, "try again", err)
	}
	if err != nil {
		return nil, problem(k.path+" is damaged", "restore it from a copy", err)
	}
	return plain, nil
}

func (k keyFile) ask() (string, error) {
	phrase, err := k.passphrase()
	if err != nil {
		return "", problem("no passphrase: "+err.Error(), "give the vault's passphrase", err)
	}
	if phrase == "" {
		return "", problem("the passphrase is empty", "give the vault's passphrase", nil)
	}
	return phrase, nil
}
