package engine_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
)

// squat makes strangers' things on the ids that come next: those that a host gave to ours before its database was
// restored.
func (l *lab) squat() {
	for n := range 8 {
		group := l.host.Seed("groups", map[string]any{"name": fmt.Sprint("theirs-", n), "platform": "openai", "rate_multiplier": 1, "subscription_type": "subscription"})
		l.host.Seed("channels", map[string]any{"name": fmt.Sprint("theirs-", n), "group_ids": []int64{group}})
		l.host.Seed("payment/plans", map[string]any{"name": fmt.Sprint("theirs-", n), "group_id": group, "price": 5, "validity_days": 30, "validity_unit": "day"})
		l.host.Seed("accounts", map[string]any{"name": fmt.Sprint("theirs-", n), "platform": "openai", "type": "apikey", "group_ids": []int64{group},
			"credentials": map[string]any{"api_key": "sk-ok-theirs", "base_url": "http://theirs.test/v1"}})
		email := fmt.Sprintf("theirs-%d@x.test", n)
		user := l.host.Seed("users", map[string]any{"email": email, "password": "secret-1"})
		l.host.Do("POST", "/api/v1/admin/subscriptions/assign", l.host.AdminKey(), map[string]any{"user_id": user, "group_id": group, "validity_days": 30})
		l.host.SeedKey(email, "secret-1", "theirs", group)
	}
	l.host.WaitProbes()
}

// theirs are the lines of a shape that don't carry our marker.
func theirs(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return strings.Contains(line, "cnrelay:") })
}

// mentions are the lines that have to do with strangers' things: theirs, and ours that hang on theirs.
func mentions(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.Contains(line, "theirs-") })
}

// A host's database is restored from a backup while a run is under way, or between two, and strangers get the ids that
// ours had. Nothing of theirs is deleted, whatever is done next; once the run has ended, nothing of theirs is even
// changed.
func TestHostRestored(t *testing.T) {
	for _, s := range stretches {
		base := undisturbed(t, s, core.AuthAdminKey)
		for _, newIdentity := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/new fingerprint %v", s, newIdentity), func(t *testing.T) {
				t.Parallel()
				for n := range some(base.writes) {
					synctest.Test(t, func(t *testing.T) { restored(t, s, base, newIdentity, n+1) })
				}
			})
		}
	}
}

// some are all of a sweep's points, and in the short run of the race detector one in six.
func some[T any](points []T) iter.Seq[int] {
	return func(yield func(int) bool) {
		step := 1
		if testing.Short() {
			step = 6
		}
		for i := 0; i < len(points); i += step {
			if !yield(i) {
				return
			}
		}
	}
}

func restored(t *testing.T, s stretch, base course, newIdentity bool, nth int) {
	l := newVirtual(t, fakehost.Options{}, core.AuthAdminKey)
	empty := l.host.Backup()
	j := l.before(s)
	var seeded []string
	l.host.Inject(fakehost.Fault{Writes: true, Nth: nth, When: after, Then: func() {
		time.Sleep(time.Second) // channels are told apart by whole seconds
		l.host.Restore(empty)
		if newIdentity {
			l.host.ResetIDs(true)
		}
		l.squat()
		seeded = theirs(shape(l.objects()))
	}})
	at := func(format string, args ...any) {
		t.Helper()
		w := base.writes[nth-1]
		t.Errorf("write %d (%s %s): %s", nth, w.Method, w.Path, fmt.Sprintf(format, args...))
	}
	done, err := j.start()
	if err != nil {
		t.Fatal(err)
	}
	<-done
	d := j.detail(j.batch)
	ended := theirs(l.shape())
	if len(ended) != len(seeded) {
		at("%s, and of %d things of others %d are left\n%s\n%v", d.State, len(seeded), len(ended), difference(ended, seeded), j.writes())
	}
	l.boot()
	mentioned := mentions(l.shape())
	for i, next := range []func() (<-chan error, error){j.on, j.back} {
		l.host.ForgetLog()
		done, err := next()
		if err == nil {
			err = <-done
		}
		if diff := difference(theirs(l.shape()), ended); diff != "" {
			at("%s, then %s (%v), and of others\n%s", d.State, l.detail(j.batch).State, err, diff)
		}
		if diff := difference(mentions(l.shape()), mentioned); i == 0 && diff != "" {
			at("%s, then %s (%v) with theirs:\n%s\n%v", d.State, l.detail(j.batch).State, err, diff, l.writes())
		}
		if newIdentity && (core.CodeOf(err) != core.CodeStopped || len(l.writes()) > 0) {
			at("another host, yet %v and %v", err, l.writes())
		}
	}
}

// The same while nothing runs: an interrupted run is gone on with, or taken back, on a host that is not as it was left.
func TestHostRestoredBetween(t *testing.T) {
	for _, s := range stretches {
		base := undisturbed(t, s, core.AuthAdminKey)
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			for n := range some(base.writes) {
				synctest.Test(t, func(t *testing.T) { restoredBetween(t, s, base, n+1) })
			}
		})
	}
}

func restoredBetween(t *testing.T, s stretch, base course, nth int) {
	l := newVirtual(t, fakehost.Options{}, core.AuthAdminKey)
	empty := l.host.Backup()
	j := l.before(s)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	l.host.Inject(fakehost.Fault{Writes: true, Nth: nth, When: after, Then: stop})
	done, err := j.startIn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	<-done
	time.Sleep(time.Second)
	l.host.Restore(empty)
	l.squat()
	l.host.ForgetLog()
	left := mentions(l.shape())
	l.boot()
	for _, next := range []func() (<-chan error, error){j.on, j.back} {
		done, err := next()
		if err == nil {
			err = <-done
		}
		if diff := difference(mentions(l.shape()), left); diff != "" {
			w := base.writes[nth-1]
			t.Errorf("write %d (%s %s): %v, and of theirs\n%s\n%v", nth, w.Method, w.Path, err, diff, l.writes())
		}
	}
}
