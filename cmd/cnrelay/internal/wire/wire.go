// Package wire builds the engine from what the command line was given. Together with main it is the only
// place that knows which store, vault, client and packs stand behind the engine's ports.
package wire

import (
	"context"
	"errors"
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
	Stays    bool   // it does more than one command
	Version  string
	Started  time.Time
}

// Service is an engine on an open state directory.
type Service struct {
	*engine.Engine
	Dir   string
	state *state.State
}

// Open opens the state directory and makes the engine. Close it when done.
func Open(ctx context.Context, o Options) (*Service, error) {
	s, err := state.Open(o.Dir, state.Options{What: o.What, Build: o.Version, Identity: o.Identity, Listens: true, Stays: o.Stays})
	if err != nil {
		return nil, err
	}
	e, err := engine.New(ctx, engine.Deps{
		Store: s.Store(), Vault: s.Vault(), Dialer: hostclient.New(o.Version), Packs: Packs(), State: s.Info().ID,
		Build: core.Build{Version: o.Version, Started: o.Started}, Hook: runHook,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &Service{e, o.Dir, s}, nil
}

// Close waits for the runs that are under way and lets go of the state directory.
func (s *Service) Close() error {
	s.Engine.Close()
	return s.state.Close()
}

// Holder is who holds a state directory that could not be opened for that reason.
func Holder(err error) (state.Holder, bool) {
	held, ok := errors.AsType[*state.HeldError](err)
	if !ok {
		return state.Holder{}, false
	}
	return held.Holder, true
}

// Packs are the packs that can be named: the built-in ones, and any by its path.
func Packs() core.PackSource { return packs.Source{} }
