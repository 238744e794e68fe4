package contract

import (
	"net/http"
	"strings"
)

// served makes a group with one account, and a key of the shared user bound to it.
func (e *env) served(behaviour string, fields object) (group, account int64, key string) {
	e.Helper()
	group = e.group(nil)
	account = e.account(behaviour, []int64{group}, fields)
	e.settled(account)
	_, key = e.key(e.member, group)
	return group, account, key
}

// answered asks until the gateway has taken up the account and gives the answer.
func (e *env) answered(key, model string) response {
	e.Helper()
	var r response
	e.eventually("the gateway answers", func() bool {
		r = e.ask(key, model)
		return r.status == http.StatusOK
	})
	return r
}

// refusedUntilKnown asks until the gateway has taken up the account and gives the first answer
// that isn't "nobody there".
func (e *env) refusedUntilKnown(key string) response {
	e.Helper()
	var r response
	e.eventually("the gateway knows the account", func() bool {
		r = e.ask(key, "smoke-model")
		return r.status != http.StatusServiceUnavailable
	})
	return r
}

var gatewayCases = []testCase{
	{"a completion", "10", nil, func(e *env) {
		_, _, key := e.served("ok", nil)
		r := e.answered(key, "smoke-model")
		e.same("content", r.answer(), "pong from smoke-model")
		e.same("model", r.json["model"], "smoke-model")
		e.same("X-Client-Request-Id is given", r.header.Get("X-Client-Request-Id") != "", e.has.modelSync)
		want := "text/event-stream" // a plain JSON object all the same: contract 10
		if e.has.compliance {
			want = "application/json"
		}
		if ct := r.header.Get("Content-Type"); !strings.HasPrefix(ct, want) {
			e.Errorf("Content-Type %q, want %q", ct, want)
		}
	}},
	{"a streamed completion", "10", nil, func(e *env) {
		_, _, key := e.served("ok", nil)
		e.answered(key, "smoke-model")
		r := e.want(e.call("POST", "/v1/chat/completions", key, merged(question("smoke-model"), object{"stream": true})), 200)
		if !strings.HasPrefix(r.body, "data: {") || !strings.HasSuffix(r.body, "data: [DONE]\n\n") {
			e.Errorf("stream %q", r.body)
		}
	}},
	{"responses and messages", "4, 10", nil, func(e *env) {
		group, _, key := e.served("ok", nil)
		e.answered(key, "smoke-model")
		r := e.want(e.call("POST", "/v1/responses", key, object{"model": "smoke-model", "input": "ping"}), 200)
		if !strings.Contains(r.body, "pong from smoke-model") {
			e.Errorf("responses: %s", r.body)
		}
		messages := object{"model": "smoke-model", "max_tokens": 1024, "messages": []object{{"role": "user", "content": "ping"}}}
		e.want(e.call("POST", "/v1/messages", key, messages), 403, "permission_error")
		e.want(e.admin("PUT", "/groups/"+itoa(group), object{"allow_messages_dispatch": true}), 200)
		e.eventually("messages are dispatched", func() bool {
			r = e.call("POST", "/v1/messages", key, messages)
			return r.status == 200
		})
		e.same("text", asObject(r.json.list("content")[0])["text"], "pong from smoke-model")
	}},
	{"which keys get in", "10", nil, func(e *env) {
		e.want(e.ask("", "smoke-model"), 401, "API_KEY_REQUIRED")
		e.want(e.ask("sk-no-such-key", "smoke-model"), 401, "INVALID_API_KEY")
		e.want(e.call("GET", "/v1/models", "Bearer", nil), 401)
		e.want(e.send("GET", "/v1/models", http.Header{"X-Api-Key": {e.AdminKey}}, nil), 401, "INVALID_API_KEY")
		e.want(e.call("GET", "/v1/models?api_key=sk-x", "", nil), 400, "api_key_in_query_deprecated")
		id, key := e.key(e.member, 0)
		e.want(e.ask(key, "smoke-model"), 403, "permission_error")
		e.want(e.call("GET", "/v1/models", key, nil), 403, "permission_error")
		e.want(e.call("PUT", "/api/v1/keys/"+itoa(id), e.member.token, object{"status": "inactive"}), 200)
		e.want(e.ask(key, "smoke-model"), 401, "API_KEY_DISABLED")
	}},
	{"bad requests", "10", nil, func(e *env) {
		_, _, key := e.served("ok", nil)
		for _, body := range []string{"{", "", `{"messages":[]}`} {
			e.want(e.call("POST", "/v1/chat/completions", key, body), 400, "invalid_request_error")
		}
	}},
	{"an inactive group", "10", modern, func(e *env) {
		group, _, key := e.served("ok", nil)
		e.want(e.admin("PUT", "/groups/"+itoa(group), object{"status": "inactive"}), 200)
		e.want(e.ask(key, "smoke-model"), 403, "GROUP_DISABLED")
	}},
	{"balance and its absence", "10, 14", nil, func(e *env) {
		group, _, _ := e.served("ok", nil)
		m := e.newMember("poor", 0)
		_, key := e.key(m, group)
		e.want(e.ask(key, "smoke-model"), 403, "INSUFFICIENT_BALANCE")
		models := e.call("GET", "/v1/models", key, nil)
		if e.has.compliance {
			e.want(models, 200)
		} else {
			e.want(models, 403, "INSUFFICIENT_BALANCE")
		}
		e.want(e.admin("POST", "/users/"+itoa(m.id)+"/balance", object{"balance": 1, "operation": "add"}), 200)
		e.answered(key, "smoke-model")
	}},
	{"a subscription opens its group, without balance, until it is revoked", "10", nil, func(e *env) {
		group := e.group(object{"subscription_type": "subscription"})
		account := e.account("ok", []int64{group}, nil)
		e.settled(account)
		m := e.newMember("subscriber", 0)
		sub := e.want(e.admin("POST", "/subscriptions/assign", object{"user_id": m.id, "group_id": group, "validity_days": 1}), 200).id()
		e.deleteAfter("/subscriptions", sub)
		_, key := e.key(m, group)
		e.answered(key, "smoke-model")
		e.want(e.call("GET", "/v1/models", key, nil), 200)
		e.want(e.admin("DELETE", "/subscriptions/"+itoa(sub), nil), 200)
		e.eventually("the revocation is known", func() bool { return e.ask(key, "smoke-model").status == 403 })
		e.want(e.ask(key, "smoke-model"), 403, "SUBSCRIPTION_NOT_FOUND")
	}},
	{"the model list proves nothing", "10, 12.9", nil, func(e *env) {
		_, account, key := e.served("ok", nil)
		ids := func() string { return e.want(e.call("GET", "/v1/models", key, nil), 200).body }
		e.eventually("the mapped model is listed", func() bool { return strings.Contains(ids(), `"smoke-model"`) })
		e.want(e.admin("POST", "/accounts/"+itoa(account)+"/schedulable", object{"schedulable": false}), 200)
		e.eventually("no completion", func() bool { return e.ask(key, "smoke-model").status == 503 })
		if !strings.Contains(ids(), `"smoke-model"`) {
			e.Error("the unschedulable account's model isn't listed")
		}
		_, empty := e.key(e.member, e.group(nil))
		if body := e.want(e.call("GET", "/v1/models", empty, nil), 200).body; !strings.Contains(body, `"gpt-`) {
			e.Errorf("an empty group lists %s", body)
		}
	}},
	{"a model that no account lists", "10, 14", nil, func(e *env) {
		_, _, key := e.served("ok", nil)
		e.answered(key, "smoke-model")
		r := e.ask(key, "no-such-model")
		if e.has.compliance {
			e.want(r, 404, "model_not_found")
		} else {
			e.want(r, 503, "api_error")
			e.same("message", r.message(), "Service temporarily unavailable")
		}
	}},
	{"an empty group", "10", nil, func(e *env) {
		_, key := e.key(e.member, e.group(nil))
		e.want(e.ask(key, "smoke-model"), 503, "api_error")
	}},
	{"account aliases work and are hidden", "10", nil, func(e *env) {
		_, _, key := e.served("ok", object{"credentials": merged(e.credentials("ok"), object{"model_mapping": object{"alias": "smoke-model"}})})
		r := e.answered(key, "alias")
		e.same("content", r.answer(), "pong from smoke-model")
		e.same("model", r.json["model"], "alias")
	}},
	{"channel aliases need an account that accepts the alias", "5", nil, func(e *env) {
		group, account, key := e.served("ok", nil)
		e.create("/channels", object{"name": e.name("channel"), "group_ids": []int64{group}, "model_mapping": object{"openai": object{"alias": "smoke-model"}}})
		e.answered(key, "smoke-model")
		if r := e.ask(key, "alias"); r.status != 503 && r.status != 404 {
			e.Errorf("alias that the account doesn't list: %d %s", r.status, r.body)
		}
		open := e.credentials("ok")
		delete(open, "model_mapping")
		e.want(e.admin("PUT", "/accounts/"+itoa(account), object{"credentials": open}), 200)
		r := e.answered(key, "alias")
		e.same("content", r.answer(), "pong from smoke-model")
		e.same("model", r.json["model"], "smoke-model")
	}},
	{"a channel restricts models to those it prices", "5", nil, func(e *env) {
		group := e.group(nil)
		open := e.credentials("ok")
		delete(open, "model_mapping")
		e.settled(e.account("ok", []int64{group}, object{"credentials": open}))
		e.create("/channels", object{"name": e.name("channel"), "group_ids": []int64{group}, "restrict_models": true,
			"model_pricing": []object{{"platform": "openai", "models": []string{"smoke-model"}, "input_price": 1e-6, "output_price": 1e-6}}})
		_, key := e.key(e.member, group)
		e.answered(key, "smoke-model")
		e.want(e.ask(key, "deepseek-chat"), 503, "api_error")
	}},
	{"failover goes by priority and marks what failed", "10", nil, func(e *env) {
		group := e.group(nil)
		broken := e.account("500", []int64{group}, object{"priority": 1})
		denied := e.account("401", []int64{group}, object{"priority": 2})
		good := e.account("ok", []int64{group}, object{"priority": 3})
		for _, id := range []int64{broken, denied, good} {
			e.settled(id)
		}
		_, key := e.key(e.member, group)
		e.answered(key, "smoke-model")
		e.eventually("the 401 account is marked", func() bool { return e.state(denied)["status"] == "error" })
		e.same("the 500 account", e.state(broken)["status"], "active")
	}},
	{"a chat-only upstream is served", "7, 12.4", modern, func(e *env) {
		_, _, key := e.served("chatonly", object{"extra": object{"openai_responses_mode": "force_chat_completions"}})
		r := e.answered(key, "smoke-model")
		e.same("content", r.answer(), "pong from smoke-model")
		if !strings.HasPrefix(r.json.str("id"), "chatcmpl-") {
			e.Errorf("id %q isn't of the chat hop", r.json.str("id"))
		}
	}},
	{"a chat-only upstream's 404 is passed on", "13", older, func(e *env) {
		_, _, key := e.served("chatonly", nil)
		r := e.refusedUntilKnown(key)
		e.want(r, 404, "not_found_error")
	}},
	{"the anthropic platform serves chat completions and messages", "4", nil, func(e *env) {
		group := e.group(object{"platform": "anthropic"})
		e.account("ok", []int64{group}, object{"platform": "anthropic", "credentials": merged(e.credentials("ok"), object{"base_url": e.anthropic()})})
		_, key := e.key(e.member, group)
		r := e.answered(key, "smoke-model")
		e.same("content", r.answer(), "pong from smoke-model")
		messages := object{"model": "smoke-model", "max_tokens": 1024, "messages": []object{{"role": "user", "content": "ping"}}}
		m := e.want(e.call("POST", "/v1/messages", key, messages), 200)
		e.same("text", asObject(m.json.list("content")[0])["text"], "pong from smoke-model")
	}},
	{"an upstream that streams unasked", "10", nil, func(e *env) {
		_, _, key := e.served("ssejson", nil)
		r := e.answered(key, "smoke-model")
		if !strings.Contains(r.body, "pong from smoke-model") && !strings.Contains(r.body, "smoke-model") {
			e.Errorf("answer %q", r.body)
		}
	}},
	{"an answer of reasoning only has no content", "10, 17", nil, func(e *env) {
		group := e.group(nil)
		e.account("reason", []int64{group}, nil)
		_, key := e.key(e.member, group)
		r := e.refusedUntilKnown(key)
		e.want(r, 200)
		e.same("content", r.answer(), "")
	}},
	{"a native platform looks ready and isn't", "14", latest, func(e *env) {
		group := e.group(object{"platform": "deepseek"})
		account := e.account("ok", []int64{group}, object{"platform": "deepseek"})
		e.same("the test", e.test(account, "smoke-model").last()["type"], "test_complete")
		_, key := e.key(e.member, group)
		e.eventually("the model is listed", func() bool {
			return strings.Contains(e.want(e.call("GET", "/v1/models", key, nil), 200).body, `"smoke-model"`)
		})
		for range 5 {
			e.want(e.ask(key, "smoke-model"), 503, "api_error")
		}
	}},
}

