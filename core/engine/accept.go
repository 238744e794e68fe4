package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/plan"
)

// AcceptanceSpec is an import that is to be proven from its preview to its traceless end.
type AcceptanceSpec struct {
	ImportSpec
	Keep bool // no rollback: what was imported stays
}

// Accept runs the whole chain and says of each stage whether it passed, as it ends. What it made is rolled back also
// if something failed, unless it is to be kept. The result is stored as a run; an error means that the chain could not
// be walked to its end: bad input, an interruption, a host that was lost on the way.
func (e *Engine) Accept(ctx context.Context, spec AcceptanceSpec, told func(core.StageResult)) (core.Acceptance, error) {
	if spec.Name == "" { // names of its own: it must not meet what is there already
		spec.Name = "acceptance-" + newID("")
	}
	h, err := e.Host(ctx, spec.HostName)
	if err != nil {
		return core.Acceptance{}, err
	}
	ctx, t := e.recorded(ctx, core.RunAcceptance)
	a := &acceptance{e: e, spec: spec, tape: t, told: told}
	a.out = core.Acceptance{Run: t.run.ID, Host: h.ID, HostName: h.Name, Provider: spec.Provider, Access: spec.Access}
	err = a.walk(ctx)
	if core.CodeOf(err) == core.CodeInput && a.out.Batch == "" {
		return a.out, err
	}
	t.about(a.host(h), a.out.Provider, a.batches()...)
	t.accepted(a.out)
	return a.out, e.keepRun(ctx, t, err)
}

// acceptance is one chain under way.
type acceptance struct {
	e      *Engine
	spec   AcceptanceSpec
	tape   *tape
	told   func(core.StageResult)
	out    core.Acceptance
	seen   core.Host // as the preview saw it
	before hostImage
	report AccessReport
}

func (a *acceptance) host(h core.Host) core.Host {
	if a.seen.ID != "" {
		return a.seen
	}
	return h
}

func (a *acceptance) batches() []core.BatchID {
	if a.out.Batch == "" {
		return nil
	}
	return []core.BatchID{a.out.Batch}
}

