package engine

import (
	"context"
	"fmt"
	"sync"

	"cnrelay/core"
)

// watchers wakes whoever follows a run. Events themselves are read from the store, so a slow reader
// loses none and sees them in order; only progress, which isn't kept, is dropped when it doesn't read.
type watchers struct {
	mu   sync.Mutex
	list map[*Watch]struct{}
}

// Watch follows one run from a point on.
type Watch struct {
	e        *Engine
	run      core.BatchID
	next     uint64
	woken    chan struct{}
	progress chan core.Event
}

// Follower follows one run from a point on.
type Follower interface {
	// Run is the batch that is followed.
	Run() core.BatchID
	// Next gives the next event, waiting for it if need be: see [Watch.Next].
	Next(ctx context.Context) (core.Event, error)
	Close()
}

// Watch starts following a run after the event with that sequence number (0: from its beginning).
// Close it when done.
func (e *Engine) Watch(run core.BatchID, after uint64) Follower {
	w := &Watch{e: e, run: run, next: after + 1, woken: make(chan struct{}, 1), progress: make(chan core.Event, 64)}
	e.watchers.mu.Lock()
	defer e.watchers.mu.Unlock()
	if e.watchers.list == nil {
		e.watchers.list = map[*Watch]struct{}{}
	}
	e.watchers.list[w] = struct{}{}
	return w
}

// Run is the batch that is followed.
func (w *Watch) Run() core.BatchID { return w.run }

// Close ends the watch.
func (w *Watch) Close() {
	w.e.watchers.mu.Lock()
	defer w.e.watchers.mu.Unlock()
	delete(w.e.watchers.list, w)
}

// Next gives the next event, waiting for it if need be. It ends with ctx only: the event that ends a
// run is [core.EventFinished], after which a rollback may add more.
func (w *Watch) Next(ctx context.Context) (core.Event, error) {
	for {
		ev, found, err := get[core.Event](context.WithoutCancel(ctx), w.e.Store, core.TableEvent, eventKey(w.run, w.next))
		if err != nil {
			return core.Event{}, err
		}
		if found {
			w.next++
			return ev, nil
		}
		select {
		case ev := <-w.progress:
			return ev, nil
		case <-w.woken:
		case <-ctx.Done():
			return core.Event{}, ctx.Err()
		}
	}
}

// wake tells the watchers of a run that an event was committed.
func (ws *watchers) wake(run core.BatchID) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.list {
		if w.run != run {
			continue
		}
		select {
		case w.woken <- struct{}{}:
		default:
		}
	}
}

// progress hands an event that isn't kept to whoever is reading right now.
func (ws *watchers) send(ev core.Event) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.list {
		if w.run != ev.Run {
			continue
		}
		select {
		case w.progress <- ev:
		default:
		}
	}
}

// Events are the kept events of a run.
func (e *Engine) Events(ctx context.Context, run core.BatchID) ([]core.Event, error) {
	return scan[core.Event](ctx, e.Store, core.TableEvent, string(run)+"/", nil)
}

func eventKey(run core.BatchID, seq uint64) string { return fmt.Sprintf("%s/%020d", run, seq) }
