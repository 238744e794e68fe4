package plan

import (
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/kind"
)

// recover puts an account back into traffic whose key its upstream answers again. Hosts from 0.1.130 leave one switched
// off that an upstream refused, even when it is recovered (HOST_CONTRACT 12.2), so that is a step of its own.
func (p *repair) recover(f core.DriftFinding, r core.Resource, o core.Object) {
	answer, asked := p.Answers[f.Ref]
	switch {
	case p.Accept:
		p.leave(f, LeftInUse, "")
		return
	case !p.Named && switchedOff(f):
		p.leave(f, LeftOff, "")
		return
	case !p.Named && f.Probe.Class == core.UpstreamModelMissing:
		p.leave(f, LeftProvider, "")
		return
	case !p.Named && !f.Until.IsZero():
		p.leave(f, LeftCools, f.Until.UTC().Format(time.DateTime)+" UTC")
		return
	case !asked || !p.Host.Has(core.FeatureRecover):
		p.leave(f, LeftUnasked, "")
		return
	case !answer.Answered():
		p.leave(f, LeftOut, said(answer))
		return
	}
	put := func(field string, value any, changes ...core.Change) {
		s := p.step(r, o, field)
		s.Verb, s.Fields, s.Change, s.Reason = core.Update, core.Fields{field: value}, changes, ReasonAnswers
		if switchedOff(f) && field != "recover" { // as its owner wants it; an upstream's refusal is nothing to put back
			s.Before = kind.Account.Image(s.Fields, o.Fields)
		}
		p.add(s)
	}
	status, active := o.Fields.Str("status"), core.Change{Field: "status", Have: o.Fields["status"], Want: "active"}
	switch changes := cleared(o); {
	case status == "error":
		put("recover", true, append(changes, active)...)
	case status != "active":
		put("status", "active", active)
	case len(changes) > 0:
		put("recover", true, changes...)
	}
	if !o.Fields.Bool("schedulable") {
		put("schedulable", true, core.Change{Field: "schedulable", Have: false, Want: true})
	}
}

// Asks tells whether the recovery of a finding's account needs its upstream's answer.
func Asks(f core.DriftFinding, named bool) bool {
	return f.Type == core.DriftOutOfTraffic && (named || !switchedOff(f) && f.Probe.Class != core.UpstreamModelMissing && f.Until.IsZero())
}

// switchedOff tells an account that somebody took out of traffic from one that an upstream's refusal did.
func switchedOff(f core.DriftFinding) bool {
	return f.Probe != nil && f.Probe.Class == core.HostConfigGap
}

// said is a refusal in a few words.
func said(c core.Completion) string {
	if c.Status == 0 {
		return strings.TrimSpace(string(c.Net) + " " + c.Message)
	}
	return strings.TrimSpace("HTTP " + Count(c.Status) + " " + c.Message)
}

// cleared is what a host clears when it recovers an account: what it holds of times until which the account, or a model
// of it, is left out.
func cleared(o core.Object) (out []core.Change) {
	for _, field := range []string{"temp_unschedulable_until", "rate_limit_reset_at", "overload_until"} {
		if o.Fields.Str(field) != "" {
			out = append(out, core.Change{Field: field, Have: o.Fields[field]})
		}
	}
	if limits := o.Fields.Map("extra")["model_rate_limits"]; limits != nil {
		out = append(out, core.Change{Field: "extra.model_rate_limits", Have: limits})
	}
	return out
}
