package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/core"
)

func (u *undo) bind(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&u.preview, "preview", false, "only show what would be done")
	cmd.Flags().BoolVar(&u.options.Force, "force", false, "take back what others changed or use, too; identity is never forced")
	cmd.Flags().BoolVar(&u.yes, "yes", false, "don't ask")
}

func (a *app) rollbackCommand() *cobra.Command {
	var t target
	var u undo
	cmd := a.onProvider(&t, "rollback", "Take back everything that was made for a provider on a host", func(ctx context.Context, s *session, h core.Host) error {
		live, err := s.LiveBatches(ctx, h.ID, t.provider)
		if err != nil {
			return err
		}
		if len(live) == 0 {
			return core.Input("nothing of "+t.provider+" is recorded on "+h.Name, "cnrelay status --host "+h.Name)
		}
		var batches []core.BatchID
		for _, b := range live {
			batches = append(batches, b.ID)
		}
		u.word = t.provider
		return s.rollBack(ctx, batches, u)
	})
	u.bind(cmd)
	return cmd
}
