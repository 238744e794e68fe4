package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) whoCommand() *cobra.Command {
	return &cobra.Command{Use: "who", Short: "Tell who is on, what runs, and which process owns the state directory", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			who, err := s.Who(ctx)
			if err != nil {
				return err
			}
			s.out.Service().Who(s.house.serving, who)
			return nil
		})
	}}
}

func (a *app) actsCommand() *cobra.Command {
	limit := 20
	cmd := &cobra.Command{Use: "acts", Short: "List what operators changed, newest first", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			acts, err := s.Acts(ctx, limit)
			if err != nil {
				return err
			}
			s.out.Service().Acts(acts)
			return nil
		})
	}}
	cmd.Flags().IntVar(&limit, "limit", limit, "the newest so many; 0 is all")
	return cmd
}
