package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/metrics"
)

func (a *app) metricsCommand() *cobra.Command {
	return &cobra.Command{Use: "metrics", Short: "Tell what is stored in Prometheus' text format; asks nobody", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.open(cmd.Context(), func(_ context.Context, s *session) error {
			text, err := metrics.Text(s.Desk, s.Version)
			if err == nil {
				s.out.Metrics(text)
			}
			return err
		})
	}}
}
