package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
)

func TestExitOf(t *testing.T) {
	cancelled, cancel := context.WithCancelCause(context.Background())
	cancel(core.ErrInterrupted)
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"well", nil, nil, 0},
		{"bad input", nil, core.Input("x", "y"), 2},
		{"wrapped", nil, fmt.Errorf("while: %w", core.Input("x", "y")), 2},
		{"a precondition", nil, &engine.BlockedError{}, 2},
		{"a block on the host", nil, &core.Error{Code: core.CodeBlocked}, 2},
		{"refuses to guess", nil, &core.Error{Code: core.CodeStopped, Err: core.ErrIdentityChanged}, 2},
		{"not allowed", nil, &core.Error{Code: core.CodeDenied}, 2},
		{"network", nil, &core.Error{Code: core.CodeNetwork}, 1},
		{"refused", nil, &core.Error{Code: core.CodeAuth}, 1},
		{"anything else", nil, errors.New("x"), 1},
		{"held", nil, &core.Error{Code: core.CodeState, Err: core.ErrHeld}, 11},
		{"interrupted", nil, errors.Join(core.ErrInterrupted, errors.New("x")), 130},
		{"a request that was cut off", cancelled, &core.Error{Code: core.CodeNetwork}, 130},
		{"said already", nil, &over{code: 5}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := tt.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			if got := exitOf(ctx, tt.err); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestExitOfImport(t *testing.T) {
	for _, tt := range []struct {
		state  core.BatchState
		access core.AccessState
		want   int
	}{
		{core.BatchSucceeded, core.SubscriptionReady, 0},
		{core.BatchPartial, core.SelfServiceReady, 3},
		{core.BatchPartial, core.AccessBroken, 5},
		{core.BatchFailed, core.AccessUnchecked, 1},
		{core.BatchInterrupted, "", 130},
		{core.BatchRolledBack, core.AccessBroken, 6},
		{core.BatchRunning, "", 1},
	} {
		b := core.Batch{State: tt.state, Access: core.AccessResult{State: tt.access}}
		if got := exitOfImport(b); got != tt.want {
			t.Errorf("%s, %s: got %d, want %d", tt.state, tt.access, got, tt.want)
		}
	}
}

func TestExitOfRollback(t *testing.T) {
	for _, tt := range []struct {
		state  core.BatchState
		reason string
		want   int
	}{
		{core.BatchRolledBack, "", 0}, {core.BatchRolledBack, "changed_by_others", 0}, {core.BatchRolledBack, "failed", 1},
		{core.BatchInterrupted, "", 130}, {core.BatchFailed, "", 1},
	} {
		b := core.Batch{State: tt.state}
		if tt.reason != "" {
			b.Kept = []core.Kept{{Reason: "shared"}, {Reason: tt.reason}}
		}
		if got := exitOfRollback(b); got != tt.want {
			t.Errorf("%s, %s: got %d, want %d", tt.state, tt.reason, got, tt.want)
		}
	}
}

func TestExitOfStatus(t *testing.T) {
	of := func(states ...engine.ProviderState) []engine.HostStatus {
		var list []engine.HostStatus
		for _, s := range states {
			list = append(list, engine.HostStatus{Providers: []engine.ProviderStatus{{State: s}}})
		}
		return list
	}
	for _, tt := range []struct {
		list []engine.HostStatus
		want int
	}{
		{nil, 0}, {of(engine.ProviderActive, engine.ProviderAbsent), 0}, {of(engine.ProviderDegraded, engine.ProviderActive), 3},
		{of(engine.ProviderDegraded, engine.ProviderBroken), 5},
	} {
		if got := exitOfStatus(tt.list); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.list, got, tt.want)
		}
	}
}

func TestExitOfDrift(t *testing.T) {
	for _, tt := range []struct {
		states      []core.DriftStatus
		asked, want int
	}{
		{nil, 0, 0}, {[]core.DriftStatus{core.InSync, core.InSync}, 0, 0}, {[]core.DriftStatus{core.InSync, core.Degraded}, 3, 0},
		{[]core.DriftStatus{core.Degraded, core.Drifted, core.InSync}, 4, 0}, {[]core.DriftStatus{core.Degraded, core.DriftUnknown}, 1, 1},
		{[]core.DriftStatus{core.DriftUnknown, core.Drifted}, 4, 1},
	} {
		var runs []core.DriftRun
		for _, s := range tt.states {
			runs = append(runs, core.DriftRun{Status: s})
		}
		if got := exitOfDrift(runs, true); got != tt.asked {
			t.Errorf("%v, asked for: got %d, want %d", tt.states, got, tt.asked)
		}
		if got := exitOfDrift(runs, false); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.states, got, tt.want)
		}
	}
}

// TestInterrupts: the first signal cancels the command, the second ends the process, and a simulation's files with it.
func TestInterrupts(t *testing.T) {
	signals, left, done := make(chan os.Signal), make(chan int), make(chan struct{})
	ctx, cancel := context.WithCancelCause(context.Background())
	removed := false
	a := &app{IO: IO{Signals: signals, Exit: func(code int) { left <- code }}}
	a.remains.Store(new(func() { removed = true }))
	go a.interrupts(done, cancel)
	signals <- os.Interrupt
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), core.ErrInterrupted) {
		t.Errorf("cause %v", context.Cause(ctx))
	}
	signals <- os.Interrupt
	if code := <-left; code != 130 || !removed {
		t.Errorf("left with %d; what must not be left is removed: %v", code, removed)
	}
	close(done)
}
