package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// historyKinds are what a history can be narrowed to.
var historyKinds = []core.RunKind{engine.RunBatch, core.RunImport, core.RunResume, core.RunRollback, core.RunRepair, core.RunAccessPreview, core.RunAccess, core.RunDrift, core.RunProbe, core.RunAcceptance, core.RunExport}

func (a *app) historyCommand() *cobra.Command {
	var f engine.RunFilter
	var batch, kind, class, since, until string
	cmd := &cobra.Command{Use: "history", Short: "List batches, runs, probes and bundles, newest first; asks nobody", Args: args(), RunE: func(cmd *cobra.Command, _ []string) (err error) {
		if !known(kind, append(names(historyKinds), "")...) {
			return core.Input("unknown kind "+kind, "--kind "+strings.Join(names(historyKinds), ", "))
		}
		f.Batch, f.Kind, f.Class = core.BatchID(batch), core.RunKind(kind), core.Class(class)
		if f.Provider != "" {
			if f.Provider, err = a.providerID(f.Provider); err != nil {
				return err
			}
		}
		if f.Since, err = instant("since", since); err == nil {
			f.Until, err = instant("until", until)
		}
		if err != nil {
			return err
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			list, err := s.History(ctx, f)
			if err != nil {
				return err
			}
			if len(list) == 0 && f.Host != "" { // a name that nobody knows is a slip
				if _, err := s.Host(ctx, f.Host); err != nil {
					return err
				}
			}
			s.out.History().List(list)
			return nil
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&f.Host, "host", "", "only what was on this host")
	flags.StringVar(&f.Provider, "provider", "", "only what was about this pack `ID`")
	flags.StringVar(&batch, "batch", "", "only what was about the batch with this `ID`")
	flags.StringVar(&kind, "kind", "", "only this `KIND`: "+strings.Join(names(historyKinds), ", "))
	flags.StringVar(&class, "class", "", "only what came out as this `CLASS`, like ready or upstream_key_quota_issue")
	flags.StringVar(&since, "since", "", "only what began at this `TIME` or later: 2026-11-24, 2026-11-24T09:30:00Z, or 36h or 7d ago")
	flags.StringVar(&until, "until", "", "only what began before this `TIME`")
	flags.IntVar(&f.Limit, "limit", 0, "the newest so many; 0 is all")
	return cmd
}

// instant reads a time: a day (in UTC), an instant, or how long ago.
func instant(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	ago, err := time.ParseDuration(s)
	if days, isDays := strings.CutSuffix(s, "d"); isDays {
		var n int
		n, err = strconv.Atoi(days)
		ago = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || ago < 0 {
		return time.Time{}, core.Input("--"+flag+" "+s+" is no time", "2026-11-24, 2026-11-24T09:30:00Z, or how long ago: 36h, 7d")
	}
	return time.Now().UTC().Add(-ago), nil
}

func (a *app) statePrune() *cobra.Command {
	var before string
	var yes bool
	cmd := &cobra.Command{Use: "prune", Short: "Drop what runs of before a time exchanged; never what a rollback needs", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		if err := need(cmd, "before", before); err != nil {
			return err
		}
		t, err := instant("before", before)
		if err != nil {
			return err
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			p, err := s.Prune(ctx, t, false)
			if err != nil {
				return err
			}
			s.out.History().Pruned(p)
			if p.Runs == 0 {
				return nil
			}
			if err := a.confirm(ctx, yes, "confirm.prune", "prune"); err != nil {
				return err
			}
			if p, err = s.Prune(ctx, t, true); err == nil {
				s.out.History().Dropped(p)
			}
			return err
		})
	}}
	cmd.Flags().StringVar(&before, "before", "", "runs that began before this `TIME`: 2026-11-24, 2026-11-24T09:30:00Z, or 36h or 90d ago")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}
