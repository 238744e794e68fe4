package drift

import (
	"container/heap"
	"context"
	"math"
	"time"
)

// Schedule looks at targets again and again. Each has a grid of its own: it starts somewhere within the first
// interval, and its turns are whole intervals from there, whenever a look ended. A turn that comes while the target is
// still looked at, or while the machine slept, is left out: nothing piles up, and the grid stays. A target that is down
// has its turns thinned out, down to one in [maxStride].
type Schedule struct {
	Every time.Duration
	// Targets gives what to look at. It is asked at the start and then at every Refresh.
	Targets func() []string
	Refresh time.Duration
	// Look looks at a target whose turn was due then, and tells whether it is down. It ends with ctx.
	Look func(ctx context.Context, target string, due time.Time) (down bool)
}

// maxStride is how many intervals lie between two looks at a target that stays down, at most.
const maxStride = 5

// golden spreads any number of starts evenly over an interval, one after the other, without knowing how many come.
const golden = 0.6180339887498949

// Phase is where in an interval the n-th target has its turns.
func Phase(n int, every time.Duration) time.Duration {
	_, part := math.Modf(float64(n) * golden)
	return time.Duration(part * float64(every))
}

// turns are a target's.
type turns struct {
	id      string
	due     time.Time
	strikes int // looks in a row that found it down
	at      int // place in the queue; -1 while it is looked at
	gone    bool
}

// Run looks until ctx ends, and returns when the last look has.
func (s *Schedule) Run(ctx context.Context) {
	type result struct {
		t    *turns
		down bool
	}
	var (
		q       queue
		known   = map[string]*turns{}
		count   int
		looking int
		done    = make(chan result)
		refresh = time.Now()
	)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		if !refresh.After(now) {
			refresh = now.Add(s.Refresh)
			there := map[string]bool{}
			for _, id := range s.Targets() {
				there[id] = true
				if known[id] == nil {
					known[id] = &turns{id: id, due: now.Add(Phase(count, s.Every))}
					count++
					heap.Push(&q, known[id])
				}
			}
			for id, t := range known {
				if !there[id] {
					delete(known, id)
					t.gone = true
					if t.at >= 0 {
						heap.Remove(&q, t.at)
					}
				}
			}
		}
		for len(q) > 0 && !q[0].due.After(now) {
			t := heap.Pop(&q).(*turns)
			if now.Sub(t.due) >= s.Every { // the machine slept, or was too busy
				t.skip(now, s.Every)
				heap.Push(&q, t)
				continue
			}
			looking++
			due := t.due
			go func() { done <- result{t, s.Look(ctx, t.id, due)} }()
		}
		next := refresh
		if len(q) > 0 && q[0].due.Before(next) {
			next = q[0].due
		}
		timer.Reset(time.Until(next))
		select {
		case <-timer.C:
		case r := <-done:
			looking--
			r.t.over(time.Now(), s.Every, r.down)
			if !r.t.gone {
				heap.Push(&q, r.t)
			}
		case <-ctx.Done():
		}
	}
	for ; looking > 0; looking-- {
		<-done
	}
}

// over sets the next turn after a look.
func (t *turns) over(now time.Time, every time.Duration, down bool) {
	stride := 1
	if t.strikes++; !down {
		t.strikes = 0
	} else if t.strikes > 1 { // the first is looked at again at once: it may have been nothing
		stride = min(maxStride, 1<<min(t.strikes-1, 8))
	}
	t.due = t.due.Add(time.Duration(stride) * every)
	t.skip(now, every)
}

// skip leaves out the turns that are past.
func (t *turns) skip(now time.Time, every time.Duration) {
	if late := now.Sub(t.due); late > 0 {
		t.due = t.due.Add((late + every - 1) / every * every)
	}
}

// queue has the next turn first.
type queue []*turns

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i]; q[i].at, q[j].at = i, j }

// Push implements [heap.Interface].
func (q *queue) Push(x any) {
	t := x.(*turns)
	t.at = len(*q)
	*q = append(*q, t)
}

// Pop implements [heap.Interface].
func (q *queue) Pop() any {
	old := *q
	t := old[len(old)-1]
	t.at = -1
	*q = old[:len(old)-1]
	return t
}

// Due tells whether a turn of a grid lies between the last look and now. Turns that were missed count as one.
func Due(last, now time.Time, phase, every time.Duration) bool {
	turn := func(t time.Time) int64 { return (t.UnixNano() - int64(phase)) / int64(every) }
	return last.IsZero() || turn(now) > turn(last)
}
