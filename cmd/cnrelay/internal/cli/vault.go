package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
	"cnrelay/state/vault"
)

func (a *app) vaultCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "vault", Annotations: alone, Short: "Look after the vault, which holds every secret"}
	cmd.AddCommand(a.vaultRotate())
	return cmd
}

// rotateFlags choose the vault's next key.
type rotateFlags struct {
	identity   string
	passphrase passphraseFlags
	ask, none  bool
}

func (a *app) vaultRotate() *cobra.Command {
	var f rotateFlags
	cmd := &cobra.Command{Use: "rotate", Short: "Give the vault another key; with a passphrase, without one, or of your own", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		o, err := a.options(cmd.Context())
		if err != nil {
			return err
		}
		to, err := f.rotation(cmd.Context(), a)
		if err != nil {
			return err
		}
		r, err := wire.RotateVault(o, to)
		if err != nil {
			return err
		}
		a.out.State().Rotated(r)
		return nil
	}}
	flags := cmd.Flags()
	flags.StringVar(&f.identity, "new-identity", "", "your own age identity `FILE`, in place of the vault's key")
	flags.BoolVar(&f.ask, "new-passphrase", false, "ask for a passphrase that protects the new key")
	f.passphrase.bind(flags, "new-passphrase", "a passphrase that protects the new key")
	flags.BoolVar(&f.none, "no-passphrase", false, "leave the new key in a file that only you may read")
	return cmd
}

// rotation is what the flags ask for; with none of them the new key is protected as the old one is.
func (f rotateFlags) rotation(ctx context.Context, a *app) (vault.Rotation, error) {
	to := vault.Rotation{Identity: f.identity}
	given, err := f.passphrase.source(ctx, a, "new-passphrase")
	if err != nil {
		return to, err
	}
	ways := 0
	for _, asked := range []bool{f.identity != "", f.ask, f.none, given != nil} {
		if asked {
			ways++
		}
	}
	switch {
	case ways > 1:
		return to, core.Input("the new key can be one thing only", "give one of --new-identity, --new-passphrase (or -file, -fd, -command) and --no-passphrase")
	case f.ask:
		to.Passphrase, err = a.newPassphrase(ctx)
	case given != nil:
		to.Passphrase, err = given()
	case ways == 0:
		to.Keep = true
	}
	return to, err
}
