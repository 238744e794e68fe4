package engine

import (
	"context"
	"slices"
	"time"

	"cnrelay/core"
)

// prunedAtOnce is how many records one commit drops.
const prunedAtOnce = 1000

// Pruned is what is dropped, or would be.
type Pruned struct {
	Before    time.Time `json:"before"`
	Runs      int       `json:"runs"`      // that lose what they exchanged, or go
	Gone      int       `json:"gone"`      // of these, those of which no record stays
	Exchanges int       `json:"exchanges"` // that go
	Held      int       `json:"held"`      // runs whose records stay, because the ledger holds something of their batch
}

// Prune drops the evidence of runs that began before a time: what they exchanged, and the runs themselves once the
// ledger holds nothing of their batches. Batches, their plans, steps, accounts and resources, and the vault, are never
// dropped: a rollback needs them. Without apply it only counts.
func (e *Engine) Prune(ctx context.Context, before time.Time, apply bool) (Pruned, error) {
	p := Pruned{Before: before}
	runs, err := e.Runs(ctx, RunFilter{Until: before})
	if err != nil {
		return p, err
	}
	held, err := e.heldBatches(ctx)
	if err != nil {
		return p, err
	}
	for _, r := range runs {
		if r.Ended.IsZero() && slices.ContainsFunc(r.Batches, e.controls.has) { // it goes on
			continue
		}
		needed := slices.ContainsFunc(r.Batches, func(id core.BatchID) bool { return held[id] })
		if needed {
			p.Held++
		} else {
			p.Gone++
		}
		if !needed || r.Exchanges > 0 {
			p.Runs++
		}
		p.Exchanges += r.Exchanges
		if !apply {
			continue
		}
		if err := e.drop(ctx, r, !needed); err != nil {
			return p, err
		}
	}
	return p, nil
}

// heldBatches are those that aren't over, and those of which the ledger holds something.
func (e *Engine) heldBatches(ctx context.Context) (map[core.BatchID]bool, error) {
	batches, err := e.Batches(ctx, BatchFilter{})
	if err != nil {
		return nil, err
	}
	out := map[core.BatchID]bool{}
	for _, b := range batches {
		out[b.ID] = live(b)
	}
	held, err := scan[core.Resource](ctx, e.Store, core.TableResource, "", nil)
	for _, r := range held {
		for _, id := range r.Batches {
			out[id] = true
		}
	}
	return out, err
}

// drop drops what a run exchanged, in commits that a ledger takes, and then the run, if it is to go.
func (e *Engine) drop(ctx context.Context, r core.Run, whole bool) error {
	for more := true; more; {
		left := r
		err := e.Store.Update(ctx, func(tx core.Tx) (err error) {
			left, more, err = forget(tx, r, prunedAtOnce)
			if err != nil || more || !whole {
				return err
			}
			for _, id := range r.Batches {
				if err := tx.Delete(core.TableRunOf, string(id)+"/"+r.Key()); err != nil {
					return err
				}
			}
			return tx.Delete(core.TableRun, r.Key())
		})
		if err != nil {
			return err
		}
		r = left
	}
	return nil
}
