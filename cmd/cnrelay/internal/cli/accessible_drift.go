package cli

import (
	"context"
	"slices"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// drift tells how the latest comparisons came out, and asks what to do: compare anew, put back what differs, or take it
// over.
func (p prompt) drift(ctx context.Context) error {
	status, err := p.Status(ctx, "")
	if err != nil {
		return err
	}
	imported := hostsOf(slices.DeleteFunc(status, func(s engine.HostStatus) bool {
		return !slices.ContainsFunc(s.Providers, func(v engine.ProviderStatus) bool { return len(v.Batches) > 0 })
	}))
	if len(imported) == 0 {
		p.tell(p.words.Say("batch.none"))
		return nil
	}
	runs, err := p.DriftRuns(ctx, engine.DriftFilter{Latest: true})
	if err != nil {
		return err
	}
	p.out.Drifts().List(runs)
	say := p.words.Say
	return p.menu(ctx, "lines.then",
		item{say("action.drift_run"), p.onHost(imported, p.compareHost)},
		item{say("action.drift_all"), func(ctx context.Context) error { return p.each(ctx, imported, p.compareHost) }},
		item{say("action.drift_repair"), p.onHost(imported, func(ctx context.Context, h core.Host) error { return p.mend(ctx, engine.RepairSpec{Host: h.Name}) })},
		item{say("action.drift_accept"), p.onHost(imported, func(ctx context.Context, h core.Host) error {
			return p.mend(ctx, engine.RepairSpec{Host: h.Name, Accept: true})
		})})
}

func (p prompt) compareHost(ctx context.Context, h core.Host) error {
	_, err := p.compare(ctx, engine.ReconcileSpec{Host: h.Name})
	return err
}

// mend shows what can be done about what is found now, and does it once the host's name is typed.
func (p prompt) mend(ctx context.Context, spec engine.RepairSpec) error {
	previews, err := p.previewRepair(ctx, spec)
	if err == nil {
		_, err = p.repairReviewed(ctx, spec, previews, false)
	}
	return err
}
