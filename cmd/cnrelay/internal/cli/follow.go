package cli

import (
	"context"
	"sync"

	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
)

// follow shows a run's events after a sequence number, as they happen, until it has ended and all of
// them are shown. An interrupt is said at once: the run ends by itself then.
func (s *session) follow(ctx context.Context, out view.Run, h core.Host, id core.BatchID, after uint64, done <-chan error) error {
	watch := s.Watch(id, after)
	defer watch.Close()
	var mu sync.Mutex
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		out.Interrupted(id)
	})
	defer stop()
	reading, finished := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		ended <- <-done
		finished()
	}()
	for {
		// What is stored is given before the end of reading is seen, so no event is missed.
		ev, err := watch.Next(reading)
		if reading.Err() != nil && err != nil {
			return <-ended
		}
		if err != nil {
			finished()
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
