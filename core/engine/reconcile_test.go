package engine_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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

const emptyPage = `{"code":0,"message":"success","data":{"items":[],"total":0,"page":1,"page_size":1000,"pages":1}}`

var jsonHeader = http.Header{"Content-Type": {"application/json; charset=utf-8"}}

// A list that comes back short once is no removal (F6); one that stays so is.
func TestShrunkenListIsReadAgain(t *testing.T) {
	for _, kind := range []string{"groups", "channels", "accounts", "users", "subscriptions", "users/[0-9]+/api-keys", "payment/plans"} {
		t.Run(kind, func(t *testing.T) {
			l := newLab(t, fakehost.Options{})
			l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))
			body := emptyPage
			if kind == "payment/plans" {
				body = `{"code":0,"message":"success","data":[]}`
			}
			short := fakehost.Fault{Method: "GET", Path: "/admin/" + kind + "$", Action: fakehost.Status, Status: 200, Body: body, Header: jsonHeader}
			if kind == "users" {
				short.Nth = 2 // the first is the question who the administrator is
			}
			remove := l.host.Inject(short)
			l.host.ForgetLog()
			run := l.reconcile(engine.ReconcileSpec{})[0]
			remove()
			l.status(run, core.InSync)
			short.Times = -1
			l.host.Inject(short)
			run = l.reconcile(engine.ReconcileSpec{})[0]
			if kind == "users" { // read by id, which is another path
				l.status(run, core.InSync)
				return
			}
			l.status(run, core.Drifted)
			for _, f := range run.Findings {
				if f.Type != core.DriftMissing {
					t.Errorf("found %+v", f)
				}
			}
		})
	}
}

// What can't be read is unknown, and says nothing of the rest.
func TestUnreadableListIsUnknown(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	remove := l.host.Inject(fakehost.Fault{Method: "GET", Path: "/payment/plans$", Times: -1, Action: fakehost.Status, Status: 500, Body: `{"code":500,"message":"internal error"}`, Header: jsonHeader})
	run := l.reconcile(engine.ReconcileSpec{})[0]
	l.status(run, core.DriftUnknown)
	if run.Checked != 6 || len(run.Findings) != 0 || !strings.Contains(run.Error, "list plans") {
		t.Errorf("checked %d, findings %v, error %q", run.Checked, run.Findings, run.Error)
	}
	m.put("channels", m.id("channel"), map[string]any{"status": "disabled"})
	l.status(l.reconcile(engine.ReconcileSpec{})[0], core.Drifted)
	remove()

	// Gone at the first look, unreadable at the second.
	m.put("channels", m.id("channel"), map[string]any{"status": "active"})
	l.host.Inject(fakehost.Fault{Method: "GET", Path: "/admin/accounts$", Action: fakehost.Status, Status: 200, Body: emptyPage, Header: jsonHeader})
	l.host.Inject(fakehost.Fault{Method: "GET", Path: "/admin/accounts$", Nth: 2, Times: -1, Action: fakehost.Status, Status: 500, Body: `{}`, Header: jsonHeader})
	l.status(l.reconcile(engine.ReconcileSpec{})[0], core.DriftUnknown)
}

// A host that is down, or another one, is unknown and no drift.
func TestHostDownIsUnknown(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.run(spec(core.AccessSubscription, "sk-ok-1"))
	remove := l.host.Inject(fakehost.Fault{Times: -1, Action: fakehost.Reset})
	run := l.reconcile(engine.ReconcileSpec{})[0]
	remove()
	l.status(run, core.DriftUnknown)
	if len(run.Findings) != 0 || run.Error == "" || run.ID == "" || run.Facts.Fingerprint != "" {
		t.Errorf("%+v", run)
	}
	remove = l.host.Inject(fakehost.Fault{Path: "/api/v1/admin", Times: -1, Action: fakehost.Status, Status: 401, Body: `{"code":"INVALID_ADMIN_KEY","message":"no"}`, Header: jsonHeader})
	l.status(l.reconcile(engine.ReconcileSpec{})[0], core.DriftUnknown)
	remove()
	l.host.ResetIDs(true)
	run = l.reconcile(engine.ReconcileSpec{})[0]
	l.status(run, core.DriftUnknown)
	if !strings.Contains(run.Error, "not the host that was registered") {
		t.Errorf("error %q", run.Error)
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

// Whatever an import did, right after it nothing differs: on every host version.
func TestInSyncAfterEveryImport(t *testing.T) {
	for _, v := range versions {
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
