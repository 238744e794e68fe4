package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"filippo.io/age"

	"cnrelay/state/internal/private"
)

// keyFile is where the vault's identities lie: an age identity file, or one that age has encrypted with a
// passphrase (what `age -p` makes). The first identity is the one that is encrypted to; the others are older and
// open what a change of keys that was cut short has left.
type keyFile struct {
	path       string
	given      bool // by the operator: never made
	protected  bool // a passphrase must protect it
	passphrase func(again bool) (string, error)
}

// pair is the identities and what is encrypted to them.
type pair struct {
	identities []age.Identity
	recipient  age.Recipient
	from       keyFile
	phrase     string // that protects the file, "" if none does
}

// work is scrypt's cost for a new passphrase, as a power of two; age's own default.
var work = 18

const encryptedWithPassphrase = "age-encryption.org/v1\n-> scrypt "

// open reads the identities; for a fresh vault it makes one where none is.
func (k keyFile) open(fresh bool) (pair, error) {
	text, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) && !k.given {
		if !fresh {
			return pair{}, problem("the vault's key "+k.path+" is gone",
				"restore it from a copy; to start with an empty vault, move vault.age away and give the keys again", err)
		}
		return k.first()
	}
	if err != nil {
		return pair{}, problem(k.path+" can't be read: "+err.Error(), "make it readable for this user", err)
	}
	text, phrase, err := k.unwrap(text)
	if err != nil {
		return pair{}, err
	}
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || (k.given && len(ids) != 1) {
		return pair{}, problem(k.path+" is not an age identity file with one identity", "restore it from a copy, or name another one", err)
	}
	p := pair{identities: ids, from: k, phrase: phrase}
	switch id := ids[0].(type) {
	case *age.X25519Identity:
		p.recipient = id.Recipient()
	case *age.HybridIdentity:
		p.recipient = id.Recipient()
	default:
		return pair{}, problem(fmt.Sprintf("%s has an identity of a kind that can't encrypt (%T)", k.path, ids[0]), "name another one", nil)
	}
	return p, nil
}

// first makes the key of a vault that has none.
func (k keyFile) first() (pair, error) {
	phrase := ""
	if k.protected {
		var err error
		if phrase, err = k.ask(false); err != nil {
			return pair{}, err
		}
	}
	return k.make(phrase)
}

// make makes a new identity; those of an older pair are kept behind it until [pair.only].
func (k keyFile) make(phrase string, older ...age.Identity) (pair, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return pair{}, problem("no key can be made: "+err.Error(), "try again", err)
	}
	p := pair{identities: append([]age.Identity{id}, older...), recipient: id.Recipient(), from: k, phrase: phrase}
	return p, p.write()
}

// only forgets the older identities.
func (p pair) only() (pair, error) {
	p.identities = p.identities[:1]
	return p, p.write()
}

// write replaces the key file.
func (p pair) write() error {
	text := "# The key of cnrelay's vault beside it. Keep a copy elsewhere.\n"
	for _, id := range p.identities {
		text += fmt.Sprintln(id)
	}
	raw, err := wrap([]byte(text), p.phrase)
	if err != nil {
		return err
	}
	if err := private.Write(p.from.path, raw); err != nil {
		return problem(p.from.path+" can't be written: "+err.Error(), "check the disk; the vault is as it was before", err)
	}
	return nil
}

// wrap encrypts an identity file with a passphrase, if there is one.
func wrap(text []byte, phrase string) ([]byte, error) {
	if phrase == "" {
		return text, nil
	}
	to, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return nil, problem("the passphrase can't be used: "+err.Error(), "give another one", err)
	}
	to.SetWorkFactor(work)
	return encrypt(text, to)
}

// unwrap decrypts an identity file that is encrypted with a passphrase, and insists that it is if it must be.
func (k keyFile) unwrap(text []byte) (plain []byte, phrase string, err error) {
	if !strings.HasPrefix(string(text), encryptedWithPassphrase) {
		if k.protected {
			return nil, "", problem(k.path+" is not protected by a passphrase",
				"give none, or protect it: cnrelay vault rotate --new-passphrase", nil)
		}
		return text, "", nil
	}
	for again := false; ; again = true {
		phrase, err := k.ask(again)
		if err != nil {
			return nil, "", err
		}
		id, err := age.NewScryptIdentity(phrase)
		if err != nil {
			return nil, "", problem("the passphrase can't be used: "+err.Error(), "give another one", err)
		}
		plain, err := decrypt(text, id)
		if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
			continue
		}
		if err != nil {
			return nil, "", problem(k.path+" is damaged", "restore it from a copy", err)
		}
		return plain, phrase, nil
	}
}

// ask asks for the passphrase; again says that the one before was wrong.
func (k keyFile) ask(again bool) (string, error) {
	if k.passphrase == nil {
		return "", problem(k.path+" is protected by a passphrase", "give it: "+waysToGive, ErrLocked)
	}
	phrase, err := k.passphrase(again)
	switch {
	case errors.Is(err, ErrWrong):
		return "", problem("the passphrase is not the one of "+k.path, "try again", err)
	case err != nil:
		return "", problem("no passphrase: "+err.Error(), "give the vault's passphrase: "+waysToGive, err)
	case phrase == "":
		return "", problem("the passphrase is empty", "give the vault's passphrase", nil)
	}
	return phrase, nil
}

const waysToGive = "on a terminal, or by --passphrase-file, --passphrase-fd or --passphrase-command"
