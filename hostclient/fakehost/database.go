package fakehost

import (
	"maps"
	"slices"
)

// database is what a host would keep in its database: all that a backup of it brings back.
type database struct {
	adminKey  string
	accepted  bool // compliance
	groups    table
	channels  table
	prices    int64 // last id of a channel's pricing row
	plans     table
	accounts  table
	users     table
	keys      table
	subs      table
	usages    table
	errorLog  table
	members   map[int64][]member // groups of an account
	passwords map[int64]string
	replays   map[string]replay // by Idempotency-Key
}

func (d database) clone() database {
	for _, t := range []*table{&d.groups, &d.channels, &d.plans, &d.accounts, &d.users, &d.keys, &d.subs, &d.usages, &d.errorLog} {
		*t = t.clone()
	}
	d.passwords, d.members, d.replays = maps.Clone(d.passwords), maps.Clone(d.members), maps.Clone(d.replays)
	for id, list := range d.members {
		d.members[id] = slices.Clone(list)
	}
	return d
}

func (t table) clone() table {
	rows := make(map[int64]*entity, len(t.rows))
	for id, e := range t.rows {
		rows[id] = &entity{object: clone(e.object), id: e.id, created: e.created, updated: e.updated}
	}
	return table{last: t.last, rows: rows}
}

// Backup is a copy of a host's database.
type Backup struct{ database }

// Backup copies the host's database.
func (h *Host) Backup() Backup {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Backup{h.database.clone()}
}

// Restore puts a backup, of this host or of another of its version, in place of what the host holds. What was made
// since is gone, and its ids will be given again.
func (h *Host) Restore(b Backup) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.database = b.clone()
	h.history = map[int64][]published{}
	for _, a := range h.accounts.all() {
		h.publishNow(a)
	}
}
