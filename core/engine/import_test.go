package engine_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

var versions = []string{"0.1.121", "0.1.133", "0.1.179"}

// The true path on every host version: both modes beside each other, then everything taken back.
func TestBothModesThenRollback(t *testing.T) {
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			l := newLab(t, fakehost.Options{Version: v})
			before := l.host.JSON()
			sub := l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))
			l.want(sub, core.BatchSucceeded, core.SubscriptionReady)
			self := l.run(spec(core.AccessSelfService, "sk-ok-1", "sk-ok-2"))
			l.want(self, core.BatchSucceeded, core.SelfServiceReady)
			if got := self.Access.Models.Models; strings.Join(got, " ") != "acme-chat flash pro" {
				t.Errorf("/v1/models lists %v", got)
			}
			if self.Access.Completion.Content == "" {
				t.Error("ready without content")
			}
			l.rollback(self.ID)
			l.rollback(sub.ID)
			l.asBefore(before)
			if held, _ := l.Resources(t.Context(), sub.Host); len(held) != 0 {
				t.Errorf("the ledger still holds %v", held)
			}
		})
	}
}

func TestRunTwiceChangesNothing(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	s := spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2")
	l.run(s)
	l.host.ForgetLog()
	p, err := l.PreviewImport(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Plan.Writes(); n != 0 {
		t.Errorf("the second preview plans %d writes", n)
	}
	again := l.run(s)
	l.want(again, core.BatchSucceeded, core.SubscriptionReady)
	if w := l.writes(); len(w) != 0 {
		t.Errorf("the second run sent %v", w)
	}
}

func TestPreviewSendsNothingThatWrites(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.host.ForgetLog()
	if _, err := l.PreviewImport(t.Context(), spec(core.AccessSubscription, "sk-ok-1")); err != nil {
		t.Fatal(err)
	}
	if w := l.writes(); len(w) != 0 {
		t.Errorf("the preview sent %v", w)
	}
}

// A stranger's group that fits is adopted, a stranger's channel that doesn't is corrected; both are as
// they were after the rollback, and so is everything else that was there.
func TestStrangersAreAdoptedCorrectedAndRestored(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	group := l.host.Seed("groups", map[string]any{"name": "acme-sub", "platform": "openai", "rate_multiplier": 1.5, "subscription_type": "subscription", "description": "theirs"})
	l.host.Seed("channels", map[string]any{"name": "theirs", "group_ids": []int64{group},
		"model_pricing": []any{
			map[string]any{"platform": "openai", "models": []string{"flash", "other"}, "input_price": 9e-6, "output_price": 9e-6},
			map[string]any{"platform": "anthropic", "models": []string{"claude"}, "input_price": 3e-6, "output_price": 3e-6}},
		"model_mapping": map[string]any{"openai": map[string]any{"x": "other"}}})
	before := l.host.JSON()
	d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	l.want(d, core.BatchSucceeded, core.SubscriptionReady)
	origins := map[core.Kind]core.Origin{}
	held, _ := l.Resources(t.Context(), d.Host)
	for _, r := range held {
		origins[r.Ref.Kind] = r.Origin
	}
	if origins[core.Group] != core.Adopted || origins[core.Channel] != core.Corrected || origins[core.Account] != core.Created {
		t.Errorf("origins %v", origins)
	}
	if during := l.host.JSON(); !strings.Contains(during, `"other"`) || !strings.Contains(during, `"claude"`) {
		t.Error("the stranger's prices were dropped from the channel")
	}
	l.rollback(d.ID)
	l.asBefore(before)
}

func TestOneBadKeyOfThree(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	d := l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-403quota-2", "sk-ok-3"))
	l.want(d, core.BatchPartial, core.SubscriptionReady, core.UpstreamKeyQuota)
	if v := verdicts(d); !equal(v, map[core.Verdict]int{core.Passed: 2, core.Failed: 1}) {
		t.Fatalf("verdicts %v", v)
	}
	if d.Findings[0].Words != "用户额度不足" {
		t.Errorf("the upstream's words became %q", d.Findings[0].Words)
	}
	for _, a := range d.Accounts {
		if a.Attached != (a.Verdict == core.Passed) {
			t.Errorf("account %s: verdict %s, attached %v", a.Name, a.Verdict, a.Attached)
		}
	}
	l.provider.SetBehaviour("sk-403quota-2", "ok")
	done, err := l.ResumeImport(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	l.want(l.detail(d.ID), core.BatchSucceeded, core.SubscriptionReady)
	l.rollback(d.ID)
	l.asBefore(before)
}

func TestRollbackOnFailure(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	s := spec(core.AccessSubscription, "sk-402-1")
	s.RollbackOnFailure = true
	l.want(l.run(s), core.BatchRolledBack, core.AccessUnchecked, core.UpstreamKeyQuota)
	l.asBefore(before)
}

// Each kind of upstream trouble is told apart, from the account test and the direct question.
func TestClassesOfKeys(t *testing.T) {
	for key, want := range map[string]core.Class{
		"sk-401": core.UpstreamKeyInvalid, "sk-402": core.UpstreamKeyQuota, "sk-403quota": core.UpstreamKeyQuota,
		"sk-429": core.RateLimited, "sk-429glm": core.UpstreamKeyQuota, "sk-429kimi": core.UpstreamKeyQuota,
		"sk-500": core.UpstreamError, "sk-500minimax": core.UpstreamKeyQuota, "sk-402minimax": core.UpstreamKeyQuota,
		"sk-403ark": core.UpstreamKeyQuota, "sk-400qwen": core.UpstreamKeyQuota, "sk-model404": core.UpstreamModelMissing,
		"sk-nomodel": core.UpstreamModelMissing, "sk-htmlok": core.UpstreamError, "sk-reason": core.AnsweredWithoutContent,
		"sk-intl": core.UpstreamKeyOtherRegion, "sk-hang": core.UpstreamUnreachable,
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, fakehost.Options{})
			l.want(l.run(spec(core.AccessSubscription, key+"-1")), core.BatchFailed, core.AccessUnchecked, want)
		})
	}
}

