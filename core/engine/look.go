package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"cnrelay/core"
)

// look is a run that changes nothing on its host and stands for itself: it is kept whatever came of it, unless there
// was nothing to be looked at.
func (e *Engine) look(ctx context.Context, kind core.RunKind, host, provider string, do func(ctx context.Context, c core.HostClient, h core.Host, t *tape) error) error {
	h, err := e.Host(ctx, host)
	if err != nil {
		return err
	}
	held, err := e.Resources(ctx, h.ID)
	if err != nil {
		return err
	}
	held = slices.DeleteFunc(held, func(r core.Resource) bool { return r.Provider != provider })
	ctx, t := e.recorded(ctx, kind)
	client, h, err := e.connect(ctx, h)
	t.about(h, provider, batchesOf(held)...)
	if err == nil {
		err = do(ctx, client, h, t)
	}
	if core.CodeOf(err) == core.CodeInput {
		return err
	}
	return e.keepRun(ctx, t, err)
}

// keepRun stores a run, also one that an error ended, which it gives back.
func (e *Engine) keepRun(ctx context.Context, t *tape, failed error) error {
	t.change(func(r *core.Run) {
		r.Ended = time.Now().UTC()
		if failed != nil {
			r.Error = failed.Error()
		}
	})
	return errors.Join(failed, t.save(context.WithoutCancel(ctx), e.Store, func(core.Tx, *core.Run) error { return nil }))
}

// walked is how an import, a rollback or a repair came out, whose last event it gives: after a repair the batch still is
// what its import came to.
func (t *tape) walked(b core.Batch, last core.Event) {
	t.change(func(r *core.Run) {
		r.Ended = time.Now().UTC()
		if r.Kind == core.RunRepair {
			r.State, r.Error = last.State, last.Text
			return
		}
		r.State, r.Class = string(b.State), classOf(b.Findings, b.Access.State)
		r.Outcome = &core.Outcome{State: b.State, Passed: b.Passed, Access: b.Access, Findings: b.Findings, Kept: b.Kept}
	})
}

// planned is how an access preview came out: the batches are those whose access it looked at.
func (t *tape) planned(plans []core.AccessPlan) {
	t.change(func(r *core.Run) {
		r.Plans, r.Batches, r.State = plans, nil, "available"
		for _, p := range plans {
			r.Batches = append(r.Batches, p.Batch)
			if !p.Available() {
				r.State = "unavailable"
			}
		}
	})
}

// checked is how the access check of one batch came out; what is broken counts.
func (t *tape) checked(a AccessReport) {
	t.change(func(r *core.Run) {
		if len(r.Access) == 0 {
			r.Batches = nil
		}
		r.Batches, r.Access = append(r.Batches, a.Batch), append(r.Access, a.Access)
		if r.State == "" || a.Access.State == core.AccessBroken {
			r.State, r.Class = string(a.Access.State), classOf(a.Findings, a.Access.State)
		}
	})
}

func (t *tape) probed(reports []UpstreamReport) {
	t.change(func(r *core.Run) {
		for _, report := range reports {
			r.Probed = append(r.Probed, report.Finding)
		}
		bad := slices.DeleteFunc(slices.Clone(r.Probed), func(f core.Finding) bool { return f.Class == core.Ready })
		r.Class = core.Ready
		if len(bad) > 0 {
			r.Class = bad[0].Class
		}
	})
}

// compared is how a reconciliation came out.
func (t *tape) compared(runs []core.DriftRun) {
	t.change(func(r *core.Run) {
		r.Ended, r.State, r.Class = time.Now().UTC(), string(worstStatus(runs)), driftClass(runs)
	})
}

// classOf is the class of what was found; the first finding is the one that the others follow from.
func classOf(findings []core.Finding, access core.AccessState) core.Class {
	switch {
	case len(findings) > 0:
		return findings[0].Class
	case access == core.SubscriptionReady, access == core.SelfServiceReady:
		return core.Ready
	}
	return ""
}

func batchesIn(runs []core.DriftRun) []core.BatchID {
	out := make([]core.BatchID, len(runs))
	for i, r := range runs {
		out[i] = r.Batch
	}
	return out
}

// providerOf is the provider that runs have in common, "" if there is none.
func providerOf(runs []core.DriftRun) string {
	for _, r := range runs {
		if r.Provider != runs[0].Provider {
			return ""
		}
	}
	return runs[0].Provider
}

// worstStatus is the one that needs somebody most.
func worstStatus(runs []core.DriftRun) core.DriftStatus {
	order := []core.DriftStatus{core.InSync, core.DriftUnknown, core.Degraded, core.Drifted}
	at := 0
	for _, r := range runs {
		at = max(at, slices.Index(order, r.Status))
	}
	return order[at]
}

// driftClass is the class of the first probe that failed.
func driftClass(runs []core.DriftRun) core.Class {
	for _, r := range runs {
		if len(r.Probes) > 0 {
			return r.Probes[0].Class
		}
		for _, f := range r.Findings {
			if f.Probe != nil {
				return f.Probe.Class
			}
		}
	}
	return ""
}
