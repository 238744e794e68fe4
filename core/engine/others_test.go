package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/kind"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
)

// Each case here is something that others do while a run is under way or interrupted, and that went wrong once; the
// model found them.

// others is a lab in which processes die, in a bubble of its own.
func others(t *testing.T, test func(l *lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := virtual(t, fakehost.Options{}, core.AuthAdminKey)
		l.life = &life{left: -1}
		l.watch = func(_ core.Write, send func() error) error { return send() }
		l.newState("state001")
		test(l)
	})
}

// dies begins an import whose process dies when the host has handled a request, and starts the next process.
func (l *lab) dies(s engine.ImportSpec, method, path string) (id core.BatchID) {
	l.t.Helper()
	l.dying(method, path, func() (done <-chan error, err error) {
		id, done, err = l.StartImport(l.t.Context(), s)
		return done, err
	})
	return id
}

// rollbackDies is a rollback whose process dies so.
func (l *lab) rollbackDies(id core.BatchID, method, path string) {
	l.t.Helper()
	l.dying(method, path, func() (<-chan error, error) { return l.StartRollback(l.t.Context(), id, engine.RollbackOptions{}) })
}

func (l *lab) dying(method, path string, start func() (<-chan error, error)) {
	l.t.Helper()
	old := l.life
	l.host.Inject(fakehost.Fault{Method: method, Path: path, When: after, Then: func() {
		old.mu.Lock()
		defer old.mu.Unlock()
		old.left = 0
	}})
	done, err := start()
	if err != nil {
		l.t.Fatal(err)
	}
	<-done
	if !old.dead() {
		l.t.Fatalf("it lives: nobody asked for %s %s", method, path)
	}
	l.life = &life{left: -1}
	l.boot()
}

func (l *lab) put(path string, body any) {
	l.t.Helper()
	if a := l.host.Do("PUT", "/api/v1/admin/"+path, l.host.AdminKey(), body); a.Status != 200 {
		l.t.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
}

// left are the things on the host that carry our marker.
func (l *lab) left() []string {
	var out []string
	for ref, o := range l.objects() {
		if _, _, marked := kind.Of(ref.Kind).MarkerOf(o); marked {
			out = append(out, fmt.Sprintf("%s %s", ref, o.Name))
		}
	}
	slices.Sort(out)
	return out
}

func TestRenamedBeforeItWasRecorded(t *testing.T) {
	others(t, func(l *lab) {
		id := l.dies(spec(core.AccessSubscription, "sk-ok-1"), "POST", "^/api/v1/admin/accounts$")
		l.put("accounts/1", map[string]any{"name": "another name"})
		d := l.rollback(id)
		if kept(d, core.Account) != plan.KeptChanged || len(l.left()) != 1 {
			t.Errorf("left %v, kept %v", l.left(), d.Kept)
		}
	})
}

func TestKeyWhoseGroupIsGoneBeforeItWasRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := virtual(t, fakehost.Options{Version: "0.1.121"}, core.AuthAdminKey)
		l.life, l.watch = &life{left: -1}, func(_ core.Write, send func() error) error { return send() }
		l.newState("state001")
		id := l.dies(spec(core.AccessSelfService, "sk-ok-1"), "POST", "^/api/v1/keys$")
		l.host.Do("DELETE", "/api/v1/admin/groups/2", l.host.AdminKey(), nil) // the host unbinds the key
		if d := l.rollback(id); kept(d, core.APIKey) != plan.KeptChanged {
			t.Errorf("left %v, kept %v", l.left(), d.Kept)
		}
	})
}

// An account that never got into a group is ours by the time that its create answer gave, whatever it is called.
func TestRenamedFailedAccountIsStillOurs(t *testing.T) {
	others(t, func(l *lab) {
		l.want(l.run(spec(core.AccessSubscription, "sk-402-1")), core.BatchFailed, core.AccessUnchecked, core.UpstreamKeyQuota)
		l.put("accounts/1", map[string]any{"name": "another name"})
		l.provider.SetBehaviour("sk-402-1", "ok")
		l.want(l.run(spec(core.AccessSubscription, "sk-402-1")), core.BatchSucceeded, core.SubscriptionReady)
		if n := len(l.host.Snapshot()["accounts"].(map[string]any)); n != 1 {
			t.Errorf("%d accounts of one key", n)
		}
	})
}

