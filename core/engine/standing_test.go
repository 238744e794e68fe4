package engine_test

import (
	"context"
	"encoding/json"
	"testing"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
)

// readOnly is a store that takes nothing.
type readOnly struct{ core.Store }

func (readOnly) Update(context.Context, func(core.Tx) error) error { return core.ErrReadOnly }

// TestStatusOfOlderLedgers: from before standings were records of their own. They are written at the start, but for a
// ledger that is open for reading only; the status says the same.
func TestStatusOfOlderLedgers(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	d := l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-402-2"))
	status := func() string {
		t.Helper()
		list, err := l.Status(t.Context(), "")
		if err != nil || len(list) != 1 || len(list[0].Providers) != 1 || len(list[0].Providers[0].Findings) != 1 {
			t.Fatalf("%v %+v", err, list)
		}
		raw, _ := json.Marshal(list[0].Providers)
		return string(raw)
	}
	want := status()
	err := l.store.Update(t.Context(), func(tx core.Tx) error { // as it was then
		if err := tx.Delete(core.TableStanding, string(d.Host)+"/acme/"+string(d.ID)); err != nil {
			return err
		}
		if err := tx.Delete(core.TablePlan, string(d.ID)); err != nil {
			return err
		}
		if err := tx.Delete(core.TableMeta, "standings"); err != nil {
			return err
		}
		return tx.Put(core.TableBatch, string(d.ID), d.Batch)
	})
	if err != nil {
		t.Fatal(err)
	}

	written := l.store
	l.store = readOnly{written}
	l.boot()
	if got := status(); got != want {
		t.Errorf("for reading only: %s\nwant %s", got, want)
	}
	l.store = written
	l.boot()
	if got := status(); got != want {
		t.Errorf("written anew: %s\nwant %s", got, want)
	}
	if again := l.detail(d.ID); len(again.Plan.Steps) != len(d.Plan.Steps) {
		t.Error("the plan is lost")
	}
}
