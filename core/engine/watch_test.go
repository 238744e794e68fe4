package engine_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
)

// A reader of events that stands still, or takes a second over each, costs an import nothing, and one that is slow
// loses none: the bubble's clock tells to the nanosecond.
func TestSlowReaderNeverSlowsAnImport(t *testing.T) {
	var alone, watched time.Duration
	read := 0
	took := func(t *testing.T, watch func(l *lab, id core.BatchID) (done func())) time.Duration {
		l := virtual(t, fakehost.Options{Latency: 20 * time.Millisecond}, core.AuthAdminKey)
		l.workers = 1 // so that nothing else decides how long it takes
		l.newState("state001")
		begun := time.Now()
		id, done, err := l.StartImport(t.Context(), wide("sk-ok-1", "sk-ok-2", "sk-402-3"))
		if err != nil {
			t.Fatal(err)
		}
		unwatch := watch(l, id)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		d := time.Since(begun)
		unwatch()
		return d
	}
	synctest.Test(t, func(t *testing.T) {
		alone = took(t, func(*lab, core.BatchID) func() { return func() {} })
	})
	synctest.Test(t, func(t *testing.T) {
		watched = took(t, func(l *lab, id core.BatchID) func() {
			var still []engine.Follower
			for range 16 {
				still = append(still, l.Watch(id, 0))
			}
			slow := l.Watch(id, 0)
			var g sync.WaitGroup
			g.Go(func() {
				for {
					ev, err := slow.Next(context.Background())
					if err != nil {
						t.Error(err)
					}
					if ev.Type != core.EventProgress {
						read++
						if ev.Seq != uint64(read) {
							t.Errorf("event %d came as the %d.", ev.Seq, read)
						}
					}
					if ev.Type == core.EventFinished {
						return
					}
					time.Sleep(time.Second)
				}
			})
			return func() {
				g.Wait()
				for _, w := range append(still, slow) {
					w.Close()
				}
			}
		})
	})
	if watched != alone {
		t.Errorf("with readers that stand still it took %v, alone %v", watched, alone)
	}
	figures.Print(t, "Slow readers", "an import with 16 readers that stand still and one of a second an event takes %v, alone %v; the slow one read all %d events in order", watched, alone, read)
}
