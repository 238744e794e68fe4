package drift

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// diary notes when each target was looked at.
type diary struct {
	mu      sync.Mutex
	starts  map[string][]time.Time
	inside  map[string]bool
	overlap int
	late    time.Duration
}

// begin gives how often that was, with this time.
func (d *diary) begin(id string, due time.Time) (times int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside[id] {
		d.overlap++
	}
	d.inside[id] = true
	d.starts[id] = append(d.starts[id], time.Now())
	d.late = max(d.late, time.Since(due))
	return len(d.starts[id])
}

func (d *diary) end(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside[id] = false
}

func newDiary() *diary { return &diary{starts: map[string][]time.Time{}, inside: map[string]bool{}} }

func names(n int) func() []string {
	return func() []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprint("t", i)
		}
		return out
	}
}

// A thousand targets for a day: no drift, no overlap, and starts that are spread over the interval.
func TestScheduleKeepsItsGrid(t *testing.T) {
	const targets, every = 1000, time.Minute
	day := 24 * time.Hour
	if testing.Short() {
		day = time.Hour
	}
	synctest.Test(t, func(t *testing.T) {
		d, began := newDiary(), time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), day-time.Millisecond) // the next turn is at the end
		defer cancel()
		s := Schedule{Every: every, Refresh: time.Hour, Targets: names(targets), Look: func(_ context.Context, id string, due time.Time) bool {
			time.Sleep(time.Duration(d.begin(id, due)%50) * time.Second) // always less than the interval
			d.end(id)
			return false
		}}
		s.Run(ctx)
		var buckets [60]int
		for id, starts := range d.starts {
			buckets[starts[0].Sub(began)/time.Second]++
			for i, at := range starts {
				if at.Sub(starts[0]) != time.Duration(i)*every {
					t.Fatalf("%s: look %d came %v after the first", id, i, at.Sub(starts[0]))
				}
			}
			if n := int(day / every); len(starts) != n {
				t.Fatalf("%s was looked at %d times, want %d", id, len(starts), n)
			}
		}
		if len(d.starts) != targets || d.overlap > 0 || d.late > 0 {
			t.Errorf("%d targets, %d overlaps, up to %v late", len(d.starts), d.overlap, d.late)
		}
		for second, n := range buckets {
			if n == 0 || n > 2*targets/len(buckets) {
				t.Errorf("%d starts in second %d", n, second)
			}
		}
	})
}

// A look that takes longer than the interval costs its target turns, and no other one.
func TestScheduleNeverOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour-time.Millisecond)
		defer cancel()
		s := Schedule{Every: time.Minute, Refresh: time.Hour, Targets: names(2), Look: func(_ context.Context, id string, due time.Time) bool {
			d.begin(id, due)
			if id == "t0" {
				time.Sleep(150 * time.Second)
			}
			d.end(id)
			return false
		}}
		s.Run(ctx)
		// A turn every three minutes: 20 in an hour, or 21 if its first turn comes early in the first minute.
		if slow := len(d.starts["t0"]); d.overlap > 0 || slow < 20 || slow > 21 || len(d.starts["t1"]) != 60 {
			t.Errorf("%d overlaps, %d and %d looks", d.overlap, len(d.starts["t0"]), len(d.starts["t1"]))
		}
	})
}

// Of a target that is down there are fewer looks, and all of them again once it is up.
func TestScheduleBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, began := newDiary(), time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour-time.Millisecond)
		defer cancel()
		s := Schedule{Every: time.Minute, Refresh: time.Hour, Targets: names(1), Look: func(_ context.Context, id string, due time.Time) bool {
			d.begin(id, due)
			d.end(id)
			return time.Since(began) < 30*time.Minute
		}}
		s.Run(ctx)
		var at []int
		for _, x := range d.starts["t0"] {
			at = append(at, int(x.Sub(began)/time.Minute))
		}
		if got, want := fmt.Sprint(at[:11]), "[0 1 3 7 12 17 22 27 32 33 34]"; got != want {
			t.Errorf("looks at minutes %s, want %s", got, want)
		}
	})
}

// Whatever was missed in a sleep is left out; targets come and go while the schedule runs.
func TestScheduleAfterSleep(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	x := turns{due: now.Add(-8*time.Hour - 10*time.Second)}
	x.skip(now, time.Minute)
	if !x.due.Equal(now.Add(50 * time.Second)) {
		t.Errorf("after a sleep the next turn is at %v", x.due)
	}
	synctest.Test(t, func(t *testing.T) {
		d, began := newDiary(), time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour-time.Millisecond)
		defer cancel()
		s := Schedule{Every: time.Minute, Refresh: time.Minute, Look: func(_ context.Context, id string, due time.Time) bool {
			d.begin(id, due)
			d.end(id)
			return false
		}, Targets: func() []string {
			if time.Since(began) < 30*time.Minute {
				return []string{"old"}
			}
			return []string{"new"}
		}}
		s.Run(ctx)
		if len(d.starts["old"]) != 30 && len(d.starts["old"]) != 31 || len(d.starts["new"]) != 30 {
			t.Errorf("%d looks at the old one, %d at the new", len(d.starts["old"]), len(d.starts["new"]))
		}
	})
}

// The paid question's turns: one at a time, missed ones once, and none because of a restart.
func TestDue(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	every, asked := 30*time.Minute, 0
	last := at
	for m := range 24 * 60 {
		if now := at.Add(time.Duration(m) * time.Minute); Due(last, now, 7*time.Minute, every) {
			last = now
			asked++
		}
	}
	if asked != 48 {
		t.Errorf("asked %d times in a day", asked)
	}
	if !Due(time.Time{}, at, 0, every) || !Due(at.Add(-9*time.Hour), at, 0, every) || Due(at, at.Add(time.Second), 0, every) {
		t.Error("the first one, the missed ones, or the one just asked")
	}
}
