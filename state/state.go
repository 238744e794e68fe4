// Package state keeps what cnrelay knows, in one directory that one process at a time may open: the
// ledger (Badger, in db), its tally (head), the vault (vault.age and its key) and who holds it all.
//
// What a commit acknowledged is on the disk, and what is on the disk is checked when it is opened: a
// ledger that lost a record says so and refuses to go on.
package state

import (
	"errors"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"cnrelay/core"
	"cnrelay/state/vault"
)

// Options of [Open]. The zero value is fine, but for What and Build, which others are shown.
type Options struct {
	What  string // the command that opens it
	Build string // of this cnrelay
	// Listens and Stays tell others whether they can attach to this process: see [Holder].
	Listens, Stays bool

	// Vault is how the vault is opened. The zero value takes the key that lies beside it, readable by its user only.
	Vault vault.Options

	// A damaged ledger is not opened, unless one of these is set. ReadDamaged opens it for reading only (see
	// [State.Damage]); AcceptLoss takes what is left of it for the whole, and keeps the damaged one beside it.
	ReadDamaged, AcceptLoss bool
	// ReadOnly opens any ledger for reading only, and changes nothing in the directory.
	ReadOnly bool

	// Volume examines the volume of a directory; nil asks the operating system.
	Volume func(dir string) (Volume, error)
}

// State is an open state directory.
type State struct {
	ledger *ledger
	vault  *vault.Vault
	info   core.StateInfo
	close  func() error
}

// Open opens a state directory and makes it if there is none. It narrows the umask of the process to
// 077 for good: Badger makes files at any time, and all are for their owner only.
//
// The vault stays shut until the first secret is asked for.
func Open(dir string, opts Options) (*State, error) {
	unix.Umask(0o077)
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, problem("open state", err.Error(), "name the state directory by its full path (--state)", err)
	}
	if err := ensureDir(dir, opts.ReadOnly); err != nil {
		return nil, err
	}
	if err := finished(dir); err != nil {
		return nil, err
	}
	room := roomOn(dir, opts.Volume, 0)
	if err := room(); err != nil {
		return nil, err
	}
	release, err := hold(dir, opts)
	if err != nil {
		return nil, err
	}
	s, err := open(dir, opts, room)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	s.close = sync.OnceValue(func() error {
		s.vault.Close()
		return errors.Join(s.ledger.Close(), release())
	})
	return s, nil
}

// open opens what is in a directory that this process holds.
func open(dir string, opts Options, room func() error) (*State, error) {
	secrets, err := vault.Open(dir, opts.Vault)
	if err != nil {
		return nil, err
	}
	ledger, err := openLedger(dir, opts, room)
	if err != nil {
		return nil, err
	}
	if ledger.head == nil {
		secrets.Refuse(ledger.refusal)
	}
	info, err := identify(ledger)
	if err != nil {
		return nil, errors.Join(err, ledger.Close())
	}
	return &State{ledger: ledger, vault: secrets, info: info}, nil
}

// Store is the ledger.
func (s *State) Store() core.Store { return s.ledger }

// Vault is where the secrets are.
func (s *State) Vault() *vault.Vault { return s.vault }

// Damage is what a ledger that is open for reading only has lost, or nil.
func (s *State) Damage() error { return damaged("open the ledger", s.ledger.damage) }

// Info identifies the state directory.
func (s *State) Info() core.StateInfo { return s.info }

// Close shuts the vault, waits for those who read and write the ledger, closes it and lets go of the
// directory. More than once is the same as once.
func (s *State) Close() error { return s.close() }
