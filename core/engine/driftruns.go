package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/drift"
)

// DriftFilter narrows a list of reconcile runs; the zero value takes all.
type DriftFilter struct {
	Host     core.HostID
	Provider string
	Batch    core.BatchID
	Latest   bool // only the latest of each live batch
	Limit    int  // the newest so many; 0 is no limit
}

// DriftRuns lists reconcile runs, newest first. It reads those that it gives, and none else of a batch.
func (e *Engine) DriftRuns(ctx context.Context, f DriftFilter) ([]core.DriftRun, error) {
	var out []core.DriftRun
	err := e.Store.View(ctx, func(rd core.Reader) error {
		out = nil
		return rd.Scan(core.TableDriftNow, f.prefix(), func(key string, decode func(any) error) error {
			parts := strings.Split(key, "/")
			provider, batch := parts[1], core.BatchID(parts[2])
			if (f.Provider != "" && provider != f.Provider) || (f.Batch != "" && batch != f.Batch) {
				return nil
			}
			runs, err := runsOf(rd, batch, f)
			out = append(out, runs...)
			return err
		})
	})
	slices.SortStableFunc(out, func(a, b core.DriftRun) int { return b.At.Compare(a.At) })
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, err
}

// DriftHistory sums up how a batch's comparisons went.
func (e *Engine) DriftHistory(ctx context.Context, id core.BatchID) (drift.History, error) {
	b, found, err := e.whole(ctx, id)
	if err == nil && !found {
		err = core.Input("no batch "+string(id), "cnrelay batch list")
	}
	if err != nil {
		return drift.History{}, err
	}
	runs, err := e.DriftRuns(ctx, DriftFilter{Host: b.Host, Provider: b.Provider, Batch: id})
	return drift.HistoryOf(runs, time.Now()), err
}

// prefix is the part of the keys that is known.
func (f DriftFilter) prefix() string {
	switch {
	case f.Host == "":
		return ""
	case f.Provider == "":
		return string(f.Host) + "/"
	}
	return string(f.Host) + "/" + f.Provider + "/"
}

func runsOf(rd core.Reader, batch core.BatchID, f DriftFilter) (out []core.DriftRun, err error) {
	limit := f.Limit
	if f.Latest {
		limit = 1
		var b core.Batch
		if found, err := rd.Get(core.TableBatch, string(batch), &b); err != nil || !found || !live(b) {
			return nil, err
		}
	}
	err = rd.Scan(core.TableDrift, string(batch)+"/", func(_ string, decode func(any) error) error {
		var run core.DriftRun
		if err := decode(&run); err != nil {
			return err
		}
		if out = append(out, run); len(out) == limit {
			return core.ErrStop
		}
		return nil
	})
	return out, err
}

// DriftRun is one reconcile run, by its id.
func (e *Engine) DriftRun(ctx context.Context, id string) (core.DriftRun, error) {
	batch, n, _ := strings.Cut(id, ".")
	number, err := strconv.ParseInt(n, 10, 64)
	if err == nil {
		var run core.DriftRun
		var found bool
		if run, found, err = get[core.DriftRun](ctx, e.Store, core.TableDrift, driftKey(core.BatchID(batch), number)); err != nil || found {
			return run, err
		}
	}
	return core.DriftRun{}, core.Input("no reconcile run "+id, "cnrelay drift list")
}

// driftKey counts down, so that a scan gives the newest run first.
func driftKey(batch core.BatchID, number int64) string {
	return fmt.Sprintf("%s/%020d", batch, math.MaxInt64-number)
}

// keepDrift stores the runs of a reconciliation under their numbers, together with what was seen of the host and what
// was exchanged with it. What the monitor finds again takes the place of what it found before.
func (e *Engine) keepDrift(ctx context.Context, r *reconciliation, runs []core.DriftRun, t *tape) error {
	t.about(r.host, providerOf(runs), batchesIn(runs)...)
	t.compared(runs)
	return t.save(ctx, e.Store, func(tx core.Tx, look *core.Run) error {
		for i := range runs {
			run := &runs[i]
			head := fmt.Sprintf("%s/%s/%s", run.Host, run.Provider, run.Batch)
			var number int64
			if _, err := tx.Get(core.TableDriftNow, head, &number); err != nil {
				return err
			}
			kept, again := *run, false // what is judged further on is this look's own
			if r.monitor != nil {
				kept.Since, kept.Looks = run.At, 1
				if err := fold(tx, number, &kept, &again); err != nil {
					return err
				}
			}
			if !again {
				number++
			}
			run.ID = fmt.Sprintf("%s.%d", run.Batch, number)
			kept.ID = run.ID
			if err := tx.Put(core.TableDriftNow, head, number); err != nil {
				return err
			}
			if err := tx.Put(core.TableDrift, driftKey(run.Batch, number), kept); err != nil {
				return err
			}
			look.Drift = append(look.Drift, core.DriftOutcome{ID: run.ID, Batch: run.Batch, Status: run.Status, Digest: drift.Digest(*run)})
		}
		if t != nil {
			if err := thin(tx, *look); err != nil {
				return err
			}
		}
		if err := r.keepHost(tx); err != nil || r.monitor == nil {
			return err
		}
		return r.monitor.keep(tx, r.host, runs)
	})
}

func (r *reconciliation) keepHost(tx core.Tx) error {
	var now core.Host
	found, err := tx.Get(core.TableHost, string(r.host.ID), &now)
	if err != nil || !found {
		return err
	}
	var why *core.Error
	switch seen := r.host.Seen; {
	case r.unreachable != nil && errors.As(r.unreachable, &why):
		now.Lost = outage(now.Lost, why)
	case r.unreachable == nil && now.Fingerprint == seen.Fingerprint && seen.At.After(now.Seen.At):
		now.Seen, now.Lost = seen, core.Outage{}
	default:
		return nil
	}
	return tx.Put(core.TableHost, string(now.ID), now)
}

// fold lets a run go on with the latest one of its batch, if that is of the same hour and says the same. The first one of
// a day has the old ones thinned out.
func fold(tx core.Tx, number int64, run *core.DriftRun, again *bool) error {
	var was core.DriftRun
	found, err := tx.Get(core.TableDrift, driftKey(run.Batch, number), &was)
	if err != nil || !found {
		return err
	}
	if *again = drift.Same(was, *run); *again {
		drift.Fold(was, run)
	}
	if day := 24 * time.Hour; was.At.Truncate(day).Equal(run.At.Truncate(day)) {
		return nil
	}
	runs, err := runsOf(tx, run.Batch, DriftFilter{})
	if err != nil {
		return err
	}
	for _, old := range drift.Thin(runs, run.At) {
		_, n, _ := strings.Cut(old.ID, ".")
		number, err := strconv.ParseInt(n, 10, 64)
		if err != nil {
			return err
		}
		if err := tx.Delete(core.TableDrift, driftKey(run.Batch, number)); err != nil {
			return err
		}
	}
	return nil
}
