package engine_test

import (
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

// TestListsHoldNoPlans: most of a batch is its plan and pack, which a list of thousands needn't read.
func TestListsHoldNoPlans(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	list, err := l.Batches(t.Context(), engine.BatchFilter{})
	if err != nil || len(list) != 1 || len(list[0].Plan.Steps) > 0 || list[0].Pack.ID != "" {
		t.Fatalf("%v %+v", err, list)
	}
	if len(d.Plan.Steps) == 0 || d.Pack.ID != "acme" {
		t.Errorf("read alone it lacks them: %+v", d.Batch)
	}
	live, err := l.LiveBatches(t.Context(), d.Host, "acme")
	if err != nil || len(live) != 1 || len(live[0].Plan.Steps) != len(d.Plan.Steps) {
		t.Errorf("those that a rollback takes back lack them: %v %+v", err, live)
	}
}

// TestPlanWithinTheBatch: as ledgers held it before it was a record of its own.
func TestPlanWithinTheBatch(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	err := l.store.Update(t.Context(), func(tx core.Tx) error {
		if err := tx.Delete(core.TablePlan, string(d.ID)); err != nil {
			return err
		}
		return tx.Put(core.TableBatch, string(d.ID), d.Batch)
	})
	if err != nil {
		t.Fatal(err)
	}
	if again := l.detail(d.ID); len(again.Plan.Steps) != len(d.Plan.Steps) || again.Pack.ID != "acme" {
		t.Errorf("it isn't found: %+v", again.Batch)
	}
	l.rollback(d.ID)
	l.asBefore(before)
}
