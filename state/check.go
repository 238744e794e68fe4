package state

import (
	"errors"

	"cnrelay/core"
	"cnrelay/state/vault"
)

// Report is what a check of a state directory found.
type Report struct {
	Dir     string         `json:"dir"`
	State   core.StateInfo `json:"state"`
	Free    uint64         `json:"free"` // bytes on the volume that this user may write
	Version int            `json:"version"`
	Ledger  Ledger         `json:"ledger"`
	// Damage is what the ledger has lost, in words; with none, every record is there as it was written.
	Damage []string     `json:"damage,omitempty"`
	Vault  vault.Report `json:"vault"` // zero if there is none yet
	// Locked says why the vault was not opened.
	Locked error `json:"-"`
}

// Unopened tells whether the vault was not opened for want of a passphrase.
func (r Report) Unopened() bool { return errors.Is(r.Locked, vault.ErrLocked) }

// Whole tells whether nothing is wrong that could be seen.
func (r Report) Whole() bool { return r.Damage == nil && (r.Locked == nil || r.Unopened()) }

// Next is what can be done about damage.
func (r Report) Next() string { return repair }

// Ledger sums a ledger up: two with the same sums hold the same records.
type Ledger struct {
	Updates uint64 `json:"updates"` // made so far
	Records int64  `json:"records"` // there are
	Digest  string `json:"digest"`  // of all records, hexadecimal
}

// Sums are the ledger's.
func (s *State) Sums() Ledger {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return s.ledger.tally.sums()
}

func (t tally) sums() Ledger {
	digest, _ := t.Digest.MarshalText() // never fails
	return Ledger{Updates: t.Updates, Records: t.Records, Digest: string(digest)}
}

// Check reads every record of a state directory, and opens its vault. It changes nothing.
func Check(dir string, opts Options) (Report, error) {
	opts.ReadOnly = true
	s, err := Open(dir, opts)
	if err != nil {
		return Report{Dir: dir}, err
	}
	r := Report{Dir: dir, State: s.Info(), Version: tallyVersion, Ledger: s.Sums(), Damage: s.ledger.damage}
	r.Vault, r.Locked = s.vault.Report()
	if v, err := volumeOf(dir); err == nil {
		r.Free = v.Free
	}
	return r, s.Close()
}
