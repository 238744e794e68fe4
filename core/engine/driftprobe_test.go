package engine_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

// A key that failed its test stands outside and is out of nobody's traffic, until somebody attaches it.
func TestAFailedAccountIsNotMissed(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-401-2"))}
	l.status(l.reconcile(engine.ReconcileSpec{})[0], core.InSync)
	m.put("accounts", m.account(1), map[string]any{"group_ids": []int64{m.id("group")}, "name": "acme-renamed"})
	run := l.reconcile(engine.ReconcileSpec{})[0]
	if got := m.told(run.Findings); !slices.Equal(got, []string{"changed account name group_ids"}) {
		t.Errorf("found %q", got)
	}
}

// A model that its upstream doesn't know any more takes an account out for this model, by the host's own list (F8).
func TestVanishedModelShowsInTheAccountList(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))}
	m.refuse("model404")
	run := l.reconcile(engine.ReconcileSpec{})[0]
	l.status(run, core.Degraded)
	if f := run.Findings[0]; len(run.Findings) != 1 || f.Type != core.DriftOutOfTraffic || f.Probe.Class != core.UpstreamModelMissing || !strings.Contains(f.Why, "flash") {
		t.Errorf("found %+v", run.Findings)
	}
}

// The paid look: the gateway as its users ask it, and the provider directly; once for batches that share a key.
func TestReconcileWithCompletion(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.run(spec(core.AccessSubscription, "sk-ok-1"))
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	l.rest() // the host's own question about a new account comes when it comes
	l.host.ForgetLog()
	l.provider.Forget()
	l.provider.SetModels("flash", "newer")
	runs := l.reconcile(engine.ReconcileSpec{Completion: true})
	if len(runs) != 2 {
		t.Fatalf("%d runs", len(runs))
	}
	for _, run := range runs {
		l.status(run, core.InSync) // a model that isn't listed is pointed out, and no more
		if !run.Access.Completion.Answered() || run.Access.State != core.SubscriptionReady || run.Upstream == nil || !run.Upstream.Completion.Answered() {
			t.Errorf("evidence %+v", run.Access)
		}
		if len(run.Findings) != 1 || run.Findings[0].Type != core.DriftModelUnlisted || run.Findings[0].Name != "pro" {
			t.Errorf("findings %+v", run.Findings)
		}
	}
	asked := 0
	for _, r := range l.host.Log() {
		if r.Path == "/v1/chat/completions" {
			asked++
		}
	}
	if direct := len(l.provider.Log()) - asked; asked != 1 || direct != 2 { // its models and a completion
		t.Errorf("the gateway was asked %d times, the provider directly %d times", asked, direct)
	}
	l.provider.SetBehaviour("sk-ok-1", "402")
	run := l.reconcile(engine.ReconcileSpec{Completion: true, Batch: m.batch.ID})[0]
	l.status(run, core.Degraded)
	if got := m.told(run.Findings); !slices.Equal(got, []string{"out_of_traffic account"}) || run.ProbeFailures != 2 {
		t.Errorf("what the gateway found out doesn't show: %q, %d failures", got, run.ProbeFailures)
	}
	if run.Access.State != core.AccessBroken || run.Probes[0].Class != core.UpstreamKeyQuota || run.Upstream != nil {
		t.Errorf("access %+v probes %+v", run.Access, run.Probes)
	}
	status, err := l.Status(t.Context(), "lab")
	if err != nil || status[0].Providers[0].State != engine.ProviderBroken {
		t.Errorf("status %+v %v", status, err)
	}
	stored, err := l.DriftRun(t.Context(), run.ID)
	if err != nil || stored.Access.Completion.Status != run.Access.Completion.Status || stored.Access.Completion.Status == 0 {
		t.Errorf("stored %+v %v", stored.Access, err)
	}
}

// Days and dollars that are left are said.
func TestWhatIsLeft(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	m.admin("POST", fmt.Sprintf("/subscriptions/%d/extend", m.id("subscription/"+m.user())), map[string]any{"days": -360})
	run := l.reconcile(engine.ReconcileSpec{})[0]
	if left := run.Findings[0].Left; left == nil || math.Abs(*left-5) > 0.1 {
		t.Errorf("days left: %v", left)
	}
}

// What the host charges for the paid question is compared with the price that was set, whoever made it another.
func TestBilling(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(m meddler)
		want []string
	}{
		{"as set", func(meddler) {}, nil},
		{"another multiplier is another finding", func(m meddler) { m.put("groups", m.id("group"), map[string]any{"rate_multiplier": 2}) }, []string{"changed group rate_multiplier"}},
		{"another price", func(m meddler) {
			m.prices(func(rows []any) []any { row(rows, "flash")["output_price"] = 9e-6; return rows })
		}, []string{"billed_otherwise channel output_price", "changed channel model_pricing.openai.flash.output_price"}},
		{"free", func(m meddler) { m.put("channels", m.id("channel"), map[string]any{"group_ids": []any{}}) }, []string{"billed_free channel", "changed channel group_ids"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, fakehost.Options{})
			m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
			c.do(m)
			run := l.reconcile(engine.ReconcileSpec{Completion: true})[0]
			if got := m.told(run.Findings); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if run.Billed == nil || run.Billed.OutputTokens == 0 || !strings.HasSuffix(run.Billed.RequestID, run.Access.Completion.RequestID) {
				t.Errorf("evidence %+v", run.Billed)
			}
			m.repair(engine.RepairSpec{})
			if got := m.told(l.reconcile(engine.ReconcileSpec{Completion: true})[0].Findings); len(got) > 0 {
				t.Errorf("after the repair: %q", got)
			}
		})
	}
}
