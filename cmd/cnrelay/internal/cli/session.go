package cli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
	"cnrelay/packs"
)

// session is a command on an open state directory.
type session struct {
	*app
	*wire.Service
}

// open opens the state directory, runs fn, and lets go of the directory. What a damaged ledger still holds can be
// read; that it is damaged is said first.
func (a *app) open(ctx context.Context, fn func(ctx context.Context, s *session) error) error {
	o, err := a.options(ctx)
	if err != nil {
		return err
	}
	return a.openAt(ctx, o, fn)
}

// openAt is open on a directory and packs of its own.
func (a *app) openAt(ctx context.Context, o wire.Options, fn func(ctx context.Context, s *session) error) (err error) {
	o = a.signed(o)
	service, err := wire.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if closing := service.Close(); closing != nil {
			err = errors.Join(err, closing)
		}
	}()
	if damage := service.Damage(); damage != nil {
		a.damaged = true
		a.out.Warn(damage)
	}
	return fn(core.WithCommand(ctx, commandLine(a.Args)), &session{a, service})
}

// commandLine is a command as it could be typed.
func commandLine(args []string) string {
	line := "cnrelay"
	for _, arg := range args {
		if arg == "" || strings.ContainsAny(arg, " \t\n'\"\\$`&;|<>()*?#~") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		line += " " + arg
	}
	return line
}

// options are how the state directory is opened.
func (a *app) options(ctx context.Context) (o wire.Options, err error) {
	o = a.signed(wire.Options{Packs: a.packs()})
	if o.Dir, err = a.stateDir(); err != nil {
		return o, err
	}
	o.Vault, err = a.vaultOptions(ctx)
	return o, err
}

// signed says who opens the directory.
func (a *app) signed(o wire.Options) wire.Options {
	o.What, o.Version, o.Started = "cnrelay "+a.ran, a.Version, a.Started
	return o
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

// packs are the built-in ones and those of the operator's folder: --packs, or cnrelay/packs in $XDG_CONFIG_HOME
// or ~/.config.
func (a *app) packs() packs.Source {
	if a.packDir != "" {
		return packs.Source{Dir: a.packDir}
	}
	if dir := a.configDir(); dir != "" {
		return packs.Source{Dir: filepath.Join(dir, "packs"), Optional: true}
	}
	return packs.Source{}
}

// configDir is where the operator's own files are, "" if there is no such place.
func (a *app) configDir() string {
	if dir := a.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "cnrelay")
	}
	if home := a.Getenv("HOME"); home != "" {
		return filepath.Join(home, ".config", "cnrelay")
	}
	return ""
}

// providerID is the id of a provider that may be named by its pack's file.
func (a *app) providerID(named string) (string, error) {
	if !strings.ContainsRune(named, filepath.Separator) && !strings.HasSuffix(named, ".toml") {
		return named, nil
	}
	p, err := a.packs().Pack(named)
	return p.ID, err
}
