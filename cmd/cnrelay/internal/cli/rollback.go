package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/kind"
	"cnrelay/core/plan"
)

// undo is what a rollback command was asked.
type undo struct {
	options engine.RollbackOptions
	preview bool
	yes     bool
	word    string // to be typed as confirmation
}

func (u *undo) bind(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&u.preview, "preview", false, "only show what would be done")
	cmd.Flags().BoolVar(&u.options.Force, "force", false, "take back what others changed or use, too; identity is never forced")
	cmd.Flags().BoolVar(&u.yes, "yes", false, "don't ask")
}

func (a *app) rollbackCommand() *cobra.Command {
	var t target
	var u undo
	cmd := a.onProvider(&t, "rollback", "Take back everything that was made for a provider on a host", func(ctx context.Context, s *session, h core.Host) error {
		return s.rollBackProvider(ctx, h, t.provider, u)
	})
	u.bind(cmd)
	return cmd
}

// rollBackProvider takes everything back that was made for a provider on a host, once the provider's name is typed.
func (s *session) rollBackProvider(ctx context.Context, h core.Host, provider string, u undo) error {
	live, err := s.LiveBatches(ctx, h.ID, provider)
	if err != nil {
		return err
	}
	if len(live) == 0 {
		return core.Input("nothing of "+provider+" is recorded on "+h.Name, "cnrelay status --host "+h.Name)
	}
	var batches []core.BatchID
	for _, b := range live {
		batches = append(batches, b.ID)
	}
	u.word = provider
	return s.rollBack(ctx, batches, u)
}

// rollBack previews batches, newest first, asks for confirmation, and takes them back.
func (s *session) rollBack(ctx context.Context, batches []core.BatchID, u undo) error {
	out := s.out.Rollbacks()
	if err := s.previewRollback(ctx, out, batches, u); err != nil {
		return err
	}
	if u.preview {
		return nil
	}
	if err := s.confirm(ctx, u.yes, "confirm.rollback", u.word); err != nil {
		return err
	}
	code := exitReady
	for _, id := range batches {
		b, err := s.rollBackOne(ctx, out, id, u)
		if err != nil {
			return err
		}
		if code = exitOfRollback(b); code != exitReady {
			break // the older batches stand on what this one made
		}
	}
	return ended(code)
}

// previewRollback shows what each batch takes back, and then what goes with the last of them because they share it.
func (s *session) previewRollback(ctx context.Context, out view.Rollbacks, batches []core.BatchID, u undo) error {
	shared := map[core.Ref]bool{}
	var host core.Host
	for _, id := range batches {
		p, err := s.PreviewRollback(ctx, id, u.options)
		if err != nil {
			return err
		}
		host = p.Host
		for _, k := range p.Plan.Kept {
			if k.Reason == plan.KeptShared && within(k.Detail, batches) {
				shared[k.Ref] = true
			}
		}
		p.Plan.Kept = slices.DeleteFunc(p.Plan.Kept, func(k core.Kept) bool { return k.Reason == plan.KeptShared && shared[k.Ref] })
		p.Plan.Steps = slices.DeleteFunc(p.Plan.Steps, func(step core.Step) bool { return step.Verb == core.Forget && shared[step.Ref] })
		out.Preview(p)
	}
	if len(shared) == 0 {
		return nil
	}
	held, err := s.Resources(ctx, host.ID)
	if err != nil {
		return err
	}
	out.Shared(host, batches, sharedEnd(held, shared))
	return nil
}

// sharedEnd is what becomes of resources that several batches share when the last of them goes: the undo of
// their origin.
func sharedEnd(held []core.Resource, shared map[core.Ref]bool) []core.Step {
	var out []core.Step
	for _, k := range kind.Undo {
		for _, r := range held {
			if r.Ref.Kind != k || !shared[r.Ref] {
				continue
			}
			step := core.Step{Kind: k, Name: r.Name, Ref: r.Ref, Origin: r.Origin, Phase: core.PhaseUndo, Verb: core.Forget}
			switch r.Origin {
			case core.Created:
				step.Verb = core.Delete
			case core.Corrected:
				step.Verb, step.Reason = core.Update, plan.ReasonRestore
			}
			out = append(out, step)
		}
	}
	return out
}

// within tells whether a list of batches, as reasons name it, holds only these.
func within(list string, batches []core.BatchID) bool {
	for id := range strings.SplitSeq(list, ", ") {
		if !slices.Contains(batches, core.BatchID(id)) {
			return false
		}
	}
	return true
}

func (s *session) rollBackOne(ctx context.Context, out view.Rollbacks, id core.BatchID, u undo) (core.Batch, error) {
	before, err := s.Events(ctx, id)
	if err != nil {
		return core.Batch{}, err
	}
	done, err := s.StartRollback(lasting(ctx), id, u.options)
	if err != nil {
		return core.Batch{}, err
	}
	return s.followRollback(ctx, out, id, uint64(len(before)), done)
}

func (s *session) followRollback(ctx context.Context, out view.Rollbacks, id core.BatchID, after uint64, done <-chan error) (core.Batch, error) {
	b, err := s.Batch(ctx, id)
	if err != nil {
		return b.Batch, err
	}
	h, err := s.Host(ctx, string(b.Host))
	if err != nil {
		return b.Batch, err
	}
	cause := s.follow(ctx, out, h, id, after, done)
	if b, err = s.Batch(context.WithoutCancel(ctx), id); err != nil {
		return b.Batch, err
	}
	out.Report(h, b)
	if cause != nil && ctx.Err() == nil {
		return b.Batch, &over{exitOfRollback(b.Batch), cause}
	}
	return b.Batch, nil
}

// exitOfRollback is the exit code of a rollback: what others changed or use is kept on purpose, what
// could not be undone is an error.
func exitOfRollback(b core.Batch) int {
	if b.State == core.BatchInterrupted {
		return exitInterrupted
	}
	if b.State != core.BatchRolledBack {
		return exitError
	}
	for _, k := range b.Kept {
		if k.Reason == plan.KeptFailed {
			return exitError
		}
	}
	return exitReady
}
