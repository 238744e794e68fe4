package engine

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/core"
	"cnrelay/state/statetest"
)

// busyHost lets every write wait for its turn.
type busyHost struct {
	core.HostClient
	wait time.Duration
	seen func()
}

func (h busyHost) Write(_ context.Context, w core.Write) (core.Object, error) {
	time.Sleep(h.wait)
	if err := w.Ready(); err != nil {
		return core.Object{}, err
	}
	h.seen()
	return core.Object{Kind: w.Ref.Kind, ID: 7}, nil
}

// A write that leaves long after its intent, because all of a host's slots were taken, would be looked for too early
// after a crash, and sent twice.
func TestIntentIsNeverOldWhenItsRequestLeaves(t *testing.T) {
	for wait, intents := range map[time.Duration]int{time.Second: 1, 5 * time.Minute: 2} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			store, vault := statetest.NewMemory()
			e := &Engine{Deps: Deps{Store: store, Vault: vault}}
			if err := e.put(ctx, core.TableLease, "h1", core.Lease{Host: "h1", Run: "b1"}); err != nil {
				t.Fatal(err)
			}
			s := core.Step{ID: "account/1", Phase: core.PhaseStage, Kind: core.Account, Verb: core.Create, Name: "acme-1"}
			r, err := e.open(ctx, core.Batch{ID: "b1"}, core.Host{ID: "h1"}, busyHost{wait: wait, seen: func() {
				rec, found, err := get[storedStep](ctx, store, core.TableStep, "b1/account/1")
				if age := time.Since(rec.Sent); err != nil || !found || rec.State != core.StepIntent || age > intentHolds {
					t.Errorf("after %v: its intent is %v old: %+v %v", wait, age, rec, err)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.do(ctx, s); err != nil {
				t.Fatal(err)
			}
			events, err := e.Events(ctx, "b1")
			events = slices.DeleteFunc(events, func(ev core.Event) bool { return ev.Type != core.EventIntent })
			if err != nil || len(events) != intents {
				t.Errorf("after %v: %d intents, want %d (%v)", wait, len(events), intents, err)
			}
		})
	}
}
