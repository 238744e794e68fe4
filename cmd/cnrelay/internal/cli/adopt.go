package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/core"
)

func (a *app) adoptCommand() *cobra.Command {
	var t target
	var yes bool
	cmd := a.onProvider(&t, "adopt", "Rebuild the records of a lost state directory from the markers on a host", func(ctx context.Context, s *session, h core.Host) error {
		found, err := s.Adopt(ctx, h.Name, t.provider, false)
		if err != nil {
			return err
		}
		out := s.out.Adoption()
		out.Report(found, t.provider, false)
		if len(found.Found) == 0 {
			return nil
		}
		if err := s.confirm(ctx, yes, "confirm.adopt", t.provider); err != nil {
			return err
		}
		done, err := s.Adopt(ctx, h.Name, t.provider, true)
		if err != nil {
			return err
		}
		out.Report(done, t.provider, true)
		return nil
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}
