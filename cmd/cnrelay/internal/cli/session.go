package cli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
)

// session is a command on an open state directory.
type session struct {
	*app
	*wire.Service
}

// open opens the state directory, runs fn, and lets go of the directory.
func (a *app) open(ctx context.Context, fn func(ctx context.Context, s *session) error) error {
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	return a.openAt(ctx, wire.Options{Dir: dir, Identity: a.identity}, fn)
}

// openAt is open on a directory and packs of its own.
func (a *app) openAt(ctx context.Context, o wire.Options, fn func(ctx context.Context, s *session) error) (err error) {
	o.What, o.Version, o.Started = "cnrelay "+a.ran, a.Version, a.Started
	service, err := wire.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if closing := service.Close(); closing != nil {
			err = errors.Join(err, closing)
		}
	}()
	return fn(ctx, &session{a, service})
}

// stateDir is the first of --state, $CNRELAY_STATE, $XDG_STATE_HOME/cnrelay and ~/.local/state/cnrelay.
func (a *app) stateDir() (string, error) {
	if a.state != "" {
		return a.state, nil
	}
	if dir := a.Getenv("CNRELAY_STATE"); dir != "" {
		return dir, nil
	}
	if dir := a.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "cnrelay"), nil
	}
	if home := a.Getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "cnrelay"), nil
	}
	return "", core.Input("there is no place for the state directory: HOME isn't set", "--state DIR")
}

// providerID is the id of a provider that may be named by its pack's file.
func providerID(named string) (string, error) {
	if !strings.ContainsRune(named, filepath.Separator) && !strings.HasSuffix(named, ".toml") {
		return named, nil
	}
	p, err := wire.Packs().Pack(named)
	return p.ID, err
}
