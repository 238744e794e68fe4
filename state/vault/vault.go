// Package vault keeps secrets in one age file, which is decrypted once per process and replaced as a
// whole by every change. No error of it holds a secret.
package vault

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"cnrelay/core"
	"cnrelay/state/internal/fingerprint"
	"cnrelay/state/internal/private"
)

// Options of [Open].
type Options struct {
	// Identity is the path of an age identity file, instead of the vault's own vault.key.
	Identity string
	// Passphrase is asked for when the first secret is, if vault.key is protected by one, and not again once it
	// was right. again says that the one before was wrong; [ErrWrong] is the answer if there is no other.
	Passphrase func(again bool) (string, error)
	// Protected refuses a vault.key in clear, and protects the one that is made.
	Protected bool
}

var (
	// ErrLocked is a vault whose passphrase nobody can be asked for.
	ErrLocked = errors.New("the vault is locked")
	// ErrWrong is a passphrase that doesn't open the vault.
	ErrWrong = errors.New("the passphrase is wrong")
)

// Vault is a [core.Vault] in a directory that this process holds.
type Vault struct {
	file string // the secrets
	key  keyFile

	mu       sync.Mutex
	unlocked *unlocked // nil until the first use
	refusal  error     // why nothing can be put
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
		key:  keyFile{path: filepath.Join(dir, keyName), passphrase: opts.Passphrase, protected: opts.Protected},
	}
	if opts.Identity != "" {
		if opts.Protected {
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
		return nil, notThere(opts.Identity)
	}
	return v, nil
}

const keyName = "vault.key"

func notThere(identity string) error {
	return problem("the identity file "+identity+" is not there", "name an existing one, or make it with age-keygen -o", nil)
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
	v.unlocked = nil
	v.key, v.refusal = keyFile{}, problem("the vault has been closed", "start cnrelay again", nil)
}

// Refuse makes the vault one to read from only, and says why.
func (v *Vault) Refuse(why error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refusal = why
}

// Known are all secrets, if the vault is open already; nobody is asked for a passphrase.
func (v *Vault) Known() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.unlocked == nil {
		return nil
	}
	return slices.Collect(maps.Values(v.unlocked.content.Secrets))
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
	if err := v.write(next, u.pair); err != nil {
		return err
	}
	next.stored = true
	u.content = next
	return nil
}

func (v *Vault) write(c content, p pair) error {
	if v.refusal != nil {
		return v.refusal
	}
	sealed, err := c.seal(p)
	if err == nil {
		err = private.Write(v.file, sealed)
	}
	if err != nil {
		return problem(v.file+" can't be written: "+err.Error(), "check the disk; the vault is as it was before", err)
	}
	return nil
}

func problem(what, next string, err error) error {
	return &core.Error{Code: core.CodeState, Stage: "vault", What: what, Fault: core.FaultOperator, Next: next, Err: err}
}
