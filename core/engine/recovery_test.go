package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
)

// Each case here is something that went wrong once.

// interrupt runs an import that is stopped when the host has handled a request.
func (l *lab) interrupt(s engine.ImportSpec, method, path string, action fakehost.Action) core.BatchID {
	l.t.Helper()
	ctx, stop := context.WithCancel(l.t.Context())
	defer stop()
	l.host.Inject(fakehost.Fault{Method: method, Path: path, When: fakehost.AfterCommit, Action: action, Then: stop})
	id, done, err := l.StartImport(ctx, s)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := <-done; err != nil && !errors.Is(err, core.ErrInterrupted) { // nil: that was its last request
		l.t.Fatalf("ended with %v", err)
	}
	l.boot()
	return id
}

func (l *lab) resume(id core.BatchID) engine.BatchDetail {
	l.t.Helper()
	done, err := l.ResumeImport(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	<-done
	return l.detail(id)
}

func refuse(method, path string, times int) fakehost.Fault {
	return fakehost.Fault{Method: method, Path: path, Times: times, Action: fakehost.Status, Status: 500,
		Body: `{"code":500,"message":"internal error"}`, Header: http.Header{"Content-Type": {"application/json"}}}
}

func TestRollbackThatFailedGoesOn(t *testing.T) {
	for name, fault := range map[string]fakehost.Fault{
		"the host refuses one deletion": refuse("DELETE", "/admin/accounts/", 1),
		"the host is gone half way":     {Method: "DELETE", Path: "/admin/(payment|accounts|channels|groups|users)", Times: -1, Action: fakehost.Reset},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits, most of the time
			l := newLab(t, fakehost.Options{})
			before := l.host.JSON()
			d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
			mend := l.host.Inject(fault)
			done, err := l.StartRollback(t.Context(), d.ID, engine.RollbackOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := <-done; err == nil {
				t.Error("the rollback says that all went well")
			}
			if state := l.detail(d.ID).State; state != core.BatchInterrupted {
				t.Errorf("state %s", state)
			}
			mend()
			l.rollback(d.ID)
			l.asBefore(before)
		})
	}
}

