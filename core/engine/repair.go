package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
	"cnrelay/core/plan"
)

// RepairSpec says which findings are to be repaired, and how.
type RepairSpec struct {
	Host     string       // name or id; "" is the host of Batch
	Provider string       // "" means all
	Batch    core.BatchID // "" means every live one
	// Only are the resources whose findings are meant; none means all. What is named is repaired further: see
	// [plan.RepairInput].
	Only []core.Ref
	// Accept takes what the host has into the ledger. Otherwise the host is made as the ledger says.
	Accept bool

	recover bool // the monitor's rule: nothing but the recovery of accounts
}

// RepairPreview is what a repair would do about the findings of one run.
type RepairPreview struct {
	Run  core.DriftRun   `json:"run"`
	Plan plan.RepairPlan `json:"plan"`
}

// PreviewRepair compares anew, and plans for each batch in which something was found what can be done about it. It
// writes nothing to the host; the upstream is asked once for each account that it may have put out of traffic.
func (e *Engine) PreviewRepair(ctx context.Context, spec RepairSpec) ([]RepairPreview, error) {
	_, previews, err := e.repairs(ctx, spec, false)
	return previews, err
}

// StartRepair carries a reviewed plan out, if a fresh look still leads to it. Like an import it goes on by itself;
// done gives how it ended, after the batch was compared once more.
func (e *Engine) StartRepair(ctx context.Context, spec RepairSpec, reviewed plan.RepairPlan) (done <-chan error, err error) {
	return e.startRepair(ctx, spec, &reviewed)
}

// startRepair does without a review where a rule takes its place.
func (e *Engine) startRepair(ctx context.Context, spec RepairSpec, reviewed *plan.RepairPlan) (done <-chan error, err error) {
	b, err := e.Batch(ctx, spec.Batch)
	if err != nil {
		return nil, err
	}
	release, err := e.claim(ctx, string(b.Host), "repair", b.ID)
	if err != nil {
		return nil, err
	}
	defer func() {
		if done == nil { // also if it panics
			release()
		}
	}()
	ctx, _ = e.recorded(ctx, core.RunRepair)
	ctx = core.AtStep(ctx, core.PhaseRepair, "")
	if b.Batch, err = e.settleRepair(ctx, b.Batch); err != nil {
		return nil, err
	}
	r, previews, err := e.repairs(ctx, spec, true)
	if err != nil {
		return nil, err
	}
	now := previews[0]
	if reviewed != nil && now.Plan.Seen != reviewed.Seen {
		return nil, &StaleError{plan.Differences(reviewed.Import(), now.Plan.Import()), &core.Error{Code: core.CodeStopped, Host: r.host.Name, Stage: "plan", Fault: core.FaultOperator,
			What: "what is on the host changed since the plan was reviewed; nothing was sent", Next: "look at the new plan: cnrelay drift repair --batch " + string(b.ID) + " --preview"}}
	}
	if len(now.Plan.Steps) == 0 {
		return nil, core.Input("there is nothing that a repair could do", "cnrelay drift show "+now.Run.ID)
	}
	b.Repair = numbered(now.Plan.Steps, now.Run.ID)
	return e.start(ctx, release, b.Batch, r.host, r.client, core.Event{Type: core.EventStarted, Text: "repair"}, (*run).repairWalk)
}

// numbered gives the steps of a repair ids of their own in the batch's journal: those of the run that they follow from.
func numbered(steps []core.Step, run string) []core.Step {
	_, n, _ := strings.Cut(run, ".")
	out := slices.Clone(steps)
	for i := range out {
		out[i].ID = strings.Replace(out[i].ID, "repair/", "repair/"+n+"/", 1)
	}
	return out
}

// settleRepair looks what became of the steps of a repair that didn't end. What it didn't do shows as drift again.
func (e *Engine) settleRepair(ctx context.Context, b core.Batch) (core.Batch, error) {
	if len(b.Repair) == 0 {
		return b, nil
	}
	client, h, err := e.reach(ctx, string(b.Host))
	if err != nil {
		return b, err
	}
	r, err := e.open(ctx, b, h, client)
	if err == nil {
		err = r.settleOpen(ctx, b.Repair, true)
	}
	return r.batch, err
}