// A batch that is gone on with after another one made what it was about to make.
func TestResumeAfterALaterImport(t *testing.T) {
	others(t, func(l *lab) {
		empty := l.shape()
		older := l.dies(spec(core.AccessSubscription, "sk-ok-1"), "POST", "^/api/v1/admin/channels$")
		newer := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		l.want(newer, core.BatchSucceeded, core.SubscriptionReady)
		whole := l.shape()
		l.want(l.resume(older), core.BatchSucceeded, core.SubscriptionReady)
		if diff := difference(l.shape(), whole); diff != "" {
			t.Errorf("the resumed batch changed\n%s", diff)
		}
		l.rollback(newer.ID)
		l.rollback(older)
		if diff := difference(l.shape(), empty); diff != "" {
			t.Errorf("left\n%s", diff)
		}
	})
}

// An account that another mode's batch put into its group meanwhile stays there.
func TestResumedAttachKeepsOtherGroups(t *testing.T) {
	others(t, func(l *lab) {
		older := l.dies(spec(core.AccessSubscription, "sk-ok-1"), "POST", "^/api/v1/admin/accounts/1/test$")
		l.want(l.run(spec(core.AccessSelfService, "sk-ok-1")), core.BatchSucceeded, core.SelfServiceReady)
		l.want(l.resume(older), core.BatchSucceeded, core.SubscriptionReady)
		groups := l.objects()[core.Ref{Kind: core.Account, ID: 1}].Fields.IDs("group_ids")
		if len(groups) != 2 {
			t.Errorf("the account is in the groups %v", groups)
		}
	})
}

// A stranger's channel was corrected, and the process died before it knew: the rollback finds that out.
func TestCorrectionThatWasNotRecorded(t *testing.T) {
	others(t, func(l *lab) {
		l.host.Seed("channels", map[string]any{"name": "acme", "model_mapping": map[string]any{"openai": map[string]any{"x": "flash"}},
			"model_pricing": []any{map[string]any{"platform": "openai", "models": []string{"flash", "other"}, "input_price": 9e-6, "output_price": 9e-6}}})
		before := l.shape()
		id := l.dies(spec(core.AccessSelfService, "sk-ok-1"), "PUT", "^/api/v1/admin/channels/1$")
		l.rollback(id)
		if diff := difference(l.shape(), before); diff != "" {
			t.Errorf("the rollback left\n%s", diff)
		}
	})
}

// What others added to a channel since it was corrected stays when the correction is taken back.
func TestAdditionsOutliveACorrection(t *testing.T) {
	others(t, func(l *lab) {
		price := func(model string) map[string]any {
			return map[string]any{"platform": "openai", "models": []string{model}, "input_price": 9e-6, "output_price": 9e-6}
		}
		group := l.host.Seed("groups", map[string]any{"name": "acme-sub", "platform": "openai", "rate_multiplier": 1, "subscription_type": "subscription"})
		more := l.host.Seed("groups", map[string]any{"name": "more", "platform": "openai", "rate_multiplier": 1})
		channel := l.host.Seed("channels", map[string]any{"name": "acme-sub", "model_pricing": []any{price("flash")},
			"model_mapping": map[string]any{"openai": map[string]any{"x": "flash"}}})
		d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		now := l.objects()[core.Ref{Kind: core.Channel, ID: channel}].Fields
		mapping := now.Map("model_mapping").Map("openai")
		mapping["y"] = "flash"
		l.put(fmt.Sprint("channels/", channel), map[string]any{"group_ids": []int64{group, more},
			"model_pricing": append(withoutIDs(now["model_pricing"]).([]any), price("new")), "model_mapping": map[string]any{"openai": mapping}})
		l.rollback(d.ID)
		c := l.objects()[core.Ref{Kind: core.Channel, ID: channel}].Fields
		if got := fmt.Sprint(c["group_ids"], c["model_mapping"]); got != fmt.Sprintf("[%d] map[openai:map[x:flash y:flash]]", more) {
			t.Errorf("groups and mapping %s", got)
		}
		prices := pricesOf(c["model_pricing"])
		if len(prices) != 2 || prices["openai new"] == nil || asMap(prices["openai flash"])["input_price"] != 9e-6 {
			t.Errorf("prices %v", prices)
		}
	})
}

