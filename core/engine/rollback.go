package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	if held, err := e.heldBy(ctx, b.Batch); err != nil {
		return b, nil, core.Host{}, err
	} else if !live(b.Batch) && !held {
		return b, nil, core.Host{}, core.Input("batch "+string(id)+" is rolled back already, and nothing of it is left", "cnrelay batch show "+string(id))
	}
	client, h, err := e.reach(ctx, string(b.Host))
	return b, client, h, err
}

// heldBy tells whether the ledger still holds something of a batch, kept by an earlier rollback perhaps.
func (e *Engine) heldBy(ctx context.Context, b core.Batch) (bool, error) {
	held, err := e.Resources(ctx, b.Host)
	return slices.ContainsFunc(held, func(r core.Resource) bool { return slices.Contains(r.Batches, b.ID) }), err
}

// LiveBatches are the batches of a provider on a host that a rollback of the provider takes back,
// newest first.
func (e *Engine) LiveBatches(ctx context.Context, host core.HostID, provider string) ([]core.Batch, error) {
	list, err := e.Batches(ctx, BatchFilter{Host: host, Provider: provider})
	if err != nil {
		return nil, err
	}
	var out []core.Batch
	for _, b := range list {
		held, err := e.heldBy(ctx, b)
		if err != nil {
			return nil, err
		}
		if !live(b) && !held {
			continue
		}
		if b, _, err = e.whole(ctx, b.ID); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// StartRollback takes back what a batch made. Like an import it goes on by itself; done gives how it ended.
func (e *Engine) StartRollback(ctx context.Context, id core.BatchID, o RollbackOptions) (done <-chan error, err error) {
	before, err := e.Batch(ctx, id)
	if err != nil {
		return nil, err
	}
	release, err := e.claim(ctx, string(before.Host), core.DeedRollback, id)
	if err != nil {
		return nil, err
	}
	defer func() {
		if done == nil { // also if it panics
			release()
		}
	}()
	ctx, _ = e.recorded(ctx, core.RunRollback)
	b, client, h, err := e.undoable(ctx, id)
	if err != nil {
		return nil, err
	}
	b.State, b.Phase = core.BatchRunning, "rollback"
	return e.start(ctx, release, b.Batch, h, client, core.Event{Type: core.EventStarted, Text: "rollback"}, func(r *run, ctx context.Context) error {
		return r.rollbackWalk(ctx, o)
	})
}

// rollbackWalk settles what the import, or an earlier rollback, left open, then undoes the batch. Each step proves
// identity first; one that the host refuses is said, and the others go on, but for those who would take what was
// refused with them. A rollback that could not do all of its steps, or lost the host, is interrupted: it goes on
// where it is when it is started again.
func (r *run) rollbackWalk(ctx context.Context, o RollbackOptions) error {
	if t := r.tape; t != nil && t.run.Kind != core.RunRollback { // an import that takes itself back
		ctx, r.tape = r.e.recorded(ctx, core.RunRollback)
		r.tape.about(r.host, r.batch.Provider, r.batch.ID)
	}
	ctx = core.AtStep(ctx, core.PhaseUndo, "")
	if err := r.settleOpen(ctx, slices.Concat(r.batch.Plan.Steps, r.batch.Undo, r.batch.Repair), false); err != nil {
		return r.stop(ctx, err)
	}
	undo, err := r.e.planUndo(ctx, r.batch, r.client, o)
	if err != nil {
		return r.stop(ctx, err)
	}
	// Written down whole, so that a step whose outcome stays open can be looked for later.
	if err := r.saveBatch(core.Event{Type: core.EventPhase, Phase: core.PhaseUndo}, func(b *core.Batch) { b.Undo = undo.Steps }); err != nil {
		return err
	}
	kept := undo.Kept
	var refused []core.Ref
	for _, s := range undo.Steps {
		if len(refused) > 0 && s.Verb == core.Delete && (s.Kind == core.Group || s.Kind == core.User) {
			kept = append(kept, core.Kept{Ref: s.Ref, Name: s.Name, Reason: plan.KeptWaits})
			continue
		}
		if s.Verb == core.Forget && slices.Contains(refused, s.Ref) { // it is still to be put back
			continue
		}
		_, err := r.do(ctx, s)
		if err == nil {
			continue
		}
		if code := core.CodeOf(err); fatal(err) || code == core.CodeNetwork || code == core.CodeAuth || code == core.CodeBlocked {
			return r.stop(ctx, err)
		}
		reason := plan.KeptFailed
		if errors.Is(err, core.ErrIdentityChanged) {
			reason = plan.KeptIdentity
		} else {
			refused = append(refused, s.Ref)
		}
		kept = append(kept, core.Kept{Ref: s.Ref, Name: s.Name, Reason: reason, Detail: err.Error()})
	}
	for _, k := range kept {
		if err := r.commit(entry{ev: core.Event{Type: core.EventKept, Phase: core.PhaseUndo, Kind: k.Ref.Kind, ID: k.Ref.ID, Name: k.Name, State: k.Reason, Text: k.Detail}}); err != nil {
			return err
		}
	}
	state := core.BatchRolledBack
	if len(refused) > 0 {
		state = core.BatchInterrupted
	}
	err = r.saveBatch(core.Event{Type: core.EventFinished, Phase: core.PhaseUndo, State: string(state)}, func(b *core.Batch) {
		b.State, b.Phase, b.Kept, b.Undo, b.Ended = state, "rollback", kept, nil, time.Now().UTC()
	})
	if err == nil && len(refused) > 0 {
		err = &core.Error{Code: core.CodeHost, Host: r.host.Name, Stage: "rollback", Fault: core.FaultHost,
			What: fmt.Sprintf("the host refused %d of the steps", len(refused)), Next: "cnrelay batch rollback " + string(r.batch.ID)}
	}
	return err
}

// settleOpen looks for the effect of every write whose outcome the journal doesn't know, so that what the
// host made, or changed, is in the ledger before anything is undone. Whoever sends updates again anyway (resend) doesn't
// wait until one can't come into effect any more.
func (r *run) settleOpen(ctx context.Context, steps []core.Step, resend bool) error {
	for _, s := range steps {
		rec := r.record(s.ID)
		if rec.State != core.StepIntent && rec.State != core.StepUnknown {
			continue
		}
		_, err := r.resolve(ctx, s, rec, resend)
		switch {
		case err == nil:
			err = r.settled(s.Account)
		case errors.Is(err, core.ErrNotFound):
			rec.State, rec.Error = core.StepFailed, "the host doesn't show it: it never took effect"
			err = r.step(s, rec, core.Event{Type: core.EventResult}, nil)
		case errors.Is(err, core.ErrIdentityChanged):
			rec.State, rec.Error = core.StepFailed, err.Error()
			err = r.step(s, rec, core.Event{Type: core.EventResult}, nil)
		}
		if err != nil {
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
	d, err := e.Batch(ctx, b.ID)
	if err != nil {
		return plan.UndoPlan{}, err
	}
	if held, err = e.withoutDead(ctx, b, held); err != nil {
		return plan.UndoPlan{}, err
	}
	in := plan.UndoInput{Batch: b, Steps: d.Steps, Recorded: held, Force: o.Force, Secret: func(ref string) bool {
		_, err := e.Vault.Secret(ref)
		return err == nil
	}}
	mine := slices.DeleteFunc(slices.Clone(held), func(r core.Resource) bool { return !slices.Contains(r.Batches, b.ID) })
	refs := append(refsOf(mine), replacedBy(b, d.Steps, held)...)
	slices.SortFunc(refs, func(a, b core.Ref) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Owner, b.Owner))
	})
	if in.Read, err = e.readAll(ctx, c, slices.Compact(refs)); err != nil {
		return plan.UndoPlan{}, err
	}
	for _, r := range mine {
		if _, there := in.Read[r.Ref]; !there {
			continue
		}
		var hangsOn core.Query
		switch {
		case r.Ref.Kind == core.Group:
			hangsOn.Group = r.Ref.ID
		case r.Ref.Kind == core.User && r.Origin == core.Created:
			hangsOn.User = r.Ref.ID
		default:
			continue
		}
		keys, err := c.List(ctx, core.APIKey, hangsOn)
		if err != nil {
			return plan.UndoPlan{}, err
		}
		subs, err := c.List(ctx, core.Subscription, hangsOn)
		if err != nil {
			return plan.UndoPlan{}, err
		}
		in.Keys, in.Subscriptions = append(in.Keys, keys...), append(in.Subscriptions, active(subs)...)
		if r.Ref.Kind == core.Group {
			accounts, err := c.List(ctx, core.Account, hangsOn)
			if err != nil {
				return plan.UndoPlan{}, err
			}
			in.Accounts = append(in.Accounts, accounts...)
		}
	}
	return plan.Undo(in), nil
}

// replacedBy addresses what a batch's rollback looks at to bring back the accounts that it replaced: those that may
// be there still, those that an earlier rollback or a later batch made anew, and the groups that they go into.
func replacedBy(b core.Batch, steps map[string]core.StepRecord, held []core.Resource) []core.Ref {
	var refs []core.Ref
	groups := func(f core.Fields) {
		for _, id := range f.IDs("group_ids") {
			refs = append(refs, core.Ref{Kind: core.Group, ID: id})
		}
	}
	for _, s := range b.Plan.Steps {
		if s.Phase == core.PhaseRetire && s.Verb == core.Update {
			refs = append(refs, s.Ref)
			groups(s.Before)
		}
	}
	for _, r := range b.Replaced {
		if back := steps[plan.BackStep(r.Account)].Ref; back.ID != 0 {
			refs = append(refs, back)
		}
		groups(r.Fields)
		for _, other := range held {
			if other.Ref.Kind == core.Account && other.Account == r.Account {
				refs = append(refs, other.Ref)
			}
		}
	}
	return refs
}

// active leaves out subscriptions that are over: hosts from 0.1.179 go on listing revoked ones.
func active(subs []core.Object) []core.Object {
	return slices.DeleteFunc(subs, func(o core.Object) bool { return o.Fields.Str("status") != "active" })
}

// withoutDead leaves out of each record the other batches that are rolled back: they use nothing any more, even
// where their rollback kept something.
func (e *Engine) withoutDead(ctx context.Context, b core.Batch, held []core.Resource) ([]core.Resource, error) {
	all, err := e.Batches(ctx, BatchFilter{Host: b.Host})
	if err != nil {
		return nil, err
	}
	dead := map[core.BatchID]bool{}
	for _, other := range all {
		dead[other.ID] = !live(other) && other.ID != b.ID
	}
	for i := range held {
		held[i].Batches = slices.DeleteFunc(slices.Clone(held[i].Batches), func(id core.BatchID) bool { return dead[id] })
	}
	return held, nil
}

// readAll reads resources one by one, within the host's bound; what is gone is absent from the result.
func (e *Engine) readAll(ctx context.Context, c core.HostClient, refs []core.Ref) (map[core.Ref]core.Object, error) {
	read := map[core.Ref]core.Object{}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, r := range refs {
		g.Go(caught(func() error {
			o, err := c.Get(ctx, r)
			if errors.Is(err, core.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			read[r] = o
			return nil
		}))
	}
	return read, g.Wait()
}
