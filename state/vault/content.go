package vault

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"filippo.io/age"
)

// content is what the age file holds, as JSON.
type content struct {
	Version        int               `json:"v"`
	FingerprintKey []byte            `json:"fingerprint_key"`
	Secrets        map[string]string `json:"secrets"`
	stored         bool              // it is on the disk
}

const contentVersion = 1

func newContent() content {
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails
	return content{Version: contentVersion, FingerprintKey: key, Secrets: map[string]string{}}
}

// open unlocks the vault at the first use.
func (v *Vault) open() (*unlocked, error) {
	if v.unlocked != nil {
		return v.unlocked, nil
	}
	if v.key.path == "" {
		return nil, v.refusal // closed
	}
	sealed, err := os.ReadFile(v.file)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return nil, problem(v.file+" can't be read: "+err.Error(), "make it readable for this user", err)
	}
	if fresh && v.refusal != nil {
		return nil, v.refusal
	}
	pair, err := v.key.open(fresh)
	if err != nil {
		return nil, err
	}
	u := &unlocked{pair: pair, content: newContent()}
	if !fresh {
		if u.content, err = unseal(sealed, pair, v.file); err != nil {
			return nil, err
		}
	}
	v.unlocked = u
	return u, nil
}

func (c content) seal(p pair) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return encrypt(plain, p.recipient)
}

func unseal(sealed []byte, p pair, file string) (content, error) {
	plain, err := decrypt(sealed, p.identities...)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return content{}, problem(file+" is encrypted to another key than "+p.from.path,
			"give the identity it was made with, or restore both files from the same copy", err)
	}
	var c content
	// What JSON says about a wrong content could quote it.
	if err != nil || json.Unmarshal(plain, &c) != nil || len(c.FingerprintKey) == 0 {
		return content{}, problem(file+" is damaged", "restore it from a copy", err)
	}
	if c.Version > contentVersion {
		return content{}, problem(fmt.Sprintf("%s has version %d; this build knows versions up to %d", file, c.Version, contentVersion),
			"use the cnrelay that wrote it, or a newer one", nil)
	}
	if c.Secrets == nil {
		c.Secrets = map[string]string{}
	}
	c.stored = true
	return c, nil
}

func encrypt(plain []byte, to age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

func decrypt(sealed []byte, ids ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), ids...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
