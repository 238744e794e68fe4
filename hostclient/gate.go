package hostclient

import (
	"context"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// gate keeps the load on one host within what its operator allowed.
type gate struct {
	size      int
	perSecond float64
	slots     *semaphore.Weighted
	pace      *rate.Limiter
	signIns   *rate.Limiter
}

// newGate allows slots requests in flight and perSecond requests a second (0 = any number).
func newGate(l Limits, slots int, perSecond float64) *gate {
	pace := rate.NewLimiter(rate.Inf, 0)
	if perSecond > 0 {
		pace = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
	}
	return &gate{
		size:      slots,
		perSecond: perSecond,
		slots:     semaphore.NewWeighted(int64(slots)),
		pace:      pace,
		signIns:   rate.NewLimiter(rate.Every(l.SignInEvery), l.SignInBurst),
	}
}

// enter waits for a turn; leave must be called after it.
func (g *gate) enter(ctx context.Context) error {
	if err := g.pace.Wait(ctx); err != nil {
		return err
	}
	return g.slots.Acquire(ctx, 1)
}

func (g *gate) leave() { g.slots.Release(1) }
