package engine

import (
	"context"
	"slices"
	"time"

	"cnrelay/core"
)

// RunBatch stands in a history's filter for the batches themselves.
const RunBatch core.RunKind = "batch"

// Entry is one thing in the history: a batch as it stands, or a run.
type Entry struct {
	Batch *core.Batch
	Run   *core.Run
}

// At is when it began.
func (n Entry) At() time.Time {
	if n.Batch != nil {
		return n.Batch.Started
	}
	return n.Run.Started
}

// History lists batches and what was done about them, newest first. What a monitor finds by itself isn't in it: see
// [Engine.DriftRuns] and [Engine.Alerts].
func (e *Engine) History(ctx context.Context, f RunFilter) ([]Entry, error) {
	var out []Entry
	if f.Kind == "" || f.Kind == RunBatch {
		batches, err := e.Batches(ctx, BatchFilter{Provider: f.Provider})
		if err != nil {
			return nil, err
		}
		for i := range batches {
			if f.takesBatch(batches[i]) {
				out = append(out, Entry{Batch: &batches[i]})
			}
		}
	}
	if f.Kind != RunBatch {
		runs, err := e.Runs(ctx, f)
		if err != nil {
			return nil, err
		}
		for i := range runs {
			out = append(out, Entry{Run: &runs[i]})
		}
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return b.At().Compare(a.At()) })
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

func (f RunFilter) takesBatch(b core.Batch) bool {
	return f.on(b.Host, b.HostName) && (f.Batch == "" || b.ID == f.Batch) && (f.Class == "" || classOf(b.Findings, b.Access.State) == f.Class) &&
		!b.Started.Before(f.Since) && (f.Until.IsZero() || b.Started.Before(f.Until))
}
