// Package wire builds the engine from what the command line was given. Together with main it is the only
// place that knows which store, vault, client and packs stand behind the engine's ports.
package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient"
	"cnrelay/state"
	"cnrelay/state/vault"
)

// Options choose the state directory and say who opens it.
type Options struct {
	Dir     string
	Vault   vault.Options
	Packs   core.PackSource
	What    string // the command, for others who find the directory held
	Version string
	Started time.Time
	// Dial opens connections; nil: the network. A demonstration has its own.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (o Options) state() state.Options {
	return state.Options{What: o.What, Build: o.Version, Vault: o.Vault}
}

// Service is an engine on an open state directory.
type Service struct {
	*engine.Engine
	dialer *hostclient.Dialer
	state  *state.State
}

// Open opens the state directory and makes the engine; of a damaged ledger, one for reading only. Close it when done.
func Open(ctx context.Context, o Options) (*Service, error) {
	opts := o.state()
	opts.ReadDamaged = true
	s, err := state.Open(o.Dir, opts)
	if err != nil {
		return nil, err
	}
	dialer := hostclient.New(o.Version)
	dialer.Dial, dialer.Secrets = o.Dial, s.Vault().Known
	e, err := engine.New(ctx, engine.Deps{
		Store: s.Store(), Vault: s.Vault(), Dialer: dialer, Packs: o.Packs, State: s.Info().ID, Notify: notifier{dialer},
		Build: core.Build{Version: o.Version, Started: o.Started}, Who: who(), Hook: hook{dialer.Text}.run,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &Service{e, dialer, s}, nil
}

// who runs this process.
func who() string {
	name, host := "?", "?"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return fmt.Sprintf("%s@%s (pid %d)", name, host, os.Getpid())
}

// Close waits for the runs that are under way and lets go of the connections and the state directory.
func (s *Service) Close() error {
	s.Engine.Close()
	s.dialer.Close()
	return s.state.Close()
}

// Damage is what the ledger has lost, or nil.
func (s *Service) Damage() error { return s.state.Damage() }
