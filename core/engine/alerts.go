package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cnrelay/core"
)

// Alerts are those that are not ok, or all that are watched: firing ones first, then by host and provider.
func (e *Engine) Alerts(ctx context.Context, all bool) ([]core.Alert, error) {
	list, err := scan(ctx, e.Store, core.TableAlert, "", func(a core.Alert) bool { return all || a.State != core.AlertOK })
	rank := map[core.AlertState]int{core.AlertFiring: 0, core.AlertFlapping: 1, core.AlertPending: 2, core.AlertOK: 3}
	slices.SortFunc(list, func(a, b core.Alert) int {
		return cmp.Or(rank[a.State]-rank[b.State], cmp.Compare(a.HostName, b.HostName), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Kind, b.Kind))
	})
	return list, err
}

// Silence keeps the alerts of a host, or of one provider on it, from being notified until the end of a term. A later
// one takes the place of an earlier; a term of 0 lifts it.
func (e *Engine) Silence(ctx context.Context, host, provider string, term time.Duration, reason string) (core.Silence, error) {
	h, err := e.Host(ctx, host)
	if err != nil {
		return core.Silence{}, err
	}
	now := time.Now().UTC()
	s := core.Silence{Host: h.ID, HostName: h.Name, Provider: provider, Made: now, Until: now.Add(term), Reason: reason}
	switch {
	case term < 0:
		return s, core.Input("a silence can't end in the past", "--for 2h")
	case term == 0:
		return s, e.Store.Update(ctx, func(tx core.Tx) error { return tx.Delete(core.TableSilence, s.ID()) })
	case reason == "":
		return s, core.Input("a silence needs a reason", `--reason "maintenance until noon"`)
	}
	return s, e.put(ctx, core.TableSilence, s.ID(), s)
}

// Silences are those that have not ended.
func (e *Engine) Silences(ctx context.Context) ([]core.Silence, error) {
	return scan(ctx, e.Store, core.TableSilence, "", func(s core.Silence) bool { return time.Now().Before(s.Until) })
}

// unwatch forgets what the monitor knows of a host.
func unwatch(tx core.Tx, host core.HostID) error {
	for _, t := range []core.Table{core.TableAlert, core.TableSilence, core.TableWatched} {
		var keys []string
		err := tx.Scan(t, string(host)+"/", func(key string, _ func(any) error) error {
			keys = append(keys, key)
			return nil
		})
		for _, key := range keys {
			if err == nil {
				err = tx.Delete(t, key)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// silencesOf are those of a host.
func silencesOf(rd core.Reader, host core.HostID) (out []core.Silence, err error) {
	err = rd.Scan(core.TableSilence, string(host)+"/", func(_ string, decode func(any) error) error {
		var s core.Silence
		if err := decode(&s); err != nil {
			return err
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

// Watched is what the monitor remembers of each provider: paid questions, and what they came to.
func (e *Engine) Watched(ctx context.Context) ([]core.Watched, error) {
	return scan[core.Watched](ctx, e.Store, core.TableWatched, "", nil)
}
