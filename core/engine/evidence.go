package engine

import (
	"context"
	"slices"

	"cnrelay/core"
)

// Evidence is everything that is kept about a batch, but for what was exchanged.
type Evidence struct {
	Batch     BatchDetail
	Events    []core.Event
	Runs      []core.Run      // oldest first
	Drift     []core.DriftRun // oldest first
	Resources []core.Resource // that the ledger holds of it now
	State     string          // id of the state directory
}

// Evidence gathers what is kept about a batch. One that is running has none yet that would stay as it is.
func (e *Engine) Evidence(ctx context.Context, id core.BatchID) (Evidence, error) {
	ev := Evidence{State: e.State}
	var err error
	if ev.Batch, err = e.Batch(ctx, id); err != nil {
		return ev, err
	}
	if ev.Batch.State == core.BatchRunning {
		return ev, &core.Error{Code: core.CodeStopped, Host: ev.Batch.HostName, Stage: "evidence", Fault: core.FaultOperator,
			What: "batch " + string(id) + " is running; its evidence isn't whole yet", Next: "wait until it has ended"}
	}
	if ev.Events, err = e.Events(ctx, id); err != nil {
		return ev, err
	}
	if ev.Runs, err = e.Runs(ctx, RunFilter{Batch: id}); err != nil {
		return ev, err
	}
	ev.Runs = slices.DeleteFunc(ev.Runs, func(r core.Run) bool { return r.Kind == core.RunExport })
	slices.Reverse(ev.Runs)
	if ev.Drift, err = e.DriftRuns(ctx, DriftFilter{Host: ev.Batch.Host, Provider: ev.Batch.Provider, Batch: id}); err != nil {
		return ev, err
	}
	slices.Reverse(ev.Drift)
	ev.Resources, err = e.Resources(ctx, ev.Batch.Host)
	ev.Resources = slices.DeleteFunc(ev.Resources, func(r core.Resource) bool { return !slices.Contains(r.Batches, id) })
	return ev, err
}

// Mask hides what is secret, and whatever looks so, in a text that leaves this machine.
func (e *Engine) Mask(text string) string { return e.Dialer.Text(text, 0) }
