package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
	"cnrelay/core/engine"
)

func (a *app) acceptanceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "acceptance", Short: "Run the whole chain on a host, from preview to traceless end, with pass or fail a stage"}
	cmd.AddCommand(a.acceptanceRun(), a.acceptanceMatrix())
	return cmd
}

func (a *app) acceptanceRun() *cobra.Command {
	var f importFlags
	var keep bool
	var out string
	cmd := &cobra.Command{Use: "run", Short: "Import, prove, compare, roll back, and prove that the host is as before", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		spec, err := f.spec(a, cmd)
		if err == nil {
			err = a.free(out)
		}
		if err != nil {
			return err
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			v := s.out.Acceptances()
			r, err := s.accept(ctx, v, engine.AcceptanceSpec{ImportSpec: spec, Keep: keep}, out)
			if err == nil || r.Batch != "" { // one that was interrupted left something, and says what
				v.Done(r)
			}
			if err != nil {
				return err
			}
			if !r.Passed() {
				return ended(exitError)
			}
			return nil
		})
	}}
	f.bind(cmd)
	cmd.Flag("name").Usage = "base `NAME` of the resources (default: a new one, so that nothing that is there is met)"
	cmd.Flags().BoolVar(&keep, "keep", false, "don't roll back: what was imported stays")
	cmd.Flags().StringVar(&out, "out", "", "`FILE` for the bundle (default cnrelay-ID.zip)")
	return cmd
}

// free tells, before a chain is run, whether its bundle can be written: "" is a name that is not known yet.
func (a *app) free(out string) error {
	if out == "-" {
		return core.Input("standard output has the stages; the bundle needs a file", "--out FILE, or leave it out and export the batch afterwards")
	}
	if out == "" {
		return nil
	}
	path, err := a.target(out)
	if err != nil {
		return err
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return core.Input("there is no folder "+filepath.Dir(path), "make it first")
	}
	return nil
}

// accept runs one chain and writes its bundle.
func (s *session) accept(ctx context.Context, v view.Acceptances, spec engine.AcceptanceSpec, out string) (view.Acceptance, error) {
	v.Started(spec.HostName, spec.Provider, spec.Access)
	got, err := s.Accept(lasting(ctx), spec, v.Stage)
	r := view.Acceptance{Acceptance: got}
	if got.Batch == "" || out == "" && s.who.Remote() {
		return r, err
	}
	w, failed := s.export(context.WithoutCancel(ctx), got.Batch, out, false)
	if failed == nil {
		r.Bundle = &w
	}
	return r, errors.Join(err, failed)
}

func (a *app) acceptanceMatrix() *cobra.Command {
	var keep bool
	var out string
	cmd := &cobra.Command{Use: "matrix FILE", Short: "Run acceptance for several hosts, providers and modes, and print a table", Args: args("FILE"), RunE: func(cmd *cobra.Command, args []string) error {
		cells, err := a.matrix(cmd, args[0])
		if err != nil {
			return err
		}
		files := make([]string, len(cells))
		for i, spec := range cells {
			if out != "" {
				files[i] = filepath.Join(out, spec.HostName+"-"+spec.Provider+"-"+string(spec.Access)+".zip")
			}
			if err := a.free(files[i]); err != nil {
				return err
			}
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			v, failed := s.out.Acceptances(), false
			var rows []view.Acceptance
			for i, spec := range cells {
				spec.Keep = keep
				r, err := s.accept(ctx, v, spec, files[i])
				if errors.Is(err, core.ErrInterrupted) || ctx.Err() != nil {
					return err
				}
				if err != nil { // one cell that can't be run says nothing of the others
					s.out.Fail(err)
					r.HostName, r.Provider, r.Access = spec.HostName, spec.Provider, spec.Access
				}
				failed = failed || !r.Passed() || err != nil
				rows = append(rows, r)
			}
			v.Table(rows)
			if failed {
				return ended(exitError)
			}
			return nil
		})
	}}
	cmd.Flags().BoolVar(&keep, "keep", false, "don't roll back: what was imported stays")
	cmd.Flags().StringVar(&out, "out", "", "`DIR`ectory for the bundles, named by host, provider and mode")
	return cmd
}
