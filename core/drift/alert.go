package drift

import (
	"maps"
	"math/bits"
	"slices"
	"time"

	"cnrelay/core"
)

// Patience is how much is needed to believe an outcome.
type Patience struct {
	Failures  int           // in a row, until it fires
	For       time.Duration // or failing for so long, if a look finds it failing again
	Successes int           // in a row, until it is resolved
}

// DefaultPatience lets a free look of once a minute fire within two minutes.
var DefaultPatience = Patience{Failures: 2, For: 10 * time.Minute, Successes: 2}

// Flapping is judged by the turns from one outcome to the other in the latest looks.
const (
	flapLooks = 20
	flapFrom  = 6 // turns that begin it
	flapUntil = 2 // turns that end it
)

// Observe gives an alert after one more look, which failed or not.
func Observe(a core.Alert, now time.Time, failed bool, cause core.Cause, p Patience) core.Alert {
	was := a.State
	if was == "" {
		was, a.State, a.Since = core.AlertOK, core.AlertOK, now
	}
	a.Seen = now
	a.History <<= 1
	if failed {
		a.History |= 1
		a.Failures, a.Successes, a.Cause = a.Failures+1, 0, cause
		if a.Failing.IsZero() {
			a.Failing = now
		}
	} else {
		a.Failures, a.Successes, a.Well = 0, a.Successes+1, now
	}
	switch turns := turnsOf(a.History); {
	case turns >= flapFrom, a.State == core.AlertFlapping && turns > flapUntil:
		a.State = core.AlertFlapping
	case failed && (a.State == core.AlertFiring || a.Failures >= p.Failures || now.Sub(a.Failing) >= p.For):
		a.State = core.AlertFiring
	case failed:
		a.State = core.AlertPending
	case a.State == core.AlertFiring && a.Successes < p.Successes:
	default:
		a.State, a.Failing = core.AlertOK, time.Time{}
	}
	if a.State != was {
		a.Since = now
	}
	return a
}

func turnsOf(history uint32) int {
	return bits.OnesCount32((history ^ history>>1) & (1<<(flapLooks-1) - 1))
}

// Tell gives what is to be notified of an alert, if anything: that it fires, flaps, or that what was told is over.
func Tell(a core.Alert, silences []core.Silence, now time.Time) (state core.AlertState, tell bool) {
	held := slices.ContainsFunc(silences, func(s core.Silence) bool { return s.Covers(a, now) })
	switch {
	case held || a.State == a.Told || a.State == core.AlertPending:
		return "", false
	case a.State == core.AlertOK && a.Told == "":
		return "", false
	}
	return a.State, true
}

// Observation is what one look says of one alert.
type Observation struct {
	Kind     core.AlertKind
	Provider string
	Failed   bool
	Cause    core.Cause
}

// Observations are what the runs of one look at a host say. What a look doesn't know it says nothing of: a host that
// is down tells nothing of its providers, and a look without a completion nothing of access.
func Observations(runs []core.DriftRun) []Observation {
	var out []Observation
	byProvider := map[string][]core.DriftRun{}
	for _, r := range runs {
		if r.Facts.At.IsZero() {
			return []Observation{{Kind: core.AlertHost, Failed: true, Cause: unreadable(r)}}
		}
		byProvider[r.Provider] = append(byProvider[r.Provider], r)
	}
	if len(runs) > 0 {
		out = append(out, Observation{Kind: core.AlertHost})
	}
	for _, provider := range slices.Sorted(maps.Keys(byProvider)) {
		list := byProvider[provider]
		for _, k := range []core.AlertKind{core.AlertDrift, core.AlertDegraded, core.AlertAccess, core.AlertDeep, core.AlertBilling} {
			if o, known := observed(k, list); known {
				o.Kind, o.Provider = k, provider
				out = append(out, o)
			}
		}
	}
	return out
}

func unreadable(r core.DriftRun) core.Cause {
	c := core.Cause{Class: core.Unknown, Fault: core.FaultUnknown, Words: r.Error, Run: r.ID}
	switch r.Code {
	case core.CodeNetwork, core.CodeHost:
		c.Class, c.Fault = core.HostUnreachable, core.FaultHost
	case core.CodeAuth:
		c.Class, c.Fault = core.HostAuth, core.FaultOperator
	}
	return c
}

// observed sums up the runs of a provider's batches: one that fails is enough, and all have to be known to be well.
func observed(k core.AlertKind, runs []core.DriftRun) (o Observation, known bool) {
	known = true
	for _, r := range runs {
		var causes []core.Cause
		switch k {
		case core.AlertAccess:
			known = known && (r.Access.State == core.SubscriptionReady || r.Access.State == core.SelfServiceReady)
			for _, f := range r.Probes {
				causes = append(causes, core.Cause{Name: f.About, Class: f.Class, Fault: f.Fault, Words: f.Words, Run: r.ID})
			}
		case core.AlertDeep:
			known = known && len(r.Access.Deep) > 0
			for _, d := range r.Access.Deep {
				if d.Verdict == core.Failed {
					causes = append(causes, core.Cause{Name: r.Access.User, Class: d.Finding.Class, Fault: d.Finding.Fault, Words: d.Finding.Words, Run: r.ID})
				}
			}
		default:
			known = known && r.Error == "" && (k != core.AlertBilling || r.Billed != nil)
			for _, f := range r.Findings {
				if shownBy(f.Type) == k {
					causes = append(causes, causeOf(f, r.ID))
				}
			}
		}
		if len(causes) == 0 {
			continue
		}
		if !o.Failed {
			o.Failed, o.Cause = true, causes[0]
			causes = causes[1:]
		}
		o.Cause.More += len(causes)
	}
	return o, known || o.Failed
}

// shownBy is the alert that a finding belongs to; "" for remarks.
func shownBy(t core.DriftType) core.AlertKind {
	switch {
	case t.Differs():
		return core.AlertDrift
	case t.Misbilled():
		return core.AlertBilling
	case t.Fails():
		return core.AlertDegraded
	}
	return ""
}

func causeOf(f core.DriftFinding, run string) core.Cause {
	c := core.Cause{Type: f.Type, Name: f.Name, Words: f.Why, Run: run}
	if f.Probe != nil {
		c.Class, c.Fault = f.Probe.Class, f.Probe.Fault
	}
	return c
}

// Cooling tells whether an account of a run's batch cools down: a completion would only prolong that.
func Cooling(run core.DriftRun, now time.Time) bool {
	return slices.ContainsFunc(run.Findings, func(f core.DriftFinding) bool { return f.Until.After(now) })
}
