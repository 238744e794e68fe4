package probe

import (
	"testing"
	"time"

	"cnrelay/core"
)

var (
	at       = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	answered = core.Completion{At: at, Status: 200, Content: "pong"}
	silent   = core.Completion{At: at, Status: 200, Reasoning: true}
	passed   = core.AccountTest{At: at, Complete: true, Content: "pong"}
	empty    = core.AccountTest{At: at, Complete: true}
)

func refusal(status int, code, kind, message string) core.Completion {
	return core.Completion{At: at, Status: status, Failure: core.Failure{Code: code, Type: kind, Message: message}}
}

func unreachable(net core.NetError) core.Completion {
	return core.Completion{At: at, Failure: core.Failure{Net: net, Message: "no answer"}}
}

func failedTest(status int, net core.NetError, message string) core.AccountTest {
	return core.AccountTest{At: at, Status: status, Failure: core.Failure{Net: net, Message: message}}
}

// What upstreams answer for the same trouble (PROVIDERS 2), with a pack's rules where the words are a
// provider's own.
func TestUpstreamRefusals(t *testing.T) {
	glm := []core.Rule{{Status: 429, Code: "1113", Class: core.UpstreamKeyQuota}, {Code: "1311", Class: core.UpstreamModelMissing}}
	minimax := []core.Rule{{Status: 500, Text: "(1008)", Class: core.UpstreamKeyQuota}}
	for _, c := range []struct {
		name   string
		rules  []core.Rule
		answer core.Completion
		want   core.Class
	}{
		{"DeepSeek without balance", nil, refusal(402, "", "", "Insufficient Balance"), core.UpstreamKeyQuota},
		{"MiniMax without balance, as 500", minimax, refusal(500, "", "api_error", "insufficient balance (1008)"), core.UpstreamKeyQuota},
		{"Kimi without quota, as 429", nil, refusal(429, "", "exceeded_current_quota_error", "suspended"), core.UpstreamKeyQuota},
		{"Kimi busy", nil, refusal(429, "", "rate_limit_reached_error", "slow down"), core.RateLimited},
		{"GLM in arrears, as 429", glm, refusal(429, "1113", "", "余额不足"), core.UpstreamKeyQuota},
		{"GLM rate", glm, refusal(429, "1302", "", "too fast"), core.RateLimited},
		{"GLM plan without the model", glm, refusal(429, "1311", "", "no"), core.UpstreamModelMissing},
		{"Qwen in arrears, as 400", nil, refusal(400, "Arrearage", "", "good standing"), core.UpstreamKeyQuota},
		{"Ark in arrears, as 403", nil, refusal(403, "AccountOverdueError", "", "overdue"), core.UpstreamKeyQuota},
		{"a new-api relay without quota", nil, refusal(403, "insufficient_user_quota", "", "用户额度不足"), core.UpstreamKeyQuota},
		{"a sub2api relay without balance", nil, refusal(403, "INSUFFICIENT_BALANCE", "", ""), core.UpstreamKeyQuota},
		{"Anthropic style", nil, refusal(400, "", "", "Your credit balance is too low"), core.UpstreamKeyQuota},
		{"wrong key", nil, refusal(401, "invalid_api_key", "", "Invalid API key"), core.UpstreamKeyInvalid},
		{"forbidden", nil, refusal(403, "", "", "Forbidden"), core.UpstreamKeyInvalid},
		{"model gone", nil, refusal(404, "model_not_found", "", ""), core.UpstreamModelMissing},
		{"model gone, in words", nil, refusal(404, "", "", "The model x does not exist"), core.UpstreamModelMissing},
		{"wrong path", nil, refusal(404, "", "", "404 page not found"), core.UpstreamError},
		{"down", nil, refusal(503, "", "", "overloaded"), core.UpstreamError},
		{"a web page", nil, core.Completion{At: at, Status: 200, Failure: core.Failure{Net: core.NetNotJSON, Message: "Welcome"}}, core.UpstreamError},
		{"refused", nil, unreachable(core.NetRefused), core.UpstreamUnreachable},
		{"silent", nil, unreachable(core.NetTimeout), core.UpstreamUnreachable},
		{"only reasoning", nil, silent, core.AnsweredWithoutContent},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, f := Account(AccountEvidence{Name: "a", Rules: c.rules, Test: failedTest(0, "", "as the host told it"), Direct: &c.answer})
			if f.Class != c.want || f.Fault != fault[c.want] {
				t.Errorf("%s, fault %s; want %s", f.Class, f.Fault, c.want)
			}
			if f.About != "a" || !f.At.Equal(at) {
				t.Errorf("about %q at %v", f.About, f.At)
			}
		})
	}
}

