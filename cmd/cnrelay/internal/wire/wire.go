// Package wire builds the engine from what the command line was given. Together with main it is the only
// place that knows which store, vault, client and packs stand behind the engine's ports.
package wire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient"
	"cnrelay/packs"
	"cnrelay/state"
)

// Options choose the state directory and say who opens it.
type Options struct {
	Dir      string
	Identity string // age identity file for the vault; "" is the vault's own
	What     string // the command, for others who find the directory held
	Version  string
	Started  time.Time
}

// Service is an engine on an open state directory.
type Service struct {
	*engine.Engine
	dialer *hostclient.Dialer
	state  *state.State
}

// Open opens the state directory and makes the engine. Close it when done.
func Open(ctx context.Context, o Options) (*Service, error) {
	s, err := state.Open(o.Dir, state.Options{What: o.What, Build: o.Version, Identity: o.Identity})
	if err != nil {
		return nil, err
	}
	dialer := hostclient.New(o.Version)
	e, err := engine.New(ctx, engine.Deps{
		Store: s.Store(), Vault: s.Vault(), Dialer: dialer, Packs: Packs(), State: s.Info().ID,
		Build: core.Build{Version: o.Version, Started: o.Started}, Hook: runHook, Who: who(),
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

// Packs are the packs that can be named: the built-in ones, and any by its path.
func Packs() core.PackSource { return packs.Source{} }
