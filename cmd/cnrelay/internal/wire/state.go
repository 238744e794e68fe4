package wire

import (
	"errors"

	"cnrelay/state"
	"cnrelay/state/vault"
)

// CheckState reads everything in the state directory and changes nothing.
func CheckState(o Options) (state.Report, error) { return state.Check(o.Dir, o.state()) }

// BackUp writes the state directory to a new file.
func BackUp(o Options, path string) (b state.Backup, v vault.Report, err error) {
	s, err := state.Open(o.Dir, o.state())
	if err != nil {
		return b, v, err
	}
	b, err = s.Backup(path, o.Version)
	return b, s.Vault().Lies(), errors.Join(err, s.Close())
}

// Restore makes the state directory of a backup.
func Restore(o Options, path string) (state.Backup, error) {
	return state.Restore(path, o.Dir, o.state())
}

// AcceptLoss goes on with what is left of a damaged ledger.
func AcceptLoss(o Options) (state.Ledger, error) {
	opts := o.state()
	opts.AcceptLoss = true
	s, err := state.Open(o.Dir, opts)
	if err != nil {
		return state.Ledger{}, err
	}
	return s.Sums(), s.Close()
}

// RotateVault gives the vault another key.
func RotateVault(o Options, to vault.Rotation) (r vault.Report, err error) {
	s, err := state.Open(o.Dir, o.state())
	if err != nil {
		return r, err
	}
	if err = s.Vault().Rotate(to); err == nil {
		r, err = s.Vault().Report()
	}
	return r, errors.Join(err, s.Close())
}
