package cli

import (
	"context"
	"sync"

	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
	"cnrelay/core/engine"
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

// undo is what a rollback command was asked.
type undo struct {
	options engine.RollbackOptions
	preview bool
	yes     bool
	word    string // to be typed as confirmation
}

// rollBack previews batches, newest first, asks for confirmation, and takes them back.
func (s *session) rollBack(ctx context.Context, batches []core.BatchID, u undo) error {
	out := s.out.Rollbacks()
	for _, id := range batches {
		p, err := s.PreviewRollback(ctx, id, u.options)
		if err != nil {
			return err
		}
		out.Preview(p, batches)
	}
	if u.preview {
		return nil
	}
	if err := s.confirm(u.yes, "confirm.rollback", u.word); err != nil {
		return err
	}
	code := exitReady
	for _, id := range batches {
		b, err := s.rollBackOne(ctx, out, id, u)
		if err != nil {
			return err
		}
		if code = exitOfRollback(b); code != exitReady {
			break // the older batches stand on what this one made
		}
	}
	return ended(code)
}

func (s *session) rollBackOne(ctx context.Context, out view.Rollbacks, id core.BatchID, u undo) (core.Batch, error) {
	before, err := s.Events(ctx, id)
	if err != nil {
		return core.Batch{}, err
	}
	done, err := s.StartRollback(ctx, id, u.options)
	if err != nil {
		return core.Batch{}, err
	}
	return s.followRollback(ctx, out, id, uint64(len(before)), done)
}

func (s *session) followRollback(ctx context.Context, out view.Rollbacks, id core.BatchID, after uint64, done <-chan error) (core.Batch, error) {
	b, err := s.Batch(ctx, id)
	if err != nil {
		return b.Batch, err
	}
	h, err := s.Host(ctx, string(b.Host))
	if err != nil {
		return b.Batch, err
	}
	cause := s.follow(ctx, out, h, id, after, done)
	if b, err = s.Batch(context.WithoutCancel(ctx), id); err != nil {
		return b.Batch, err
	}
	out.Report(h, b)
	if cause != nil && ctx.Err() == nil {
		return b.Batch, &over{exitOfRollback(b.Batch), cause}
	}
	return b.Batch, nil
}

// exitOfRollback is the exit code of a rollback: what others changed or use is kept on purpose, what
// could not be undone is an error.
func exitOfRollback(b core.Batch) int {
	if b.State == core.BatchInterrupted {
		return exitInterrupted
	}
	if b.State != core.BatchRolledBack {
		return exitError
	}
	for _, k := range b.Kept {
		if k.Reason == "failed" {
			return exitError
		}
	}
	return exitReady
}
