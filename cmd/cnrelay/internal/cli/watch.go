package cli

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/metrics"
	"cnrelay/core"
	"cnrelay/core/engine"
)

func (a *app) watchCommand() *cobra.Command {
	var configured, address string
	var every, completions time.Duration
	var perDay int
	var recovers bool
	var deep time.Duration
	cmd := &cobra.Command{Use: "watch", Short: "Look at every host again and again, and tell what changes", Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
		cfg, _, err := a.config(configured)
		if err != nil {
			return err
		}
		given := cmd.Flags().Changed
		if given("every") {
			cfg.Monitor.Every = every
		}
		if given("completions") {
			cfg.Monitor.Completions = &completions
		}
		if given("per-day") {
			cfg.Monitor.PerDay = perDay
		}
		if given("deep") {
			cfg.Monitor.Deep = deep
		}
		if given("recover") {
			cfg.Monitor.Recover = recovers
		}
		switch {
		case given("every") && every < time.Second:
			return core.Input("--every is below 1s", "--every 60s")
		case given("completions") && completions != 0 && completions < time.Minute:
			return core.Input("--completions is below 1m", "--completions 30m, or 0 for none")
		case given("deep") && deep != 0 && deep < time.Minute:
			return core.Input("--deep is below 1m", "--deep 6h, or 0 for never")
		case given("per-day") && perDay < 1:
			return core.Input("--per-day is below 1", "--completions 0 asks for none")
		}
		return a.open(cmd.Context(), func(ctx context.Context, s *session) error { return s.watch(ctx, cfg.Monitor.Spec(), address) })
	}}
	flags := cmd.Flags()
	flags.StringVar(&configured, "config", "", "configuration `FILE` (default $XDG_CONFIG_HOME/cnrelay/config.toml)")
	flags.StringVar(&address, "metrics", "", "answer GET /metrics for Prometheus at this `ADDRESS`, like 127.0.0.1:9477")
	flags.DurationVar(&every, "every", time.Minute, "how often each host's lists are read, which is free")
	flags.DurationVar(&completions, "completions", 30*time.Minute, "how often each provider is asked for completions, which is paid; 0: never")
	flags.DurationVar(&deep, "deep", 0, "how often the paid question also asks for an event stream and for a second turn after a tool call; 0: never")
	flags.BoolVar(&recovers, "recover", false, "put an account that an upstream's refusal took out back into traffic, once that upstream, asked directly, answers again")
	flags.IntVar(&perDay, "per-day", 150, "the most completions a day (UTC), provider and host")
	return cmd
}

// watch runs a monitor until the operator interrupts it.
func (s *session) watch(ctx context.Context, spec engine.MonitorSpec, address string) (err error) {
	if damage := s.house.service.Damage(); damage != nil { // what it finds couldn't be kept
		return damage
	}
	if address != "" {
		if s.who.Remote() {
			return core.Input("--metrics opens a port on the machine that cnrelay runs on", "leave it out, or start watch there")
		}
		wait, failed := metrics.Serve(ctx, address, s.Desk, s.Version)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, wait()) }()
	}
	hosts, err := s.Hosts(ctx)
	if err != nil {
		return err
	}
	active, err := s.Alerts(ctx, false)
	if err != nil {
		return err
	}
	out := s.out.Alerts()
	out.Watching(len(hosts), spec.WithDefaults())
	for _, a := range active {
		out.Changed(a)
	}
	watch := func() error {
		tell, end := s.aside(out.Missed)
		defer end()
		spec.Changed = func(a core.Alert) { tell(func() { out.Changed(a) }) }
		spec.Failed = func(host string, err error) { tell(func() { out.Failed(host, err) }) }
		return s.Monitor(ctx, spec)
	}
	if s.Monitoring() { // in the process that this one attached to
		watch = func() error { return s.overhear(ctx, out.Changed) }
	}
	if err := watch(); err != nil && ctx.Err() == nil {
		return err
	}
	out.Ended()
	return nil
}

// untold is how much waits for a reader who stands still.
const untold = 256

// aside says things one after the other, and whoever tells them never waits: this monitor may be the only one of all
// operators, and its reader a pager. What finds no room is counted, and said to be missed after the rest. After end
// nothing may be told.
func (s *session) aside(missed func(n int64)) (tell func(say func()), end func()) {
	waiting, said := make(chan func(), untold), make(chan struct{})
	var lost atomic.Int64
	s.spawn(func() {
		defer close(said)
		admit := func() {
			if n := lost.Swap(0); n > 0 {
				missed(n)
			}
		}
		for say := range waiting {
			say()
			if len(waiting) == 0 {
				admit()
			}
		}
		admit()
	})
	tell = func(say func()) {
		select {
		case waiting <- say:
		default:
			lost.Add(1)
		}
	}
	return tell, func() { close(waiting); <-said }
}

// overhear tells what the monitor that runs already changes in alerts, until ctx ends.
func (s *session) overhear(ctx context.Context, changed func(core.Alert)) error {
	type subject struct {
		host     core.HostID
		provider string
		kind     core.AlertKind
	}
	known := map[subject]core.AlertState{}
	var seen engine.Revision
	for first := true; ; first = false {
		now, err := s.Changes(ctx, seen)
		if err != nil {
			return err
		}
		seen = now
		alerts, err := s.Alerts(ctx, true)
		if err != nil {
			return err
		}
		for _, a := range alerts {
			about := subject{a.Host, a.Provider, a.Kind}
			if known[about] != a.State && !first {
				changed(a)
			}
			known[about] = a.State
		}
	}
}

// beside runs a monitor, if one is wanted, until stop is called, which waits for it.
func (s *session) beside(ctx context.Context, spec *engine.MonitorSpec) (stop func()) {
	if spec == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Monitor(ctx, *spec) // it ends with the console; one that runs already serves as well
	}()
	return func() { cancel(); <-done }
}