func TestForceAfterAPlainRollback(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	l.host.Do("PUT", l.path(d, "channel", "channels"), l.host.AdminKey(), `{"restrict_models":false}`)
	l.rollback(d.ID)
	done, err := l.StartRollback(t.Context(), d.ID, engine.RollbackOptions{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	l.asBefore(before)
}

func TestInterruptedReplacementRollsBack(t *testing.T) {
	for _, at := range []struct{ method, path string }{
		{"POST", "^/api/v1/admin/accounts$"},       // made
		{"POST", "^/api/v1/admin/accounts/2/test"}, // tested, not judged
		{"PUT", "^/api/v1/admin/accounts/2"},       // attached
		{"PUT", "^/api/v1/admin/accounts/1"},       // the old one detached
		{"DELETE", "^/api/v1/admin/accounts/1"},    // the old one deleted
	} {
		t.Run(at.method+at.path, func(t *testing.T) {
			l := newLab(t, fakehost.Options{})
			before := l.host.JSON()
			first := l.run(spec(core.AccessSubscription, "sk-ok-1"))
			s := spec(core.AccessSubscription, "sk-ok-2")
			s.Mode = core.Replace
			id := l.interrupt(s, at.method, at.path, "")
			l.rollback(id)
			if got := accountsIn(l, first.Steps["group"].Ref.ID); !slices.Equal(got, []string{"sk-ok-1"}) {
				t.Errorf("in the group: %v", got)
			}
			l.rollback(first.ID)
			l.asBefore(before)
		})
	}
}

// The second proof fails: the old account comes back, and a resumed batch proves again before it deletes.
func TestFailedSecondProof(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	first := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	group := first.Steps["group"].Ref.ID
	var mend func()
	l.host.Inject(fakehost.Fault{Method: "PUT", Path: "^/api/v1/admin/accounts/1$", When: fakehost.AfterCommit, Then: func() {
		mend = l.host.Inject(fakehost.Fault{Method: "POST", Path: "^/v1/chat/completions$", Times: -1, Action: fakehost.Status, Status: 403,
			Body: `{"code":"SUBSCRIPTION_NOT_FOUND","message":"none"}`, Header: http.Header{"Content-Type": {"application/json"}}})
	}})
	s := spec(core.AccessSubscription, "sk-ok-2")
	s.Mode = core.Replace
	second := l.run(s)
	if second.State != core.BatchPartial || second.Access.State != core.AccessBroken {
		t.Errorf("state %s %s", second.State, second.Access.State)
	}
	if got := accountsIn(l, group); !slices.Equal(got, []string{"sk-ok-1", "sk-ok-2"}) {
		t.Errorf("in the group: %v", got)
	}
	l.host.ForgetLog()
	l.resume(second.ID)
	if slices.Contains(l.writes(), "DELETE /api/v1/admin/accounts/1") {
		t.Error("the old account was deleted though no completion succeeded")
	}
	mend()
	l.want(l.resume(second.ID), core.BatchSucceeded, core.SubscriptionReady)
	if got := accountsIn(l, group); !slices.Equal(got, []string{"sk-ok-2"}) {
		t.Errorf("in the group: %v", got)
	}
}

// A create that succeeded and could not be read back is found again.
func TestUnreadCreateIsFoundAgain(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	l.host.Inject(fakehost.Fault{Method: "POST", Path: "^/api/v1/admin/groups$", When: fakehost.AfterCommit, Then: func() {
		l.host.Inject(refuse("GET", "^/api/v1/admin/groups/", 1))
	}})
	id, done, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-1"))
	if err != nil {
		t.Fatal(err)
	}
	<-done
	l.want(l.resume(id), core.BatchSucceeded, core.SubscriptionReady)
	l.rollback(id)
	l.asBefore(before)
}

// An update that never reached the host isn't taken for done because something like it is there.
func TestLostDetachIsSentAgain(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.run(spec(core.AccessSubscription, "sk-ok-1"))
	l.host.Inject(fakehost.Fault{Method: "PUT", Path: "^/api/v1/admin/accounts/1$", Action: fakehost.Reset})
	s := spec(core.AccessSubscription, "sk-ok-2")
	s.Mode = core.Replace
	l.host.ForgetLog()
	l.want(l.run(s), core.BatchSucceeded, core.SubscriptionReady)
	w := l.writes()
	if d := slices.Index(w, "DELETE /api/v1/admin/accounts/1"); d < 0 || !slices.Contains(w[:d], "PUT /api/v1/admin/accounts/1") {
		t.Errorf("writes %v", w)
	}
}

// Batches that stand on each other are rolled back in any order.
func TestRollbackOldestFirst(t *testing.T) {
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			l := newLab(t, fakehost.Options{Version: v})
			before := l.host.JSON()
			sub := l.run(spec(core.AccessSubscription, "sk-ok-1"))
			self := l.run(spec(core.AccessSelfService, "sk-ok-1"))
			l.rollback(sub.ID)
			l.ready(core.SelfServiceReady)
			l.rollback(self.ID)
			l.asBefore(before)
		})
	}
}

// What an older batch corrected stays as long as a newer one stands on it.
func TestCorrectionStaysForTheNewerBatch(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	group := l.host.Seed("groups", map[string]any{"name": "acme-sub", "platform": "openai", "rate_multiplier": 1, "subscription_type": "subscription"})
	l.host.Seed("channels", map[string]any{"name": "acme-sub", "group_ids": []int64{group}})
	before := l.host.JSON()
	older := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	newer := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	l.rollback(older.ID)
	l.ready(core.SubscriptionReady)
	l.rollback(newer.ID)
	l.asBefore(before)
}

// Putting credentials back must not cost the key, which 0.1.121 drops when it isn't sent.
func TestRestoredCredentialsKeepTheirKey(t *testing.T) {
	l := newLab(t, fakehost.Options{Version: "0.1.121"})
	s := spec(core.AccessSubscription, "sk-ok-1")
	s.Models = []string{"flash"}
	l.run(s)
	all := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	l.rollback(all.ID)
	l.ready(core.SubscriptionReady)
}

// An account that another group still uses is detached by a replacement and put back by its rollback, not doubled.
func TestReplacedAccountThatStillExists(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	sub := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	self := l.run(spec(core.AccessSelfService, "sk-ok-1"))
	s := spec(core.AccessSelfService, "sk-ok-2")
	s.Mode = core.Replace
	second := l.run(s)
	l.want(second, core.BatchSucceeded, core.SelfServiceReady)
	l.rollback(second.ID)
	for _, d := range []engine.BatchDetail{sub, self} {
		if got := accountsIn(l, d.Steps["group"].Ref.ID); !slices.Equal(got, []string{"sk-ok-1"}) {
			t.Errorf("in the group of %s: %v", d.Request.Access, got)
		}
	}
	l.rollback(self.ID)
	l.rollback(sub.ID)
	l.asBefore(before)
}

