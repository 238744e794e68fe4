package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/plan"
	"cnrelay/core/probe"
)

const (
	// A host needs up to seconds to take a change up; until then its answers say that there is no account.
	takeUp = 5 * time.Second
	// The usage record is written after the answer, within seconds.
	usageAppears = 15 * time.Second
	askEvery     = 300 * time.Millisecond
	// How long a replacement asks until a new account answers, and how long it looks for the record of its own
	// question among those of others who use the same key meanwhile.
	newServes  = 20 * time.Second
	ownAppears = 2 * time.Second
)

// proveAccess asks the gateway with every user's key: ready only if all list the model and get an answer.
func (r *run) proveAccess(ctx context.Context, results []core.AccountResult) (core.AccessResult, []core.Finding, error) {
	var first core.AccessResult
	var findings []core.Finding
	for i, s := range r.keySteps() {
		got, found, err := r.proveUser(ctx, s, results)
		if err != nil {
			return first, findings, err
		}
		findings = append(findings, found...)
		got.Findings = found
		if i == 0 || (first.State != core.AccessBroken && got.State == core.AccessBroken) {
			first = got
		}
	}
	return first, findings, r.e.put(context.WithoutCancel(ctx), core.TableAccess, accessKey(r.host.ID, r.batch.Provider, first.Mode), first)
}

func (r *run) keySteps() []core.Step {
	var out []core.Step
	for _, s := range r.batch.Plan.Steps {
		if s.Kind == core.APIKey && s.Phase == core.PhaseAccess {
			out = append(out, s)
		}
	}
	return out
}

func (r *run) proveUser(ctx context.Context, s core.Step, results []core.AccountResult) (core.AccessResult, []core.Finding, error) {
	user := strings.TrimPrefix(s.ID, "key/")
	ctx = core.AtStep(ctx, core.PhaseProve, "prove/"+user)
	access, findings, err := r.e.checkAccess(ctx, accessCheck{
		client: r.client, batch: r.batch, user: user, keySecret: s.Secret, wait: takeUp,
		group: r.record("group").Ref.ID, results: results,
	})
	if err != nil {
		return access, nil, err
	}
	ev := core.Event{Type: core.EventProbe, Phase: core.PhaseProve, Name: user, State: string(access.State),
		Models: &access.Models, Completion: &access.Completion, Access: access.State}
	if len(findings) > 0 {
		ev.Finding = &findings[0]
	}
	return access, findings, r.commit(entry{ev: ev})
}

func accessKey(h core.HostID, provider string, mode core.AccessMode) string {
	return string(h) + "/" + provider + "/" + string(mode)
}

// accessCheck is one user's way through a gateway, to be proven.
type accessCheck struct {
	client    core.HostClient
	batch     core.Batch
	user      string
	keySecret string
	group     int64
	results   []core.AccountResult
	wait      time.Duration // how long "not taken up yet" answers are asked again
}

// checkAccess asks for the models and for a completion. Only answers that a host also gives while it takes
// a change up are asked again: any other failure is final at its first answer, whose words are the evidence
// (asked again, a host turns them into a generic 503, and may take the account out).
func (e *Engine) checkAccess(ctx context.Context, a accessCheck) (core.AccessResult, []core.Finding, error) {
	smoke := a.batch.Plan.Smoke
	access := core.AccessResult{Mode: a.batch.Request.Access, State: core.AccessBroken, User: a.user, KeySecret: a.keySecret}
	key, err := e.Vault.Secret(a.keySecret)
	if err != nil {
		return access, nil, err
	}
	until := time.Now().Add(a.wait)
	for {
		access.Models = a.client.GatewayModels(ctx, key)
		if (access.Models.OK() && slices.Contains(access.Models.Models, smoke.Model)) || time.Now().After(until) || !(access.Models.OK() || access.Models.Status == 503) {
			break
		}
		if err := pause(ctx, askEvery); err != nil {
			return access, nil, err
		}
	}
	for {
		access.Completion = a.client.Complete(ctx, key, question(core.ProtocolChat, fresh(smoke), a.batch.Pack.Quirks))
		if !probe.NotTakenUp(access.Completion) || time.Now().After(until) {
			break
		}
		if err := pause(ctx, askEvery); err != nil {
			return access, nil, err
		}
	}
	if err := interrupted(ctx); err != nil {
		return access, nil, err
	}
	access.At = access.Completion.At
	evidence := probe.AccessEvidence{User: a.user, Smoke: smoke.Model, Rules: a.batch.Pack.Rules,
		Models: access.Models, Completion: access.Completion, Now: time.Now()}
	if !access.Completion.Answered() {
		e.gather(ctx, a, &access, &evidence)
		access.Upstream = evidence.Direct
	}
	findings := probe.Access(evidence)
	if findings[0].Class == core.Ready {
		access.State = core.SubscriptionReady
		if access.Mode == core.AccessSelfService {
			access.State = core.SelfServiceReady
		}
		return access, nil, nil
	}
	return access, findings, nil
}

