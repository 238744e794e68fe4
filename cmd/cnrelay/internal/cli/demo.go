package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/demo"
	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/cmd/cnrelay/internal/wire"
)

func (a *app) demoCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "demo", Annotations: map[string]string{ownProcess: "yes"}, Short: "Run the main job on a simulated host: import, proof, rollback", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.demo(cmd.Context())
	}}
	cmd.Flags().Bool("headless", false, "print lines; what happens without it, too")
	return cmd
}

const (
	demoHost     = "simulated"
	demoProvider = "deepseek"
)

// demo runs the real commands against a simulation, and removes everything at the end, whatever happened.
func (a *app) demo(ctx context.Context) error {
	pack, err := wire.Packs().Pack(demoProvider)
	if err != nil {
		return err
	}
	stage, err := demo.Set(pack)
	if err != nil {
		return err
	}
	out := a.out.Demo()
	out.Banner(view.Stage{HostURL: stage.HostURL, HostVersion: demo.HostVersion, Upstream: stage.Upstream, StateDir: stage.StateDir})
	verdict := a.play(ctx, stage)
	verdict.Removed = stage.Close() == nil
	out.Verdict(verdict)
	switch {
	case ctx.Err() != nil:
		return ended(exitInterrupted)
	case verdict.Ready && verdict.Undone && verdict.Restored && verdict.Removed:
		return nil
	}
	return ended(exitError)
}

// play runs the commands in their order, until one fails.
func (a *app) play(ctx context.Context, stage *demo.Stage) (v view.DemoVerdict) {
	var before, after string
	before, v.Before = stage.Snapshot()
	run := func(commands ...[]string) bool {
		for _, args := range commands {
			if a.part(ctx, stage, args) != exitReady {
				return false
			}
		}
		return true
	}
	on := []string{"--host", demoHost, "--provider", demoProvider}
	what := slices.Concat(on, []string{"--base-url", stage.Upstream, "--keys-file", stage.Keys, "--access", "subscription"})
	v.Ready = run(
		[]string{"host", "add", demoHost, "--url", stage.HostURL, "--admin-key-file", stage.AdminKey},
		[]string{"host", "check", demoHost},
		slices.Concat([]string{"import", "preview"}, what),
		slices.Concat([]string{"import", "run"}, what),
	)
	_, v.Peak = stage.Snapshot()
	v.Ready = v.Ready && run(slices.Concat([]string{"access", "status"}, on), []string{"status", "--host", demoHost})
	v.Undone = v.Ready && run(slices.Concat([]string{"rollback"}, on, []string{"--yes"}), []string{"resources", "--host", demoHost})
	after, _ = stage.Snapshot()
	v.Restored = before == after
	return v
}

// part runs one command of the demonstration as if it had been typed, on the demonstration's state.
func (a *app) part(ctx context.Context, stage *demo.Stage, args []string) int {
	a.out.Demo().Command(args)
	std := a.IO
	std.Args, std.InTerminal = args, false
	std.Getenv = func(name string) string {
		if name == "CNRELAY_STATE" {
			return stage.StateDir
		}
		return a.Getenv(name)
	}
	return (&app{IO: std, who: a.who, within: a.out.Nested()}).run(ctx)
}
