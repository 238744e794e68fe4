package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

// told is the history under a filter, in short, oldest first.
func (l *lab) told(f engine.RunFilter) string {
	l.t.Helper()
	list, err := l.History(l.t.Context(), f)
	if err != nil {
		l.t.Fatal(err)
	}
	var out []string
	for _, n := range slices.Backward(list) {
		if n.Batch != nil {
			out = append(out, "batch "+string(n.Batch.State))
		} else {
			out = append(out, string(n.Run.Kind)+" "+n.Run.State)
		}
	}
	return strings.Join(out, ", ")
}

func TestHistory(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	good := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	l.must(l.AccessStatus(t.Context(), "lab", "acme"))
	between := time.Now()
	other := spec(core.AccessSelfService, "sk-402-2")
	l.run(other)
	l.reconcile(engine.ReconcileSpec{Batch: good.ID})
	l.rollback(good.ID)
	l.must(nil, l.Exported(t.Context(), good.Batch, "b.zip", "00"))
	for _, tt := range []struct {
		name string
		f    engine.RunFilter
		want string
	}{
		{"all", engine.RunFilter{}, "import succeeded, batch rolled_back, access_check subscription_ready, import failed, batch failed, drift in_sync, rollback rolled_back, export succeeded"},
		{"a batch", engine.RunFilter{Batch: good.ID}, "import succeeded, batch rolled_back, access_check subscription_ready, drift in_sync, rollback rolled_back, export succeeded"},
		{"since", engine.RunFilter{Since: between, Kind: engine.RunBatch}, "batch failed"},
		{"until", engine.RunFilter{Until: between}, "import succeeded, batch rolled_back, access_check subscription_ready"},
		{"a class", engine.RunFilter{Class: core.UpstreamKeyQuota}, "import failed, batch failed"},
		{"a kind", engine.RunFilter{Kind: core.RunExport}, "export succeeded"},
		{"a host", engine.RunFilter{Host: "lab", Limit: 1}, "export succeeded"},
		{"another host", engine.RunFilter{Host: "elsewhere"}, ""},
		{"another provider", engine.RunFilter{Provider: "other"}, ""},
	} {
		if got := l.told(tt.f); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// What is pruned is evidence, and never what a rollback needs: after it everything can be taken back as before.
func TestPruneKeepsWhatARollbackNeeds(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	first := l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-402-2"))
	l.reconcile(engine.ReconcileSpec{Batch: first.ID})
	replaced := spec(core.AccessSubscription, "sk-ok-3")
	replaced.Mode = core.Replace
	second := l.run(replaced)
	soon := time.Now().Add(time.Hour)
	prune := func(before time.Time, apply bool) engine.Pruned {
		t.Helper()
		p, err := l.Prune(t.Context(), before, apply)
		l.must(nil, err)
		return p
	}
	if p := prune(time.Now().Add(-time.Hour), true); p.Runs != 0 || p.Exchanges != 0 {
		t.Errorf("of an hour ago: %+v", p)
	}
	want := prune(soon, false)
	if want.Runs != 3 || want.Held != 3 || want.Gone != 0 || want.Exchanges < 30 {
		t.Errorf("it would drop %+v", want)
	}
	if got := prune(soon, true); got != want {
		t.Errorf("dropped %+v, announced %+v", got, want)
	}
	for _, r := range l.ran(second.ID) {
		if len(l.exchanges(r)) != 0 || r.Dropped == 0 {
			t.Errorf("of %s %d exchanges are kept, %d dropped", r.Kind, r.Exchanges, r.Dropped)
		}
	}
	if again := prune(soon, true); again.Runs != 0 {
		t.Errorf("and again %+v", again)
	}
	l.ready(core.SubscriptionReady)
	l.rollback(second.ID)
	l.ready(core.SubscriptionReady)
	l.rollback(first.ID)
	l.asBefore(before)
	if p := prune(soon, true); p.Held != 0 || p.Gone != p.Runs || p.Gone < 5 {
		t.Errorf("of what is over %+v is dropped", p)
	}
	if got := l.told(engine.RunFilter{}); got != "batch rolled_back, batch rolled_back" {
		t.Errorf("the history is %s", got)
	}
	if d := l.detail(first.ID); len(d.Plan.Steps) == 0 || len(d.Steps) == 0 {
		t.Error("the batch lost its steps")
	}
}
