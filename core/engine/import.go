package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
	"cnrelay/core/plan"
)

// StartImport plans an import and starts it. It returns when the batch is stored and its secrets are in
// the vault; the run goes on by itself until it ends or ctx is cancelled. done gives how it ended.
func (e *Engine) StartImport(ctx context.Context, spec ImportSpec) (id core.BatchID, done <-chan error, err error) {
	id = core.BatchID(newID("b"))
	release, err := e.claim(ctx, spec.HostName, core.DeedImport, id)
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if done == nil { // also if it panics
			release()
		}
	}()
	ctx, _ = e.recorded(ctx, core.RunImport)
	p, err := e.prepare(ctx, spec, id)
	if err != nil {
		return "", nil, err
	}
	if spec.Reviewed != nil && spec.Reviewed.Seen != p.Plan.Seen {
		return "", nil, &StaleError{plan.Differences(*spec.Reviewed, p.Plan), &core.Error{Code: core.CodeStopped, Host: p.Host.Name, Stage: "plan", Fault: core.FaultOperator,
			What: "the pack, the host or what is on it changed since the plan was reviewed; nothing was sent", Next: "look at the new plan: cnrelay import preview"}}
	}
	if p.Plan.Blocked() {
		return "", nil, &BlockedError{Preview: p.Preview}
	}
	if err := e.Vault.Put(p.secrets); err != nil {
		return "", nil, err
	}
	b := core.Batch{ID: id, Host: p.Host.ID, HostName: p.Host.Name, Provider: p.Request.Provider, Pack: p.Pack, Request: p.Request,
		Plan: p.Plan, State: core.BatchRunning, Phase: "import", Started: time.Now().UTC(), HostSeen: p.Host.Seen, Console: e.Build, By: core.OperatorOf(ctx)}
	done, err = e.start(ctx, release, b, p.Host, p.client, core.Event{Type: core.EventStarted}, (*run).importWalk)
	return id, done, err
}

// BlockedError is an import whose preconditions don't hold. Nothing was written.
type BlockedError struct{ Preview Preview }

func (b *BlockedError) Error() string { return "a precondition does not hold; nothing was sent" }

// StaleError is an import whose plan is not the one that was reviewed. Nothing was written.
type StaleError struct {
	Differences []plan.Difference
	cause       *core.Error
}

func (s *StaleError) Error() string { return s.cause.Error() }
func (s *StaleError) Unwrap() error { return s.cause }

// ResumeImport goes on with an interrupted import, or tries the failed accounts of an ended one again.
func (e *Engine) ResumeImport(ctx context.Context, id core.BatchID) (done <-chan error, err error) {
	b, err := e.Batch(ctx, id)
	if err != nil {
		return nil, err
	}
	if b.State == core.BatchRolledBack || b.Phase == "rollback" {
		return nil, core.Input("batch "+string(id)+" was being rolled back", "cnrelay batch rollback "+string(id))
	}
	release, err := e.claim(ctx, string(b.Host), core.DeedResume, id)
	if err != nil {
		return nil, err
	}
	defer func() {
		if done == nil { // also if it panics
			release()
		}
	}()
	ctx, _ = e.recorded(ctx, core.RunResume)
	client, h, err := e.reach(ctx, string(b.Host))
	if err != nil {
		return nil, err
	}
	if err := e.sameAsLeft(ctx, client, h, b); err != nil {
		return nil, err
	}
	b.State = core.BatchRunning
	b.Findings, b.Ended = nil, time.Time{}
	return e.start(ctx, release, b.Batch, h, client, core.Event{Type: core.EventStarted, Text: "resume"}, func(r *run, ctx context.Context) error {
		r.resumed = true
		return r.importWalk(ctx)
	})
}

