package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"cnrelay/core"
)

func (a *app) alertCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "alert", Short: "See what watch and the console found, or silence it for a while"}
	cmd.AddCommand(a.alertList(), a.alertSilence())
	return cmd
}

func (a *app) alertList() *cobra.Command {
	var exit, every bool
	cmd := &cobra.Command{Use: "list", Short: "List alerts and silences; asks nobody", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			all, err := s.Alerts(ctx, true)
			if err != nil {
				return err
			}
			silences, err := s.Silences(ctx)
			if err != nil {
				return err
			}
			var active []core.Alert
			code := exitReady
			for _, alert := range all {
				if every || alert.State != core.AlertOK {
					active = append(active, alert)
				}
				if exit && alert.Firing() {
					code = exitSome
				}
			}
			s.out.Alerts().List(active, silences, all)
			return ended(code)
		})
	}}
	cmd.Flags().BoolVar(&every, "all", false, "what is well, too")
	cmd.Flags().BoolVar(&exit, "exit-code", false, "exit with 3 if one is firing")
	return cmd
}

func (a *app) alertSilence() *cobra.Command {
	var host, provider, reason string
	var term time.Duration
	cmd := &cobra.Command{Use: "silence", Short: "Keep alerts of a host from being notified until the end of a term", Args: args(), RunE: func(cmd *cobra.Command, _ []string) (err error) {
		if err = need(cmd, "host", host); err == nil && !cmd.Flags().Changed("for") {
			err = core.Input("--for is missing", "--for 2h; --for 0 lifts it")
		}
		if err == nil && provider != "" {
			provider, err = a.providerID(provider)
		}
		if err != nil {
			return err
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			silence, err := s.Silence(ctx, host, provider, term, reason)
			if err == nil {
				s.out.Alerts().Silenced(silence)
			}
			return err
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&host, "host", "", "registered `NAME` of the host")
	flags.StringVar(&provider, "provider", "", "only this pack `ID`")
	flags.DurationVar(&term, "for", 0, "how long, like 90m; 0 lifts a silence")
	flags.StringVar(&reason, "reason", "", "why, for the others on duty")
	return cmd
}