// gather looks at what stands behind a failed completion: the upstream itself, asked with the key of an
// account that serves the group, and the state that the host lists those accounts in.
func (e *Engine) gather(ctx context.Context, a accessCheck, access *core.AccessResult, evidence *probe.AccessEvidence) {
	if accounts, err := a.client.List(ctx, core.Account, core.Query{Group: a.group}); err == nil {
		evidence.Accounts = accounts
		if accounts == nil {
			evidence.Accounts = []core.Object{}
		}
		access.Accounts, access.Sharing = e.sharing(ctx, a.batch.Host, accounts), len(accounts)
	}
	for _, result := range a.results {
		if !result.Attached {
			continue
		}
		evidence.TestPassed = evidence.TestPassed || result.Test.Complete
		if evidence.Direct == nil {
			if c, err := e.askUpstream(ctx, a.batch, result.Fingerprint); err == nil {
				evidence.Direct = &c
			}
		}
	}
}

// fresh makes the prompt unlike any before: hosts keep a conversation on the account that answered it, and
// know it by its words, so the same prompt would go to the same account whatever the priorities say (seen on
// 0.1.121, 0.1.133 and 0.1.179).
func fresh(s core.Smoke) core.Smoke {
	s.Prompt += " [" + newID("check ") + "]"
	return s
}

func question(p core.Protocol, smoke core.Smoke, q core.Quirks) core.CompletionRequest {
	return core.CompletionRequest{Protocol: p, Model: smoke.Model, Prompt: smoke.Prompt, MaxTokens: smoke.MaxTokens, TokensField: q.TokensField}
}

// askUpstream asks the provider directly, from here, with an account's key and the gateway's question.
func (e *Engine) askUpstream(ctx context.Context, b core.Batch, fingerprint string) (core.Completion, error) {
	key, err := e.Vault.Secret(core.KeySecret(fingerprint))
	if err != nil {
		return core.Completion{}, err
	}
	protocol := b.Plan.Protocol
	return e.Dialer.Upstream().Complete(ctx, b.Plan.Endpoint.URL(protocol), key, question(protocol, b.Plan.Smoke, b.Pack.Quirks)), nil
}

// sister is the endpoint of the same pack that accepts a key refused here.
func (r *run) sister(ctx context.Context, key core.KeyRef, refused core.Completion) string {
	value, err := r.e.Vault.Secret(core.KeySecret(key.Fingerprint))
	if err != nil {
		return ""
	}
	return r.e.sisterOf(ctx, r.batch.Pack, r.batch.Plan.Endpoint, value, refused)
}

// retire takes the replaced accounts out, once a completion was served by a new one, and deletes them once a second
// completion was served without them; else they are attached again.
func (r *run) retire(ctx context.Context, results []core.AccountResult, access core.AccessResult, findings []core.Finding) (core.AccessResult, []core.Finding, error) {
	if access.State == core.AccessBroken {
		return access, findings, nil
	}
	if err := r.keepReplaced(ctx); err != nil {
		return access, findings, err
	}
	if err := r.walkRetire(ctx, core.Update); err != nil {
		return access, findings, err
	}
	second, found, err := r.provenByNew(ctx, results)
	if err != nil {
		return access, findings, err
	}
	if second.State == core.AccessBroken {
		return second, found, r.reattach(ctx)
	}
	return second, found, r.walkRetire(ctx, core.Delete)
}

