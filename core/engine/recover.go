package engine

import (
	"context"
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/drift"
	"cnrelay/core/plan"
)

// recover puts accounts back into traffic that an upstream's refusal took out, where that upstream answers again. What
// isn't known stays out, and so does what a person switched off or what comes back by itself.
func (l *look) recover(ctx context.Context, runs []core.DriftRun) error {
	tried := map[core.Ref]bool{}
	for _, run := range runs {
		out := slices.DeleteFunc(slices.Clone(run.Findings), func(f core.DriftFinding) bool { return !plan.Asks(f, false) || tried[f.Ref] })
		if len(out) == 0 {
			continue
		}
		b, _, err := l.m.e.whole(ctx, run.Batch)
		if err != nil {
			return err
		}
		if may, err := l.mayTry(ctx, run.Provider, 2*len(out)); err != nil || !may {
			return err
		}
		for _, f := range out {
			tried[f.Ref] = true
		}
		answers, err := l.m.e.answersFor(ctx, b, out)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(out, func(f core.DriftFinding) bool { return answers[f.Ref].Answered() }) {
			continue
		}
		done, err := l.m.e.startRepair(ctx, RepairSpec{Batch: run.Batch, recover: true}, nil)
		if err == nil {
			err = <-done
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mayTry decides whether a provider's upstream is asked now for accounts that are out, and writes down that it is before
// it is: the tries are on the paid question's grid, and within its cap.
func (l *look) mayTry(ctx context.Context, provider string, cost int) (may bool, err error) {
	err = l.m.e.Store.Update(ctx, func(tx core.Tx) error {
		var w core.Watched
		key := string(l.host) + "/" + provider
		if _, err := tx.Get(core.TableWatched, key, &w); err != nil {
			return err
		}
		now := time.Now().UTC()
		if day := now.Format(time.DateOnly); w.Day != day {
			w.Day, w.Today = day, 0
		}
		may = drift.Due(w.Tried, now, drift.Phase(spread(key), l.m.Completions), l.m.Completions) && w.Today+cost <= l.m.PerDay
		if !may {
			return nil
		}
		w.Host, w.Provider, w.Tried, w.Today, w.Completions = l.host, provider, now, w.Today+cost, w.Completions+cost
		return tx.Put(core.TableWatched, key, w)
	})
	return may, err
}
