package engine_test

import (
	"slices"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

// A run belongs to its batch (F3): what only another batch has is not in it; what both use is in both.
func TestRunsBelongToTheirBatch(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	sub := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	self := meddler{l, l.run(spec(core.AccessSelfService, "sk-ok-1"))}
	self.put("channels", self.id("channel"), map[string]any{"restrict_models": false})
	runs := l.reconcile(engine.ReconcileSpec{})
	if len(runs) != 2 || runs[0].Batch != self.batch.ID || runs[1].Batch != sub.batch.ID {
		t.Fatalf("runs %+v", runs)
	}
	l.status(runs[0], core.Drifted)
	l.status(runs[1], core.InSync)
	self.put("accounts", self.account(0), map[string]any{"priority": 3})
	runs = l.reconcile(engine.ReconcileSpec{})
	if got := sub.told(runs[1].Findings); !slices.Equal(got, []string{"changed account priority"}) {
		t.Errorf("of the account that both use, the older batch says %q", got)
	}
	if only := l.reconcile(engine.ReconcileSpec{Batch: sub.batch.ID}); len(only) != 1 || only[0].ID != string(sub.batch.ID)+".3" {
		t.Errorf("runs of one batch: %+v", only)
	}
	of := func(f engine.DriftFilter) []string {
		t.Helper()
		list, err := l.DriftRuns(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range list {
			ids = append(ids, r.ID)
		}
		return ids
	}
	a, b := string(sub.batch.ID), string(self.batch.ID)
	l.boot()
	for _, c := range []struct {
		f    engine.DriftFilter
		want []string
	}{
		{engine.DriftFilter{}, []string{a + ".3", b + ".2", a + ".2", b + ".1", a + ".1"}},
		{engine.DriftFilter{Limit: 1}, []string{a + ".3"}},
		{engine.DriftFilter{Latest: true}, []string{a + ".3", b + ".2"}},
		{engine.DriftFilter{Latest: true, Host: sub.batch.Host, Provider: "acme"}, []string{a + ".3", b + ".2"}},
		{engine.DriftFilter{Batch: self.batch.ID}, []string{b + ".2", b + ".1"}},
		{engine.DriftFilter{Provider: "other"}, nil},
		{engine.DriftFilter{Host: "other"}, nil},
	} {
		got := of(c.f)
		if c.f.Batch == "" && !c.f.Latest { // two of one reconciliation have one time
			slices.Sort(got)
			slices.Sort(c.want)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.f, got, c.want)
		}
	}
	if run, err := l.DriftRun(t.Context(), b+".2"); err != nil || run.Batch != self.batch.ID || len(run.Findings) != 2 {
		t.Errorf("show: %+v %v", run, err)
	}
	for _, id := range []string{"", "x", a, a + ".9", a + ".x"} {
		if _, err := l.DriftRun(t.Context(), id); core.CodeOf(err) != core.CodeInput {
			t.Errorf("show %q: %v", id, err)
		}
	}
	l.rollback(self.batch.ID)
	if got := of(engine.DriftFilter{Latest: true}); !slices.Equal(got, []string{a + ".3"}) {
		t.Errorf("latest after a rollback: %v", got)
	}
	if _, err := l.Reconcile(t.Context(), engine.ReconcileSpec{Batch: self.batch.ID}); core.CodeOf(err) != core.CodeInput {
		t.Errorf("a batch that is rolled back: %v", err)
	}
}

// A run that this console writes meanwhile would see its own work as drift.
func TestReconcileKeepsOutOfAnImportsWay(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.run(spec(core.AccessSubscription, "sk-ok-1"))
	reached, goOn := make(chan struct{}), make(chan struct{})
	l.host.Inject(fakehost.Fault{Method: "POST", Path: "/test$", Times: -1, Action: fakehost.Reset, Then: func() { close(reached); <-goOn }})
	s := spec(core.AccessSubscription, "sk-ok-2")
	s.Mode = core.Add
	_, done, err := l.StartImport(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	if _, err := l.Reconcile(t.Context(), engine.ReconcileSpec{Host: "lab"}); core.CodeOf(err) != core.CodeStopped {
		t.Errorf("while an import writes: %v", err)
	}
	close(goOn)
	<-done

	// And one that begins while the lists are read.
	l.host.Inject(fakehost.Fault{Method: "GET", Path: "/admin/channels$", Action: fakehost.Status, Status: 503, Body: `{}`, Header: jsonHeader, Then: func() {
		if _, err := l.Adopt(t.Context(), "lab", "acme", false); err != nil {
			t.Errorf("adopt: %v", err)
		}
	}})
	if _, err := l.Reconcile(t.Context(), engine.ReconcileSpec{Host: "lab"}); core.CodeOf(err) != core.CodeStopped {
		t.Errorf("while somebody wrote: %v", err)
	}
	if runs, err := l.DriftRuns(t.Context(), engine.DriftFilter{}); err != nil || len(runs) != 0 {
		t.Errorf("kept %v %v", runs, err)
	}
}

func TestReconcileRefusesWhatIsNotThere(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	for _, s := range []engine.ReconcileSpec{{}, {Host: "nohost"}, {Host: "lab"}, {Batch: "nobatch"}} {
		if _, err := l.Reconcile(t.Context(), s); core.CodeOf(err) != core.CodeInput {
			t.Errorf("%+v: %v", s, err)
		}
	}
	d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	if _, err := l.Reconcile(t.Context(), engine.ReconcileSpec{Host: "lab", Provider: "other"}); core.CodeOf(err) != core.CodeInput {
		t.Errorf("a provider that isn't there: %v", err)
	}
	l.host.ForgetLog()
	l.reconcile(engine.ReconcileSpec{Host: string(d.Host), Provider: "acme", Batch: d.ID})
	h, err := l.Host(t.Context(), "lab")
	if err != nil || time.Since(h.Seen.At) > time.Minute || len(h.Seen.Features) < 5 {
		t.Errorf("what was seen of the host: %+v %v", h.Seen, err)
	}
}
