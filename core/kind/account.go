package kind

import "cnrelay/core"

// Account is an upstream key on a host. Names are not unique: its identity is the key's
// fingerprint, which only the ledger knows on hosts that hide keys (from 0.1.126).
//
// The host replaces credentials and extra wholly on update; [Spec.Diff] sends its other keys along,
// and the key itself, which hosts up to 0.1.121 would lose.
var Account = Spec{
	Kind:    core.Account,
	Marker:  "notes",
	Compare: map[string]Comparison{"group_ids": includes},
	Reverts: map[string]Reversal{"group_ids": withoutAdded},
	// An upstream's refusals set them. What else the host notes, in extra, is under names of its own.
	Volatile: []string{"status", "schedulable"},
	Alone:    []string{"schedulable"},
}
