package drift

import (
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/probe"
)

// When the free look at what is recorded begins to warn.
const (
	// A subscription warns for the last quarter of its term, at most for a week.
	warnDays  = 7
	warnShare = 4
	// A self-service user's balance warns below a tenth of what was given, and below this (USD).
	warnBalance      = 0.10
	warnBalanceShare = 10
)

// health finds what is as it was set and doesn't work, or soon won't.
func (c *comparison) health(r core.Resource, o core.Object) {
	switch r.Ref.Kind {
	case core.Account:
		if !c.shouldServe(r) {
			return
		}
		if f, ok := probe.Traffic(o, c.Batch.Pack.Rules, c.Now); !ok {
			c.add(core.DriftOutOfTraffic, r, core.DriftFinding{Why: f.Words, Probe: &f, Until: probe.CoolsUntil(o, c.Now)})
		}
	case core.Subscription:
		left := o.Fields.Time("expires_at").Sub(c.Now).Hours() / 24
		term := r.Fields.Num("validity_days")
		if term == 0 { // it was adopted
			term = o.Fields.Time("expires_at").Sub(o.Fields.Time("starts_at")).Hours() / 24
		}
		if dated(o) && left < min(warnDays, term/warnShare) {
			c.add(core.DriftExpiring, r, core.DriftFinding{Left: &left})
		}
	case core.User:
		left := o.Fields.Num("balance")
		if c.Batch.Request.Access == core.AccessSelfService && left < max(warnBalance, r.Fields.Num("balance")/warnBalanceShare) {
			c.add(core.DriftLowBalance, r, core.DriftFinding{Left: &left})
		}
	}
}

// shouldServe tells an account that was attached from one that failed its test and stands outside.
func (c *comparison) shouldServe(r core.Resource) bool {
	return slices.ContainsFunc(r.Fields.IDs("group_ids"), func(id int64) bool { return c.groups[id] })
}

func dated(o core.Object) bool { return !o.Fields.Time("expires_at").IsZero() }

// ended tells a subscription whose term is over: nobody changed it.
func ended(o core.Object, now time.Time) bool {
	return o.Kind == core.Subscription && dated(o) && !o.Fields.Time("expires_at").After(now)
}
