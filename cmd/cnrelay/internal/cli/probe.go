package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/engine"
)

func (a *app) probeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "probe", Short: "Ask upstreams, accounts and gateways, to see whose fault a failure is"}
	cmd.AddCommand(a.probeUpstream(), a.probeAccounts(), a.accessStatus("gateway", "Ask the gateway, as its users do"))
	return cmd
}

func (a *app) probeUpstream() *cobra.Command {
	var spec engine.UpstreamSpec
	var keysFile, protocol string
	cmd := &cobra.Command{Use: "upstream", Short: "Ask a provider directly, with keys that need no host", Args: args(), RunE: func(cmd *cobra.Command, _ []string) (err error) {
		if err := need(cmd, "provider", spec.Provider, "keys-file", keysFile); err != nil {
			return err
		}
		if !known(protocol, "auto", "chat", "responses", "anthropic") {
			return core.Input("unknown protocol "+protocol, "--protocol auto, chat, responses or anthropic")
		}
		spec.Protocol = core.Protocol(protocol)
		if spec.Keys, err = a.readKeys("keys-file", keysFile); err != nil {
			return err
		}
		pack, err := a.pack(spec.Provider)
		if err != nil {
			return err
		}
		spec.Pack = &pack
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			reports, err := s.ProbeUpstream(ctx, spec)
			if err != nil {
				return err
			}
			s.out.Probes().Upstream(pack.ID, reports)
			ready := 0
			for _, r := range reports {
				if r.Finding.Class == core.Ready {
					ready++
				}
			}
			return ended(exitOfShare(ready, len(reports)))
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&spec.Provider, "provider", "", "pack `ID`, or the path of a pack's file")
	flags.StringVar(&spec.Endpoint, "region", "", "the pack's endpoint or region")
	flags.StringVar(&spec.BaseURL, "base-url", "", "`URL` of a relay, instead of the pack's endpoint")
	flags.StringVar(&protocol, "protocol", "auto", "auto, chat, responses or anthropic")
	flags.StringVar(&keysFile, "keys-file", "", "`FILE` with upstream keys, one a line; - is standard input")
	flags.StringVar(&spec.HostName, "host", "", "ask this host for its own view, too")
	return cmd
}

func (a *app) probeAccounts() *cobra.Command {
	var t target
	return a.onProvider(&t, "accounts", "See which accounts serve, and why others don't", func(ctx context.Context, s *session, h core.Host) error {
		states, err := s.ProbeAccounts(ctx, h.Name, t.provider)
		if err != nil {
			return err
		}
		if h, err = s.Host(ctx, h.Name); err != nil {
			return err
		}
		s.out.Probes().Accounts(h, t.provider, states)
		serving := 0
		for _, state := range states {
			if state.Serves {
				serving++
			}
		}
		return ended(exitOfShare(serving, len(states)))
	})
}

// exitOfShare is the exit code of a probe of which so many were good.
func exitOfShare(good, all int) int {
	switch good {
	case 0:
		return exitError
	case all:
		return exitReady
	}
	return exitSome
}