// What a stranger sets between two batches' corrections of a channel is theirs when both are taken back.
func TestStrangersChangeBetweenTwoCorrections(t *testing.T) {
	others(t, func(l *lab) {
		l.host.Seed("groups", map[string]any{"name": "acme-sub", "platform": "openai", "rate_multiplier": 1, "subscription_type": "subscription"})
		channel := l.host.Seed("channels", map[string]any{"name": "acme-sub", "restrict_models": false})
		older := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		l.put(fmt.Sprint("channels/", channel), map[string]any{"model_mapping": map[string]any{"openai": map[string]any{"y": "other"}}})
		newer := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		l.rollback(newer.ID)
		l.rollback(older.ID)
		c := l.objects()[core.Ref{Kind: core.Channel, ID: channel}].Fields
		if got := fmt.Sprint(c["group_ids"], c["model_mapping"], c["restrict_models"]); got != "[] map[openai:map[y:other]] false" {
			t.Errorf("the channel is %s", got)
		}
	})
}

// What an earlier rollback kept isn't taken along by a later one.
func TestWhatAnEarlierRollbackKeptKeepsTheGroup(t *testing.T) {
	others(t, func(l *lab) {
		first := l.run(spec(core.AccessSelfService, "sk-ok-1"))
		l.put("accounts/1", map[string]any{"name": "another name"})
		l.rollback(first.ID)
		s := spec(core.AccessSelfService, "sk-402-1")
		s.Mode, s.RollbackOnFailure = core.Add, true
		l.run(s)
		if got := accountsIn(l, first.Steps["group"].Ref.ID); !slices.Equal(got, []string{"sk-ok-1"}) {
			t.Errorf("in the group: %v, left %v", got, l.left())
		}
	})
}

// A replaced account that somebody took into a group of theirs meanwhile is taken out of ours, and that is all.
func TestReplacedAccountInUseElsewhere(t *testing.T) {
	others(t, func(l *lab) {
		first := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		group := first.Steps["group"].Ref.ID
		theirs := l.host.Seed("groups", map[string]any{"name": "theirs", "platform": "openai", "rate_multiplier": 1})
		l.host.Inject(fakehost.Fault{Method: "PUT", Path: "^/api/v1/admin/accounts/1$", When: after, Then: func() {
			l.put("accounts/1", map[string]any{"group_ids": []int64{theirs}})
		}})
		s := spec(core.AccessSubscription, "sk-ok-2")
		s.Mode = core.Replace
		second := l.run(s)
		l.want(second, core.BatchSucceeded, core.SubscriptionReady)
		in := func() []int64 { return l.objects()[core.Ref{Kind: core.Account, ID: 1}].Fields.IDs("group_ids") }
		if got := in(); !slices.Equal(got, []int64{theirs}) {
			t.Errorf("the account is in the groups %v", got)
		}
		l.rollback(second.ID)
		if got := in(); !slices.Equal(got, []int64{theirs, group}) {
			t.Errorf("after the rollback the account is in the groups %v", got)
		}
	})
}

// A replaced account whose key came back by a later import isn't made a second time by the replacement's rollback.
func TestReplacedKeyThatCameBack(t *testing.T) {
	others(t, func(l *lab) {
		first := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		s := spec(core.AccessSubscription, "sk-ok-2")
		s.Mode = core.Replace
		second := l.run(s)
		s = spec(core.AccessSubscription, "sk-ok-1")
		s.Mode = core.Add
		l.run(s)
		l.rollback(second.ID)
		if got := accountsIn(l, first.Steps["group"].Ref.ID); !slices.Equal(got, []string{"sk-ok-1"}) {
			t.Errorf("in the group: %v", got)
		}
	})
}

