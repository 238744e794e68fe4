package fakehost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// admitKey checks the user's key in the order of real hosts (contract 10). It leaves balance and
// subscription to [Host.admitPayment].
func (h *Host) admitKey(c *call) bool {
	q := c.r.URL.Query()
	if q.Get("key") != "" || q.Get("api_key") != "" {
		c.middleware(http.StatusBadRequest, "api_key_in_query_deprecated", "API key in query parameter is deprecated. Please use Authorization header instead.")
		return false
	}
	secret, _ := bearer(c.r)
	for _, name := range []string{"x-api-key", "x-goog-api-key"} {
		if secret == "" {
			secret = c.r.Header.Get(name)
		}
	}
	if secret == "" {
		c.middleware(http.StatusUnauthorized, "API_KEY_REQUIRED", "API key is required in Authorization header (Bearer scheme), x-api-key header, or x-goog-api-key header")
		return false
	}
	k := h.keys.named("key", secret)
	if k == nil {
		c.middleware(http.StatusUnauthorized, "INVALID_API_KEY", "Invalid API key")
		return false
	}
	u := h.users.get(k.ref("user_id"))
	switch {
	case k.str("status") != "active":
		c.middleware(http.StatusUnauthorized, "API_KEY_DISABLED", "API key is disabled")
	case u == nil || u.str("status") != "active":
		c.middleware(http.StatusUnauthorized, "USER_INACTIVE", "User account is not active")
	default:
		c.key, c.user = k, u
		return h.admitGroup(c) && h.admitPayment(c)
	}
	return false
}

func (h *Host) admitGroup(c *call) bool {
	id := c.key.ref("group_id")
	g := h.groups.get(id)
	switch {
	case g != nil && (g.str("status") == "active" || !h.traits.groupStatus), g == nil && h.traits.groupless:
		return true
	case g != nil:
		c.middleware(http.StatusForbidden, "GROUP_DISABLED", "API Key 所属分组已停用")
	case id == 0:
		c.json(http.StatusForbidden, object{"type": "error", "error": object{
			"type":    "permission_error",
			"message": "API Key is not assigned to any group and cannot be used. Please contact the administrator to assign it to a group.",
		}})
	case h.traits.deletedGroup == groupBreaksKey:
		c.middleware(http.StatusInternalServerError, "INTERNAL_ERROR", "Failed to select API key route")
	default:
		c.middleware(http.StatusForbidden, "GROUP_DELETED", "API Key 所属分组已删除")
	}
	return false
}

func (h *Host) admitPayment(c *call) bool {
	g := h.groups.get(c.key.ref("group_id"))
	looks := c.r.Method == http.MethodGet
	switch {
	case c.r.URL.Path == "/v1/usage", looks && !h.traits.modelsNeedBalance:
	case g != nil && g.str("subscription_type") == "subscription":
		s := h.subscription(c.user.id, g.id)
		if s == nil {
			c.middleware(http.StatusForbidden, "SUBSCRIPTION_NOT_FOUND", "No active subscription found for this group")
			return false
		}
		if exceeded(g, s) {
			c.middleware(http.StatusTooManyRequests, "USAGE_LIMIT_EXCEEDED", "Usage limit exceeded")
			return false
		}
	case c.user.num("balance") <= 0:
		c.middleware(http.StatusForbidden, "INSUFFICIENT_BALANCE", "Insufficient account balance")
		return false
	}
	return true
}

// exceeded tells whether a subscription has used up one of its group's limits.
func exceeded(g, s *entity) bool {
	return slices.ContainsFunc([]string{"daily", "weekly", "monthly"}, func(span string) bool {
		limit := g.num(span + "_limit_usd")
		return limit > 0 && s.num(span+"_usage_usd") >= limit
	})
}

