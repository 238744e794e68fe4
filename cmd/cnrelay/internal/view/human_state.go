package view

import (
	"strconv"

	"cnrelay/state"
	"cnrelay/state/vault"
	"cnrelay/tui/page"
)

// HumanState shows the state directory and its vault as text.
type HumanState struct{ *page.Page }

var _ State = (*HumanState)(nil)

// Checked implements [State].
func (v *HumanState) Checked(r state.Report) {
	v.Field(v.Say("state"), v.Say("state.made", r.Dir, r.State.ID, page.Stamp(r.State.Made)))
	v.Field("", v.Say("state.free", strconv.FormatUint(r.Free>>20, 10)))
	if r.Damage == nil {
		v.State(v.Say("ledger"), v.Say("ledger.whole"), page.Good)
	} else {
		v.State(v.Say("ledger"), v.Say("ledger.damaged"), page.Bad)
		for _, d := range r.Damage {
			v.Hang(page.Cell("", 11)+"· ", 13, d)
		}
	}
	v.sums(r.Ledger, r.Damage != nil)
	switch {
	case r.Unopened():
		v.State(v.Say("vault"), v.Say("vault.unopened"), page.Warn)
	case r.Locked != nil:
		v.State(v.Say("vault"), page.Brief(v.Words(), r.Locked), page.Bad)
	case r.Vault.File == "":
		v.Field(v.Say("vault"), v.Say("vault.none"))
	default:
		v.vault(r.Vault)
	}
	if r.Damage != nil {
		v.Line(0, v.Say("next", r.Next()))
	}
}

func (v *HumanState) sums(l state.Ledger, left bool) {
	key := "ledger.sums"
	if left {
		key = "ledger.left"
	}
	v.Field("", v.Say(key, strconv.FormatInt(l.Records, 10), strconv.FormatUint(l.Updates, 10), page.Short(l.Digest)))
}

func (v *HumanState) vault(r vault.Report) {
	how := "vault.clear"
	switch {
	case !r.Own:
		how = "vault.identity"
	case r.Protected:
		how = "vault.passphrase"
	}
	v.Field(v.Say("vault"), v.Say(how, strconv.Itoa(r.Secrets), r.Key))
}

// BackedUp implements [State].
func (v *HumanState) BackedUp(path string, b state.Backup, key vault.Report) {
	v.Field(v.Say("backup"), path)
	v.Field("", v.Say("state.made", key.File, b.State.ID, page.Stamp(b.State.Made)))
	v.sums(b.Ledger, false)
	if b.Vault == "" {
		v.Field(v.Say("vault"), v.Say("vault.none"))
		return
	}
	v.Field(v.Say("vault"), v.Say("backup.sealed"))
	v.Field(v.Say("backup.without"), v.Say("backup.key", key.Key))
}

// Restored implements [State].
func (v *HumanState) Restored(dir string, b state.Backup) {
	v.Field(v.Say("state"), v.Say("state.made", dir, b.State.ID, page.Stamp(b.State.Made)))
	v.sums(b.Ledger, false)
	v.Line(0, v.Say("restored.as", page.Stamp(b.Made)))
	if b.Vault != "" {
		v.Line(0, v.Say("restored.key", dir))
	}
	v.Line(0, v.Say("restored.once"))
}

// Accepted implements [State].
func (v *HumanState) Accepted(left state.Ledger) {
	v.Field(v.Say("ledger"), v.Say("ledger.accepted"))
	v.sums(left, false)
}

// Rotated implements [State].
func (v *HumanState) Rotated(r vault.Report) {
	v.vault(r)
	v.Line(0, v.Say("vault.rotated"))
}
