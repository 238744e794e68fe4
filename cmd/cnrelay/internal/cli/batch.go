package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/engine"
)

func (a *app) batchCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "batch", Short: "Look at imports, go on with them, take them back"}
	cmd.AddCommand(a.batchList(), a.batchShow(), a.batchWatch(), a.batchResume(), a.batchCancel(), a.batchRollback())
	return cmd
}

// onBatch is a command that takes a batch's id.
func (a *app) onBatch(use, short string, run func(ctx context.Context, s *session, id core.BatchID) error) *cobra.Command {
	return &cobra.Command{Use: use + " ID", Short: short, Args: args("ID"), RunE: func(cmd *cobra.Command, args []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error { return run(ctx, s, core.BatchID(args[0])) })
	}}
}

func (a *app) batchList() *cobra.Command {
	var host string
	cmd := &cobra.Command{Use: "list", Short: "List batches, newest first", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			var filter engine.BatchFilter
			if host != "" {
				h, err := s.Host(ctx, host)
				if err != nil {
					return err
				}
				filter.Host = h.ID
			}
			list, err := s.Batches(ctx, filter)
			if err != nil {
				return err
			}
			s.out.Batches().List(list)
			return nil
		})
	}}
	cmd.Flags().StringVar(&host, "host", "", "only those of this host")
	return cmd
}

func (a *app) batchShow() *cobra.Command {
	return a.onBatch("show", "Show a batch with everything that happened", func(ctx context.Context, s *session, id core.BatchID) error {
		return s.showBatch(ctx, id)
	})
}

func (a *app) batchWatch() *cobra.Command {
	return a.onBatch("watch", "Watch a batch from its beginning until it ends; it goes on if you leave", func(ctx context.Context, s *session, id core.BatchID) error {
		b, err := s.Batch(ctx, id)
		if err != nil {
			return err
		}
		h, err := s.Host(ctx, string(b.Host))
		if err != nil {
			return err
		}
		return s.watchRun(ctx, h, id)
	})
}

func (a *app) batchCancel() *cobra.Command {
	var reason string
	cmd := a.onBatch("cancel", "Stop what a batch is doing: what was sent is waited for, nothing new is sent", func(_ context.Context, s *session, id core.BatchID) error {
		if reason == "" {
			return core.Input("--reason is missing", "say why: it is kept with the batch")
		}
		if err := s.Cancel(id, reason); err != nil {
			return err
		}
		s.out.Service().Cancelled(id)
		return nil
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why, in `WORDS` that stay with the batch")
	return cmd
}

// showBatch shows a batch, its own reconcile runs, and everything that happened.
func (s *session) showBatch(ctx context.Context, id core.BatchID) error {
	b, err := s.Batch(ctx, id)
	if err != nil {
		return err
	}
	runs, err := s.DriftRuns(ctx, engine.DriftFilter{Host: b.Host, Provider: b.Provider, Batch: id, Limit: 10})
	if err != nil {
		return err
	}
	events, err := s.Events(ctx, id)
	if err != nil {
		return err
	}
	s.out.Batches().Shown(b, runs, events)
	return nil
}

func (a *app) batchResume() *cobra.Command {
	return a.onBatch("resume", "Go on with an interrupted import, or try its failed accounts again", func(ctx context.Context, s *session, id core.BatchID) error {
		return s.resume(ctx, id)
	})
}

// resume goes on with an import, and follows it from there.
func (s *session) resume(ctx context.Context, id core.BatchID) error {
	b, err := s.Batch(ctx, id)
	if err != nil {
		return err
	}
	before, err := s.Events(ctx, id)
	if err != nil {
		return err
	}
	done, err := s.ResumeImport(lasting(ctx), id)
	if err != nil {
		return err
	}
	h, err := s.Host(ctx, string(b.Host))
	if err != nil {
		return err
	}
	s.out.Imports().Started(h, id)
	return s.followImport(ctx, h, id, uint64(len(before)), done)
}

func (a *app) batchRollback() *cobra.Command {
	var u undo
	cmd := a.onBatch("rollback", "Take back what a batch made", func(ctx context.Context, s *session, id core.BatchID) error {
		u.word = string(id)
		return s.rollBack(ctx, []core.BatchID{id}, u)
	})
	u.bind(cmd)
	return cmd
}
