package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/tui/text"
)

// ownProcess marks a command that needs a process of its own.
const ownProcess = "own process"

var alone = map[string]string{ownProcess: "yes"}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "cnrelay",
		Short:         "Put LLM providers behind sub2api hosts, prove that users can reach them, take back what was made",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if !known(a.lang, append(names(text.Langs[:]), "")...) {
				return core.Input("unknown language "+a.lang, "--lang en or --lang zh")
			}
			if err := a.outOfReach(cmd); err != nil {
				return err
			}
			a.begin(strings.TrimPrefix(cmd.CommandPath(), "cnrelay "))
			return nil
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.state, "state", "", "state `DIR`ectory ($CNRELAY_STATE; default $XDG_STATE_HOME/cnrelay)")
	flags.StringVar(&a.identity, "identity", "", "age identity `FILE` that opens the vault, instead of the vault's own")
	a.passphrase.bind(flags, "passphrase", "the vault's passphrase")
	flags.StringVar(&a.packDir, "packs", "", "`DIR`ectory of your own packs (default $XDG_CONFIG_HOME/cnrelay/packs)")
	flags.StringVar(&a.lang, "lang", "", "en or zh (default from LC_ALL or LANG)")
	flags.BoolVar(&a.json, "json", false, "a stream of JSON, one object a line")
	root.AddCommand(
		a.demoCommand(), a.hostCommand(), a.resourcesCommand(), a.packCommand(), a.importCommand(), a.probeCommand(),
		a.accessCommand(), a.batchCommand(), a.rollbackCommand(), a.adoptCommand(), a.statusCommand(), a.driftCommand(), a.watchCommand(), a.alertCommand(), a.notifyCommand(), a.metricsCommand(),
		a.bundleCommand(), a.issueCommand(), a.acceptanceCommand(), a.historyCommand(),
		a.serveCommand(), a.whoCommand(), a.actsCommand(), a.attachCommand(), a.stateCommand(), a.vaultCommand(), a.versionCommand(),
	)
	a.groups(root)
	var look consoleFlags
	look.bind(root)
	group := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && a.InTerminal && a.OutTerminal && !a.json {
			return a.console(cmd.Context(), look)
		}
		if len(args) == 0 && look.accessible {
			return core.Input("the console needs a terminal, in plain lines, too", "cnrelay --help names the commands")
		}
		return group(cmd, args)
	}
	return root
}

// outOfReach refuses what an operator can't have who isn't on the machine, or whose command runs in the process of
// another.
func (a *app) outOfReach(cmd *cobra.Command) error {
	if a.who.Remote() && (a.state != "" || a.identity != "" || a.packDir != "" || a.passphrase != passphraseFlags{}) {
		return core.Input("the state directory, its vault and the packs are chosen on the machine", "leave --state, --identity, --packs and --passphrase-… out")
	}
	for c := cmd; c != nil && (a.guest != nil || a.who.Remote()); c = c.Parent() {
		if c.Annotations[ownProcess] != "" {
			return core.Input("this is not run for others in the process that owns the state directory", "run it on the machine")
		}
	}
	return nil
}

// groups lets a command that only holds others name the ones it has, and refuse the ones it hasn't.
func (a *app) groups(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		a.groups(sub)
	}
	if !cmd.HasSubCommands() {
		return
	}
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return core.Input("there is no command "+cmd.CommandPath()+" "+args[0], cmd.CommandPath()+" --help")
		}
		if a.json {
			return core.Input("name a command", cmd.CommandPath()+" --help")
		}
		return cmd.Help()
	}
}

// args refuses any other number of arguments than the names that are given.
func args(what ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, got []string) error {
		if len(got) == len(what) {
			return nil
		}
		return core.Input("usage: "+cmd.UseLine(), cmd.CommandPath()+" --help")
	}
}

// need refuses a command whose flags lack one: pairs of name and value.
func need(cmd *cobra.Command, pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return core.Input("--"+pairs[i]+" is missing", cmd.CommandPath()+" --help")
		}
	}
	return nil
}

// known tells whether a flag's value is one of those that there are.
func known(value string, values ...string) bool {
	for _, v := range values {
		if v == value {
			return true
		}
	}
	return false
}

func names[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
