package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
	"cnrelay/core/plan"
)

// RollbackPreview is what a rollback would take back, put back and leave.
type RollbackPreview struct {
	Host  core.Host     `json:"host"`
	Batch core.Batch    `json:"batch"`
	Plan  plan.UndoPlan `json:"plan"`
}

// RollbackOptions narrow or widen a rollback.
type RollbackOptions struct {
	// Force takes back what others changed or hang on. Identity is never forced.
	Force bool
}

// PreviewRollback reads everything that a batch recorded and shows what a rollback would do.
func (e *Engine) PreviewRollback(ctx context.Context, id core.BatchID, o RollbackOptions) (RollbackPreview, error) {
	b, client, h, err := e.undoable(ctx, id)
	if err != nil {
		return RollbackPreview{}, err
	}
	undo, err := e.planUndo(ctx, b.Batch, client, o)
	return RollbackPreview{Host: h, Batch: b.Batch, Plan: undo}, err
}

func (e *Engine) undoable(ctx context.Context, id core.BatchID) (BatchDetail, core.HostClient, core.Host, error) {
	b, err := e.Batch(ctx, id)
	if err != nil {
		return b, nil, core.Host{}, err
	}
	if !live(b.Batch) {
		return b, nil, core.Host{}, core.Input("batch "+string(id)+" is rolled back already", "cnrelay batch show "+string(id))
	}
	client, h, err := e.reach(ctx, string(b.Host))
	return b, client, h, err
}

// LiveBatches are the batches of a provider on a host that a rollback of the provider takes back,
// newest first.
func (e *Engine) LiveBatches(ctx context.Context, host core.HostID, provider string) ([]core.Batch, error) {
	list, err := e.Batches(ctx, BatchFilter{Host: host, Provider: provider})
	return slices.DeleteFunc(list, func(b core.Batch) bool { return !live(b) }), err
}

// StartRollback takes back what a batch made. Like an import it goes on by itself; done gives how it ended.
func (e *Engine) StartRollback(ctx context.Context, id core.BatchID, o RollbackOptions) (<-chan error, error) {
	b, client, h, err := e.undoable(ctx, id)
	if err != nil {
		return nil, err
	}
	b.State, b.Phase = core.BatchRunning, "rollback"
	return e.start(ctx, b.Batch, h, client, core.Event{Type: core.EventStarted, Text: "rollback"}, func(r *run, ctx context.Context) error {
		return r.rollbackWalk(ctx, o)
	})
}

// rollbackWalk settles what the import left open, then undoes the batch. Each step proves identity first;
// one that fails is kept and said, and the others go on.
func (r *run) rollbackWalk(ctx context.Context, o RollbackOptions) error {
	if err := r.settleOpen(ctx); err != nil {
		return r.stop(err)
	}
	undo, err := r.e.planUndo(ctx, r.batch, r.client, o)
	if err != nil {
		return r.stop(err)
	}
	kept := undo.Kept
	for _, s := range undo.Steps {
		_, err := r.do(ctx, s)
		if err == nil {
			continue
		}
		if fatal(err) {
			return r.stop(err)
		}
		reason := "failed"
		if errors.Is(err, core.ErrIdentityChanged) {
			reason = plan.KeptIdentity
		}
		kept = append(kept, core.Kept{Ref: s.Ref, Name: s.Name, Reason: reason, Detail: err.Error()})
	}
	for _, k := range kept {
		if err := r.commit(core.Event{Type: core.EventKept, Phase: core.PhaseUndo, Kind: k.Ref.Kind, ID: k.Ref.ID, Name: k.Name, State: k.Reason, Text: k.Detail}, nil); err != nil {
			return err
		}
	}
	return r.saveBatch(core.Event{Type: core.EventFinished, Phase: core.PhaseUndo, State: string(core.BatchRolledBack)}, func(b *core.Batch) {
		b.State, b.Phase, b.Kept, b.Ended = core.BatchRolledBack, "rollback", kept, time.Now().UTC()
	})
}

// settleOpen looks for the effect of every write whose outcome the journal doesn't know, so that what the
// host made is in the ledger before anything is undone.
func (r *run) settleOpen(ctx context.Context) error {
	for _, s := range r.batch.Plan.Steps {
		rec := r.record(s.ID)
		if rec.State != core.StepIntent && rec.State != core.StepUnknown {
			continue
		}
		if _, err := r.resolve(ctx, s, rec); err != nil && !errors.Is(err, core.ErrNotFound) {
			return err
		}
	}
	return nil
}

func (e *Engine) planUndo(ctx context.Context, b core.Batch, c core.HostClient, o RollbackOptions) (plan.UndoPlan, error) {
	held, err := e.Resources(ctx, b.Host)
	if err != nil {
		return plan.UndoPlan{}, err
	}
	in := plan.UndoInput{Batch: b, Recorded: held, Force: o.Force, Secret: func(ref string) bool {
		_, err := e.Vault.Secret(ref)
		return err == nil
	}}
	mine := slices.DeleteFunc(slices.Clone(held), func(r core.Resource) bool { return !slices.Contains(r.Batches, b.ID) })
	if in.Read, err = e.readAll(ctx, c, mine); err != nil {
		return plan.UndoPlan{}, err
	}
	for _, r := range mine {
		if _, there := in.Read[r.Ref]; !there || r.Ref.Kind != core.Group {
			continue
		}
		keys, err := c.List(ctx, core.APIKey, core.Query{Group: r.Ref.ID})
		if err != nil {
			return plan.UndoPlan{}, err
		}
		subs, err := c.List(ctx, core.Subscription, core.Query{Group: r.Ref.ID})
		if err != nil {
			return plan.UndoPlan{}, err
		}
		in.Keys, in.Subscriptions = append(in.Keys, keys...), append(in.Subscriptions, subs...)
	}
	return plan.Undo(in), nil
}

// readAll reads resources one by one, within the host's bound; what is gone is absent from the result.
func (e *Engine) readAll(ctx context.Context, c core.HostClient, list []core.Resource) (map[core.Ref]core.Object, error) {
	read := map[core.Ref]core.Object{}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, r := range list {
		g.Go(func() error {
			o, err := c.Get(ctx, r.Ref)
			if errors.Is(err, core.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			read[r.Ref] = o
			return nil
		})
	}
	return read, g.Wait()
}
