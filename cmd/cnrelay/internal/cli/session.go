package cli

import (
	"context"
	"errors"
	"os/user"
	"path/filepath"

	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
	"cnrelay/core/engine"
)

// session is a command at its operator's desk.
type session struct {
	*app
	*engine.Desk
	house *house
}

// open runs fn on the state directory: in this process, which owns the directory meanwhile, or in the one that
// owns it already, which then does all of the command.
func (a *app) open(ctx context.Context, fn func(ctx context.Context, s *session) error) (err error) {
	if (a.state != "" || a.identity != "") && a.who.Remote() {
		return core.Input("the state directory is chosen on the machine", "leave --state and --identity out")
	}
	if g := a.guest; g != nil {
		return a.work(ctx, g.house, g.refused, fn)
	}
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	h, err := a.enter(ctx, wire.Options{Dir: dir, Identity: a.identity})
	if err != nil {
		return err
	}
	defer func() {
		if closing := h.close(ctx, a); closing != nil {
			err = errors.Join(err, closing)
		}
	}()
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
	return fn(ctx, &session{a, desk, h})
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
