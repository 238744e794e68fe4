package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cnrelay/state/internal/private"
)

// Rotation is the key that a vault changes to: a new one in its own vault.key, or the operator's.
type Rotation struct {
	Identity string // path of the operator's age identity file; "" is the vault's own
	// Passphrase protects the new vault.key, "" leaves it in clear; Keep takes the one that there is.
	Passphrase string
	Keep       bool
}

// Rotate gives the vault another key. Whenever it is cut short, the vault opens with the old key or with what
// vault.key then holds; a second try ends it. Copies of the old vault and the old key still open each other.
func (v *Vault) Rotate(to Rotation) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	u, err := v.open()
	if err != nil {
		return err
	}
	if v.refusal != nil {
		return v.refusal
	}
	if to.Identity != "" {
		return v.giveTo(u, to.Identity)
	}
	own := keyFile{path: filepath.Join(filepath.Dir(v.file), keyName)}
	phrase, older := to.Passphrase, u.pair.identities
	if to.Keep {
		phrase = u.pair.phrase
	}
	if u.pair.from.given {
		if exists, err := private.Check(own.path); exists || err != nil {
			return problem(own.path+" is there already, and not this vault's key", "move it away", err)
		}
		older = nil // it is the operator's
	}
	next, err := own.make(phrase, older...)
	if err != nil {
		return err
	}
	if err := v.write(u.content, next); err != nil {
		return err
	}
	u.content.stored, u.pair, v.key = true, next, own
	u.pair, err = next.only()
	return err
}

// giveTo encrypts the vault to the operator's identity. Its own key is of no use after that.
func (v *Vault) giveTo(u *unlocked, identity string) error {
	exists, err := private.Check(identity)
	if err == nil && !exists {
		err = notThere(identity)
	}
	if err != nil {
		return err
	}
	next, err := keyFile{path: identity, given: true}.open(false)
	if err != nil {
		return err
	}
	if err := v.write(u.content, next); err != nil {
		return err
	}
	old := u.pair.from
	u.content.stored, u.pair, v.key = true, next, next.from
	if old.given {
		return nil
	}
	if err := os.Remove(old.path); err != nil {
		return problem("the old key "+old.path+" can't be removed: "+err.Error(), "remove it", err)
	}
	return nil
}

// Sealed is the vault as it lies on the disk, or nil if there is none yet.
func (v *Vault) Sealed() ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	sealed, err := os.ReadFile(v.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return sealed, err
}

// Report is what is known of a vault; Protected and Secrets only of one that is open.
type Report struct {
	File      string `json:"file"`
	Key       string `json:"key"`       // the file that opens it
	Own       bool   `json:"own"`       // that file is the vault's own
	Protected bool   `json:"protected"` // by a passphrase
	Secrets   int    `json:"secrets"`
}

// Lies tells where the vault and its key are, without opening it.
func (v *Vault) Lies() Report { return Report{File: v.file, Key: v.key.path, Own: !v.key.given} }

// Report opens the vault and tells of it. It is zero if there is none yet.
func (v *Vault) Report() (Report, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, err := os.Stat(v.file); errors.Is(err, fs.ErrNotExist) {
		return Report{}, nil
	}
	r := v.Lies()
	u, err := v.open()
	if err != nil {
		return r, err
	}
	r.Protected, r.Secrets = u.pair.phrase != "", len(u.content.Secrets)
	return r, nil
}
