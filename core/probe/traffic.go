package probe

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cnrelay/core"
)

// OutOfTraffic tells whether a host leaves an account out of scheduling now, and its reason in the host's
// own words (HOST_CONTRACT 10: all conditions have to be evaluated by the client).
func OutOfTraffic(o core.Object, now time.Time) (why string, out bool) {
	f := o.Fields
	later := func(field string) bool { return f.Time(field).After(now) }
	switch {
	case f.Str("status") != "active":
		return strings.TrimSuffix(f.Str("status")+": "+f.Str("error_message"), ": "), true
	case later("temp_unschedulable_until"):
		return f.Str("temp_unschedulable_reason"), true
	case later("rate_limit_reset_at"):
		return "rate limited (429) until " + f.Str("rate_limit_reset_at"), true
	case later("overload_until"):
		return "overloaded (529) until " + f.Str("overload_until"), true
	case f.Bool("auto_pause_on_expired") && f.Num("expires_at") > 0 && f.Num("expires_at") <= float64(now.Unix()):
		return "expired at " + time.Unix(int64(f.Num("expires_at")), 0).UTC().Format(time.RFC3339), true
	case !f.Bool("schedulable"):
		return strings.TrimSpace("not schedulable " + f.Str("error_message")), true
	}
	return "", false
}

// CoolsUntil is when the host lets an account serve again by itself, zero if no cool-down keeps it out.
func CoolsUntil(o core.Object, now time.Time) (until time.Time) {
	if o.Fields.Str("status") != "active" || !o.Fields.Bool("schedulable") {
		return time.Time{}
	}
	for _, field := range []string{"temp_unschedulable_until", "rate_limit_reset_at", "overload_until"} {
		if t := o.Fields.Time(field); t.After(now) && t.After(until) {
			until = t
		}
	}
	return until
}

// Traffic judges an account by its host's list alone: ok is false if it takes no traffic, or none for some model
// that its upstream lately didn't know. The finding says why, and whose fault it is.
func Traffic(o core.Object, rules []core.Rule, now time.Time) (f core.Finding, ok bool) {
	why, out := OutOfTraffic(o, now)
	if !out {
		if why, out = modelLimited(o, now); !out {
			return core.Finding{}, true
		}
	}
	a := answer{status: statusIn(why), Failure: core.Failure{Message: why}}
	class, detail := a.upstream(rules)
	f = finding(class, StageAccountList)
	if a.status == 0 && class == core.Unknown { // no upstream's refusal put it there
		f = config(StageAccountList, "account_off")
		detail = f.Detail
	}
	f.Detail, f.About, f.Words, f.Status, f.At = detail, o.Name, why, a.status, now
	return f, false
}

// modelLimited is a model that a host leaves an account out of for a while (from 0.1.133), with its reason.
func modelLimited(o core.Object, now time.Time) (why string, out bool) {
	limits := o.Fields.Map("extra").Map("model_rate_limits")
	for _, model := range slices.Sorted(maps.Keys(limits)) {
		if l := limits.Map(model); l.Time("rate_limit_reset_at").After(now) {
			return model + " until " + l.Str("rate_limit_reset_at") + ": " + l.Str("reason"), true
		}
	}
	return "", false
}

// statusIn finds the upstream's status that hosts put in their words: "Payment required (402): …", or
// "upstream_404_model_not_found" for a model.
func statusIn(text string) int {
	for _, status := range []int{401, 402, 403, 404, 429, 529} {
		n := strconv.Itoa(status)
		if strings.Contains(text, "("+n+")") || strings.Contains(text, "upstream_"+n) {
			return status
		}
	}
	return 0
}