func TestAccount(t *testing.T) {
	compat := failedTest(404, "", "API returned 404")
	cut := failedTest(0, core.NetRefused, "dial tcp: connection refused")
	for _, c := range []struct {
		name    string
		e       AccountEvidence
		verdict core.Verdict
		class   core.Class
		detail  string
	}{
		{"passed", AccountEvidence{Test: passed}, core.Passed, core.Ready, ""},
		{"no content, answered directly", AccountEvidence{Test: empty, Direct: &answered}, core.Passed, core.Ready, ""},
		{"no content, nor directly", AccountEvidence{Test: empty, Direct: &silent}, core.Inconclusive, core.AnsweredWithoutContent, ""},
		{"no content, not asked directly", AccountEvidence{Test: empty}, core.Inconclusive, core.AnsweredWithoutContent, ""},
		{"the host fails where we don't", AccountEvidence{Test: compat, Direct: &answered}, core.Failed, core.HostCompatibilityGap, ""},
		{"the host can't reach it", AccountEvidence{Test: cut, Direct: &answered}, core.Failed, core.UpstreamUnreachableFromHost, ""},
		{"key of the other region", AccountEvidence{Test: failedTest(401, "", "no"), Direct: ptr(refusal(401, "", "", "no")), Sister: "intl"},
			core.Failed, core.UpstreamKeyOtherRegion, "intl"},
		{"without words", AccountEvidence{Test: core.AccountTest{At: at}}, core.Failed, core.Unknown, "no_reason_given"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, f := Account(c.e)
			if v != c.verdict || f.Class != c.class || f.Detail != c.detail {
				t.Errorf("%s %s %q, want %s %s %q", v, f.Class, f.Detail, c.verdict, c.class, c.detail)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

func account(fields core.Fields) core.Object {
	base := core.Fields{"status": "active", "schedulable": true, "credentials": map[string]any{"model_mapping": map[string]any{"flash": "flash"}}}
	for k, v := range fields {
		base[k] = v
	}
	return core.Object{Kind: core.Account, ID: 1, Fields: base}
}

func TestAccess(t *testing.T) {
	listed := core.ModelList{At: at, Status: 200, Models: []string{"flash"}}
	later := at.Add(time.Minute).Format(time.RFC3339)
	generic503 := refusal(503, "", "api_error", "Service temporarily unavailable")
	generic502 := refusal(502, "", "upstream_error", "Upstream request failed")
	broke := refusal(402, "", "", "Insufficient Balance")
	healthy := []core.Object{account(nil)}
	type want struct {
		class  core.Class
		detail string
	}
	for _, c := range []struct {
		name string
		e    AccessEvidence
		want []want
	}{
		{"ready", AccessEvidence{Models: listed, Completion: answered}, []want{{core.Ready, ""}}},
		{"200 without words", AccessEvidence{Models: listed, Completion: silent}, []want{{core.AnsweredWithoutContent, ""}}},
		{"the user's balance", AccessEvidence{Models: listed, Completion: refusal(403, "INSUFFICIENT_BALANCE", "", "")}, []want{{core.HostConfigGap, "user_balance"}}},
		{"no subscription", AccessEvidence{Models: listed, Completion: refusal(403, "SUBSCRIPTION_NOT_FOUND", "", "")}, []want{{core.HostConfigGap, "subscription"}}},
		{"key without group", AccessEvidence{Models: listed, Completion: refusal(403, "", "permission_error", "")}, []want{{core.HostConfigGap, "key_without_group"}}},
		{"the group has no account", AccessEvidence{Models: listed, Completion: generic503, Accounts: []core.Object{}}, []want{{core.HostConfigGap, "no_account"}}},
		{"accounts don't know the model", AccessEvidence{Models: listed, Completion: generic503, Smoke: "other", Accounts: healthy, Direct: &answered},
			[]want{{core.HostConfigGap, "model_not_listed"}, {core.HostConfigGap, "model_mapping"}}},
		{"all well and yet not", AccessEvidence{Models: listed, Completion: generic503, Accounts: healthy, Direct: &answered, TestPassed: true}, []want{{core.HostCompatibilityGap, ""}}},
		{"the upstream is out of money", AccessEvidence{Models: listed, Completion: generic502, Accounts: healthy, Direct: &broke}, []want{{core.UpstreamKeyQuota, ""}}},
		{"by the account's reason", AccessEvidence{Models: listed, Completion: generic502, Accounts: []core.Object{account(core.Fields{"status": "error", "error_message": "Payment required (402): x"})}},
			[]want{{core.UpstreamKeyQuota, ""}}},
		{"out of traffic though the upstream is well", AccessEvidence{Models: listed, Completion: generic503, Direct: &answered,
			Accounts: []core.Object{account(core.Fields{"temp_unschedulable_until": later, "temp_unschedulable_reason": "403 cooldown"})}}, []want{{core.HostConfigGap, "accounts_out"}}},
		{"the host is gone", AccessEvidence{Models: core.ModelList{At: at, Failure: core.Failure{Net: core.NetRefused}}, Completion: unreachable(core.NetRefused)}, []want{{core.HostUnreachable, "refused"}}},
		{"a hanging upstream behind a patient host", AccessEvidence{Models: listed, Completion: unreachable(core.NetTimeout), Direct: ptr(unreachable(core.NetTimeout))}, []want{{core.UpstreamUnreachable, "timeout"}}},
		{"a missing model and a wrong group", AccessEvidence{Models: core.ModelList{At: at, Status: 200, Models: []string{"gpt"}}, Completion: refusal(403, "GROUP_NOT_ALLOWED", "", "")},
			[]want{{core.HostConfigGap, "model_not_listed"}, {core.HostConfigGap, "group_not_allowed"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.e.Smoke == "" {
				c.e.Smoke = "flash"
			}
			c.e.User, c.e.Now = "u", at
			got := Access(c.e)
			if len(got) != len(c.want) {
				t.Fatalf("%d findings: %+v", len(got), got)
			}
			for i, w := range c.want {
				if got[i].Class != w.class || got[i].Detail != w.detail {
					t.Errorf("finding %d is %s %q, want %s %q", i, got[i].Class, got[i].Detail, w.class, w.detail)
				}
			}
		})
	}
}

func TestOutOfTraffic(t *testing.T) {
	past, later := at.Add(-time.Minute).Format(time.RFC3339), at.Add(time.Minute).Format(time.RFC3339)
	for name, c := range map[string]struct {
		fields core.Fields
		out    bool
	}{
		"well":                 {nil, false},
		"error":                {core.Fields{"status": "error"}, true},
		"cooling":              {core.Fields{"temp_unschedulable_until": later}, true},
		"cooled":               {core.Fields{"temp_unschedulable_until": past}, false},
		"rate limited":         {core.Fields{"rate_limit_reset_at": later}, true},
		"overloaded":           {core.Fields{"overload_until": later}, true},
		"switched off by hand": {core.Fields{"schedulable": false}, true},
		"expired":              {core.Fields{"expires_at": float64(at.Unix()), "auto_pause_on_expired": true}, true},
		"expired, not paused":  {core.Fields{"expires_at": float64(at.Unix()), "auto_pause_on_expired": false}, false},
		"expires later":        {core.Fields{"expires_at": float64(at.Unix() + 1), "auto_pause_on_expired": true}, false},
	} {
		if _, out := OutOfTraffic(account(c.fields), at); out != c.out {
			t.Errorf("%s: out of traffic %v", name, out)
		}
	}
}

// Why an account is out, by its host's list alone: whose fault, in the host's words.
func TestTraffic(t *testing.T) {
	past, later := at.Add(-time.Minute).Format(time.RFC3339), at.Add(time.Minute).Format(time.RFC3339)
	limit := func(until string) core.Fields {
		return core.Fields{"extra": map[string]any{"model_rate_limits": map[string]any{"flash": map[string]any{"rate_limit_reset_at": until, "reason": "upstream_404_model_not_found"}}}}
	}
	for name, c := range map[string]struct {
		fields core.Fields
		class  core.Class
		detail string
		words  string
	}{
		"well":            {nil, "", "", ""},
		"401":             {core.Fields{"status": "error", "error_message": "Authentication failed (401): no"}, core.UpstreamKeyInvalid, "", "error: Authentication failed (401): no"},
		"402":             {core.Fields{"status": "error", "error_message": "Payment required (402): x"}, core.UpstreamKeyQuota, "", "error: Payment required (402): x"},
		"403, of quota":   {core.Fields{"temp_unschedulable_until": later, "temp_unschedulable_reason": "cooldown (1/3): Access forbidden (403): 用户额度不足"}, core.UpstreamKeyQuota, "", "cooldown (1/3): Access forbidden (403): 用户额度不足"},
		"429":             {core.Fields{"rate_limit_reset_at": later}, core.RateLimited, "", "rate limited (429) until " + later},
		"529":             {core.Fields{"overload_until": later}, core.UpstreamError, "", "overloaded (529) until " + later},
		"a model":         {limit(later), core.UpstreamModelMissing, "", "flash until " + later + ": upstream_404_model_not_found"},
		"a model, before": {limit(past), "", "", ""},
		"switched off":    {core.Fields{"schedulable": false}, core.HostConfigGap, "account_off", "not schedulable"},
		"inactive":        {core.Fields{"status": "inactive"}, core.HostConfigGap, "account_off", "inactive"},
	} {
		f, ok := Traffic(account(c.fields), nil, at)
		if ok != (c.class == "") || f.Class != c.class || f.Detail != c.detail || f.Words != c.words || f.Fault != fault[c.class] {
			t.Errorf("%s: %v %+v", name, ok, f)
		}
	}
}

// Only what a host says while it takes a change up is asked again.
func TestNotTakenUp(t *testing.T) {
	for _, c := range []struct {
		answer core.Completion
		again  bool
	}{
		{refusal(503, "", "api_error", ""), true},
		{refusal(404, "", "model_not_found", ""), true},
		{refusal(404, "", "", ""), false},
		{refusal(502, "", "upstream_error", ""), false},
		{refusal(403, "INSUFFICIENT_BALANCE", "", ""), false},
		{answered, false},
	} {
		if NotTakenUp(c.answer) != c.again {
			t.Errorf("%d %s is asked again: %v", c.answer.Status, c.answer.Type, !c.again)
		}
	}
}
