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

// A line says of a batch what the batch says.
func TestBatchLines(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.rollback(l.run(spec(core.AccessSubscription, "sk-ok-1")).ID)
	l.run(spec(core.AccessSubscription, "sk-ok-2", "sk-402-3"))
	batches, err := l.Batches(t.Context(), engine.BatchFilter{})
	if err != nil || len(batches) != 2 {
		t.Fatalf("%d batches, %v", len(batches), err)
	}
	lines, err := l.BatchLines(t.Context())
	if err != nil || len(lines) != len(batches) {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for i, b := range batches {
		is := lines[i]
		if is.ID != b.ID || is.Host != b.Host || is.HostName != b.HostName || is.Provider != b.Provider || is.State != b.State || is.Phase != b.Phase ||
			!is.Started.Equal(b.Started) || !is.Ended.Equal(b.Ended) || is.Passed != b.Passed || is.Keys() != len(b.Request.Keys) || is.Access.State != b.Access.State || len(is.Kept) != len(b.Kept) {
			t.Errorf("the line says %+v, the batch %+v", is, b)
		}
	}
}