// The same key by another protocol is another account.
func TestSameKeyOnAnotherPlatform(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	chat := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	s := spec(core.AccessSubscription, "sk-ok-1")
	s.Protocol = core.ProtocolAnthropic
	anthropic := l.run(s)
	l.want(anthropic, core.BatchSucceeded, core.SubscriptionReady)
	if got := accountsIn(l, chat.Steps["group"].Ref.ID); len(got) != 1 {
		t.Errorf("in the first group: %v", got)
	}
	l.rollback(anthropic.ID)
	l.rollback(chat.ID)
	l.asBefore(before)
}

// A person who was given an account and made something of it keeps it.
func TestUserWithAKeyOfTheirOwnIsKept(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	s := spec(core.AccessSubscription, "sk-ok-1")
	s.Users = []string{"boss@x.test"}
	d := l.run(s)
	password, err := l.vault.Secret(plan.UserSecret(d.Host, "boss@x.test"))
	if err != nil {
		t.Fatal(err)
	}
	l.host.SeedKey("boss@x.test", password, "hers", 0)
	if rolled := l.rollback(d.ID); !strings.Contains(fmt.Sprint(rolled.Kept), "depended_on") {
		t.Errorf("kept %v", rolled.Kept)
	}
}

// Of several users, one who can't get through is what counts.
func TestOneBrokenUserOfTwo(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.host.Inject(fakehost.Fault{Method: "POST", Path: "^/v1/chat/completions$", Nth: 2, Action: fakehost.Status, Status: 403, // after the host check's
		Body: `{"code":"SUBSCRIPTION_NOT_FOUND","message":"none"}`, Header: http.Header{"Content-Type": {"application/json"}}})
	s := spec(core.AccessSubscription, "sk-ok-1")
	s.Managed = 2
	l.want(l.run(s), core.BatchPartial, core.AccessBroken, core.HostConfigGap)
	status, err := l.Status(t.Context(), "lab")
	if err != nil || status[0].Providers[0].State != engine.ProviderBroken {
		t.Errorf("status %+v %v", status, err)
	}
}

func TestRollbackOnAnyFailure(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	l.host.Inject(refuse("POST", "^/api/v1/admin/channels$", -1))
	s := spec(core.AccessSubscription, "sk-ok-1")
	s.RollbackOnFailure = true
	id, done, err := l.StartImport(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	<-done
	if state := l.detail(id).State; state != core.BatchRolledBack {
		t.Errorf("state %s", state)
	}
	l.asBefore(before)
}

// Trouble with one account is that account's, the others go on.
func TestHostTroubleWithOneAccount(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.host.Inject(refuse("POST", "^/api/v1/admin/accounts/2/test$", -1))
	d := l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2", "sk-ok-3"))
	if d.State != core.BatchPartial || d.Access.State != core.SubscriptionReady || verdicts(d)[core.Passed] != 2 {
		t.Errorf("state %s %s %v", d.State, d.Access.State, verdicts(d))
	}
}

// A key that was refused and works again: the host leaves the account switched off, so it is switched on.
func TestRecoveredKeyTakesTrafficAgain(t *testing.T) {
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			l := newLab(t, fakehost.Options{Version: v})
			d := l.run(spec(core.AccessSubscription, "sk-401-1"))
			l.want(d, core.BatchFailed, core.AccessUnchecked, core.UpstreamKeyInvalid)
			l.provider.SetBehaviour("sk-401-1", "ok")
			l.want(l.resume(d.ID), core.BatchSucceeded, core.SubscriptionReady)
		})
	}
}

// A stranger's key that was bound is unbound again.
func TestStrangersKeyIsUnbound(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.host.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1", "balance": 5})
	l.host.SeedKey("u@x.test", "secret-1", "theirs", 0)
	before := l.host.JSON()
	s := spec(core.AccessSelfService, "sk-ok-1")
	s.Users, s.Fix = []string{"u@x.test"}, true
	d := l.run(s)
	l.want(d, core.BatchSucceeded, core.SelfServiceReady)
	l.rollback(d.ID)
	for _, line := range []string{`"group_id": null`} {
		if strings.Count(l.host.JSON(), line) != strings.Count(before, line) {
			t.Errorf("%s: the key is still bound", line)
		}
	}
}
