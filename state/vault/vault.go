// Package vault keeps secrets in one age file, which is decrypted once per process and replaced as a
// whole by every change. No error of it holds a secret.
package vault

import (
	"maps"
	"path/filepath"
	"sync"

	"cnrelay/core"
	"cnrelay/state/internal/fingerprint"
	"cnrelay/state/internal/private"
)

// Options of [Open].
type Options struct {
	// Identity is the path of an age identity file, instead of the vault's own vault.key.
	Identity string
	// Passphrase protects vault.key; it is asked for when the first secret is, and not again once it was right.
	Passphrase func() (string, error)
}

// Vault is a [core.Vault] in a directory that this process holds.
type Vault struct {
	file string // the secrets
	key  keyFile

	mu       sync.Mutex
	unlocked *unlocked // nil until the first use
	closed   bool
}

var _ core.Vault = (*Vault)(nil)

// unlocked is the vault in memory: the pair that opens it and what is in it.
type unlocked struct {
	pair    pair
	content content
}

// Open names the files of the vault in dir and checks that they are private. It reads none of them.
func Open(dir string, opts Options) (*Vault, error) {
	v := &Vault{
		file: filepath.Join(dir, "vault.age"),
		key:  keyFile{path: filepath.Join(dir, "vault.key"), passphrase: opts.Passphrase},
	}
	if opts.Identity != "" {
		if opts.Passphrase != nil {
			return nil, problem("both an identity file and a passphrase are given", "give one of them", nil)
		}
		v.key = keyFile{path: opts.Identity, given: true}
	}
	if _, err := private.Check(v.file); err != nil {
		return nil, err
	}
	exists, err := private.Check(v.key.path)
	if err != nil {
		return nil, err
	}
	if opts.Identity != "" && !exists {
		return nil, problem("the identity file "+opts.Identity+" is not there", "name an existing one, or make it with age-keygen -o", nil)
	}
	return v, nil
}

// Unlock opens the vault now rather than at the first use, to ask for a passphrase early or to hear
// that it was wrong.
func (v *Vault) Unlock() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, err := v.open()
	return err
}

// Close forgets what was decrypted. Nothing can be read or put any more: another process may have the
// directory by now.
func (v *Vault) Close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unlocked, v.closed = nil, true
}

// Secret implements [core.Vault].
func (v *Vault) Secret(ref string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	u, err := v.open()
	if err != nil {
		return "", err
	}
	secret, ok := u.content.Secrets[ref]
	if !ok {
		return "", problem("the vault has no secret "+ref, "give it again, or restore the vault from a copy", core.ErrNoSecret)
	}
	return secret, nil
}

// Put implements [core.Vault].
func (v *Vault) Put(secrets map[string]string) error {
	return v.change(func(all map[string]string) { maps.Copy(all, secrets) })
}

// Delete implements [core.Vault].
func (v *Vault) Delete(refs ...string) error {
	return v.change(func(all map[string]string) {
		for _, ref := range refs {
			delete(all, ref)
		}
	})
}

// Fingerprint implements [core.Vault]. It is empty if the vault can't be opened, and so is no
// fingerprint; see [Vault.Unlock].
func (v *Vault) Fingerprint(parts ...string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	u, err := v.open()
	if err == nil && !u.content.stored {
		err = v.replace(u, u.content.Secrets)
	}
	if err != nil {
		return ""
	}
	return fingerprint.Of(u.content.FingerprintKey, parts...)
}

// change replaces the secrets, on the disk first.
func (v *Vault) change(edit func(all map[string]string)) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	u, err := v.open()
	if err != nil {
		return err
	}
	all := maps.Clone(u.content.Secrets)
	edit(all)
	if u.content.stored && maps.Equal(all, u.content.Secrets) {
		return nil
	}
	return v.replace(u, all)
}

func (v *Vault) replace(u *unlocked, secrets map[string]string) error {
	next := u.content
	next.Secrets = secrets
	sealed, err := next.seal(u.pair)
	if err == nil {
		err = private.Write(v.file, sealed)
	}
	if err != nil {
		return problem(v.file+" can't be written: "+err.Error(), "check the disk; the vault is as it was before", err)
	}
	next.stored = true
	u.content = next
	return nil
}

func problem(what, next string, err error) error {
	return &core.Error{Code: core.CodeState, Stage: "vault", What: what, Fault: core.FaultOperator, Next: next, Err: err}
}