// refusalCases are what users see of an upstream's refusals, and where the reason is kept.
var refusalCases = []testCase{
	{"upstream 401", "10", nil, func(e *env) {
		state := e.refusal("401", 502, "upstream_error", "Upstream authentication failed, please contact administrator", 503)
		e.same("status", state["status"], "error")
		e.same("schedulable", state["schedulable"], !e.has.modelSync)
		e.same("error_message", state["error_message"], "Authentication failed (401): Invalid API key")
	}},
	{"upstream 402", "10", nil, func(e *env) {
		state := e.refusal("402", 502, "upstream_error", "Upstream request failed", 503)
		e.same("status", state["status"], "error")
		e.same("error_message", state["error_message"], "Payment required (402): Insufficient Balance")
	}},
	{"upstream 403", "10", nil, func(e *env) {
		state := e.refusal("403quota", 502, "upstream_error", "Upstream access forbidden, please contact administrator", 503)
		e.same("status", state["status"], "active")
		e.same("reason", state["temp_unschedulable_reason"], "OpenAI 403 temporary cooldown (1/3): Access forbidden (403): 用户额度不足")
		if state.str("temp_unschedulable_until") == "" {
			e.Error("no temp_unschedulable_until")
		}
	}},
	{"upstream 429", "10", nil, func(e *env) {
		state := e.refusal("429", 429, "rate_limit_error", "Upstream rate limit exceeded, please retry later", 503)
		e.same("status", state["status"], "active")
		if state.str("rate_limit_reset_at") == "" {
			e.Error("no rate_limit_reset_at")
		}
	}},
	{"upstream 500 and 503", "10", nil, func(e *env) {
		for _, behaviour := range []string{"500", "503"} {
			state := e.refusal(behaviour, 502, "upstream_error", "Upstream service temporarily unavailable", 502)
			e.same("status", state["status"], "active")
			e.same("schedulable", state["schedulable"], true)
		}
	}},
	{"upstream 400 is passed on", "10", nil, func(e *env) {
		state := e.refusal("400", 400, "invalid_request_error", "Invalid request: unsupported parameter", 400)
		e.same("status", state["status"], "active")
	}},
	{"an upstream that lacks the model", "10, 13", modern, func(e *env) {
		state := e.refusal("model404", 502, "upstream_error", "Upstream request failed", 503)
		limit := state.obj("extra").obj("model_rate_limits").obj("smoke-model")
		e.same("reason", limit["reason"], "upstream_404_model_not_found")
	}},
	{"an upstream that lacks the model is passed on", "13", older, func(e *env) {
		e.refusal("model404", 404, "not_found_error", "The model `smoke-model` does not exist or you do not have access to it.", 404)
	}},
	{"an upstream that refuses connections", "10", nil, func(e *env) {
		group := e.group(nil)
		account := e.account("ok", []int64{group}, object{"credentials": merged(e.credentials("ok"), object{"base_url": "http://127.0.0.1:9/v1"})})
		_, key := e.key(e.member, group)
		r := e.refusedUntilKnown(key)
		e.want(r, 502, "upstream_error")
		e.same("status", e.state(account)["status"], "active")
		e.glued(r)
		second := e.account("ok", []int64{group}, object{"priority": 2})
		e.settled(second)
		if e.has.compliance {
			e.same("message", r.message(), "Upstream service temporarily unavailable")
			e.answered(key, "smoke-model")
			return
		}
		e.same("message", r.message(), "Upstream request failed")
		for range 5 {
			e.want(e.ask(key, "smoke-model"), 502) // no failover from a refused connection
		}
	}},
	{"an upstream that answers with a page", "10, 14", nil, func(e *env) {
		_, _, key := e.served("htmlok", nil)
		r := e.refusedUntilKnown(key)
		e.same("content", r.answer(), "")
		if e.has.compliance {
			e.want(r, 200)
			e.same("begins like a page", strings.HasPrefix(strings.TrimSpace(r.body), "<"), true)
			return
		}
		e.want(r, 502, "api_error")
		e.glued(r)
	}},
	{"an upstream that breaks off", "10", nil, func(e *env) {
		group := e.group(nil)
		e.account("dropmid", []int64{group}, nil) // its probe breaks off too and tells nothing
		_, key := e.key(e.member, group)
		r := e.refusedUntilKnown(key)
		e.want(r, 502)
		e.same("content", r.answer(), "")
		want := "Upstream request failed"
		switch {
		case e.has.compliance:
			want = "Upstream service temporarily unavailable"
		case !e.has.modelSync:
			want = "Upstream stream ended without a terminal response event"
		}
		e.same("message", r.message(), want)
		e.settled(e.account("ok", []int64{group}, object{"priority": 2}))
		for range 3 {
			e.want(e.ask(key, "smoke-model"), 502) // no failover once an answer has begun
		}
	}},
}

// refusal asks twice through an account whose upstream refuses, checks both answers, and gives
// the account's state.
func (e *env) refusal(behaviour string, status int, kind, message string, second int) object {
	e.Helper()
	_, account, key := e.served(behaviour, nil)
	r := e.refusedUntilKnown(key)
	e.want(r, status, kind)
	e.same("message", r.message(), message)
	if status == http.StatusBadRequest {
		e.glued(r)
	}
	e.want(e.ask(key, "smoke-model"), second)
	var state object
	e.eventually("the account's state is written", func() bool {
		state = e.state(account)
		return second != http.StatusServiceUnavailable || state["status"] != "active" ||
			state["temp_unschedulable_until"] != nil || state["rate_limit_reset_at"] != nil || state.obj("extra")["model_rate_limits"] != nil
	})
	return state
}

// glued checks that an SSE event follows the JSON in the same body on 0.1.133, and only there.
func (e *env) glued(r response) {
	e.Helper()
	e.same("an event is glued to the error", strings.Contains(r.body, "}event: error\ndata: {"), e.has.modelSync && !e.has.compliance)
}
