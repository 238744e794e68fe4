package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/engine"
)

func (a *app) importCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Put a provider behind a host"}
	cmd.AddCommand(a.importPreview(), a.importRun())
	return cmd
}

func (a *app) importPreview() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{Use: "preview", Short: "Show what an import would do; writes nothing", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		spec, err := f.spec(a, cmd)
		if err != nil {
			return err
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			_, err := s.previewImport(ctx, spec)
			return err
		})
	}}
	f.bind(cmd)
	return cmd
}

func (a *app) importRun() *cobra.Command {
	var f importFlags
	var yes bool
	cmd := &cobra.Command{Use: "run", Short: "Import, test and prove a provider", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		spec, err := f.spec(a, cmd)
		if err != nil {
			return err
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error { return s.runImport(ctx, spec, yes) })
	}}
	f.bind(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask before accounts are replaced")
	return cmd
}

// previewImport shows the plan; a plan with a precondition that doesn't hold is an error.
func (s *session) previewImport(ctx context.Context, spec engine.ImportSpec) (engine.Preview, error) {
	p, err := s.PreviewImport(ctx, spec)
	if err != nil {
		return p, err
	}
	s.out.Imports().Preview(p)
	if p.Plan.Blocked() {
		return p, &engine.BlockedError{Preview: p}
	}
	return p, nil
}

// runImport shows the plan, asks before anything is replaced, runs the plan as it was shown, and follows it.
func (s *session) runImport(ctx context.Context, spec engine.ImportSpec, yes bool) error {
	p, err := s.previewImport(ctx, spec)
	if err != nil {
		return err
	}
	if spec.Mode == core.Replace {
		if err := s.confirm(ctx, yes, "confirm.replace", p.Pack.ID); err != nil {
			return err
		}
	}
	return s.runReviewed(ctx, p, spec)
}

// runReviewed runs a plan as it was shown, and follows it.
func (s *session) runReviewed(ctx context.Context, p engine.Preview, spec engine.ImportSpec) error {
	spec.Reviewed = &p.Plan
	id, done, err := s.StartImport(lasting(ctx), spec)
	if err != nil {
		return err
	}
	s.out.Imports().Started(p.Host, id)
	return s.followImport(ctx, p.Host, id, 0, done)
}
