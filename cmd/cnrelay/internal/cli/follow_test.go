package cli

import (
	"context"
	"testing"
	"time"

	"cnrelay/cmd/cnrelay/internal/sshd"
	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
)

// slowly takes its time to say that a run was interrupted.
type slowly struct {
	view.Run
	said bool
}

func (s *slowly) Event(core.Host, core.Event) {}
func (s *slowly) Interrupted(core.BatchID) {
	time.Sleep(50 * time.Millisecond)
	s.said = true
}

// TestAnInterruptIsSaidFirst: however soon a run ends after an interrupt, what came of it is said after that.
func TestAnInterruptIsSaidFirst(t *testing.T) {
	t.Parallel()
	e := newEstate(t, sshd.DefaultLimits)
	a := &app{who: thisUser()}
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(core.ErrInterrupted)
	err := a.work(ctx, e.house, nil, func(ctx context.Context, s *session) error {
		done := make(chan error, 1)
		done <- nil
		out := &slowly{}
		err := s.follow(ctx, out, core.Host{}, "b2345678", 0, done)
		if !out.said {
			t.Error("it isn't said yet")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