// A key of the other region is only looked for among the same pack's endpoints.
func TestNoSisterForAnAddressGivenByHand(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	s := spec(core.AccessSubscription, "sk-intl-1")
	s.BaseURL = l.pack.Endpoints[0].Base
	l.want(l.run(s), core.BatchFailed, core.AccessUnchecked, core.UpstreamKeyInvalid)
	for _, r := range l.provider.Log() {
		if strings.HasPrefix(r.Path, "/intl") {
			t.Errorf("the key was shown to %s", r.Path)
		}
	}
}

func TestAnswersThatLookLikeFailures(t *testing.T) {
	for _, key := range []string{"sk-chatonly", "sk-ssejson", "sk-jsonsse"} {
		t.Run(key, func(t *testing.T) {
			l := newLab(t, fakehost.Options{})
			l.want(l.run(spec(core.AccessSubscription, key+"-1")), core.BatchSucceeded, core.SubscriptionReady)
		})
	}
}

// Two faults that have nothing to do with each other are both named.
func TestTwoIndependentFaults(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.host.Inject(fakehost.Fault{Method: "POST", Path: `^/v1/chat/completions$`, Times: -1, Action: fakehost.Status, Status: 403,
		Body: `{"code":"INSUFFICIENT_BALANCE","message":"Insufficient account balance"}`, Header: http.Header{"Content-Type": {"application/json"}}})
	d := l.run(spec(core.AccessSelfService, "sk-ok-1", "sk-402-2"))
	l.want(d, core.BatchPartial, core.AccessBroken, core.UpstreamKeyQuota, core.HostConfigGap)
	if f := d.Findings[1]; f.Detail != "user_balance" || f.Fault != core.FaultConfig {
		t.Errorf("the balance is the user's on the host, said %+v", f)
	}
}

// The looks-ready-but-isn't case: the native platform passes its test and lists its models.
func TestNativePlatformIsCaught(t *testing.T) {
	t.Parallel() // it waits, most of the time
	l := newLab(t, fakehost.Options{Version: "0.1.179"})
	l.pack.Platform = "deepseek"
	l.want(l.run(spec(core.AccessSubscription, "sk-ok-1")), core.BatchPartial, core.AccessBroken, core.HostCompatibilityGap)
}

func TestRefusedBeforeAnythingIsSent(t *testing.T) {
	cases := map[string]func(l *lab, s *engine.ImportSpec){
		"no keys":          func(_ *lab, s *engine.ImportSpec) { s.Keys = nil },
		"duplicate keys":   func(_ *lab, s *engine.ImportSpec) { s.Keys = append(s.Keys, s.Keys[0]) },
		"unknown provider": func(_ *lab, s *engine.ImportSpec) { s.Provider = "nobody" },
		"unknown host":     func(_ *lab, s *engine.ImportSpec) { s.HostName = "elsewhere" },
		"unknown mode":     func(_ *lab, s *engine.ImportSpec) { s.Access = "both" },
		"unknown model":    func(_ *lab, s *engine.ImportSpec) { s.Models = []string{"nope"} },
		"unknown region":   func(_ *lab, s *engine.ImportSpec) { s.Endpoint = "mars" },
		"no price":         func(l *lab, _ *engine.ImportSpec) { l.pack.Models[0].Prices = nil },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, fakehost.Options{})
			s := spec(core.AccessSubscription, "sk-ok-1")
			spoil(l, &s)
			l.host.ForgetLog()
			_, _, err := l.StartImport(t.Context(), s)
			if core.CodeOf(err) != core.CodeInput {
				t.Errorf("error %v", err)
			}
			if w := l.writes(); len(w) != 0 {
				t.Errorf("sent %v", w)
			}
		})
	}
}