// An account that failed, and that somebody put into the group, doesn't count as proven: a replacement that rests on it
// takes nothing out.
func TestFailedAccountInTheGroupReplacesNothing(t *testing.T) {
	others(t, func(l *lab) {
		first := l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-402-1"))
		group := first.Steps["group"].Ref.ID
		failed := first.Accounts[slices.IndexFunc(first.Accounts, func(a core.AccountResult) bool { return a.Verdict == core.Failed })]
		s := spec(core.AccessSubscription, "sk-ok-2")
		s.Mode = core.Add
		l.run(s)
		l.put(fmt.Sprint("accounts/", failed.ID), map[string]any{"group_ids": []int64{group}})
		s = spec(core.AccessSubscription, "sk-ok-1", "sk-402-1")
		s.Mode = core.Replace
		d := l.run(s)
		if d.State != core.BatchFailed || verdicts(d)[core.Failed] != 1 {
			t.Errorf("%s, %v", d.State, verdicts(d))
		}
		if got := accountsIn(l, group); !slices.Contains(got, "sk-ok-2") {
			t.Errorf("in the group: %v", got)
		}
	})
}

// theirChannel makes a stranger's channel, named as ours, and its group.
func (l *lab) theirChannel() int64 {
	group := l.host.Seed("groups", map[string]any{"name": "acme-sub", "platform": "openai", "rate_multiplier": 1, "subscription_type": "subscription", "is_exclusive": true})
	return l.host.Seed("channels", map[string]any{"name": "acme", "group_ids": []int64{group}})
}

// What one import added to a stranger's channel is taken back, though another import used the channel as it was since.
func TestChannelCorrectedThenUsed(t *testing.T) {
	others(t, func(l *lab) {
		channel := l.theirChannel()
		before := l.shape()
		self := l.run(spec(core.AccessSelfService, "sk-ok-1"))
		sub := l.run(spec(core.AccessSubscription, "sk-ok-2"))
		if got := l.objects()[core.Ref{Kind: core.Channel, ID: channel}].Fields.IDs("group_ids"); len(got) != 2 {
			t.Fatalf("the channel serves %v", got)
		}
		l.rollback(sub.ID)
		l.rollback(self.ID)
		if diff := difference(l.shape(), before); diff != "" {
			t.Error(diff)
		}
	})
}

// So it is if the other import found the channel under the name that somebody gave it since.
func TestChannelCorrectedThenRenamedAndUsed(t *testing.T) {
	others(t, func(l *lab) {
		channel := l.theirChannel()
		before := l.shape()
		self := l.run(spec(core.AccessSelfService, "sk-ok-1"))
		l.put(fmt.Sprint("channels/", channel), map[string]any{"name": "acme-sub"})
		sub := l.run(spec(core.AccessSubscription, "sk-ok-2"))
		l.rollback(sub.ID)
		l.rollback(self.ID)
		l.put(fmt.Sprint("channels/", channel), map[string]any{"name": "acme"})
		if diff := difference(l.shape(), before); diff != "" {
			t.Error(diff)
		}
	})
}

// A replaced account that a rollback made anew, and that was taken away before this was recorded, is made once more: the
// host's answer to the first creation, which it repeats, is about nothing any more.
func TestAccountMadeAnewAndGone(t *testing.T) {
	others(t, func(l *lab) {
		first := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		s := spec(core.AccessSubscription, "sk-ok-2")
		s.Mode = core.Replace
		second := l.run(s)
		l.rollbackDies(second.ID, "POST", "^/api/v1/admin/accounts$")
		l.host.Do("DELETE", "/api/v1/admin/accounts/3", l.host.AdminKey(), nil)
		l.rollback(second.ID)
		if got := accountsIn(l, first.Steps["group"].Ref.ID); !slices.Equal(got, []string{"sk-ok-1"}) {
			t.Errorf("in the group: %v", got)
		}
	})
}