// start stores the batch and runs the walk in the engine, which releases the host at its end.
func (e *Engine) start(ctx context.Context, release func(), b core.Batch, h core.Host, c core.HostClient, first core.Event, walk func(*run, context.Context) error) (<-chan error, error) {
	r, err := e.open(ctx, b, h, c)
	first.By = askedBy(ctx)
	if err != nil {
		return nil, err
	}
	r.tape = tapeOf(ctx)
	r.tape.about(h, b.Provider, b.ID)
	ctx, end := e.controls.begin(ctx, b.ID) // before anybody can read that it runs
	if err := r.saveBatch(first, func(*core.Batch) {}); err != nil {
		end()
		return nil, err
	}
	done := make(chan error, 1)
	e.runs.Go(func() {
		err := caught(func() error { return walk(r, ctx) })()
		if r.batch.State == core.BatchRunning { // nobody said how it ended
			err = r.stop(ctx, err)
		}
		end()
		release() // before anybody learns that it has ended
		done <- err
	})
	return done, nil
}

// importWalk takes the plan's phases in order and proves access at the end.
func (r *run) importWalk(ctx context.Context) error {
	results, err := r.makeAndTest(ctx)
	if err != nil {
		return r.stop(ctx, err)
	}
	passed := count(results, core.Passed)
	if passed == 0 || (r.batch.Request.Mode == core.Replace && passed < len(results)) {
		return r.end(ctx, core.BatchFailed, results, core.AccessResult{Mode: r.batch.Request.Access, State: core.AccessUnchecked}, nil)
	}
	if err := r.attach(ctx, results); err != nil {
		return r.stop(ctx, err)
	}
	passed = count(results, core.Passed)
	if err := r.walk(ctx, core.PhaseAccess); err != nil {
		return r.stop(ctx, err)
	}
	if err := r.hook(ctx); err != nil {
		return r.stop(ctx, err)
	}
	prove := r.proveAccess
	if r.retires() {
		prove = r.provenByNew
	}
	access, findings, err := prove(ctx, results)
	if err == nil && access.State != core.AccessBroken {
		err = r.walk(ctx, core.PhasePublish)
	}
	if err == nil && r.retires() {
		access, findings, err = r.retire(ctx, results, access, findings)
	}
	if err != nil {
		return r.stop(ctx, err)
	}
	state := core.BatchSucceeded
	if access.State == core.AccessBroken || passed < len(results) {
		state = core.BatchPartial
	}
	return r.end(ctx, state, results, access, findings)
}

// makeAndTest makes the group and the channel, then makes the accounts outside the group and tests them.
func (r *run) makeAndTest(ctx context.Context) ([]core.AccountResult, error) {
	if err := r.walk(ctx, core.PhaseFoundation); err != nil {
		return nil, err
	}
	keys := r.batch.Request.Keys
	results := make([]core.AccountResult, len(keys))
	return results, r.eachKey(ctx, func(ctx context.Context, i int) (err error) {
		results[i], err = r.stage(ctx, keys[i])
		return err
	})
}

