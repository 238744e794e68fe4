package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

func (l *lab) status(run core.DriftRun, want core.DriftStatus) {
	l.t.Helper()
	if run.Status != want {
		raw, _ := json.MarshalIndent(run, "", " ")
		l.t.Fatalf("status %s, want %s\n%s", run.Status, want, raw)
	}
}

// What was recorded and what is there now, with the host's own words and whose fault it is.
func TestDriftSaysWhatItWas(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))}
	m.prices(func(rows []any) []any { row(rows, "flash")["input_price"] = 9e-6; return rows })
	m.refuse("402")
	m.stranger("acme-old", m.id("group"))
	run := l.reconcile(engine.ReconcileSpec{Provider: "acme"})[0]
	l.status(run, core.Drifted)
	byType := map[core.DriftType]core.DriftFinding{}
	for _, f := range run.Findings {
		byType[f.Type] = f
	}
	price := byType[core.DriftChanged]
	if c := price.Changes[0]; c.Have != 9e-6 || c.Want != 1e-6 || price.Origin != core.Created || !slices.Equal(price.Batches, []core.BatchID{m.batch.ID}) {
		t.Errorf("price: %+v", price)
	}
	out := byType[core.DriftOutOfTraffic]
	if out.Ref.ID != m.account(0) || !strings.Contains(out.Why, "Insufficient Balance") || out.Probe.Class != core.UpstreamKeyQuota || out.Probe.Fault != core.FaultUpstream {
		t.Errorf("account: %+v", out)
	}
	if old := byType[core.DriftStaleInTraffic]; old.Name != "acme-old" || old.Origin != "" {
		t.Errorf("old account: %+v", old)
	}
	if run.Facts.Fingerprint == "" || run.HostName != "lab" || run.Batch != m.batch.ID || run.Checked != 8 || run.At.IsZero() {
		t.Errorf("evidence: %+v", run)
	}
}

// One missing group is one finding, which says what went with it.
func TestWhatFollowsAMissingGroup(t *testing.T) {
	l := newLab(t, fakehost.Options{Version: "0.1.121"})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))}
	m.remove("groups", m.id("group"))
	run := l.reconcile(engine.ReconcileSpec{})[0]
	var kinds []string
	for _, r := range run.Findings[0].Follows {
		kinds = append(kinds, string(r.Kind))
	}
	slices.Sort(kinds)
	if len(run.Findings) != 1 || strings.Join(kinds, " ") != "account account api_key subscription" {
		t.Errorf("%d findings, followed by %v", len(run.Findings), kinds)
	}
}

// The board's case (F1): old accounts of the same prefix are noise, and one failing probe only degrades.
func TestBoardsCase(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))}
	var old []int64
	for i := range 15 {
		old = append(old, m.stranger(fmt.Sprintf("acme-old-%d", i), 1))
	}
	m.refuse("403quota")
	run := l.reconcile(engine.ReconcileSpec{})[0]
	l.status(run, core.Degraded)
	if run.ExtraCount != 0 || run.RawExtraCount != 15 || run.StaleNoiseCount != 15 || len(run.Noise) != 15 || run.ProbeFailures != 1 {
		t.Errorf("extra %d, raw %d, stale %d (%d), probe failures %d", run.ExtraCount, run.RawExtraCount, run.StaleNoiseCount, len(run.Noise), run.ProbeFailures)
	}
	for _, id := range old[:10] { // on the board, failover ran through ten of them
		m.put("accounts", id, map[string]any{"group_ids": []int64{m.id("group")}})
	}
	m.stranger("other", m.id("group"))
	run = l.reconcile(engine.ReconcileSpec{})[0]
	l.status(run, core.Drifted)
	if run.ExtraCount != 1 || run.RawExtraCount != 16 || run.StaleNoiseCount != 5 || run.ProbeFailures != 1 {
		t.Errorf("extra %d, raw %d, stale %d, probe failures %d", run.ExtraCount, run.RawExtraCount, run.StaleNoiseCount, run.ProbeFailures)
	}
}

// Reconciling reads: no write, no account test, no completion, and as many requests as there are pages.
func TestRequestsArePages(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	s := spec(core.AccessSubscription, "sk-ok-1")
	s.Managed = 2
	l.run(s)
	l.run(spec(core.AccessSelfService, "sk-ok-1"))
	for i := range 1000 {
		l.host.Seed("accounts", map[string]any{"name": fmt.Sprint("theirs-", i), "platform": "openai", "type": "apikey", "credentials": map[string]any{"api_key": "x"}})
	}
	l.rest() // the host's own question about a new account comes when it comes
	l.host.ForgetLog()
	l.provider.Forget()
	if runs := l.reconcile(engine.ReconcileSpec{}); len(runs) != 2 {
		t.Fatalf("%d runs", len(runs))
	}
	got := map[string]int{}
	for _, r := range l.host.Log() {
		if r.Method != "GET" || r.Write {
			t.Errorf("sent %s %s", r.Method, r.Path)
		}
		got[strings.TrimPrefix(r.Path, "/api/v1/admin")]++
	}
	want := map[string]int{"/api/v1/settings/public": 1, "/groups": 1, "/channels": 1, "/payment/plans": 1, "/accounts": 2, "/subscriptions": 2,
		"/users": 2} // who the administrator is, and all managed users at once
	for _, id := range []int{2, 3, 4} { // three users have keys
		want[fmt.Sprintf("/users/%d/api-keys", id)] = 1
	}
	if !equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
	if asked := l.provider.Log(); len(asked) != 0 {
		t.Errorf("the provider was asked %d times", len(asked))
	}
}

