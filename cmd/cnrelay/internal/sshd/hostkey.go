package sshd

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"
	"golang.org/x/crypto/ssh"

	"cnrelay/core"
)

// HostKey reads the private key by which the server is known, and makes it the first time, readable by its user only.
func HostKey(path string) (ssh.Signer, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newHostKey(path)
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, core.Input(path+" can be read by others, so it proves nothing any more", "remove it: a new one is made; its fingerprint will be another")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, core.Input(err.Error(), "check who may read the file")
	}
	key, err := ssh.ParsePrivateKey(raw)
	if err != nil {
		return nil, core.Input(path+" is not a private key without a passphrase", "remove it: a new one is made; its fingerprint will be another")
	}
	return key, nil
}

func newHostKey(path string) (ssh.Signer, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(key.private, "cnrelay")
	if err == nil {
		err = renameio.WriteFile(path, pem.EncodeToMemory(block), 0o600)
	}
	if err != nil {
		return nil, core.Input("the host key can't be written: "+err.Error(), "make its folder writable")
	}
	return key, nil
}

// signer is a host key that was made here.
type signer struct {
	ssh.Signer
	private ed25519.PrivateKey
}

func newKey() (signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return signer{}, err
	}
	s, err := ssh.NewSignerFromKey(private)
	return signer{s, private}, err
}
