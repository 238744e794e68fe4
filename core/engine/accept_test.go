package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

// accept runs the chain and tells its stages: those that didn't pass, with the codes of their notes.
func (l *lab) accept(s engine.AcceptanceSpec) (core.Acceptance, string) {
	l.t.Helper()
	var heard []core.Stage
	a, err := l.Accept(l.t.Context(), s, func(r core.StageResult) { heard = append(heard, r.Stage) })
	if err != nil {
		l.t.Fatal(err)
	}
	if !slices.Equal(heard, core.Stages) {
		l.t.Errorf("heard of the stages %v", heard)
	}
	var odd []string
	for _, r := range a.Stages {
		if r.State == core.StagePassed {
			continue
		}
		line := string(r.Stage) + " " + string(r.State)
		if r.Finding != nil {
			line += " " + string(r.Finding.Class)
		}
		for _, n := range r.Notes {
			if n.Code != "gateway_saw" && n.Code != "compared" {
				line += " " + n.Code
			}
		}
		odd = append(odd, line)
	}
	return a, strings.Join(odd, ", ")
}

func (l *lab) noted(a core.Acceptance, s core.Stage, code string) bool {
	for _, r := range a.Stages {
		if r.Stage == s {
			return slices.ContainsFunc(r.Notes, func(n core.Note) bool { return n.Code == code })
		}
	}
	return false
}

func chain(access core.AccessMode, keys ...string) engine.AcceptanceSpec {
	return engine.AcceptanceSpec{ImportSpec: spec(access, keys...)}
}

// The whole chain passes on every version in both modes, leaves nothing, and is a run with its stages.
func TestAcceptancePassesAndLeavesNothing(t *testing.T) {
	for _, v := range someVersions() {
		for _, mode := range []core.AccessMode{core.AccessSubscription, core.AccessSelfService} {
			t.Run(v+" "+string(mode), func(t *testing.T) {
				l := newLab(t, fakehost.Options{Version: v})
				before := l.host.JSON()
				s := chain(mode, "sk-ok-1", "sk-ok-2")
				s.Fix, s.Balance = true, 5
				a, odd := l.accept(s)
				if odd != "" || !a.Passed() {
					t.Errorf("stages %s", odd)
				}
				l.asBefore(before)
				runs := l.ran(a.Batch)
				if i := slices.IndexFunc(runs, func(r core.Run) bool { return r.Kind == core.RunAcceptance }); i < 0 || runs[i].State != "passed" || len(runs[i].Stages) != len(core.Stages) || runs[i].Exchanges == 0 {
					t.Errorf("runs %+v", runs)
				}
			})
		}
	}
}

func TestAcceptanceFailsWhereItFails(t *testing.T) {
	if testing.Short() {
		t.Skip("stage after stage; what runs side by side is the import's, and tested there")
	}
	const rest = "access_preview skipped, access_status skipped, gateway skipped, drift skipped"
	for _, tt := range []struct {
		name string
		keys []string
		do   func(l *lab, s *engine.AcceptanceSpec)
		want string
	}{
		{"no key passes", []string{"sk-401-1"}, nil, "import failed upstream_key_invalid, " + rest},
		{"one key fails", []string{"sk-ok-1", "sk-402-2"}, nil, "import failed upstream_key_quota_issue"},
		{"the gateway fails", []string{"sk-ok-1"}, func(l *lab, _ *engine.AcceptanceSpec) {
			for _, nth := range []int{3, 6, 7} { // the others are the host check's
				l.host.Inject(fakehost.Fault{Method: "POST", Path: "^/v1/chat/completions$", Nth: nth, Action: fakehost.Status, Status: 502, Body: `{"error":{"message":"no"}}`, Header: jsonHeader})
			}
		}, "import failed host_compatibility_gap, access_status failed host_compatibility_gap, gateway failed host_compatibility_gap, drift failed host_compatibility_gap"},
		{"a stranger's key hangs on the group", []string{"sk-ok-1"}, func(l *lab, s *engine.AcceptanceSpec) {
			l.host.Seed("users", map[string]any{"email": "jo@lab.test", "password": "secret-1"})
			l.duringAccessStatus(func(d engine.BatchDetail) {
				meddler{l, d}.put("groups", d.Steps["group"].Ref.ID, map[string]any{"is_exclusive": false, "subscription_type": "standard"})
				l.host.SeedKey("jo@lab.test", "secret-1", "own", d.Steps["group"].Ref.ID)
				meddler{l, d}.put("groups", d.Steps["group"].Ref.ID, map[string]any{"is_exclusive": true, "subscription_type": "subscription"})
			})
		}, "rollback failed kept, restored failed left_behind ledger_holds"},
		{"it is to be kept", []string{"sk-ok-1"}, func(_ *lab, s *engine.AcceptanceSpec) { s.Keep = true }, "rollback skipped, restored skipped"},
		{"somebody changes what was made", []string{"sk-ok-1"}, func(l *lab, s *engine.AcceptanceSpec) {
			l.duringAccessStatus(func(d engine.BatchDetail) {
				meddler{l, d}.put("channels", d.Steps["channel"].Ref.ID, map[string]any{"restrict_models": false})
			})
		}, "drift failed drift_own, rollback failed kept, restored failed left_behind ledger_holds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, fakehost.Options{})
			s := chain(core.AccessSubscription, tt.keys...)
			if tt.do != nil {
				tt.do(l, &s)
			}
			a, odd := l.accept(s)
			if odd != tt.want {
				t.Errorf("stages %s\nwant   %s", odd, tt.want)
			}
			if a.Passed() != (tt.name == "it is to be kept") {
				t.Errorf("passed: %v", a.Passed())
			}
		})
	}
}

