package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
)

// target names a provider on a host.
type target struct{ host, provider string }

// onProvider is a command on a provider of a host.
func (a *app) onProvider(t *target, use, short string, run func(ctx context.Context, s *session, h core.Host) error) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: args(), RunE: func(cmd *cobra.Command, _ []string) (err error) {
		if err := need(cmd, "host", t.host, "provider", t.provider); err != nil {
			return err
		}
		if t.provider, err = a.providerID(t.provider); err != nil {
			return err
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			h, err := s.Host(ctx, t.host)
			if err != nil {
				return err
			}
			return run(ctx, s, h)
		})
	}}
	cmd.Flags().StringVar(&t.host, "host", "", "registered `NAME` of the host")
	cmd.Flags().StringVar(&t.provider, "provider", "", "pack `ID`, or the path of a pack's file")
	return cmd
}

func (a *app) accessCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "access", Short: "See how users reach a provider"}
	cmd.AddCommand(a.accessPreview(), a.accessStatus("status", "Ask the gateway again, as its users do"), a.accessKey())
	return cmd
}

func (a *app) accessPreview() *cobra.Command {
	var t target
	return a.onProvider(&t, "preview", "Check the preconditions of access, without a completion", func(ctx context.Context, s *session, h core.Host) error {
		plans, err := s.AccessPreview(ctx, h.Name, t.provider)
		if err != nil {
			return err
		}
		if h, err = s.Host(ctx, h.Name); err != nil { // as it was seen for this
			return err
		}
		s.out.Access().Plans(h, t.provider, plans)
		for _, p := range plans {
			if !p.Available() {
				return ended(exitInput)
			}
		}
		return nil
	})
}

func (a *app) accessStatus(use, short string) *cobra.Command {
	var t target
	var deep bool
	cmd := a.onProvider(&t, use, short, func(ctx context.Context, s *session, h core.Host) error {
		reports, err := s.AccessStatus(ctx, h.Name, t.provider)
		if err != nil {
			return err
		}
		if h, err = s.Host(ctx, h.Name); err != nil {
			return err
		}
		s.out.Access().Reports(h, t.provider, reports)
		for _, r := range reports {
			if r.Access.State != core.SubscriptionReady && r.Access.State != core.SelfServiceReady {
				return ended(exitBroken)
			}
		}
		if !deep {
			return nil
		}
		if reports, err = s.DeepSmoke(ctx, h.Name, t.provider); err != nil {
			return err
		}
		s.out.Access().Deep(h, t.provider, reports)
		for _, r := range reports {
			if slices.ContainsFunc(r.Access.Deep, func(d core.DeepCheck) bool { return d.Verdict == core.Failed }) {
				return ended(exitSome)
			}
		}
		return nil
	})
	cmd.Flags().BoolVar(&deep, "deep", false, "also ask for an event stream, and for a second turn after a tool call; that costs three completions more. Exits with 3 if one fails")
	return cmd
}

func (a *app) accessKey() *cobra.Command {
	var t target
	var user, mode string
	var show bool
	cmd := a.onProvider(&t, "key", "Write a user's API key to standard output", func(ctx context.Context, s *session, h core.Host) error {
		if s.OutTerminal && !show {
			return core.Input("a key is not written to a terminal unasked", "cnrelay access key … > FILE, or --show")
		}
		keys, err := s.keysOf(ctx, h, t.provider)
		if err != nil {
			return err
		}
		keys = slices.DeleteFunc(keys, func(k view.AccessKey) bool {
			return (user != "" && k.User != user) || (mode != "" && string(k.Mode) != mode)
		})
		switch len(keys) {
		case 0:
			return core.Input("no key of "+t.provider+" on "+h.Name+" fits", "cnrelay status --host "+h.Name)
		case 1:
			s.out.Access().Key(keys[0])
			return nil
		}
		var which []string
		for _, k := range keys {
			which = append(which, "--access "+string(k.Mode)+" --user "+k.User)
		}
		return core.Input("there is more than one key", strings.Join(which, ", or "))
	})
	cmd.Flags().StringVar(&user, "user", "", "the user's `EMAIL`")
	cmd.Flags().StringVar(&mode, "access", "", "subscription or self_service")
	cmd.Flags().BoolVar(&show, "show", false, "write to a terminal, too")
	return cmd
}

// keysOf are the API keys of a provider's users, one a user and mode: the newest batch's.
func (s *session) keysOf(ctx context.Context, h core.Host, provider string) ([]view.AccessKey, error) {
	batches, err := s.LiveBatches(ctx, h.ID, provider)
	if err != nil {
		return nil, err
	}
	var out []view.AccessKey
	seen := map[string]bool{}
	for _, b := range batches {
		for _, step := range b.Plan.Steps {
			if step.Kind != core.APIKey || step.Phase != core.PhaseAccess || step.Secret == "" || seen[step.Secret] {
				continue
			}
			seen[step.Secret] = true
			value, err := s.Secret(step.Secret)
			if errors.Is(err, core.ErrNoSecret) {
				continue // it was planned, but never made
			}
			if err != nil {
				return nil, err
			}
			out = append(out, view.AccessKey{Batch: b.ID, Mode: b.Request.Access, User: strings.TrimPrefix(step.ID, "key/"), Value: value})
		}
	}
	return out, nil
}
