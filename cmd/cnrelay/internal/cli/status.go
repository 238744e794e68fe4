package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/core/engine"
)

func (a *app) statusCommand() *cobra.Command {
	var host string
	cmd := &cobra.Command{Use: "status", Short: "Tell what is known of hosts and providers, and since when; asks nobody", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			list, err := s.Status(ctx, host)
			if err != nil {
				return err
			}
			s.out.Status().Hosts(list)
			return ended(exitOfStatus(list))
		})
	}}
	cmd.Flags().StringVar(&host, "host", "", "only this host")
	return cmd
}

// exitOfStatus is the exit code of the worst provider.
func exitOfStatus(list []engine.HostStatus) int {
	code := exitReady
	for _, h := range list {
		for _, p := range h.Providers {
			switch {
			case p.State == engine.ProviderBroken:
				return exitBroken
			case p.State == engine.ProviderDegraded:
				code = exitSome
			}
		}
	}
	return code
}
