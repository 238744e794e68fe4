package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/engine"
	"cnrelay/tui/report"
	"cnrelay/tui/text"
)

func (a *app) issueCommand() *cobra.Command {
	var batch, out string
	var t target
	cmd := &cobra.Command{Use: "issue-pack", Short: "Show the latest failure as an issue for the host's maintainers or the provider, without secrets", Args: args(), RunE: func(cmd *cobra.Command, _ []string) (err error) {
		if batch == "" {
			if err := need(cmd, "batch", batch+t.host, "provider", t.provider); err != nil {
				return err
			}
			if t.provider, err = a.providerID(t.provider); err != nil {
				return err
			}
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
			i, err := s.issue(ctx, core.BatchID(batch), t)
			if err != nil {
				return err
			}
			if out != "" {
				err = writeDir(out, func(to bundle.Folder) error { return s.writeIssue(to, i) })
			}
			if err != nil {
				return unwritable(out, err)
			}
			s.out.Bundles().Issue(i, out)
			return nil
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&batch, "batch", "", "the batch's `ID`")
	flags.StringVar(&t.host, "host", "", "or the registered `NAME` of the host,")
	flags.StringVar(&t.provider, "provider", "", "and the pack `ID`: its newest batch that failed")
	flags.StringVar(&out, "out", "", "`DIR`ectory to make, with the issue in English and Chinese and its exchanges as a HAR")
	return cmd
}

// issue is that of a batch, or of the newest batch of a provider that has one.
func (s *session) issue(ctx context.Context, id core.BatchID, t target) (bundle.Issue, error) {
	if id != "" {
		return bundle.NewIssue(ctx, s.Engine, id)
	}
	h, err := s.Host(ctx, t.host)
	if err != nil {
		return bundle.Issue{}, err
	}
	batches, err := s.Batches(ctx, engine.BatchFilter{Host: h.ID, Provider: t.provider})
	if err != nil {
		return bundle.Issue{}, err
	}
	none := core.Input("nothing of "+t.provider+" failed on "+h.Name, "cnrelay access status --host "+h.Name+" --provider "+t.provider)
	for _, b := range batches {
		i, err := bundle.NewIssue(ctx, s.Engine, b.ID)
		if core.CodeOf(err) != core.CodeInput {
			return i, err
		}
	}
	return bundle.Issue{}, none
}

// writeIssue writes an issue in every language, and its exchanges.
func (s *session) writeIssue(to bundle.Folder, i bundle.Issue) error {
	write := func(name string, render func(w io.Writer) error) error {
		f, err := to.Create(name)
		if err != nil {
			return err
		}
		if err := render(f); err != nil {
			_ = f.Close()
			return err
		}
		return f.Close()
	}
	for _, lang := range text.Langs {
		name := "issue.md"
		if lang != text.EN {
			name = "issue." + string(lang) + ".md"
		}
		err := write(name, func(w io.Writer) error {
			_, err := io.WriteString(w, s.Mask(report.Issue(text.For(lang), i)))
			return err
		})
		if err != nil {
			return err
		}
	}
	return write("exchanges.har", func(w io.Writer) error { return i.WriteArchive(w, s.Version) })
}
