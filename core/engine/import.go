package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
	"cnrelay/core/plan"
	"cnrelay/core/probe"
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

// stage makes one account outside the group, judges it and, unless a replacement waits for all of them, opens
// the group to it. What is wrong with one key is a result, not an error: the others go on.
func (r *run) stage(ctx context.Context, key core.KeyRef) (result core.AccountResult, err error) {
	attach := r.planned(plan.AttachStep(key.Fingerprint))
	result, err = r.judge(ctx, key)
	if err != nil || result.Verdict != core.Passed || (r.batch.Request.Mode == core.Replace && attach.Verb != core.Leave) {
		return result, err
	}
	if _, err = r.do(ctx, attach); err == nil {
		result.Attached = true
		return result, nil
	}
	return r.broken(ctx, key, attach, result, err)
}

// broken makes trouble with the host about one account that account's verdict, unless it stops the run.
func (r *run) broken(ctx context.Context, key core.KeyRef, s core.Step, result core.AccountResult, cause error) (core.AccountResult, error) {
	if fatal(cause) {
		return result, cause
	}
	class := core.Unknown
	if core.CodeOf(cause) == core.CodeNetwork {
		class = core.HostUnreachable
	}
	result.Verdict = core.Failed
	result.Finding = core.Finding{Class: class, Fault: core.FaultHost, Stage: "account_" + string(s.Verb), About: result.Name,
		Words: cause.Error(), At: time.Now().UTC()}
	return result, r.verdict(ctx, key, s, r.record(s.ID), result)
}

// judge makes and tests one account; one that passed before an interruption, or that serves already, is not
// tested again, because the host's test is a write.
func (r *run) judge(ctx context.Context, key core.KeyRef) (core.AccountResult, error) {
	create, attach := r.planned(plan.AccountStep(key.Fingerprint)), r.planned(plan.AttachStep(key.Fingerprint))
	result := core.AccountResult{Name: create.Name, Fingerprint: key.Fingerprint}
	before, found, err := get[core.AccountResult](ctx, r.e.Store, core.TableAccount, r.accountKey(key))
	if err != nil || (found && before.Verdict == core.Passed) {
		return before, err
	}
	o, err := r.do(ctx, create)
	if err != nil {
		return r.broken(ctx, key, create, result, err)
	}
	result.ID = o.ID
	serves := false
	if attach.Verb == core.Leave && create.Verb != core.Update {
		if serves, err = r.attached(ctx, attach); err != nil {
			return result, err
		}
	}
	if serves {
		result.Verdict = core.Passed
		result.Finding = core.Finding{Class: core.Ready, Fault: core.NoFault, Stage: "ledger", About: create.Name, At: time.Now().UTC()}
		return result, r.verdict(ctx, key, create, r.record(create.ID), result)
	}
	testedBefore := r.record(testStep(key, result).ID).State != ""
	if err := r.test(ctx, key, &result); err != nil {
		return r.broken(ctx, key, testStep(key, result), result, err)
	}
	if result.Verdict == core.Passed && (testedBefore || create.Verb != core.Create) {
		err = r.backInTraffic(ctx, key, result)
	}
	return result, err
}

// attached tells whether it was this console that put an account into the group, which it does with what passed only.
// What somebody else put there is tested like any other.
func (r *run) attached(ctx context.Context, attach core.Step) (bool, error) {
	res, _, err := get[core.Resource](ctx, r.e.Store, core.TableResource, resourceKey(r.host.ID, attach.Ref))
	recorded := res.Fields.IDs("group_ids")
	return !slices.ContainsFunc(attach.Fields.IDs("group_ids"), func(id int64) bool { return !slices.Contains(recorded, id) }), err
}

