package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/core"
)

// onHost is a command that takes a host's name.
func (a *app) onHost(use, short string, run func(ctx context.Context, s *session, name string) error) *cobra.Command {
	return &cobra.Command{Use: use + " NAME", Short: short, Args: args("NAME"), RunE: func(cmd *cobra.Command, args []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error { return run(ctx, s, args[0]) })
	}}
}

func (a *app) hostList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the registered hosts", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			hosts, err := s.Hosts(ctx)
			if err != nil {
				return err
			}
			s.out.Hosts().List(hosts)
			return nil
		})
	}}
}

func (a *app) hostShow() *cobra.Command {
	return a.onHost("show", "Show a host as it was last seen", func(ctx context.Context, s *session, name string) error {
		h, err := s.Host(ctx, name)
		if err != nil {
			return err
		}
		s.out.Hosts().Shown(h)
		return nil
	})
}

func (a *app) hostCheck() *cobra.Command {
	return a.onHost("check", "Look at a host now, without side effects", func(ctx context.Context, s *session, name string) error {
		h, err := s.CheckHost(ctx, name)
		if err != nil {
			return err
		}
		s.out.Hosts().Checked(h)
		return nil
	})
}

func (a *app) hostRemove() *cobra.Command {
	return a.onHost("remove", "Forget a host that holds nothing of ours", func(ctx context.Context, s *session, name string) error {
		return s.forget(ctx, name)
	})
}

// forget removes a host from the ledger.
func (s *session) forget(ctx context.Context, name string) error {
	if err := s.RemoveHost(ctx, name); err != nil {
		return err
	}
	s.out.Hosts().Removed(name)
	return nil
}

func (a *app) hostRebind() *cobra.Command {
	var yes bool
	cmd := a.onHost("rebind", "Take a host's new fingerprint, after it was rebuilt", func(ctx context.Context, s *session, name string) error {
		return s.rebind(ctx, name, yes)
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}

// rebind shows how a host differs from the one that was registered, asks, and takes its new fingerprint. Of one that is
// the same there is nothing to ask.
func (s *session) rebind(ctx context.Context, name string, yes bool) error {
	found, err := s.RebindHost(ctx, name, false)
	if err != nil {
		return err
	}
	s.out.Hosts().Rebind(name, found, false)
	if found.Old == found.New {
		return nil
	}
	if err := s.confirm(ctx, yes, "confirm.rebind", name); err != nil {
		return err
	}
	done, err := s.RebindHost(ctx, name, true)
	if err != nil {
		return err
	}
	s.out.Hosts().Rebind(name, done, true)
	return nil
}

func (a *app) hostAccept() *cobra.Command {
	var stdin bool
	cmd := a.onHost("accept-compliance", "Accept a host's compliance document, as its administrator", func(ctx context.Context, s *session, name string) error {
		return s.acceptDocument(ctx, name, stdin)
	})
	cmd.Flags().BoolVar(&stdin, "phrase-stdin", false, "read the phrase from standard input")
	return cmd
}

// acceptDocument shows the document that a host wants accepted, and sends what the administrator typed, nothing else.
func (s *session) acceptDocument(ctx context.Context, name string, stdin bool) error {
	h, err := s.CheckHost(ctx, name)
	if err != nil {
		return err
	}
	if h.Seen.Compliance == nil {
		return core.Input(h.Name+" asks for no acceptance", "cnrelay host check "+h.Name)
	}
	s.out.Hosts().Compliance(h, *h.Seen.Compliance)
	phrase, err := s.phrase(ctx, stdin)
	if err != nil {
		return err
	}
	if h, err = s.AcceptCompliance(ctx, name, phrase); err != nil {
		return err
	}
	s.out.Hosts().Accepted(h)
	return nil
}

// phrase is what the administrator typed, word for word.
func (a *app) phrase(ctx context.Context, stdin bool) (string, error) {
	switch {
	case stdin:
		return a.readSecret("phrase-stdin", "-")
	case a.InTerminal && !a.json:
		typed, err := a.ask(ctx, "confirm.phrase")
		if err == nil && typed == "" {
			err = core.Input("nothing was typed; nothing was sent", "type the phrase word for word")
		}
		return typed, err
	}
	return "", core.Input("only a person accepts the document, and nobody can type here", "--phrase-stdin, or run it on a terminal")
}