// repairs compares, and plans the repair of what was found: a finding that several batches share is the newest one's.
func (e *Engine) repairs(ctx context.Context, spec RepairSpec, writing bool) (*reconciliation, []RepairPreview, error) {
	look := ReconcileSpec{Host: spec.Host, Provider: spec.Provider, Batch: spec.Batch, writing: writing}
	r, err := e.reconciliation(ctx, look)
	if err != nil {
		return r, nil, err
	}
	runs, err := r.compare(ctx, look)
	if err != nil {
		return r, nil, err
	}
	var out []RepairPreview
	taken := map[core.Ref]bool{}
	for i, run := range runs {
		if run.Facts.At.IsZero() {
			return r, nil, r.unreachable
		}
		meant := slices.DeleteFunc(slices.Clone(run.Findings), func(f core.DriftFinding) bool {
			return taken[f.Ref] || spec.recover && f.Type != core.DriftOutOfTraffic || len(spec.Only) > 0 && !slices.ContainsFunc(spec.Only, func(ref core.Ref) bool { return ref.Kind == f.Ref.Kind && ref.ID == f.Ref.ID })
		})
		for _, f := range meant {
			taken[f.Ref] = f.Ref != core.Ref{}
		}
		in := plan.RepairInput{Batch: r.batches[i], Host: r.host.Seen, Findings: meant, Recorded: r.held, Seen: r.seen.Object, Accept: spec.Accept, Named: len(spec.Only) > 0,
			Secret: func(ref string) bool { _, err := e.Vault.Secret(ref); return err == nil }}
		if !spec.Accept {
			asks := slices.DeleteFunc(slices.Clone(meant), func(f core.DriftFinding) bool { return !plan.Asks(f, in.Named) })
			if in.Answers, err = e.answersFor(ctx, r.batches[i], asks); err != nil {
				return r, nil, err
			}
		}
		out = append(out, RepairPreview{Run: run, Plan: plan.Repair(in)})
	}
	if len(spec.Only) > 0 && len(taken) == 0 {
		return r, nil, core.Input("nothing was found about what is named", "cnrelay drift run --host "+r.host.Name)
	}
	return r, out, nil
}

// answersFor asks the upstream with the key of each account whose recovery depends on it. An account that was adopted
// has none.
func (e *Engine) answersFor(ctx context.Context, b core.Batch, findings []core.DriftFinding) (map[core.Ref]core.Completion, error) {
	held, err := e.Resources(ctx, b.Host)
	if err != nil {
		return nil, err
	}
	out := map[core.Ref]core.Completion{}
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(8)
	for _, f := range findings {
		i := slices.IndexFunc(held, func(r core.Resource) bool { return r.Ref == f.Ref })
		if i < 0 {
			continue
		}
		g.Go(caught(func() error {
			answer, err := e.askUpstream(ctx, b, held[i].Account)
			if errors.Is(err, core.ErrNoSecret) {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			out[f.Ref] = answer
			return err
		}))
	}
	return out, errors.Join(g.Wait(), interrupted(ctx))
}

// repairWalk takes the steps of a repair. One that the host refuses is said, and the others go on. The batch stays what
// its import came to; a repair that was cut short is planned anew from what is there.
func (r *run) repairWalk(ctx context.Context) error {
	refused := 0
	for _, s := range r.batch.Repair {
		_, err := r.do(ctx, s)
		if err == nil {
			continue
		}
		if code := core.CodeOf(err); fatal(err) || code == core.CodeNetwork || code == core.CodeAuth || code == core.CodeBlocked {
			return r.stopRepair(ctx, err)
		}
		refused++
	}
	state := core.BatchSucceeded
	switch refused {
	case 0:
	case len(r.batch.Repair):
		state = core.BatchFailed
	default:
		state = core.BatchPartial
	}
	of := len(r.batch.Repair)
	err := r.saveBatch(core.Event{Type: core.EventFinished, Phase: core.PhaseRepair, State: string(state)}, func(b *core.Batch) { b.Repair = nil })
	if err != nil {
		return err
	}
	if refused > 0 {
		err = &core.Error{Code: core.CodeHost, Host: r.host.Name, Stage: "repair", Fault: core.FaultHost,
			What: fmt.Sprintf("the host refused %d of %d steps", refused, of), Next: "cnrelay batch show " + string(r.batch.ID)}
	}
	return errors.Join(err, r.lookAgain(ctx))
}

// lookAgain compares the batch once more, so that what is shown is what a read gave.
func (r *run) lookAgain(ctx context.Context) error {
	look, err := r.e.reconciliation(ctx, ReconcileSpec{Batch: r.batch.ID, writing: true})
	if errors.Is(err, errNothingRecorded) { // all was forgotten
		return nil
	}
	if err == nil {
		_, err = look.compare(ctx, ReconcileSpec{writing: true})
	}
	return err
}

// stopRepair commits that a repair could not go on. What may still take effect is looked for before the next run.
func (r *run) stopRepair(ctx context.Context, cause error) error {
	if ctx.Err() != nil {
		cause = errors.Join(core.ErrInterrupted, cause)
	}
	err := r.saveBatch(core.Event{Type: core.EventFinished, Phase: core.PhaseRepair, State: string(core.BatchInterrupted), Text: cause.Error()}, func(*core.Batch) {})
	return errors.Join(cause, err)
}