// walk takes a phase's steps in order.
func (r *run) walk(ctx context.Context, phase core.Phase) error {
	for _, s := range r.batch.Plan.Steps {
		if s.Phase == phase {
			if _, err := r.do(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachKey works on the keys side by side. Requests in flight are the client's to bound, by the host's concurrency;
// twice as many accounts are under way, so that there is a request to send while others are written down.
func (r *run) eachKey(ctx context.Context, work func(ctx context.Context, i int) error) error {
	if r.host.Concurrency <= 1 { // one after another, then, and in order
		for i, key := range r.batch.Request.Keys {
			if err := errors.Join(work(ctx, i), r.settled(key.Fingerprint)); err != nil {
				return err
			}
		}
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2 * r.host.Concurrency)
	var ends errgroup.Group
	for i, key := range r.batch.Request.Keys {
		g.Go(caught(func() error {
			err := work(ctx, i)
			ends.Go(caught(func() error { return r.settled(key.Fingerprint) })) // the next account doesn't wait for it
			return err
		}))
	}
	return errors.Join(g.Wait(), ends.Wait())
}

// attach opens the group to the accounts of a replacement, once all have passed.
func (r *run) attach(ctx context.Context, results []core.AccountResult) error {
	return r.eachKey(ctx, func(ctx context.Context, i int) error {
		if results[i].Attached || results[i].Verdict != core.Passed {
			return nil
		}
		attach := r.planned(plan.AttachStep(results[i].Fingerprint))
		_, err := r.do(ctx, attach)
		if err != nil {
			results[i], err = r.broken(ctx, r.batch.Request.Keys[i], attach, results[i], err)
			return err
		}
		results[i].Attached = true
		return nil
	})
}

// hook runs the operator's command between import and access check.
func (r *run) hook(ctx context.Context) error {
	command := r.batch.Request.Hook
	if command == "" || r.record("hook").State == core.StepDone {
		return nil
	}
	out, code, err := r.e.Hook(ctx, command, []string{"CNRELAY_BATCH=" + string(r.batch.ID), "CNRELAY_HOST=" + r.host.Name,
		"CNRELAY_PROVIDER=" + r.batch.Provider, "CNRELAY_PUBLIC_URL=" + r.host.PublicURL})
	if err != nil {
		return err
	}
	if err := r.commit(entry{ev: core.Event{Type: core.EventHook, Name: command, ID: int64(code), Text: out}}); err != nil {
		return err
	}
	if code != 0 {
		return &core.Error{Code: core.CodeInput, Host: r.host.Name, Stage: "hook", Fault: core.FaultOperator,
			What: "the hook ended with a code other than 0: " + command, Next: "mend it, then cnrelay batch resume " + string(r.batch.ID)}
	}
	return r.step(core.Step{ID: "hook"}, core.StepRecord{State: core.StepDone}, core.Event{Type: core.EventResult}, nil)
}

// planned is a step of the plan; every id asked for was made by the plan itself.
func (r *run) planned(id string) core.Step {
	i := slices.IndexFunc(r.batch.Plan.Steps, func(s core.Step) bool { return s.ID == id })
	return r.batch.Plan.Steps[i]
}

// fatal tells what stops a run from what is one account's trouble.
func fatal(err error) bool {
	var s *stepError
	return !errors.As(err, &s) || errors.Is(err, core.ErrInterrupted) || core.CodeOf(err) == core.CodeState
}

func count(results []core.AccountResult, v core.Verdict) int {
	n := 0
	for _, r := range results {
		if r.Verdict == v {
			n++
		}
	}
	return n
}

// end commits how the import ended, after rolling it back if that was asked for.
func (r *run) end(ctx context.Context, state core.BatchState, results []core.AccountResult, access core.AccessResult, findings []core.Finding) error {
	var all []core.Finding
	for _, res := range results {
		if res.Verdict != core.Passed {
			all = append(all, res.Finding)
		}
	}
	all = append(all, findings...)
	undo := r.batch.Request.RollbackOnFailure && (state == core.BatchFailed || access.State == core.AccessBroken)
	err := r.saveBatch(core.Event{Type: core.EventFinished, State: string(state), Access: access.State}, func(b *core.Batch) {
		b.State, b.Access, b.Findings, b.Ended = state, access, all, time.Now().UTC()
		b.Passed = count(results, core.Passed)
		if undo {
			b.State, b.Phase = core.BatchRunning, "rollback"
		}
	})
	if err != nil || !undo {
		return err
	}
	return r.rollbackWalk(ctx, RollbackOptions{})
}

// stop commits that the run could not go on: interrupted, or failed for a reason that is not an account's.
func (r *run) stop(ctx context.Context, cause error) error {
	state := core.BatchFailed
	if why := interrupted(ctx); why != nil && !strings.Contains(cause.Error(), why.Error()) { // whatever it looked like
		cause = errors.Join(why, cause)
	}
	if errors.Is(cause, core.ErrInterrupted) {
		state = core.BatchInterrupted
	}
	undo := state == core.BatchFailed && r.batch.Request.RollbackOnFailure && r.batch.Phase == "import"
	if state == core.BatchFailed && r.batch.Phase == "rollback" {
		state = core.BatchInterrupted // what is left is still to be taken back
	}
	last := core.Event{Type: core.EventFinished, State: string(state), Text: cause.Error()}
	if c, ok := errors.AsType[*Cancelled](context.Cause(ctx)); ok && c.By.Name != "" {
		last.By = &c.By
	}
	err := r.saveBatch(last, func(b *core.Batch) {
		b.State, b.Ended = state, time.Now().UTC()
		if undo {
			b.State, b.Phase = core.BatchRunning, "rollback"
		}
	})
	if err == nil && undo {
		err = r.rollbackWalk(ctx, RollbackOptions{})
	}
	return errors.Join(cause, err)
}
