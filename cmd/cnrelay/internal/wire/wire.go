// Package wire builds the engine from what the command line was given. Together with main it is the only
// place that knows which store, vault, client and packs stand behind the engine's ports.
package wire

import (
	"context"
	"errors"
	"net"
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
	Stays   bool   // it does more than one command
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
	Dir    string
	dialer *hostclient.Dialer
	state  *state.State
}

// Open opens the state directory and makes the engine; of a damaged ledger, one for reading only. Close it when done.
func Open(ctx context.Context, o Options) (*Service, error) {
	opts := o.state()
	opts.ReadDamaged, opts.Listens, opts.Stays = true, true, o.Stays
	s, err := state.Open(o.Dir, opts)
	if err != nil {
		return nil, err
	}
	dialer := hostclient.New(o.Version)
	dialer.Dial, dialer.Secrets = o.Dial, s.Vault().Known
	e, err := engine.New(ctx, engine.Deps{
		Store: s.Store(), Vault: s.Vault(), Dialer: dialer, Packs: o.Packs, State: s.Info().ID, Notify: notifier{dialer},
		Build: core.Build{Version: o.Version, Started: o.Started}, Hook: hook{dialer.Text}.run,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &Service{e, o.Dir, dialer, s}, nil
}

// Close waits for the runs that are under way and lets go of the connections and the state directory.
func (s *Service) Close() error {
	s.Engine.Close()
	s.dialer.Close()
	return s.state.Close()
}

// Damage is what the ledger has lost, or nil.
func (s *Service) Damage() error { return s.state.Damage() }

// Holder is who holds a state directory that could not be opened for that reason.
func Holder(err error) (state.Holder, bool) {
	held, ok := errors.AsType[*state.HeldError](err)
	if !ok {
		return state.Holder{}, false
	}
	return held.Holder, true
}