// So it is with an account of an import, which a later import found and took back.
func TestAccountOfAnInterruptedImportTakenBackByAnother(t *testing.T) {
	others(t, func(l *lab) {
		older := l.dies(spec(core.AccessSubscription, "sk-ok-1"), "POST", "^/api/v1/admin/accounts$")
		l.rollback(l.run(spec(core.AccessSubscription, "sk-ok-1")).ID)
		l.want(l.resume(older), core.BatchSucceeded, core.SubscriptionReady)
	})
}

// A user who was made anew keeps the password in the vault when the rollback that took the one before ends at last.
func TestPasswordOfAUserMadeAnew(t *testing.T) {
	others(t, func(l *lab) {
		first := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		l.rollbackDies(first.ID, "DELETE", "^/api/v1/admin/users/")
		second := l.run(spec(core.AccessSubscription, "sk-ok-2"))
		l.rollback(first.ID)
		if d := l.rollback(second.ID); d.State != core.BatchRolledBack || len(l.left()) > 0 {
			t.Errorf("%s, left %v", d.State, l.left())
		}
	})
}

// An account whose record was lost, taken up by a later import and replaced, can be brought back.
func TestReplacedAccountWhoseRecordWasLost(t *testing.T) {
	others(t, func(l *lab) {
		l.dies(spec(core.AccessSubscription, "sk-ok-1"), "POST", "^/api/v1/admin/accounts$")
		l.run(spec(core.AccessSubscription, "sk-ok-1"))
		whole := l.shape()
		s := spec(core.AccessSubscription, "sk-ok-2")
		s.Mode = core.Replace
		l.rollback(l.run(s).ID)
		if diff := difference(l.shape(), whole); diff != "" {
			t.Errorf("the rollback of the replacement left\n%s", diff)
		}
	})
}

// A group that is gone isn't asked for when an account is put back where it was: the host would refuse it for ever.
func TestAccountPutBackWithoutAGroupThatIsGone(t *testing.T) {
	others(t, func(l *lab) {
		self := l.run(spec(core.AccessSelfService, "sk-ok-1"))
		sub := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		l.host.Do("DELETE", l.path(self, "group", "groups"), l.host.AdminKey(), nil)
		if d := l.rollback(sub.ID); d.State != core.BatchRolledBack {
			t.Errorf("%s, kept %v", d.State, d.Kept)
		}
	})
}

// An account that isn't ours, put into our group, keeps the group.
func TestStrangersAccountKeepsTheGroup(t *testing.T) {
	others(t, func(l *lab) {
		d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
		l.host.Seed("accounts", map[string]any{"name": "theirs", "platform": "openai", "type": "apikey", "group_ids": []int64{d.Steps["group"].Ref.ID},
			"credentials": map[string]any{"api_key": "sk-ok-theirs", "base_url": "http://theirs.test"}})
		if rolled := l.rollback(d.ID); kept(rolled, core.Group) != plan.KeptDepended {
			t.Errorf("kept %v", rolled.Kept)
		}
	})
}

// What is kept isn't taken along with what it hangs on.
func TestKeptKeyKeepsItsUserAndItsGroup(t *testing.T) {
	others(t, func(l *lab) {
		d := l.run(spec(core.AccessSelfService, "sk-ok-1"))
		password, err := l.vault.Secret(plan.UserSecret(d.Host, "managed-1.acme.state001@cnrelay.local"))
		if err != nil {
			t.Fatal(err)
		}
		l.host.Do("PUT", "/api/v1/keys/1", l.host.SignIn("managed-1.acme.state001@cnrelay.local", password), map[string]any{"name": "mine now"})
		rolled := l.rollback(d.ID)
		for _, k := range []core.Kind{core.APIKey, core.User, core.Group} {
			if kept(rolled, k) == "" {
				t.Errorf("the %s went; kept %v", k, rolled.Kept)
			}
		}
		if !strings.Contains(fmt.Sprint(rolled.Kept), "depended_on api_key 1") {
			t.Errorf("kept %v", rolled.Kept)
		}
	})
}
