package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
)

// TestInterruptSweep interrupts every stretch at every request, reads too, on a host that takes a second to answer.
// 100 ms later nothing new arrives at the host any more, what runs ends or becomes unknown, and going on, or back,
// ends as if nothing had happened.
func TestInterruptSweep(t *testing.T) {
	var points atomic.Int32
	t.Run("points", func(t *testing.T) {
		for _, s := range stretches {
			base := undisturbed(t, s, core.AuthAdminKey)
			t.Run(string(s), func(t *testing.T) {
				t.Parallel()
				for n := 1; ; n++ {
					if !figures.Long() && n%part() != 0 && n > 3 {
						continue
					}
					again := false
					synctest.Test(t, func(t *testing.T) { again = interruptedAt(t, s, base, n) })
					if !again {
						return
					}
					points.Add(1)
				}
			})
		}
	})
	figures.Print(t, "Interrupt", "%d requests interrupted: 0 new ones after 100 ms, what ran ended or was looked for, then converged", points.Load())
}

// interruptedAt is one point; it is false if the stretch has no n-th request.
func interruptedAt(t *testing.T, s stretch, base course, nth int) bool {
	j := newVirtual(t, fakehost.Options{}, core.AuthAdminKey).before(s)
	say := func(format string, args ...any) {
		t.Helper()
		t.Errorf("request %d: %s", nth, fmt.Sprintf(format, args...))
	}
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	var at time.Time
	j.host.Inject(fakehost.Fault{Nth: nth, Then: func() {
		at = time.Now()
		stop(core.ErrInterrupted)
		time.Sleep(time.Second) // and then the host goes on with it
	}})
	done, refused := j.startIn(ctx)
	err := refused
	if refused == nil {
		err = <-done
	}
	time.Sleep(2 * time.Second)
	if at.IsZero() {
		return false
	}
	var late []string
	for _, r := range j.host.Log() {
		if r.At.After(at.Add(100 * time.Millisecond)) {
			late = append(late, r.Method+" "+r.Path)
		}
	}
	if len(late) > 0 {
		say("after the interrupt came %v", late)
	}
	if err != nil && !errors.Is(err, core.ErrInterrupted) {
		say("ended with %v", err)
	}
	j.boot()
	if refused != nil { // it hadn't begun
		if diff := difference(j.shape(), base.before); diff != "" {
			say("nothing had begun, but\n%s", diff)
		}
		return true
	}
	d := j.detail(j.batch)
	if wrong := j.books(); len(wrong) > 0 {
		say("%s, and %s", d.State, strings.Join(wrong, "\n"))
	}
	if (d.State == core.BatchInterrupted) != (err != nil) {
		say("it is %s, and ended with %v", d.State, err)
	}
	next, want := j.on, base.after
	if nth%2 == 0 && d.Phase == "import" {
		next, want = j.back, base.before
	}
	if d.State == core.BatchInterrupted {
		if done, err = next(); err == nil {
			err = <-done
		}
		if err != nil {
			say("then %v", err)
		}
	} else {
		want = base.after // that was its last request
	}
	if diff := difference(j.shape(), want); diff != "" {
		say("%s, then %s:\n%s", d.State, j.detail(j.batch).State, diff)
	}
	return true
}
