package cli

import (
	"context"
	"errors"
	"sync"

	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
)

// follow shows a run's events after a sequence number, as they happen, until it has ended and all of
// them are shown. An interrupt is said at once: the run ends by itself then. It goes on if the operator only leaves.
func (s *session) follow(ctx context.Context, out view.Run, h core.Host, id core.BatchID, after uint64, done <-chan error) error {
	watch := s.Watch(id, after)
	defer watch.Close()
	reading, finished := context.WithCancel(context.WithoutCancel(ctx))
	defer finished()
	var mu sync.Mutex
	said := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(said)
		if !errors.Is(context.Cause(ctx), core.ErrInterrupted) {
			finished()
			return
		}
		mu.Lock()
		defer mu.Unlock()
		out.Interrupted(id)
	})
	defer func() {
		if !stop() { // an interrupt is said before what came of it
			<-said
		}
	}()
	ended := make(chan error, 1)
	s.spawn(func() {
		select {
		case err := <-done:
			ended <- err
			finished()
		case <-reading.Done():
		}
	})
	for {
		// What is stored is given before the end of reading is seen, so no event is missed.
		ev, err := watch.Next(reading)
		if reading.Err() != nil && err != nil {
			select {
			case err := <-ended:
				return err
			default:
				return context.Cause(ctx)
			}
		}
		if err != nil {
			return err
		}
		mu.Lock()
		out.Event(h, ev)
		mu.Unlock()
	}
}

// followImport shows an import to its end and what came of it.
func (s *session) followImport(ctx context.Context, h core.Host, id core.BatchID, after uint64, done <-chan error) error {
	out := s.out.Imports()
	cause := s.follow(ctx, out, h, id, after, done)
	b, err := s.Batch(context.WithoutCancel(ctx), id)
	if err != nil {
		return err
	}
	out.Summary(h, b)
	if ctx.Err() != nil {
		cause = nil // it was said when it happened
	}
	if code := exitOfImport(b.Batch); code != exitReady || cause != nil {
		return &over{code, cause}
	}
	return nil
}

// watchRun shows what somebody's run does until it ends, or the one who watches leaves.
func (s *session) watchRun(ctx context.Context, h core.Host, id core.BatchID) error {
	watching, leave := context.WithCancel(context.WithoutCancel(ctx)) // an interrupt stops the watching, not the run
	defer leave()
	defer context.AfterFunc(ctx, leave)()
	done := make(chan error, 1)
	s.spawn(func() {
		select {
		case <-s.Done(id):
			done <- nil
		case <-watching.Done():
		}
	})
	out := s.out.Imports()
	if err := s.follow(watching, out, h, id, 0, done); err != nil {
		return err
	}
	b, err := s.Batch(ctx, id)
	if err != nil {
		return err
	}
	out.Summary(h, b)
	return ended(exitOfImport(b.Batch))
}
