package cli

import (
	"context"
	"errors"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// The exit codes (REQUIREMENTS I7).
const (
	exitReady       = 0
	exitError       = 1 // an error, or no account passed
	exitInput       = 2 // bad input or a precondition that doesn't hold; nothing was sent
	exitSome        = 3 // some accounts failed, access is ready
	exitDrift       = 4 // drift was found, and asked for
	exitBroken      = 5 // access is broken
	exitRolledBack  = 6 // rolled back after failure
	exitHeld        = 11
	exitInterrupted = 130
)

// over is the end of a command whose output has said how it ended; cause is what is still to be said.
type over struct {
	code  int
	cause error
}

func (o *over) Error() string { return "over" }
func (o *over) Unwrap() error { return o.cause }

// ended ends a command with a code that its output explains.
func ended(code int) error {
	if code == exitReady {
		return nil
	}
	return &over{code: code}
}

// exitOf is the exit code of a command's error.
func exitOf(ctx context.Context, err error) int {
	if err == nil {
		return exitReady
	}
	if o, ok := errors.AsType[*over](err); ok {
		return o.code
	}
	if _, blocked := errors.AsType[*engine.BlockedError](err); blocked {
		return exitInput
	}
	switch {
	case errors.Is(err, core.ErrHeld):
		return exitHeld
	case errors.Is(err, core.ErrInterrupted), ctx.Err() != nil:
		return exitInterrupted
	}
	switch core.CodeOf(err) {
	case core.CodeInput, core.CodeBlocked, core.CodeStopped, core.CodeDenied:
		return exitInput
	}
	return exitError
}

// exitOfImport is the exit code of an import by what became of its batch.
func exitOfImport(b core.Batch) int {
	switch {
	case b.State == core.BatchInterrupted:
		return exitInterrupted
	case b.State == core.BatchRolledBack:
		return exitRolledBack
	case b.State == core.BatchSucceeded:
		return exitReady
	case b.State == core.BatchPartial && b.Access.State == core.AccessBroken:
		return exitBroken
	case b.State == core.BatchPartial:
		return exitSome
	}
	return exitError
}
