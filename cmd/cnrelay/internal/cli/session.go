package cli

import (
	"context"
	"errors"
	"os/user"
	"path/filepath"
	"strings"

	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/packs"
)

// session is a command at its operator's desk.
type session struct {
	*app
	*engine.Desk
	house *house
}

// open runs fn on the state directory: in this process, which owns the directory meanwhile, or in the one that
// owns it already, which then does all of the command. What a damaged ledger still holds can be read; that it is
// damaged is said first.
func (a *app) open(ctx context.Context, fn func(ctx context.Context, s *session) error) error {
	if g := a.guest; g != nil {
		return a.work(ctx, g.house, g.refused, fn)
	}
	o, err := a.options(ctx)
	if err != nil {
		return err
	}
	return a.openAt(ctx, o, fn)
}

// openAt is open on a directory and packs of its own.
func (a *app) openAt(ctx context.Context, o wire.Options, fn func(ctx context.Context, s *session) error) (err error) {
	h, err := a.enter(ctx, a.signed(o))
	if err != nil {
		return err
	}
	defer func() {
		if closing := h.close(ctx, a); closing != nil {
			err = errors.Join(err, closing)
		}
	}()
	if damage := h.service.Damage(); damage != nil {
		a.damaged = true
		a.out.Warn(damage)
	}
	return a.work(ctx, h, nil, fn)
}

// work runs fn at a desk of the operator's.
func (a *app) work(ctx context.Context, h *house, refused error, fn func(ctx context.Context, s *session) error) error {
	what := "cnrelay " + a.ran
	if a.screen {
		what = "console"
	}
	desk := h.service.Join(a.who, what, refused)
	defer desk.Leave()
	return fn(core.WithCommand(ctx, commandLine(a.Args)), &session{a, desk, h})
}

// unlock opens the vault of a process of the operator's own, which may ask for its passphrase.
func (s *session) unlock() error {
	if s.guest != nil {
		return nil
	}
	if err := s.house.service.Vault.Unlock(); !errors.Is(err, core.ErrReadOnly) {
		return err
	}
	return nil
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

// thisUser is the operator at the machine itself.
func thisUser() core.Operator {
	o := core.Operator{Name: "?", Role: core.RoleAdmin, From: core.Local}
	if u, err := user.Current(); err == nil {
		o.Name = u.Username
	}
	return o
}

// lasting is a context for what goes on when the session ends. Only an operator's own interrupt ends it.
func lasting(ctx context.Context) context.Context {
	out, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); errors.Is(cause, core.ErrInterrupted) {
			cancel(cause)
		}
	})
	return out
}

// packs are the built-in ones and those of the operator's folder: --packs, or cnrelay/packs in $XDG_CONFIG_HOME
// or ~/.config. From the network they are those of the process that owns the state directory.
func (a *app) packs() core.PackSource {
	switch dir := a.configDir(); {
	case a.guest != nil && a.who.Remote():
		return a.guest.house.service.Packs
	case a.packDir != "":
		return packs.Source{Dir: a.near(a.packDir)}
	case dir != "":
		return packs.Source{Dir: filepath.Join(dir, "packs"), Optional: true}
	}
	return packs.Source{}
}

// near is a path as the operator's own process means it.
func (a *app) near(path string) string {
	if a.guest != nil && !filepath.IsAbs(path) {
		return filepath.Join(a.guest.dir, path)
	}
	return path
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