// Whatever an import did, right after it nothing differs: on every host version.
func TestInSyncAfterEveryImport(t *testing.T) {
	for _, v := range someVersions() {
		for name, do := range map[string]func(l *lab){
			"both modes": func(l *lab) {
				l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))
				l.run(spec(core.AccessSelfService, "sk-ok-1", "sk-ok-2"))
			},
			"twice": func(l *lab) {
				l.run(spec(core.AccessSubscription, "sk-ok-1"))
				l.run(spec(core.AccessSubscription, "sk-ok-1"))
			},
			"one key failed": func(l *lab) { l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-401-2")) },
			"published": func(l *lab) {
				s := spec(core.AccessSelfService, "sk-ok-1")
				s.Public = true
				l.run(s)
			},
			"replaced": func(l *lab) {
				l.run(spec(core.AccessSubscription, "sk-ok-1"))
				s := spec(core.AccessSubscription, "sk-ok-2")
				s.Mode = core.Replace
				l.run(s)
			},
			"added": func(l *lab) {
				l.run(spec(core.AccessSubscription, "sk-ok-1"))
				s := spec(core.AccessSubscription, "sk-ok-2")
				s.Mode = core.Add
				l.run(s)
			},
			"one of two modes rolled back": func(l *lab) {
				d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
				l.run(spec(core.AccessSelfService, "sk-ok-1"))
				l.rollback(d.ID)
			},
			"the other of two modes rolled back": func(l *lab) {
				l.run(spec(core.AccessSubscription, "sk-ok-1"))
				l.rollback(l.run(spec(core.AccessSelfService, "sk-ok-1")).ID)
			},
			"a replacement rolled back": func(l *lab) {
				l.run(spec(core.AccessSubscription, "sk-ok-1"))
				s := spec(core.AccessSubscription, "sk-ok-2")
				s.Mode = core.Replace
				l.rollback(l.run(s).ID)
			},
			"a user of somebody else's": func(l *lab) {
				l.host.Seed("users", map[string]any{"email": "a@b.c", "password": "secret-1", "balance": 5})
				l.host.SeedKey("a@b.c", "secret-1", "own", 0)
				s := spec(core.AccessSelfService, "sk-ok-1")
				s.Users, s.Fix = []string{"a@b.c"}, true
				l.run(s)
			},
			"records of a lost state": func(l *lab) {
				l.run(spec(core.AccessSubscription, "sk-ok-1"))
				l.newState("state002")
				l.must(l.Adopt(l.t.Context(), "lab", "acme", true))
			},
		} {
			t.Run(v+"/"+name, func(t *testing.T) {
				t.Parallel()
				l := newLab(t, fakehost.Options{Version: v})
				do(l)
				for _, run := range l.reconcile(engine.ReconcileSpec{}) {
					l.status(run, core.InSync)
					if len(run.Findings)+len(run.Noise) != 0 || run.Checked == 0 {
						t.Errorf("checked %d, findings %v, noise %v", run.Checked, run.Findings, run.Noise)
					}
				}
			})
		}
	}
}

// In a stranger's channel what was corrected counts; the rest is the stranger's to change.
func TestStrangersAffairsAreNoDrift(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	group := l.host.Seed("groups", map[string]any{"name": "acme-sub", "platform": "openai", "rate_multiplier": 1.5, "subscription_type": "subscription"})
	other := l.host.Seed("groups", map[string]any{"name": "other", "platform": "openai", "rate_multiplier": 1})
	l.host.Seed("channels", map[string]any{"name": "theirs", "group_ids": []int64{group, other},
		"model_pricing": []any{
			map[string]any{"platform": "openai", "models": []string{"flash", "other"}, "input_price": 9e-6, "output_price": 9e-6},
			map[string]any{"platform": "anthropic", "models": []string{"claude"}, "input_price": 3e-6, "output_price": 3e-6}},
		"model_mapping": map[string]any{"openai": map[string]any{"x": "other"}}})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	m.stranger("theirs", group)
	theirs := func(price float64, to string) {
		m.put("channels", m.id("channel"), map[string]any{"name": "renamed", "description": "theirs", "group_ids": []int64{group},
			"model_pricing": []any{
				map[string]any{"platform": "openai", "models": []string{"flash"}, "billing_mode": "token", "input_price": price, "output_price": 2e-6},
				map[string]any{"platform": "openai", "models": []string{"pro"}, "billing_mode": "token", "input_price": 1e-6, "output_price": 2e-6},
				map[string]any{"platform": "openai", "models": []string{"other"}, "billing_mode": "token", "input_price": 7e-6, "output_price": 7e-6}},
			"model_mapping": map[string]any{"openai": map[string]any{"x": "flash", "flash": "flash", "pro": "pro", "acme-chat": to}}})
	}
	theirs(1e-6, "flash")
	m.put("groups", group, map[string]any{"rate_multiplier": 3, "description": "still theirs", "name": "renamed"})
	run := l.reconcile(engine.ReconcileSpec{})[0]
	l.status(run, core.InSync)
	theirs(5e-6, "pro")
	run = l.reconcile(engine.ReconcileSpec{})[0]
	if got := m.told(run.Findings); !slices.Equal(got, []string{"changed channel model_mapping.openai.acme-chat model_pricing.openai.flash.input_price"}) {
		t.Errorf("found %q", got)
	}
	if f := run.Findings[0]; f.Origin != core.Corrected {
		t.Errorf("origin %s", f.Origin)
	}
}
