package engine_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
)

// calls asks the gateway over and over as a user would, until stop is called, which gives what failed.
func (l *lab) calls(d core.BatchID) (stop func() []string) {
	l.t.Helper()
	key, err := l.vault.Secret(l.detail(d).Access.KeySecret)
	if err != nil {
		l.t.Fatal(err)
	}
	var wg sync.WaitGroup
	var failed []string
	end, asked := make(chan struct{}), make(chan struct{}, 1)
	wg.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for ; ; <-tick.C {
			a := l.host.Do("POST", "/v1/chat/completions", key, `{"model":"flash","messages":[{"role":"user","content":"a user's own words"}]}`)
			if a.Status != http.StatusOK {
				failed = append(failed, string(a.Body))
			}
			select {
			case asked <- struct{}{}:
			default:
			}
			select {
			case <-end:
				return
			default:
			}
		}
	})
	<-asked
	return func() []string { close(end); wg.Wait(); return failed }
}

func accountsIn(l *lab, group int64) []string {
	var keys []string
	accounts, _ := l.host.Snapshot()["accounts"].(map[string]any)
	for _, a := range accounts {
		account := a.(map[string]any)
		ids, _ := account["group_ids"].([]any)
		if slices.ContainsFunc(ids, func(x any) bool { return x == float64(group) }) {
			keys = append(keys, account["credentials"].(map[string]any)["api_key"].(string))
		}
	}
	slices.Sort(keys)
	return keys
}

func TestReplacementIsMakeBeforeBreak(t *testing.T) {
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			t.Parallel() // it waits, most of the time
			l := newLab(t, fakehost.Options{Version: v, Propagation: 300 * time.Millisecond, UsageDelay: 200 * time.Millisecond})
			before := l.host.JSON()
			first := l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))
			stop := l.calls(first.ID)
			s := spec(core.AccessSubscription, "sk-ok-3", "sk-ok-4")
			s.Mode = core.Replace
			reviewed, err := l.PreviewImport(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			s.Reviewed = &reviewed.Plan
			second := l.run(s)
			if failed := stop(); len(failed) > 0 {
				t.Errorf("%d of a user's requests failed, the first: %s", len(failed), failed[0])
			}
			l.want(second, core.BatchSucceeded, core.SubscriptionReady)
			group := second.Steps["group"].Ref.ID
			if got := accountsIn(l, group); !slices.Equal(got, []string{"sk-ok-3", "sk-ok-4"}) {
				t.Errorf("in the group: %v", got)
			}
			if !slices.ContainsFunc(second.Accounts, func(a core.AccountResult) bool { return a.ID == second.Access.ServedBy }) {
				t.Errorf("the proof names account %d, which is not a new one", second.Access.ServedBy)
			}
			l.rollback(second.ID)
			if got := accountsIn(l, group); !slices.Equal(got, []string{"sk-ok-1", "sk-ok-2"}) {
				t.Errorf("after the rollback of the replacement: %v", got)
			}
			l.rollback(first.ID)
			l.asBefore(before)
		})
	}
}

func TestReplacementWithABadKeyTouchesNothing(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	first := l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))
	group := first.Steps["group"].Ref.ID
	s := spec(core.AccessSubscription, "sk-ok-3", "sk-402-4")
	s.Mode = core.Replace
	l.host.ForgetLog()
	second := l.run(s)
	l.want(second, core.BatchFailed, core.AccessUnchecked, core.UpstreamKeyQuota)
	if got := accountsIn(l, group); !slices.Equal(got, []string{"sk-ok-1", "sk-ok-2"}) {
		t.Errorf("in the group: %v", got)
	}
	for _, w := range l.writes() {
		for _, a := range first.Accounts {
			if strings.HasSuffix(w, "/accounts/"+plan.Count(int(a.ID))) {
				t.Errorf("an old account was touched: %s", w)
			}
		}
	}
}

func TestOtherKeysWantAWord(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.run(spec(core.AccessSubscription, "sk-ok-1"))
	l.host.ForgetLog()
	if _, _, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-2")); !strings.Contains(blocked(err), "keys_differ") {
		t.Errorf("error %v %s", err, blocked(err))
	}
	if w := l.writes(); len(w) != 0 {
		t.Errorf("sent %v", w)
	}
	s := spec(core.AccessSubscription, "sk-ok-2")
	s.Mode = core.Add
	added := l.run(s)
	l.want(added, core.BatchSucceeded, core.SubscriptionReady)
	if got := accountsIn(l, added.Steps["group"].Ref.ID); !slices.Equal(got, []string{"sk-ok-1", "sk-ok-2"}) {
		t.Errorf("in the group: %v", got)
	}
}
