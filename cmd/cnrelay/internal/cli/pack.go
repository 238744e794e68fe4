package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/packs"
)

func (a *app) packCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "pack", Short: "Look at provider packs"}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List the packs", Args: args(), RunE: func(*cobra.Command, []string) error {
			a.out.Packs().List(a.packs().Packs())
			return nil
		}},
		&cobra.Command{Use: "show ID", Short: "Show a pack by its id or path", Args: args("ID"), RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.pack(args[0])
			if err != nil {
				return err
			}
			a.out.Packs().Shown(p)
			return nil
		}},
		&cobra.Command{Use: "validate PATH...", Short: "Find every fault in packs", Args: cobra.ArbitraryArgs, RunE: a.validate},
	)
	return cmd
}

// validate reads all the files before it says how it went.
func (a *app) validate(cmd *cobra.Command, paths []string) error {
	if len(paths) == 0 {
		return core.Input("usage: "+cmd.UseLine(), cmd.CommandPath()+" --help")
	}
	var unreadable error
	code := exitReady
	for _, path := range paths {
		p, err := a.packFile(path)
		faults, faulty := errors.AsType[packs.Faults](err)
		switch {
		case err == nil:
			a.out.Packs().Valid(path, p)
		case faulty:
			code = exitInput
			a.out.Packs().Faults(faults)
		default:
			unreadable = errors.Join(unreadable, err)
		}
	}
	if unreadable != nil {
		return unreadable
	}
	return ended(code)
}