// gatewayModels lists the mapping keys of the group's accounts, unschedulable ones too, else the
// platform's defaults even for an empty group: it proves nothing (contract 10).
func (h *Host) gatewayModels(c *call) {
	platform := "openai"
	var names []string
	if g := h.groups.get(c.key.ref("group_id")); g != nil {
		platform = g.str("platform")
		for _, a := range h.accounts.all() {
			if slices.Contains(h.groupsOf(a), g.id) && a.str("platform") == platform {
				names = append(names, mappingKeys(a)...)
			}
		}
	}
	cards := []object{}
	if len(names) == 0 {
		for _, name := range h.defaultModels(platform) {
			cards = append(cards, modelCard(name))
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		cards = append(cards, object{"id": name, "type": "model", "display_name": name, "created_at": "2024-01-01T00:00:00Z"})
	}
	c.json(http.StatusOK, object{"object": "list", "data": cards})
}

// completion serves one of the three completion APIs.
func (h *Host) completion(inbound *protocol) func(*call) {
	return func(c *call) {
		j := &job{call: c, host: h, inbound: inbound}
		if j.read() && j.choose() {
			j.run()
		}
	}
}

// job is a completion on its way through the gateway.
type job struct {
	*call
	host     *Host
	inbound  *protocol
	model    string
	group    *entity // a copy
	channel  *entity // a copy, or nil
	accounts []*scheduled
}

func (j *job) read() bool {
	switch {
	case len(j.raw) == 0:
		j.fail(refusal{status: http.StatusBadRequest, reason: "invalid_request_error", message: "Request body is empty"})
	case j.body == nil:
		j.fail(refusal{status: http.StatusBadRequest, reason: "invalid_request_error", message: "Failed to parse request body"})
	case j.body.str("model") == "":
		j.fail(refusal{status: http.StatusBadRequest, reason: "invalid_request_error", message: "model is required"})
	default:
		j.model = j.body.str("model")
		return true
	}
	return false
}

// choose lists the accounts that may serve the model, best first. Selection goes by the name that
// was asked for; a channel's mapping only changes what is forwarded (contract 5).
func (j *job) choose() bool {
	h := j.host
	h.mu.Lock()
	defer h.mu.Unlock()
	group := h.groups.get(j.key.ref("group_id"))
	if group == nil {
		j.fail(refusal{status: http.StatusServiceUnavailable, reason: "api_error", message: h.traits.noAccounts})
		return false
	}
	j.group = &entity{object: clone(group.object), id: group.id}
	platform := group.str("platform")
	if channel := h.channelOf(group.id); channel != nil {
		j.channel = &entity{object: clone(channel.object), id: channel.id}
	}
	if j.inbound == messagesAPI && platform == "openai" && !group.flag("allow_messages_dispatch") {
		j.fail(refusal{status: http.StatusForbidden, reason: "permission_error", message: "This group does not allow /v1/messages dispatch"})
		return false
	}
	missing := true
	for _, s := range h.pool(group.id) {
		if s.fields.str("platform") != platform || !s.supports(j.model) {
			continue
		}
		missing = false
		if s.takesTraffic(h.now()) && !s.limited(j.model, h.now()) && !j.restricted() && !h.isNative(platform) {
			j.accounts = append(j.accounts, s)
		}
	}
	if len(j.accounts) > 0 {
		j.keepTo(h.sticky[j.conversation()])
		return true
	}
	j.nobody(missing && len(h.pool(group.id)) > 0)
	return false
}

// restricted tells whether the channel refuses models that it has no price for.
func (j *job) restricted() bool {
	return j.channel != nil && j.channel.flag("restrict_models") &&
		pricing(j.channel, j.group.str("platform"), j.model) == nil
}

// nobody is the refusal that has four causes and one text (contract 10, 14).
func (j *job) nobody(unsupported bool) {
	switch {
	case unsupported && j.host.traits.missingModel404:
		j.fail(refusal{status: http.StatusNotFound, reason: "model_not_found", message: fmt.Sprintf("Model %q is not supported by any configured account in this group", j.model)})
	case j.inbound == messagesAPI && j.group.str("platform") == "anthropic":
		j.fail(refusal{status: http.StatusServiceUnavailable, reason: "api_error", message: "No available accounts: no available accounts"})
	default:
		j.fail(refusal{status: http.StatusServiceUnavailable, reason: "api_error", message: j.host.traits.noAccounts})
	}
}

// fail answers in the gateway's error shape, where a refusal's reason is the type.
func (j *job) fail(r refusal) {
	body := object{"error": object{"type": r.reason, "message": r.message}}
	if j.inbound == messagesAPI {
		body["type"] = "error"
	}
	j.json(r.status, body)
}

// failGlued is fail on the paths where 0.1.133 adds an SSE event behind the JSON.
func (j *job) failGlued(r refusal) {
	j.fail(r)
	if j.host.traits.gluesErrors {
		_, _ = io.WriteString(j.w, "event: error\ndata: {\"error\":{\"type\":\"upstream_error\",\"message\":\"Upstream request failed\"}}\n\n")
	}
}

// run tries the accounts in order until one answers or refuses for good.
func (j *job) run() {
	last := 0
	for _, account := range j.accounts {
		status, done := j.try(account)
		if done {
			return
		}
		last = status
	}
	j.fail(verdict(last))
}

// forwarded is the model name that goes upstream, by channel and account mapping.
func (j *job) forwarded(account *scheduled) string {
	return upstreamModel(account.fields, mapped(j.channel, j.group.str("platform"), j.model))
}

// try asks one account's upstream. done means that the user has been answered.
func (j *job) try(account *scheduled) (status int, done bool) {
	h := j.host
	hop := j.hop(account)
	resp, err := h.ask(j.r.Context(), account.fields, hop, j.outgoing(hop, account))
	if err == nil && resp.StatusCode == http.StatusNotFound && j.mayFallBack(hop, account) {
		_ = resp.Body.Close()
		hop = chatAPI
		resp, err = h.ask(j.r.Context(), account.fields, hop, j.outgoing(hop, account))
	}
	if errors.Is(err, errBadBase) {
		j.fail(upstreamFailed)
		return 0, true
	}
	if err != nil && h.traits.transportFailsOver {
		return http.StatusBadGateway, false
	}
	if err != nil {
		j.failGlued(upstreamFailed)
		return 0, true
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= http.StatusBadRequest {
		return j.refused(account, resp)
	}
	j.answeredBy(account)
	j.deliver(account, hop, resp)
	return 0, true
}

// hop is the API to ask the account's upstream by.
func (j *job) hop(account *scheduled) *protocol {
	switch {
	case account.fields.str("platform") == "anthropic":
		return messagesAPI
	case j.host.chatOnly(account.fields):
		return chatAPI
	}
	return responsesAPI
}

// mayFallBack tells whether a 404 of /responses is taken for a chat-only upstream: as long as
// nobody knows better (contract 10, "while unprobed").
func (j *job) mayFallBack(hop *protocol, account *scheduled) bool {
	_, probed := account.fields.obj("extra")["openai_responses_supported"]
	return hop == responsesAPI && j.host.traits.chatHop && !probed
}

func (j *job) refused(account *scheduled, resp *http.Response) (int, bool) {
	raw, _ := io.ReadAll(resp.Body)
	h := j.host
	h.mu.Lock()
	failover := h.blame(account.id, j.model, resp.StatusCode, raw)
	h.logUpstream(j, account, resp.StatusCode, failureText(raw))
	h.mu.Unlock()
	if failover {
		return resp.StatusCode, false
	}
	kind := "invalid_request_error"
	if resp.StatusCode == http.StatusNotFound {
		if j.inbound == responsesAPI { // only chat completions pass a 404 on
			j.fail(upstreamFailed)
			return 0, true
		}
		kind = "not_found_error"
	}
	j.failGlued(refusal{status: resp.StatusCode, reason: kind, message: failureText(raw)})
	return 0, true
}

// outgoing is the body for the upstream.
func (j *job) outgoing(hop *protocol, account *scheduled) object {
	model := j.forwarded(account)
	if hop == j.inbound {
		body := j.body.without()
		body["model"] = model
		if j.host.opt.DropsReasoning {
			for _, turn := range body.list("messages") {
				delete(asObject(turn), "reasoning_content")
			}
		}
		return body
	}
	raw, _ := json.Marshal(j.body["messages"])
	if j.inbound == responsesAPI {
		raw, _ = json.Marshal(j.body["input"])
	}
	return question(hop, model, string(raw))
}