func TestBlockedByTheHost(t *testing.T) {
	cases := map[string]fakehost.Options{
		"feature_missing":      {Version: "0.1.83.1"},
		"sign_in_blocked":      {BackendMode: true},
		"host_needs_responses": {Version: "0.1.121"},
	}
	for code, options := range cases {
		t.Run(code, func(t *testing.T) {
			l := newLab(t, options)
			l.pack.Endpoints[0].Anthropic = ""
			l.host.ForgetLog()
			_, _, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-1"))
			if err == nil || !strings.Contains(blocked(err), code) {
				t.Errorf("error %v %s", err, blocked(err))
			}
			if w := l.writes(); len(w) != 0 {
				t.Errorf("sent %v", w)
			}
		})
	}
}

// What another state directory made stops an import, until it is adopted.
func TestAnotherStatesMarker(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	l.run(spec(core.AccessSubscription, "sk-ok-1"))

	l.newState("state002")
	l.host.ForgetLog()
	_, _, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-1"))
	if !strings.Contains(blocked(err), "foreign_marker") {
		t.Fatalf("error %v %s", err, blocked(err))
	}
	if w := l.writes(); len(w) != 0 {
		t.Errorf("sent %v", w)
	}
	report, err := l.Adopt(t.Context(), "lab", "acme", true)
	if err != nil {
		t.Fatal(err)
	}
	if report.State != "state001" || len(report.Found) != 7 {
		t.Errorf("adopted %d resources of %s", len(report.Found), report.State)
	}
	l.rollback(report.Batch)
	l.asBefore(before)
}

// A create whose answer is lost is found again by its marker, never sent twice.
func TestLostAnswersMakeNoDuplicates(t *testing.T) {
	for _, path := range []string{"groups", "channels", "accounts", "payment/plans", "users", "subscriptions/assign"} {
		t.Run(path, func(t *testing.T) {
			l := newLab(t, fakehost.Options{})
			before := l.host.JSON()
			l.host.Inject(fakehost.Fault{Method: "POST", Path: "^/api/v1/admin/" + path + "$", When: fakehost.AfterCommit, Action: fakehost.Reset})
			d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
			l.want(d, core.BatchSucceeded, core.SubscriptionReady)
			n := 0
			for _, w := range l.writes() {
				if w == "POST /api/v1/admin/"+path {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d creates were sent", n)
			}
			l.rollback(d.ID)
			l.asBefore(before)
		})
	}
}

func TestInterruptThenResume(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	ctx, stop := context.WithCancel(t.Context())
	l.host.Inject(fakehost.Fault{Method: "POST", Path: "^/api/v1/admin/users$", When: fakehost.AfterCommit, Then: stop})
	id, done, err := l.StartImport(ctx, spec(core.AccessSubscription, "sk-ok-1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, core.ErrInterrupted) {
		t.Fatalf("ended with %v", err)
	}
	if d := l.detail(id); d.State != core.BatchInterrupted {
		t.Fatalf("state %s", d.State)
	}
	l.boot()
	resumed, err := l.ResumeImport(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-resumed; err != nil {
		t.Fatal(err)
	}
	l.want(l.detail(id), core.BatchSucceeded, core.SubscriptionReady)
	users := 0
	for _, w := range l.writes() {
		if w == "POST /api/v1/admin/users" {
			users++
		}
	}
	if users != 1 {
		t.Errorf("%d users were made", users)
	}
}

// A newer host wants an administrator to accept a document first. Only the words that a person types do it.
func TestComplianceGate(t *testing.T) {
	l := newLab(t, fakehost.Options{Version: "0.1.179", CompliancePending: true})
	h, err := l.CheckHost(t.Context(), "lab")
	if err != nil || h.Seen.Compliance == nil || h.Seen.Compliance.PhraseEN == "" || h.Seen.Compliance.DocumentEN == "" {
		t.Fatalf("check: %+v %v", h.Seen, err)
	}
	l.host.ForgetLog()
	if _, _, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-1")); err == nil {
		t.Error("an import was started behind the gate")
	}
	if w := l.writes(); len(w) != 0 {
		t.Errorf("sent %v", w)
	}
	if _, err := l.AcceptCompliance(t.Context(), "lab", "yes"); err == nil {
		t.Error("any words were accepted")
	}
	if h, err = l.AcceptCompliance(t.Context(), "lab", h.Seen.Compliance.PhraseEN); err != nil || h.Fingerprint == "" {
		t.Fatalf("accept: %+v %v", h, err)
	}
	l.want(l.run(spec(core.AccessSubscription, "sk-ok-1")), core.BatchSucceeded, core.SubscriptionReady)
}