// walk takes the stages in order. The later ones need the earlier; the rollback and its proof need a batch only.
func (a *acceptance) walk(ctx context.Context) error {
	going := true
	for _, s := range []struct {
		stage  core.Stage
		do     func(ctx context.Context, r *core.StageResult) error
		always bool
	}{
		{core.StagePreview, a.preview, false},
		{core.StageImport, a.importing, false},
		{core.StageAccessPreview, a.accessPreview, false},
		{core.StageAccessStatus, a.accessStatus, false},
		{core.StageGateway, a.gateway, false},
		{core.StageDrift, a.drift, false},
		{core.StageRollback, a.rollback, true},
		{core.StageRestored, a.restored, true},
	} {
		r := core.StageResult{Stage: s.stage, State: core.StageSkipped, At: time.Now().UTC()}
		if going || (s.always && a.out.Batch != "") {
			r.State = core.StagePassed
			if s.always && a.spec.Keep {
				r.State = core.StageSkipped
			} else if err := s.do(core.AtStep(ctx, "", string(s.stage)), &r); err != nil {
				r.State, r.Error = core.StageFailed, err.Error()
				if core.CodeOf(err) == core.CodeInput && a.out.Batch == "" {
					return err
				}
			}
			r.Took = time.Since(r.At)
		}
		// A key that fails keeps nobody from seeing whether the others give access.
		if r.State == core.StageFailed && (s.stage == core.StagePreview || s.stage == core.StageImport && len(a.serving(ctx)) == 0) {
			going = false
		}
		a.out.Stages = append(a.out.Stages, r)
		a.told(r)
		if err := interrupted(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (a *acceptance) preview(ctx context.Context, r *core.StageResult) error {
	p, err := a.e.PreviewImport(ctx, a.spec.ImportSpec)
	if err != nil {
		return err
	}
	a.seen, a.out.Provider, a.spec.Reviewed = p.Host, p.Pack.ID, &p.Plan
	if p.Plan.Blocked() {
		return &BlockedError{Preview: p}
	}
	if p.Plan.Writes() == 0 {
		return core.Input("there is nothing to import, so nothing would be proven: these keys are active under this name already", "another --name, or other keys")
	}
	client, err := a.e.client(p.Host)
	if err == nil {
		a.before, err = a.e.image(ctx, client, p.Request, p.Plan)
	}
	return err
}

func (a *acceptance) importing(ctx context.Context, r *core.StageResult) error {
	id, done, err := a.e.StartImport(ctx, a.spec.ImportSpec)
	if err != nil {
		return err
	}
	a.out.Batch = id
	err = <-done
	b, found := a.e.Batch(context.WithoutCancel(ctx), id)
	if err = errors.Join(err, found); err != nil {
		return err
	}
	if b.State != core.BatchSucceeded || len(b.Accounts) == 0 {
		r.State = core.StageFailed
		r.Finding = first(b.Findings)
	}
	return nil
}

// serving are the accounts of the batch that were opened to users.
func (a *acceptance) serving(ctx context.Context) []core.AccountResult {
	if a.out.Batch == "" {
		return nil
	}
	b, err := a.e.Batch(context.WithoutCancel(ctx), a.out.Batch)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(b.Accounts, func(x core.AccountResult) bool { return !x.Attached })
}

func (a *acceptance) accessPreview(ctx context.Context, r *core.StageResult) error {
	plans, err := a.e.AccessPreview(ctx, string(a.out.Host), a.out.Provider)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(plans, func(p core.AccessPlan) bool { return p.Batch == a.out.Batch })
	if i < 0 {
		return core.Input("the access preview doesn't know the batch", "cnrelay access preview --host "+a.out.HostName+" --provider "+a.out.Provider)
	}
	for _, c := range plans[i].Checks {
		if !c.OK {
			r.State = core.StageFailed
			r.Notes = append(r.Notes, core.Note{Code: "check_failed", Args: append([]string{c.Code}, c.Args...)})
		}
	}
	return nil
}

func (a *acceptance) accessStatus(ctx context.Context, r *core.StageResult) error {
	reports, err := a.e.AccessStatus(ctx, string(a.out.Host), a.out.Provider)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(reports, func(x AccessReport) bool { return x.Batch == a.out.Batch })
	if i < 0 {
		return core.Input("the access check doesn't know the batch", "cnrelay access status --host "+a.out.HostName+" --provider "+a.out.Provider)
	}
	a.report = reports[i]
	if classOf(nil, a.report.Access.State) != core.Ready {
		r.State, r.Finding = core.StageFailed, first(a.report.Findings)
	}
	return nil
}

// gateway is what that check saw of the gateway itself: HTTP 200 alone passes nothing.
func (a *acceptance) gateway(_ context.Context, r *core.StageResult) error {
	access := a.report.Access
	r.Notes = append(r.Notes, core.Note{Code: "gateway_saw", Args: []string{plan.Count(access.Models.Status), plan.Count(access.Completion.Status), access.Completion.Model}})
	if !access.Models.OK() || !access.Completion.Answered() {
		r.State, r.Finding = core.StageFailed, first(a.report.Findings)
	}
	return nil
}

// drift fails on the batch's own resources only; what else was found is said.
func (a *acceptance) drift(ctx context.Context, r *core.StageResult) error {
	runs, err := a.e.Reconcile(ctx, ReconcileSpec{Batch: a.out.Batch, Completion: true})
	if err != nil {
		return err
	}
	run := runs[0]
	if run.Status == core.DriftUnknown {
		r.State, r.Error = core.StageFailed, run.Error
	}
	for _, f := range run.Findings {
		own := slices.Contains(f.Batches, a.out.Batch)
		if own && (f.Type.Differs() || f.Type.Fails()) {
			r.State = core.StageFailed
		}
		code := "leftover"
		if own {
			code = "drift_own"
		}
		r.Notes = append(r.Notes, core.Note{Code: code, Args: []string{string(f.Type), string(f.Ref.Kind), f.Name}})
	}
	if len(run.Probes) > 0 {
		r.State, r.Finding = core.StageFailed, first(run.Probes)
	}
	if run.StaleNoiseCount > 0 {
		r.Notes = append(r.Notes, core.Note{Code: "leftovers", Args: []string{plan.Count(run.StaleNoiseCount)}})
	}
	return nil
}

func (a *acceptance) rollback(ctx context.Context, r *core.StageResult) error {
	done, err := a.e.StartRollback(ctx, a.out.Batch, RollbackOptions{})
	if err == nil {
		err = <-done
	}
	if err != nil {
		return err
	}
	b, err := a.e.Batch(ctx, a.out.Batch)
	for _, k := range b.Kept {
		if k.Reason != plan.KeptShared { // that is somebody else's to take back
			r.State = core.StageFailed
		}
		r.Notes = append(r.Notes, core.Note{Code: "kept", Args: []string{string(k.Ref.Kind), k.Name, k.Reason}})
	}
	return err
}

func (a *acceptance) restored(ctx context.Context, r *core.StageResult) error {
	b, err := a.e.Batch(ctx, a.out.Batch)
	if err != nil {
		return err
	}
	client, err := a.e.client(a.seen)
	if err != nil {
		return err
	}
	after, err := a.e.image(ctx, client, b.Request, b.Plan)
	if err != nil {
		return err
	}
	held, err := a.e.heldBy(ctx, b.Batch)
	if err != nil {
		return err
	}
	ours, others := a.before.compare(after, b)
	for _, note := range ours {
		r.State = core.StageFailed
		r.Notes = append(r.Notes, note)
	}
	if held {
		r.State = core.StageFailed
		r.Notes = append(r.Notes, core.Note{Code: "ledger_holds", Args: []string{string(b.ID)}})
	}
	if others > 0 {
		r.Notes = append(r.Notes, core.Note{Code: "others_changed", Args: []string{plan.Count(others)}})
	}
	r.Notes = append(r.Notes, core.Note{Code: "compared", Args: []string{plan.Count(len(a.before)), strings.TrimSpace(string(a.out.HostName))}})
	return nil
}

func first(findings []core.Finding) *core.Finding {
	if len(findings) == 0 {
		return nil
	}
	return &findings[0]
}

// accepted is how an acceptance run came out.
func (t *tape) accepted(a core.Acceptance) {
	t.change(func(r *core.Run) {
		r.Stages, r.State, r.Class = a.Stages, string(core.StagePassed), core.Ready
		if !a.Passed() { // one that was interrupted proves nothing
			failed, _ := a.Failed()
			r.State, r.Class, r.Error = string(core.StageFailed), "", failed.Error
			if failed.Finding != nil {
				r.Class = failed.Finding.Class
			}
		}
	})
}
