package fakehost

import (
	"net/http"
	"strconv"
	"time"
)

// listPrices is an extract of the hosts' built-in price list, USD a token. A model that is
// neither here nor in the channel's pricing is served free (contract 10).
var listPrices = map[string]struct{ input, output, cacheRead float64 }{
	"deepseek-chat":     {2.8e-7, 4.2e-7, 2.8e-8},
	"deepseek-reasoner": {2.8e-7, 4.2e-7, 2.8e-8},
	"gpt-5.4":           {2.5e-6, 1.5e-5, 2.5e-7},
}

// cost is what a completion costs before the group's multiplier.
func (j *job) cost(a reply) (input, output float64) {
	platform, model := j.group.str("platform"), j.model
	if j.channel != nil && j.channel.str("billing_model_source") != "requested" {
		model = mapped(j.channel, platform, model)
	}
	in, out := listPrices[model].input, listPrices[model].output
	if row := pricing(j.channel, platform, model); row != nil {
		if row.str("billing_mode") == "per_request" {
			return row.num("per_request_price"), 0
		}
		in, out = row.num("input_price"), row.num("output_price")
	}
	return in * float64(a.input), out * float64(a.output)
}

// bill writes the usage record and takes the cost from the balance or the subscription.
func (j *job) bill(account *scheduled, hop *protocol, a reply, upstreamRequest string) {
	h := j.host
	h.mu.Lock()
	defer h.mu.Unlock()
	input, output := j.cost(a)
	rate := j.group.num("rate_multiplier")
	total := input + output
	record := object{
		"user_id": j.user.id, "api_key_id": j.key.id, "account_id": account.id, "group_id": j.group.id,
		"request_id": upstreamRequest, "model": j.model,
		"inbound_endpoint": j.inbound.endpoint, "upstream_endpoint": hop.endpoint,
		"input_tokens": a.input, "output_tokens": a.output, "input_cost": input, "output_cost": output,
		"total_cost": total, "actual_cost": total * rate, "rate_multiplier": rate,
		"stream": j.body.flag("stream"), "request_type": map[bool]string{true: "stream", false: "sync"}[j.body.flag("stream")],
		"user_agent": j.r.UserAgent(),
	}
	if h.traits.localRequestID {
		record["request_id"] = "client:" + j.w.Header().Get("X-Client-Request-Id")
	}
	if s := h.subscription(j.user.id, j.group.id); s != nil && j.group.str("subscription_type") == "subscription" {
		record["subscription_id"] = s.id
		for _, span := range []string{"daily_usage_usd", "weekly_usage_usd", "monthly_usage_usd"} {
			s.object[span] = s.num(span) + total*rate
		}
	} else if total > 0 {
		j.user.object["balance"] = toMicroCents(j.user.num("balance") - total*rate)
	}
	h.settle(h.insert(&h.usages, "usage", record), "usage")
	now := instant(h.now().Round(time.Microsecond))
	j.key.object["last_used_at"] = now
	if live := h.accounts.get(account.id); live != nil {
		live.object["last_used_at"] = now
	}
}

func (h *Host) listUsage(c *call) {
	rows := keep(h.usages.newest(), func(u *entity) bool { return !h.now().Before(u.created.Add(h.opt.UsageDelay)) })
	for _, field := range []string{"api_key_id", "account_id", "user_id", "group_id"} {
		if want, err := strconv.ParseInt(c.r.URL.Query().Get(field), 10, 64); err == nil {
			rows = keep(rows, func(u *entity) bool { return u.ref(field) == want })
		}
	}
	c.page(rows, 1, func(u *entity) object {
		out := view(u).without("updated_at")
		if owner := h.users.get(u.ref("user_id")); owner != nil {
			out["user"] = h.brief(owner, "user")
		}
		if k := h.keys.get(u.ref("api_key_id")); k != nil {
			out["api_key"] = view(k) // the key in clear: contract 17
		}
		return out
	})
}

// ownUsage is GET /v1/usage of the key's user.
func (h *Host) ownUsage(c *call) {
	totals := object{"requests": 0, "input_tokens": 0, "output_tokens": 0, "total_tokens": 0, "cache_creation_tokens": 0, "cache_read_tokens": 0, "cost": 0, "actual_cost": 0}
	balance := c.user.num("balance")
	c.json(http.StatusOK, object{
		"isValid": true, "mode": "unrestricted", "planName": "钱包余额", "unit": "USD", "balance": balance, "remaining": balance,
		"daily_usage": []any{}, "usage": object{"today": totals, "total": totals, "rpm": 0, "tpm": 0, "average_duration_ms": 0},
	})
}

// logUpstream keeps what an upstream said for the operators' log.
func (h *Host) logUpstream(j *job, account *scheduled, status int, words string) {
	h.settle(h.insert(&h.errorLog, "error", object{
		"error_owner": "provider", "error_source": "upstream_http", "severity": "P1", "resolved": false, "resolved_at": nil,
		"resolved_by_user_id": nil, "resolved_by_user_name": "", "request_type": 1,
		"phase": "upstream", "type": "upstream_error", "status_code": status, "message": words,
		"platform": account.fields.str("platform"), "model": j.model, "requested_model": j.model,
		"client_request_id": j.w.Header().Get("X-Client-Request-Id"), "user_id": j.user.id, "user_email": j.user.str("email"), "api_key_id": j.key.id,
		"request_id": j.w.Header().Get("X-Request-Id"), "upstream_model": "", "client_ip": "127.0.0.1/32",
		"account_id": account.id, "account_name": account.fields.str("name"),
		"group_id": j.group.id, "group_name": j.group.str("name"), "request_path": j.r.URL.Path,
		"stream": j.body.flag("stream"), "inbound_endpoint": j.inbound.endpoint, "upstream_endpoint": j.hop(account).endpoint,
	}), "error")
}

func (h *Host) upstreamErrors(c *call) {
	c.page(h.errorLog.newest(), 1, func(e *entity) object { return view(e).without("updated_at") })
}

func (h *Host) accountAvailability(c *call) {
	accounts := object{}
	for _, a := range h.accounts.all() {
		s := h.schedule(a)
		entry := object{
			"account_id": a.id, "account_name": a.str("name"), "platform": a.str("platform"), "group_id": 0, "group_name": "",
			"status": a.str("status"), "is_available": s.takesTraffic(h.now()), "is_rate_limited": a.time("rate_limit_reset_at").After(h.now()),
			"is_overloaded": a.time("overload_until").After(h.now()), "has_error": a.str("status") == "error",
			"rate_limit_reset_at": a.object["rate_limit_reset_at"], "overload_until": a.object["overload_until"],
			"rate_limit_remaining_sec": nil, "overload_remaining_sec": nil, "error_message": a.str("error_message"),
		}
		if len(s.groups) > 0 {
			if g := h.groups.get(s.groups[0]); g != nil {
				entry["group_id"], entry["group_name"] = g.id, g.str("name")
			}
		}
		accounts[strconv.FormatInt(a.id, 10)] = entry
	}
	c.ok(object{"enabled": true, "account": accounts, "group": object{}, "platform": object{}, "timestamp": instant(h.now())})
}
