package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
)

// standing is what a provider's status takes from a batch. It is a record of its own, written with the batch: the
// status of all hosts is read at every start and after every change, and batches are many times as large.
type standing struct {
	ID       core.BatchID    `json:"-"` // it is in the key
	Started  time.Time       `json:"started"`
	Mode     core.AccessMode `json:"mode"`
	State    core.BatchState `json:"state"`
	Findings []core.Finding  `json:"findings,omitempty"` // about its accounts, while it is live
}

func standingOf(b core.Batch) standing {
	s := standing{ID: b.ID, Started: b.Started, Mode: b.Request.Access, State: b.State}
	if live(b) {
		s.Findings = aboutAccounts(b)
	}
	return s
}

// standings are the batches' by host and provider, newest first. host "" means all.
func (e *Engine) standings(ctx context.Context, host core.HostID) (map[core.HostID]map[string][]standing, error) {
	out := map[core.HostID]map[string][]standing{}
	add := func(host core.HostID, provider string, s standing) {
		s.State = e.left(s.ID, s.State)
		if out[host] == nil {
			out[host] = map[string][]standing{}
		}
		out[host][provider] = append(out[host][provider], s)
	}
	var err error
	if e.indexed {
		err = e.Store.View(ctx, func(r core.Reader) error {
			clear(out)
			return r.Scan(core.TableStanding, prefixOf(host), func(key string, decode func(any) error) error {
				parts := strings.Split(key, "/")
				s := standing{ID: core.BatchID(parts[2])}
				if err := decode(&s); err != nil {
					return err
				}
				add(core.HostID(parts[0]), parts[1], s)
				return nil
			})
		})
	} else {
		var list []core.Batch
		list, err = e.Batches(ctx, BatchFilter{Host: host})
		for _, b := range list {
			add(b.Host, b.Provider, standingOf(b))
		}
	}
	for _, providers := range out {
		for _, list := range providers {
			slices.SortStableFunc(list, func(a, b standing) int { return b.Started.Compare(a.Started) })
		}
	}
	return out, err
}

func prefixOf(host core.HostID) string {
	if host == "" {
		return ""
	}
	return string(host) + "/"
}

// index writes the standings of a ledger that was begun before there were any. It tells whether they are there: a
// ledger that is open for reading only stays as it is.
func (e *Engine) index(ctx context.Context) (done bool, err error) {
	if _, done, err = get[bool](ctx, e.Store, core.TableMeta, "standings"); err != nil || done {
		return done, err
	}
	list, err := e.Batches(ctx, BatchFilter{})
	if err != nil {
		return false, err
	}
	for _, b := range list {
		if b, _, err = e.whole(ctx, b.ID); err == nil {
			err = e.Store.Update(ctx, func(tx core.Tx) error { return putBatch(tx, b) })
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = e.put(ctx, core.TableMeta, "standings", true)
	}
	if errors.Is(err, core.ErrReadOnly) {
		return false, nil
	}
	return err == nil, err
}