// duringAccessStatus does something in the middle of a chain: at the host check of its access status, which is asked
// for once more then.
func (l *lab) duringAccessStatus(do func(d engine.BatchDetail)) {
	l.host.Inject(fakehost.Fault{Method: "GET", Path: "/settings/public$", Nth: 4, Action: fakehost.Status, Status: 503, Then: func() { do(l.latest()) }})
}

// latest is the batch that was started last.
func (l *lab) latest() engine.BatchDetail {
	list, err := l.Batches(l.t.Context(), engine.BatchFilter{})
	if err != nil || len(list) == 0 {
		panic(fmt.Sprint("no batch: ", err))
	}
	return l.detail(list[0].ID)
}

// What others left or do on the host is said, and is no fault of the run.
func TestAcceptanceMindsItsOwnBusiness(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	old := l.host.Seed("groups", map[string]any{"name": "old", "platform": "openai", "rate_multiplier": 1})
	for n := range 3 {
		l.host.Seed("accounts", map[string]any{"name": fmt.Sprintf("acme-old-%d", n), "platform": "openai", "type": "apikey", "credentials": map[string]any{"api_key": "sk-ok-old"}, "group_ids": []int64{old}})
	}
	l.duringAccessStatus(func(engine.BatchDetail) {
		l.host.Seed("groups", map[string]any{"name": "made meanwhile", "platform": "openai", "rate_multiplier": 1})
	})
	a, odd := l.accept(chain(core.AccessSubscription, "sk-ok-1"))
	if odd != "" {
		t.Errorf("stages %s", odd)
	}
	if !l.noted(a, core.StageDrift, "leftovers") || !l.noted(a, core.StageRestored, "others_changed") {
		t.Errorf("what others left isn't said: %+v", a.Stages)
	}
}

// A provider that is live already is not met: the chain makes what it needs under names of its own.
func TestAcceptanceBesideALiveProvider(t *testing.T) {
	if testing.Short() {
		t.Skip("stage after stage; what runs side by side is the import's, and tested there")
	}
	l := newLab(t, fakehost.Options{})
	live := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	before := l.host.JSON()
	_, odd := l.accept(chain(core.AccessSubscription, "sk-ok-2"))
	if odd != "" {
		t.Errorf("other keys: stages %s", odd)
	}
	l.asBefore(before)
	l.ready(core.SubscriptionReady)
	a, odd := l.accept(chain(core.AccessSubscription, "sk-ok-1"))
	if odd != "" || !l.noted(a, core.StageRollback, "kept") {
		t.Errorf("the same key, whose account is the live batch's, too: stages %s, %+v", odd, a.Stages)
	}
	l.ready(core.SubscriptionReady)
	for _, run := range l.reconcile(engine.ReconcileSpec{Batch: live.ID}) {
		l.status(run, core.InSync)
	}
	if d := l.detail(live.ID); d.State != core.BatchSucceeded {
		t.Errorf("the live batch is %s", d.State)
	}
}

// A chain that was interrupted hasn't passed, however well it went until then.
func TestAcceptanceInterrupted(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	a, err := l.Accept(ctx, chain(core.AccessSubscription, "sk-ok-1"), func(r core.StageResult) {
		if r.Stage == core.StageImport {
			cancel(core.ErrInterrupted)
		}
	})
	if !errors.Is(err, core.ErrInterrupted) || a.Passed() || a.Batch == "" {
		t.Errorf("%+v %v", a, err)
	}
	runs := l.ran(a.Batch)
	if i := slices.IndexFunc(runs, func(r core.Run) bool { return r.Kind == core.RunAcceptance }); i < 0 || runs[i].State != "failed" || runs[i].Class != "" || runs[i].Error == "" {
		t.Errorf("runs %+v", runs)
	}
	if d := l.detail(a.Batch); d.State != core.BatchSucceeded {
		t.Errorf("the batch is %s", d.State)
	}
}

// What can't begin says so, and starts nothing.
func TestAcceptanceThatCantBegin(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	s := chain(core.AccessSubscription, "sk-ok-1")
	s.Provider = "nobody"
	if _, err := l.Accept(t.Context(), s, func(core.StageResult) {}); core.CodeOf(err) != core.CodeInput {
		t.Errorf("no such pack: %v", err)
	}
	l.host.Seed("groups", map[string]any{"name": "taken-sub", "platform": "anthropic", "rate_multiplier": 1})
	s = chain(core.AccessSubscription, "sk-ok-1")
	s.Name = "taken"
	l.host.ForgetLog()
	a, odd := l.accept(s)
	if !strings.HasPrefix(odd, "preview failed, import skipped") || a.Batch != "" || a.Passed() || len(l.writes()) > 0 {
		t.Errorf("stages %s, batch %q, writes %v", odd, a.Batch, l.writes())
	}
	runs, err := l.Runs(t.Context(), engine.RunFilter{Kind: core.RunAcceptance})
	if err != nil || len(runs) != 1 || runs[0].State != "failed" {
		t.Errorf("runs %+v %v", runs, err)
	}
}