// backInTraffic switches an account on that an earlier refusal by the upstream switched off: hosts from 0.1.130
// leave it off even when a test succeeds (HOST_CONTRACT 12.2).
func (r *run) backInTraffic(ctx context.Context, key core.KeyRef, result core.AccountResult) error {
	ref := core.Ref{Kind: core.Account, ID: result.ID}
	o, err := r.client.Get(ctx, ref)
	if err != nil || o.Fields.Bool("schedulable") {
		return err
	}
	_, err = r.do(ctx, core.Step{ID: fmt.Sprintf("schedulable/%s/%d", plan.Short(key.Fingerprint), result.Test.At.Unix()), Phase: core.PhaseStage, Kind: core.Account, Verb: core.Update,
		Name: result.Name, Ref: ref, CreatedAt: o.CreatedAt, Account: key.Fingerprint, Fields: core.Fields{"schedulable": true}, Before: core.Fields{"schedulable": false}})
	return err
}

func testStep(key core.KeyRef, result core.AccountResult) core.Step {
	return core.Step{ID: "test/" + plan.Short(key.Fingerprint), Phase: core.PhaseStage, Kind: core.Account, Verb: core.Test,
		Name: result.Name, Ref: core.Ref{Kind: core.Account, ID: result.ID}, Account: key.Fingerprint}
}

// test runs the host's account test, asks the upstream directly where that doesn't decide, and judges.
func (r *run) test(ctx context.Context, key core.KeyRef, result *core.AccountResult) error {
	if err := interrupted(ctx); err != nil {
		return err
	}
	b := &r.batch
	step := testStep(key, *result)
	if err := r.step(step, core.StepRecord{State: core.StepIntent, Ref: step.Ref, Sent: time.Now().UTC()}, core.Event{Type: core.EventIntent}, nil); err != nil {
		return err
	}
	ctx = core.AtStep(ctx, step.Phase, step.ID)
	test, err := r.client.TestAccount(ctx, result.ID, b.Plan.Smoke.Model, b.Plan.Smoke.Prompt, func(text string) {
		r.e.watchers.send(core.Event{Run: b.ID, At: time.Now().UTC(), Host: b.Host, Type: core.EventProgress, Step: step.ID, Name: result.Name, Text: text})
	})
	if err != nil {
		if stopped := interrupted(ctx); stopped != nil {
			return stopped
		}
		return r.failed(step, err)
	}
	result.Test = test
	evidence := probe.AccountEvidence{Name: result.Name, Rules: b.Pack.Rules, Test: test}
	if probe.NeedsDirect(test) {
		direct, err := r.e.askUpstream(ctx, r.batch, key.Fingerprint)
		if err != nil {
			return err
		}
		evidence.Direct, result.Upstream = &direct, &direct
		evidence.Sister = r.sister(ctx, key, direct)
	}
	result.Verdict, result.Finding = probe.Account(evidence)
	return r.verdict(ctx, key, step, core.StepRecord{State: core.StepDone, Ref: step.Ref}, *result)
}

// verdict commits the end of a step together with what it says of an account, in the batch and in the ledger.
func (r *run) verdict(ctx context.Context, key core.KeyRef, s core.Step, rec core.StepRecord, result core.AccountResult) error {
	ref := core.Ref{Kind: core.Account, ID: result.ID}
	f := result.Finding
	ev := core.Event{Type: core.EventVerdict, Verdict: result.Verdict, Finding: &f, Took: result.Test.Latency}
	return r.step(s, rec, ev, func(tx core.Tx) error {
		if err := tx.Put(core.TableAccount, r.accountKey(key), result); err != nil || result.ID == 0 {
			return err
		}
		var res core.Resource
		found, err := tx.Get(core.TableResource, resourceKey(r.host.ID, ref), &res)
		if err != nil || !found {
			return err
		}
		res.Verdict = result.Verdict
		return tx.Put(core.TableResource, resourceKey(r.host.ID, ref), res)
	})
}

func (r *run) accountKey(key core.KeyRef) string { return string(r.batch.ID) + "/" + key.Fingerprint }

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
