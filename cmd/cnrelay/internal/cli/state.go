package cli

import (
	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/wire"
)

func (a *app) stateCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "state", Short: "Check, back up, restore and prune the state directory"}
	cmd.AddCommand(a.stateCheck(), a.stateBackup(), a.stateRestore(), a.stateAcceptLoss(), a.statePrune())
	return cmd
}

func (a *app) stateCheck() *cobra.Command {
	return &cobra.Command{Use: "check", Annotations: alone, Short: "Read everything in the state directory, and tell what is damaged", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		o, err := a.options(cmd.Context())
		if err != nil {
			return err
		}
		r, err := wire.CheckState(o)
		if err != nil {
			return err
		}
		a.out.State().Checked(r)
		if !r.Whole() {
			return ended(exitError)
		}
		return nil
	}}
}

func (a *app) stateBackup() *cobra.Command {
	return &cobra.Command{Use: "backup FILE", Annotations: alone, Short: "Write the state directory to a new file, without the vault's key", Args: args("FILE"), RunE: func(cmd *cobra.Command, args []string) error {
		o, err := a.options(cmd.Context())
		if err != nil {
			return err
		}
		b, v, err := wire.BackUp(o, args[0])
		if err != nil {
			return err
		}
		a.out.State().BackedUp(args[0], b, v)
		return nil
	}}
}

func (a *app) stateRestore() *cobra.Command {
	return &cobra.Command{Use: "restore FILE", Annotations: alone, Short: "Make the state directory, which must be empty, of a backup", Args: args("FILE"), RunE: func(cmd *cobra.Command, args []string) error {
		o, err := a.options(cmd.Context())
		if err != nil {
			return err
		}
		b, err := wire.Restore(o, args[0])
		if err != nil {
			return err
		}
		a.out.State().Restored(o.Dir, b)
		return nil
	}}
}

func (a *app) stateAcceptLoss() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{Use: "accept-loss", Annotations: alone, Short: "Go on with what is left of a damaged ledger; the damaged one is kept beside it", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		o, err := a.options(cmd.Context())
		if err != nil {
			return err
		}
		r, err := wire.CheckState(o)
		if err != nil {
			return err
		}
		a.out.State().Checked(r)
		if r.Damage == nil {
			return nil
		}
		if err := a.confirm(cmd.Context(), yes, "confirm.loss", "accept-loss"); err != nil {
			return err
		}
		left, err := wire.AcceptLoss(o)
		if err != nil {
			return err
		}
		a.out.State().Accepted(left)
		return nil
	}}
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}
