package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/plan"
	"cnrelay/core/probe"
)

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
