package fakehost

import (
	"encoding/json"
	"strconv"
)

// volatile are the fields that change without anybody's asking.
var volatile = []string{"updated_at", "last_used_at", "last_active_at"}

// Snapshot is every resource that an administrator can see, as reads show it, by kind and id,
// without volatile fields: two of them are equal when the host is as before.
func (h *Host) Snapshot() map[string]any {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := object{}
	for kind, show := range map[string]struct {
		rows *table
		view func(*entity) object
	}{
		"groups":        {&h.groups, view},
		"channels":      {&h.channels, view},
		"plans":         {&h.plans, view},
		"accounts":      {&h.accounts, h.accountSnapshot},
		"users":         {&h.users, view},
		"api_keys":      {&h.keys, view},
		"subscriptions": {&h.subs, view},
	} {
		rows := object{}
		for _, e := range show.rows.all() {
			if e.str("status") == "revoked" {
				continue // a subscription that nobody can use, read or remove
			}
			rows[strconv.FormatInt(e.id, 10)] = show.view(e).without(volatile...)
		}
		out[kind] = rows
	}
	return clone(out)
}

// accountSnapshot shows the secrets too: a lost key is a difference.
func (h *Host) accountSnapshot(a *entity) object {
	out := view(a)
	out["group_ids"] = h.groupsOf(a)
	return out
}

// JSON is the snapshot of the host at rest, indented, for comparison by eye: it waits for the probes under way, whose
// notes would be taken for somebody's change.
func (h *Host) JSON() string {
	h.WaitProbes()
	raw, err := json.MarshalIndent(h.Snapshot(), "", "  ")
	if err != nil {
		panic(err)
	}
	return string(raw)
}
