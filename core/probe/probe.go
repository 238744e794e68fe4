// Package probe tells whose fault a failure is. It is pure: what was seen comes in as values, and the
// verdict is a table that its tests read back.
//
// The order of belief: the pack's own rules, then the generic table of bodies, then the status code;
// the upstream asked directly before the gateway, whose answers hide the upstream's words.
package probe

import (
	"strings"

	"cnrelay/core"
)

// Stages name where a finding was made.
const (
	StageAccountTest       = "account_test"
	StageUpstream          = "upstream_completion"
	StageGatewayModels     = "gateway_models"
	StageGatewayCompletion = "gateway_completion"
	StageAccountList       = "account_list"
)

// fault says who can mend each class.
var fault = map[core.Class]core.Fault{
	core.Ready:                       core.NoFault,
	core.AnsweredWithoutContent:      core.FaultUpstream,
	core.UpstreamKeyInvalid:          core.FaultUpstream,
	core.UpstreamKeyOtherRegion:      core.FaultOperator,
	core.UpstreamKeyQuota:            core.FaultUpstream,
	core.UpstreamModelMissing:        core.FaultUpstream,
	core.UpstreamUnreachable:         core.FaultUpstream,
	core.UpstreamUnreachableFromHost: core.FaultHost,
	core.UpstreamError:               core.FaultUpstream,
	core.RateLimited:                 core.FaultUpstream,
	core.HostCompatibilityGap:        core.FaultHost,
	core.HostConfigGap:               core.FaultConfig,
	core.HostUnreachable:             core.FaultHost,
	core.HostAuth:                    core.FaultConfig,
	core.Unknown:                     core.FaultUnknown,
}

func finding(class core.Class, stage string) core.Finding {
	return core.Finding{Class: class, Fault: fault[class], Stage: stage}
}

// answer is an upstream's refusal, wherever it was read.
type answer struct {
	status int
	core.Failure
}

// generic classifies what all OpenAI-like upstreams and relays have in common (PROVIDERS 2). It
// comes after the pack's rules. The first that matches decides.
var generic = []core.Rule{
	{Code: "insufficient_user_quota", Class: core.UpstreamKeyQuota},
	{Code: "pre_consume_token_quota_failed", Class: core.UpstreamKeyQuota},
	{Code: "insufficient_quota", Class: core.UpstreamKeyQuota},
	{Code: "INSUFFICIENT_BALANCE", Class: core.UpstreamKeyQuota}, // a sub2api behind the host
	{Code: "exceeded_current_quota_error", Class: core.UpstreamKeyQuota},
	{Code: "insufficient_balance_error", Class: core.UpstreamKeyQuota},
	{Code: "AccountOverdueError", Class: core.UpstreamKeyQuota},
	{Code: "Arrearage", Class: core.UpstreamKeyQuota},
	{Text: "余额不足", Class: core.UpstreamKeyQuota},
	{Text: "用户额度不足", Class: core.UpstreamKeyQuota},
	{Text: "credit balance is too low", Class: core.UpstreamKeyQuota},
	{Text: "insufficient balance", Class: core.UpstreamKeyQuota},
	{Text: "insufficient account balance", Class: core.UpstreamKeyQuota},
	{Status: 402, Class: core.UpstreamKeyQuota},
	{Code: "model_not_found", Class: core.UpstreamModelMissing},
	{Status: 404, Text: "model", Class: core.UpstreamModelMissing},
	{Code: "invalid_api_key", Class: core.UpstreamKeyInvalid},
	{Status: 401, Class: core.UpstreamKeyInvalid},
	{Status: 403, Class: core.UpstreamKeyInvalid},
	{Status: 429, Class: core.RateLimited},
}

// upstream classifies a refusal by the pack's rules, then the generic ones, then what is left.
func (a answer) upstream(rules []core.Rule) (core.Class, string) {
	for _, list := range [][]core.Rule{rules, generic} {
		for _, r := range list {
			if a.matches(r) {
				return r.Class, r.Note
			}
		}
	}
	switch {
	case a.Net == core.NetNotJSON:
		return core.UpstreamError, "not_an_api"
	case a.Net != "":
		return core.UpstreamUnreachable, string(a.Net)
	case a.status >= 500:
		return core.UpstreamError, ""
	case a.status == 404:
		return core.UpstreamError, "no_such_path"
	case a.status >= 400:
		return core.UpstreamError, "request_refused"
	}
	return core.Unknown, ""
}

func (a answer) matches(r core.Rule) bool {
	if r.Status != 0 && r.Status != a.status {
		return false
	}
	if r.Code != "" && r.Code != a.Code && r.Code != a.Type {
		return false
	}
	return r.Text == "" || strings.Contains(strings.ToLower(a.Message), strings.ToLower(r.Text))
}
