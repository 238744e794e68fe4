package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/engine"
)

func (a *app) driftCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "drift", Short: "Compare what was imported with what hosts hold"}
	cmd.AddCommand(a.driftRun(), a.driftList(), a.driftShow(), a.driftHistory(), a.driftRepair())
	return cmd
}

func (a *app) driftRun() *cobra.Command {
	var spec engine.ReconcileSpec
	var batch string
	var exit bool
	cmd := &cobra.Command{Use: "run", Short: "Compare now, by lists only; nothing is changed", Args: args(), RunE: func(cmd *cobra.Command, _ []string) (err error) {
		if batch == "" {
			err = need(cmd, "host", spec.Host)
		}
		if err == nil && spec.Provider != "" {
			spec.Provider, err = a.providerID(spec.Provider)
		}
		if err != nil {
			return err
		}
		spec.Batch, spec.Completion = core.BatchID(batch), spec.Completion || spec.Deep
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			runs, err := s.compare(ctx, spec)
			if err != nil {
				return err
			}
			return ended(exitOfDrift(runs, exit))
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&spec.Host, "host", "", "registered `NAME` of the host")
	flags.StringVar(&spec.Provider, "provider", "", "only this pack `ID`")
	flags.StringVar(&batch, "batch", "", "only the batch with this `ID`")
	flags.BoolVar(&spec.Completion, "completion", false, "ask the gateway, and the provider directly, too; that costs a completion each")
	flags.BoolVar(&spec.Deep, "deep", false, "--completion, and an event stream and a second turn after a tool call; that costs three completions more")
	flags.BoolVar(&exit, "exit-code", false, "exit with 4 if something differs, with 3 if only a probe fails")
	return cmd
}

// compare compares now, and shows what was found.
func (s *session) compare(ctx context.Context, spec engine.ReconcileSpec) ([]core.DriftRun, error) {
	runs, err := s.Reconcile(ctx, spec)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		s.out.Drifts().Run(r)
	}
	return runs, nil
}

func (a *app) driftList() *cobra.Command {
	var host, provider, batch string
	filter := engine.DriftFilter{Limit: 20}
	cmd := &cobra.Command{Use: "list", Short: "List earlier comparisons, newest first", Args: args(), RunE: func(cmd *cobra.Command, _ []string) (err error) {
		if provider != "" {
			if provider, err = a.providerID(provider); err != nil {
				return err
			}
		}
		filter.Provider, filter.Batch = provider, core.BatchID(batch)
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			if host != "" {
				h, err := s.Host(ctx, host)
				if err != nil {
					return err
				}
				filter.Host = h.ID
			}
			runs, err := s.DriftRuns(ctx, filter)
			if err != nil {
				return err
			}
			s.out.Drifts().List(runs)
			return nil
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&host, "host", "", "only those of this host")
	flags.StringVar(&provider, "provider", "", "only those of this pack `ID`")
	flags.StringVar(&batch, "batch", "", "only those of the batch with this `ID`")
	flags.BoolVar(&filter.Latest, "latest", false, "only the latest of each live batch")
	flags.IntVar(&filter.Limit, "limit", filter.Limit, "the newest so many; 0 is all")
	return cmd
}

func (a *app) driftShow() *cobra.Command {
	return &cobra.Command{Use: "show RUN", Short: "Show a comparison in full", Args: args("RUN"), RunE: func(cmd *cobra.Command, args []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			run, err := s.DriftRun(ctx, args[0])
			if err != nil {
				return err
			}
			s.out.Drifts().Run(run)
			return nil
		})
	}}
}

func (a *app) driftHistory() *cobra.Command {
	return &cobra.Command{Use: "history BATCH", Short: "Show how a batch's comparisons went, by the hour, the day and the week", Args: args("BATCH"), RunE: func(cmd *cobra.Command, args []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			b, err := s.Batch(ctx, core.BatchID(args[0]))
			if err != nil {
				return err
			}
			h, err := s.DriftHistory(ctx, b.ID)
			if err == nil {
				s.out.Drifts().History(b.Batch, h)
			}
			return err
		})
	}}
}

// exitOfDrift is the exit code of a comparison: a host that could not be read is an error; what was found counts
// only if the caller wants it to.
func exitOfDrift(runs []core.DriftRun, findings bool) int {
	worst := map[core.DriftStatus]bool{}
	for _, r := range runs {
		worst[r.Status] = true
	}
	switch {
	case worst[core.Drifted] && findings:
		return exitDrift
	case worst[core.DriftUnknown]:
		return exitError
	case worst[core.Degraded] && findings:
		return exitSome
	}
	return exitReady
}
