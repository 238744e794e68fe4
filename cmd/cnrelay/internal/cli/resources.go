package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) resourcesCommand() *cobra.Command {
	var host string
	cmd := &cobra.Command{Use: "resources", Short: "List what the ledger holds on a host", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		if err := need(cmd, "host", host); err != nil {
			return err
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			h, err := s.Host(ctx, host)
			if err != nil {
				return err
			}
			list, err := s.Resources(ctx, h.ID)
			if err != nil {
				return err
			}
			s.out.Batches().Resources(h, list)
			return nil
		})
	}}
	cmd.Flags().StringVar(&host, "host", "", "registered `NAME` of the host")
	return cmd
}