func (r *run) walkRetire(ctx context.Context, verb core.Verb) error {
	for _, s := range r.batch.Plan.Steps {
		if s.Phase == core.PhaseRetire && s.Verb == verb {
			if _, err := r.do(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// reattach undoes the detaching, in the journal too: a resumed batch detaches and proves again.
func (r *run) reattach(ctx context.Context) error {
	for _, s := range r.batch.Plan.Steps {
		if s.Phase != core.PhaseRetire || s.Verb != core.Update {
			continue
		}
		back := s
		back.ID, back.Fields, back.Before = "re"+s.ID, s.Before, s.Fields
		if _, err := r.do(ctx, back); err != nil {
			return err
		}
		for _, step := range []core.Step{s, back} {
			if err := r.step(step, core.StepRecord{State: core.StepSkipped}, core.Event{Type: core.EventPhase}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// provenByNew asks until the usage record names a new account as the one that answered. A host goes on with
// the accounts it knew for up to a second or so after new ones are attached, whatever their priority
// (seen on 0.1.133 and 0.1.179), so an answer by an old account is asked again, for seconds.
func (r *run) provenByNew(ctx context.Context, results []core.AccountResult) (core.AccessResult, []core.Finding, error) {
	isNew := func(account int64) bool {
		return slices.ContainsFunc(results, func(a core.AccountResult) bool { return a.ID == account })
	}
	for until := time.Now().Add(newServes); ; {
		if err := r.noteUsage(ctx); err != nil {
			return core.AccessResult{}, nil, err
		}
		access, findings, err := r.proveAccess(ctx, results)
		if err != nil || access.State == core.AccessBroken {
			return access, findings, err
		}
		if access.ServedBy, err = r.servedBy(ctx, access, isNew); err != nil || isNew(access.ServedBy) {
			return access, findings, err
		}
		if time.Now().After(until) {
			access.State = core.AccessBroken
			return access, []core.Finding{{Class: core.HostConfigGap, Fault: core.FaultConfig, Stage: "usage_record",
				Detail: "served_by_old_account", About: access.User, At: time.Now().UTC()}}, nil
		}
		if err := pause(ctx, askEvery); err != nil {
			return access, findings, err
		}
	}
}

func (r *run) retires() bool {
	return slices.ContainsFunc(r.batch.Plan.Steps, func(s core.Step) bool { return s.Phase == core.PhaseRetire })
}

// keepReplaced stores, before anything is deleted, what it takes to bring the replaced accounts back.
func (r *run) keepReplaced(ctx context.Context) error {
	if len(r.batch.Replaced) > 0 {
		return nil
	}
	held, err := r.e.Resources(ctx, r.host.ID)
	if err != nil {
		return err
	}
	var replaced []core.Resource
	for _, s := range r.batch.Plan.Steps {
		for _, res := range held {
			if s.Phase == core.PhaseRetire && s.Verb == core.Update && res.Ref == s.Ref {
				if res.Fields["platform"] == nil { // its record had been lost
					if res, err = r.asHeld(ctx, res); err != nil {
						return err
					}
				}
				res.Fields["group_ids"] = s.Before["group_ids"]
				replaced = append(replaced, res)
			}
		}
	}
	return r.saveBatch(core.Event{Type: core.EventPhase, Phase: core.PhaseRetire}, func(b *core.Batch) { b.Replaced = replaced })
}

// asHeld fills in an account's record from the host. What is gone, or is another one by now, is not deleted either.
func (r *run) asHeld(ctx context.Context, res core.Resource) (core.Resource, error) {
	o, err := r.client.Get(ctx, res.Ref)
	if err != nil || !plan.SameIdentity(res, o) {
		if errors.Is(err, core.ErrNotFound) {
			err = nil
		}
		return res, err
	}
	for _, field := range []string{"platform", "type", "priority", "notes", "extra", "credentials"} {
		if v := o.Fields[field]; v != nil && res.Fields[field] == nil {
			res.Fields[field] = v
		}
	}
	credentials := core.Fields{"api_key": core.SecretRef(core.KeySecret(res.Account))}
	for field, v := range res.Fields.Map("credentials") {
		if field != "api_key" {
			credentials[field] = v
		}
	}
	res.Fields["credentials"] = map[string]any(credentials)
	return res, nil
}

// servedBy is the account that answered the access check, by the host's usage record; 0 if the record
// doesn't show it in time. Hosts up to 0.1.121 keep the upstream's request id there, which we don't know:
// then a record that wasn't there before the check tells, and one by a new account is waited for a little.
func (r *run) servedBy(ctx context.Context, access core.AccessResult, isNew func(account int64) bool) (int64, error) {
	key := r.record(r.keySteps()[0].ID).Ref.ID
	for start := time.Now(); ; {
		records, err := r.client.Usage(ctx, key)
		if err != nil {
			return 0, err
		}
		var guess int64
		for _, u := range records {
			if access.Completion.RequestID != "" && strings.HasSuffix(u.RequestID, access.Completion.RequestID) {
				return u.AccountID, nil
			}
			if !strings.HasPrefix(u.RequestID, "client:") && !r.usageBefore[u.RequestID] && (guess == 0 || isNew(u.AccountID)) {
				guess = u.AccountID
			}
		}
		waited := time.Since(start)
		if isNew(guess) || (guess != 0 && waited > ownAppears) || waited > usageAppears {
			return guess, nil
		}
		if err := pause(ctx, askEvery); err != nil {
			return 0, err
		}
	}
}

// noteUsage remembers what the usage record holds before the access check of a replacement.
func (r *run) noteUsage(ctx context.Context) error {
	r.usageBefore = map[string]bool{}
	for _, s := range r.keySteps() {
		records, err := r.client.Usage(ctx, r.record(s.ID).Ref.ID)
		if err != nil {
			return err
		}
		for _, u := range records {
			r.usageBefore[u.RequestID] = true
		}
	}
	return nil
}
