package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/demo"
	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
	"cnrelay/packs"
)

func (a *app) demoCommand() *cobra.Command {
	var look consoleFlags
	var headless bool
	cmd := &cobra.Command{Use: "demo", Annotations: alone, Short: "Open the console on a simulation, or run the main job there: import, proof, drift, repair, rollback", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		if !headless && a.InTerminal && a.OutTerminal && !a.json {
			return a.demoConsole(cmd.Context(), look)
		}
		return a.demo(cmd.Context())
	}}
	look.bind(cmd)
	cmd.Flags().BoolVar(&headless, "headless", false, "run the main job and print lines; without a terminal that is what happens anyway")
	return cmd
}

// demoConsole opens the console on a simulation, and removes everything at the end, whatever happened.
func (a *app) demoConsole(ctx context.Context, f consoleFlags) (err error) {
	look, err := a.look(f)
	if err != nil {
		return err
	}
	look.banner = "demo.console"
	stage, err := demo.Set(packs.Source{}, nil)
	if err != nil {
		return err
	}
	a.remains.Store(new(stage.Remove))
	defer func() { err = errors.Join(err, stage.Close()) }()
	look.rates = append(look.rates, stage.Rates...)
	return a.openAt(ctx, wire.Options{Dir: stage.StateDir, Packs: stage.Packs}, func(ctx context.Context, s *session) error {
		seeding, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		seeded, err := stage.Seed(seeding, s.house.service.Engine)
		if err != nil {
			return err
		}
		err = s.face(ctx, look)
		select {
		case failed := <-seeded:
			return errors.Join(err, failed)
		default: // what fails from here on fails because it is stopped
			stop(core.ErrInterrupted)
			<-seeded
			return err
		}
	})
}

const (
	demoHost     = "simulated"
	demoProvider = "deepseek"
)

// demo runs the real commands against a simulation, and removes everything at the end, whatever happened.
func (a *app) demo(ctx context.Context) error {
	script, err := demo.SetScript(packs.Source{})
	if err != nil {
		return err
	}
	a.remains.Store(new(script.Remove))
	out := a.out.Demo()
	out.Banner(view.Stage{HostURL: script.Host.URL, HostVersion: demo.HostVersion, Upstream: script.Upstream, StateDir: script.StateDir})
	verdict := a.play(ctx, script)
	verdict.Removed = script.Close() == nil
	out.Verdict(verdict)
	switch {
	case ctx.Err() != nil:
		return ended(exitInterrupted)
	case verdict.Ready && verdict.Repaired && verdict.Undone && verdict.Restored && verdict.Removed:
		return nil
	}
	return ended(exitError)
}

// play runs the commands in their order, until one fails.
func (a *app) play(ctx context.Context, script *demo.Script) (v view.DemoVerdict) {
	var before, after string
	before, v.Before = script.Host.Snapshot()
	run := func(commands ...[]string) bool {
		for _, args := range commands {
			if a.part(ctx, script, args) != exitReady {
				return false
			}
		}
		return true
	}
	on := []string{"--host", demoHost, "--provider", demoProvider}
	what := slices.Concat(on, []string{"--base-url", script.Upstream, "--keys-file", script.Keys, "--access", "subscription"})
	v.Ready = run(
		[]string{"host", "add", demoHost, "--url", script.Host.URL, "--admin-key-file", script.AdminKey},
		[]string{"host", "check", demoHost},
		slices.Concat([]string{"import", "preview"}, what),
		slices.Concat([]string{"import", "run"}, what),
	)
	_, v.Peak = script.Host.Snapshot()
	v.Ready = v.Ready && run(slices.Concat([]string{"access", "status"}, on), []string{"status", "--host", demoHost})
	v.Repaired = v.Ready && a.drifts(ctx, script, run)
	v.Undone = v.Repaired && run(slices.Concat([]string{"rollback"}, on, []string{"--yes"}), []string{"resources", "--host", demoHost})
	after, _ = script.Host.Snapshot()
	v.Restored = before == after
	return v
}

// drifts changes what was imported past cnrelay, and has it found and put back.
func (a *app) drifts(ctx context.Context, script *demo.Script, run func(commands ...[]string) bool) bool {
	on := []string{"--host", demoHost}
	if err := script.Meddle(); err != nil {
		a.out.Fail(err)
		return false
	}
	a.out.Demo().Meddled()
	found := a.part(ctx, script, slices.Concat([]string{"drift", "run"}, on, []string{"--exit-code"})) == exitDrift
	return found && run(slices.Concat([]string{"drift", "repair"}, on, []string{"--yes", "--exit-code"}))
}

// part runs one command of the demonstration as if it had been typed, on the demonstration's state.
func (a *app) part(ctx context.Context, script *demo.Script, args []string) int {
	a.out.Demo().Command(args)
	std := a.IO
	std.Args, std.InTerminal = args, false
	std.Getenv = func(name string) string {
		switch name {
		case "CNRELAY_STATE":
			return script.StateDir
		case "LC_ALL", "LANG":
			return a.Getenv(name)
		}
		return "" // nothing of the operator's own takes part
	}
	return (&app{IO: std, who: a.who, within: a.out.Nested()}).run(ctx)
}
