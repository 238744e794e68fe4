package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/kind"
)

func (a *app) driftRepair() *cobra.Command {
	var spec engine.RepairSpec
	var batch string
	var findings []string
	var preview, yes, exit bool
	cmd := &cobra.Command{Use: "repair", Short: "Compare now, show what can be done about what is found, and do it", Args: args(), RunE: func(cmd *cobra.Command, _ []string) (err error) {
		if batch == "" {
			err = need(cmd, "host", spec.Host)
		}
		if err == nil && spec.Provider != "" {
			spec.Provider, err = a.providerID(spec.Provider)
		}
		if err == nil {
			spec.Only, err = refsIn(findings)
		}
		if err != nil {
			return err
		}
		spec.Batch = core.BatchID(batch)
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			previews, err := s.previewRepair(ctx, spec)
			if err != nil || preview {
				return err
			}
			after, err := s.repairReviewed(ctx, spec, previews, yes)
			if err != nil {
				return err
			}
			return ended(exitOfDrift(after, exit))
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&spec.Host, "host", "", "registered `NAME` of the host")
	flags.StringVar(&spec.Provider, "provider", "", "only this pack `ID`")
	flags.StringVar(&batch, "batch", "", "only the batch with this `ID`")
	flags.StringArrayVar(&findings, "finding", nil, "only what was found about this `KIND/ID`, such as account/7; may be given several times. What is named is repaired further: a stranger's account leaves the group, one that somebody switched off is switched on")
	flags.BoolVar(&spec.Accept, "accept", false, "take what the host has into the ledger; nothing is sent to the host")
	flags.BoolVar(&preview, "preview", false, "only show what would be done")
	flags.BoolVar(&yes, "yes", false, "don't ask")
	flags.BoolVar(&exit, "exit-code", false, "exit with 4 if something still differs afterwards, with 3 if only a probe fails")
	return cmd
}

// refsIn reads resources as --finding names them.
func refsIn(names []string) ([]core.Ref, error) {
	var out []core.Ref
	for _, name := range names {
		k, number, _ := strings.Cut(name, "/")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil || !slices.ContainsFunc(kind.All, func(s *kind.Spec) bool { return s.Kind == core.Kind(k) }) {
			return nil, core.Input("--finding "+name+" names no resource", "KIND/ID, such as channel/3 or api_key/12")
		}
		out = append(out, core.Ref{Kind: core.Kind(k), ID: id})
	}
	return out, nil
}

// previewRepair compares now and shows what can be done about what is found. It gives the plans that do something.
func (s *session) previewRepair(ctx context.Context, spec engine.RepairSpec) ([]engine.RepairPreview, error) {
	previews, err := s.PreviewRepair(ctx, spec)
	for _, p := range previews {
		s.out.Repairs().Preview(p)
	}
	return slices.DeleteFunc(previews, func(p engine.RepairPreview) bool { return len(p.Plan.Steps) == 0 }), err
}

// repairReviewed asks for the host's name, carries plans out as they were shown, and gives what comparisons found
// afterwards. Where nothing can be done nothing is asked.
func (s *session) repairReviewed(ctx context.Context, spec engine.RepairSpec, previews []engine.RepairPreview, yes bool) (after []core.DriftRun, err error) {
	if len(previews) == 0 {
		return nil, nil
	}
	if err := s.confirm(ctx, yes, "confirm.repair", previews[0].Run.HostName); err != nil {
		return nil, err
	}
	for _, p := range previews {
		runs, err := s.repair(ctx, spec, p)
		if err != nil {
			return after, err
		}
		after = append(after, runs...)
	}
	return after, nil
}

// repair carries a plan out as it was shown, follows it, and gives what a comparison found afterwards.
func (s *session) repair(ctx context.Context, spec engine.RepairSpec, p engine.RepairPreview) ([]core.DriftRun, error) {
	out := s.out.Repairs()
	spec.Batch = p.Run.Batch
	h, err := s.Host(ctx, string(p.Run.Host))
	if err != nil {
		return nil, err
	}
	before, err := s.Events(ctx, p.Run.Batch)
	if err != nil {
		return nil, err
	}
	done, err := s.StartRepair(lasting(ctx), spec, p.Plan)
	if err != nil {
		return nil, err
	}
	cause := s.follow(ctx, out, h, p.Run.Batch, uint64(len(before)), done)
	if ctx.Err() != nil {
		return nil, &over{exitInterrupted, nil}
	}
	runs, err := s.DriftRuns(ctx, engine.DriftFilter{Host: h.ID, Provider: p.Run.Provider, Batch: p.Run.Batch, Limit: 1})
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if r.ID != p.Run.ID { // else it wasn't compared again, because all was forgotten
			out.Report(r)
		}
	}
	return runs, cause
}
