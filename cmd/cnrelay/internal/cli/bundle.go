package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/bundle"
)

func (a *app) bundleCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "bundle", Short: "Hand evidence of a batch to others: export, verify, compare"}
	cmd.AddCommand(a.bundleExport(), a.bundleVerify(), a.bundleDiff())
	return cmd
}

func (a *app) bundleExport() *cobra.Command {
	var batch, out, format string
	cmd := &cobra.Command{Use: "export", Short: "Write everything that is kept about a batch as one bundle, without secrets", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		if err := need(cmd, "batch", batch); err != nil {
			return err
		}
		if !known(format, "zip", "dir") {
			return core.Input("unknown format "+format, "--format zip or dir")
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			s.spare(exportMost)
			return s.handOut(ctx, core.BatchID(batch), out, format == "dir")
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&batch, "batch", "", "the batch's `ID`")
	flags.StringVar(&out, "out", "", "`FILE` or directory to make (default cnrelay-ID.zip, or cnrelay-ID); - is standard output")
	flags.StringVar(&format, "format", "zip", "zip or dir")
	return cmd
}

// handOut exports a batch's bundle and says what was written.
func (s *session) handOut(ctx context.Context, id core.BatchID, out string, dir bool) error {
	w, err := s.export(ctx, id, out, dir)
	if err != nil {
		return err
	}
	if w.Path != "-" { // it is the output
		s.out.Bundles().Written(w)
	}
	return nil
}

func (a *app) bundleVerify() *cobra.Command {
	return &cobra.Command{Use: "verify FILE", Annotations: alone, Short: "Check a bundle's sums, completeness and shape", Args: args("FILE"), RunE: func(_ *cobra.Command, args []string) error {
		folder, sealed, done, err := openBundle(args[0])
		if err != nil {
			return err
		}
		defer done()
		report, err := bundle.Verify(folder, sealed)
		if err != nil {
			return unreadable(args[0], err)
		}
		a.out.Bundles().Verified(args[0], report)
		if len(report.Faults) > 0 {
			return ended(exitError)
		}
		return nil
	}}
}

func (a *app) bundleDiff() *cobra.Command {
	var exit bool
	cmd := &cobra.Command{Use: "diff OLD NEW", Short: "Tell what changed between two runs of a provider", Args: args("OLD", "NEW"), RunE: func(_ *cobra.Command, args []string) error {
		var sides [2]bundle.Summary
		for i, path := range args {
			folder, _, done, err := openBundle(path)
			if err != nil {
				return err
			}
			sides[i], err = bundle.ReadSummary(folder)
			done()
			if err != nil {
				return unreadable(path, err)
			}
		}
		differences := bundle.Diff(sides[0], sides[1])
		a.out.Bundles().Diff(sides[0], sides[1], differences)
		if exit && len(differences) > 0 {
			return ended(exitDrift)
		}
		return nil
	}}
	cmd.Flags().BoolVar(&exit, "exit-code", false, "exit with 4 if something differs")
	return cmd
}

// openBundle opens a bundle in a directory or a zip; done lets go of it.
func openBundle(path string) (folder fs.FS, sealed error, done func(), err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil, core.Input("there is no file "+path, "check the path")
	}
	if err != nil {
		return nil, nil, nil, unreadable(path, err)
	}
	info, err := f.Stat()
	switch {
	case err == nil && info.IsDir():
		return os.DirFS(path), nil, func() { _ = f.Close() }, nil
	case err == nil:
		folder, sealed, err = bundle.OpenZip(f, info.Size())
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, nil, unreadable(path, err)
	}
	return folder, sealed, func() { _ = f.Close() }, nil
}

func unreadable(path string, err error) error {
	return &core.Error{Code: core.CodeInput, Stage: "bundle", What: path + " is not a bundle that can be read: " + err.Error(),
		Fault: core.FaultOperator, Next: "take a fresh copy, or export the batch again", Err: err}
}
