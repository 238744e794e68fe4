package engine

import (
	"slices"

	"cnrelay/core"
)

// thin drops what the reconciliation before exchanged, if it found the same as the one before it. A host that a
// timer has compared every minute would fill the disk; what remains is the first look at each state, and the latest.
func thin(tx core.Tx, latest core.Run) error {
	var before []core.Run // newest first
	err := runsAbout(tx, latest.Batches[0], func(r core.Run) error {
		if r.Kind == core.RunDrift && r.ID != latest.ID {
			before = append(before, r)
		}
		if len(before) == 2 {
			return core.ErrStop
		}
		return nil
	})
	if err != nil || len(before) < 2 || !sameDrift(before[0], before[1]) || !sameDrift(before[0], latest) {
		return err
	}
	_, _, err = forget(tx, before[0], before[0].Exchanges)
	return err
}

func sameDrift(a, b core.Run) bool {
	return slices.EqualFunc(a.Drift, b.Drift, func(x, y core.DriftOutcome) bool { return x.Batch == y.Batch && x.Digest == y.Digest })
}

// forget drops the first so many of what a run exchanged, and tells whether more is left. That it was, and how it
// came out, stays.
func forget(tx core.Tx, r core.Run, most int) (left core.Run, more bool, err error) {
	var keys []string
	err = tx.Scan(core.TableExchange, r.ID+"/", func(key string, _ func(any) error) error {
		if more = len(keys) == most; more {
			return core.ErrStop
		}
		keys = append(keys, key)
		return nil
	})
	if err != nil || len(keys) == 0 {
		return r, false, err
	}
	for _, key := range keys {
		if err := tx.Delete(core.TableExchange, key); err != nil {
			return r, more, err
		}
	}
	r.Dropped, r.Exchanges = r.Dropped+len(keys), r.Exchanges-len(keys)
	return r, more, tx.Put(core.TableRun, r.Key(), r)
}

// runsAbout visits the runs of a batch, newest first.
func runsAbout(rd core.Reader, batch core.BatchID, visit func(r core.Run) error) error {
	return rd.Scan(core.TableRunOf, string(batch)+"/", func(key string, _ func(any) error) error {
		var r core.Run
		if found, err := rd.Get(core.TableRun, key[len(batch)+1:], &r); err != nil || !found {
			return err
		}
		return visit(r)
	})
}
