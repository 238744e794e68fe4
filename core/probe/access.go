package probe

import (
	"slices"
	"time"

	"cnrelay/core"
)

// AccessEvidence is what was seen of one user's way through the gateway.
type AccessEvidence struct {
	User       string
	Smoke      string // the model asked for
	Rules      []core.Rule
	Models     core.ModelList
	Completion core.Completion
	// Direct is the same question asked of the upstream with an attached account's key.
	Direct *core.Completion
	// Accounts are those of the user's group as the host lists them after the failure; nil if
	// they could not be read.
	Accounts []core.Object
	// TestPassed tells that the host's own account test reached the upstream.
	TestPassed bool
	Now        time.Time
}

// preconditions are the gateway's refusals that name what is missing on the host (HOST_CONTRACT 10).
var preconditions = map[string]string{
	"INSUFFICIENT_BALANCE":   "user_balance",
	"SUBSCRIPTION_NOT_FOUND": "subscription",
	"SUBSCRIPTION_EXPIRED":   "subscription",
	"SUBSCRIPTION_INVALID":   "subscription",
	"USAGE_LIMIT_EXCEEDED":   "usage_limit",
	"API_KEY_REQUIRED":       "user_key",
	"INVALID_API_KEY":        "user_key",
	"API_KEY_DISABLED":       "user_key_disabled",
	"USER_INACTIVE":          "user_disabled",
	"GROUP_DISABLED":         "group_disabled",
	"GROUP_DELETED":          "group_deleted",
	"GROUP_NOT_ALLOWED":      "group_not_allowed",
	"permission_error":       "key_without_group",
}

// NotTakenUp tells an answer that a host also gives while it takes a change up: no account yet (503),
// or no account that knows the model (404 from 0.1.179). Only these are asked again, for seconds.
func NotTakenUp(c core.Completion) bool {
	return c.Status == 503 || (c.Status == 404 && c.Type == "model_not_found")
}

// Access judges the way through the gateway. Ready is one finding; otherwise every independent fault
// that the evidence shows is named.
func Access(e AccessEvidence) []core.Finding {
	var out []core.Finding
	if f, ok := e.listing(); ok {
		out = append(out, f)
	}
	out = append(out, e.completions()...)
	if len(out) == 0 {
		out = []core.Finding{finding(core.Ready, StageGatewayCompletion)}
	}
	out = slices.CompactFunc(out, func(a, b core.Finding) bool { return a.Class == b.Class && a.Detail == b.Detail })
	for i := range out {
		out[i].At = e.Completion.At
		if out[i].About == "" {
			out[i].About = e.User
		}
	}
	return out
}

// listing judges /v1/models: it proves nothing about serving, but a model that isn't listed can't be found.
func (e AccessEvidence) listing() (core.Finding, bool) {
	m := e.Models
	var f core.Finding
	switch {
	case m.OK() && slices.Contains(m.Models, e.Smoke):
		return f, false
	case m.OK():
		f = finding(core.HostConfigGap, StageGatewayModels)
		f.Detail = "model_not_listed"
	case m.Net != "" && m.Net != core.NetNotJSON:
		f = finding(core.HostUnreachable, StageGatewayModels)
		f.Detail = string(m.Net)
	default:
		f = e.refusal(answer{status: m.Status, Failure: m.Failure}, StageGatewayModels)
	}
	f.Words, f.Status = m.Message, m.Status
	return f, true
}

func (e AccessEvidence) completions() []core.Finding {
	c := e.Completion
	if c.Answered() {
		return nil
	}
	switch {
	case c.Status == 0 && c.At.IsZero():
		return nil // not asked
	case c.Status == 0:
		f := finding(core.HostUnreachable, StageGatewayCompletion)
		f.Detail, f.Words = string(c.Net), c.Message
		if e.Direct != nil && !e.Direct.Answered() {
			class, detail := answer{status: e.Direct.Status, Failure: e.Direct.Failure}.upstream(e.Rules)
			f = finding(class, StageUpstream)
			f.Detail, f.Words, f.Status = detail, e.Direct.Message, e.Direct.Status
		}
		return []core.Finding{f}
	case c.Status == 200 && c.Net == "":
		f := finding(core.AnsweredWithoutContent, StageGatewayCompletion)
		f.Status = 200
		return []core.Finding{f}
	}
	f := e.refusal(answer{status: c.Status, Failure: c.Failure}, StageGatewayCompletion)
	if f.Words == "" {
		f.Words = c.Message
	}
	if f.Status == 0 {
		f.Status = c.Status
	}
	return []core.Finding{f}
}

// refusal judges a gateway's error answer: a named precondition is the host's set-up; anything else is
// judged by the upstream asked directly, then by why the accounts are out of traffic.
func (e AccessEvidence) refusal(a answer, stage string) core.Finding {
	if missing := preconditions[a.Code]; missing != "" {
		return config(stage, missing)
	}
	if missing := preconditions[a.Type]; missing != "" && a.status == 403 {
		return config(stage, missing)
	}
	if e.Direct != nil && !e.Direct.Answered() && (e.Direct.Status != 200 || e.Direct.Net != "") {
		class, detail := answer{status: e.Direct.Status, Failure: e.Direct.Failure}.upstream(e.Rules)
		f := finding(class, StageUpstream)
		f.Detail, f.Words, f.Status = detail, e.Direct.Message, e.Direct.Status
		return f
	}
	if e.Accounts != nil && len(e.Accounts) == 0 {
		return config(stage, "no_account")
	}
	if reason, ok := e.outOfTraffic(); ok {
		if e.Direct != nil {
			// The upstream answers now: what put the accounts out has passed, and they stay out.
			f := config(stage, "accounts_out")
			f.Words = reason.Message
			return f
		}
		class, detail := reason.upstream(e.Rules)
		f := finding(class, stage)
		f.Detail, f.Words = detail, reason.Message
		f.Missing = []string{StageUpstream}
		return f
	}
	if len(e.Accounts) > 0 && !slices.ContainsFunc(e.Accounts, e.knowsModel) {
		return config(stage, "model_mapping")
	}
	if e.Direct != nil {
		f := finding(core.HostCompatibilityGap, stage)
		if !e.TestPassed {
			f.Missing = []string{StageAccountTest}
		}
		return f
	}
	f := finding(core.Unknown, stage)
	f.Missing = []string{StageUpstream}
	return f
}

func config(stage, missing string) core.Finding {
	f := finding(core.HostConfigGap, stage)
	f.Detail = missing
	return f
}

func (e AccessEvidence) knowsModel(o core.Object) bool {
	mapping := o.Fields.Map("credentials").Map("model_mapping")
	_, listed := mapping[e.Smoke]
	return listed || len(mapping) == 0
}

// outOfTraffic is why no account serves, in the host's words; ok is false if one could.
func (e AccessEvidence) outOfTraffic() (answer, bool) {
	var reason answer
	for _, o := range e.Accounts {
		why, out := OutOfTraffic(o, e.Now)
		if !out {
			return answer{}, false
		}
		reason = answer{status: statusIn(why), Failure: core.Failure{Message: why}}
	}
	return reason, len(e.Accounts) > 0
}
