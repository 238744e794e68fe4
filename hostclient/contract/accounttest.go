package contract

import (
	"encoding/json"
	"strings"
)

// frames is the stream of an account test.
type frames []object

func (f frames) last() object {
	if len(f) == 0 {
		return nil
	}
	return f[len(f)-1]
}

// content joins the text of the content frames.
func (f frames) content() string {
	text := ""
	for _, x := range f {
		if x.str("type") == "content" {
			text += x.str("text")
		}
	}
	return text
}

// test runs a host's account test, which answers 200 in any case.
func (e *env) test(account int64, model string) frames {
	e.Helper()
	r := e.want(e.admin("POST", "/accounts/"+itoa(account)+"/test", object{"model_id": model}), 200)
	var out frames
	for _, line := range strings.Split(r.body, "\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			var frame object
			if err := json.Unmarshal([]byte(data), &frame); err != nil {
				e.Fatalf("frame %q: %v", data, err)
			}
			out = append(out, frame)
		} else if line != "" {
			e.Errorf("a line that is no frame: %q", line)
		}
	}
	return out
}

var accountTestCases = []testCase{
	{"a passed test", "8", nil, func(e *env) {
		id := e.account("ok", nil, nil)
		e.settled(id)
		f := e.test(id, "smoke-model")
		e.same("first", f[0], object{"type": "test_start", "model": "smoke-model"})
		e.same("content", f.content(), "pong from smoke-model")
		e.same("last", f.last(), object{"type": "test_complete", "success": true})
	}},
	{"the test does not ask whether the model is mapped, and translates one that is", "8", nil, func(e *env) {
		id := e.account("ok", nil, object{"credentials": merged(e.credentials("ok"), object{"model_mapping": object{"alias": "smoke-model"}})})
		e.settled(id)
		e.same("unmapped", e.test(id, "deepseek-chat").last()["type"], "test_complete")
		e.same("mapped", e.test(id, "alias")[0]["model"], "smoke-model")
	}},
	{"tests of what isn't there", "8", nil, func(e *env) {
		e.same("missing account", e.test(999999999, "smoke-model"), frames{{"type": "error", "error": "Account not found"}})
		e.want(e.admin("POST", "/accounts/abc/test", nil), 400)
		e.want(e.call("POST", "/api/v1/admin/accounts/1/test", "", nil), 401, "UNAUTHORIZED")
	}},
	{"an upstream 401 in the test takes the account out", "8, 12.2", nil, func(e *env) {
		id := e.account("401", nil, nil)
		e.settled(id)
		f := e.test(id, "smoke-model")
		if !strings.HasPrefix(f.last().str("error"), "API returned 401: {") {
			e.Errorf("last frame %v", f.last())
		}
		state := e.state(id)
		e.same("status", state["status"], "error")
		e.same("schedulable", state["schedulable"], !e.has.modelSync)
		if !strings.HasPrefix(state.str("error_message"), "Authentication failed (401): ") {
			e.Errorf("error_message %q", state.str("error_message"))
		}
	}},
	{"other upstream refusals in the test change nothing", "8", nil, func(e *env) {
		for behaviour, status := range map[string]string{"402": "402", "403quota": "403", "429": "429", "500": "500", "400": "400"} {
			id := e.account(behaviour, nil, nil)
			e.settled(id)
			before := e.state(id)
			if err := e.test(id, "smoke-model").last().str("error"); !strings.HasPrefix(err, "API returned "+status+": ") {
				e.Errorf("%s: %q", behaviour, err)
			}
			after := e.state(id)
			for _, k := range []string{"status", "schedulable", "error_message", "temp_unschedulable_until", "rate_limit_reset_at"} {
				e.same(behaviour+" "+k, after[k], before[k])
			}
		}
	}},
	{"nothing but schedulable {true} makes an account serve again after a 401", "12.2", modern, func(e *env) {
		id := e.account("401", nil, nil)
		e.settled(id)
		e.test(id, "smoke-model")
		path := "/accounts/" + itoa(id)
		e.want(e.admin("PUT", path, object{"credentials": e.credentials("ok")}), 200)
		e.same("status after new credentials", e.state(id)["status"], "error")
		e.eventually("the test passes with the new key", func() bool { return e.test(id, "smoke-model").last()["type"] == "test_complete" })
		e.same("status after a passed test", e.state(id)["status"], "active")
		e.want(e.admin("POST", path+"/clear-error", nil), 200)
		e.want(e.admin("POST", path+"/recover-state", nil), 200)
		e.same("schedulable", e.state(id)["schedulable"], false)
		e.want(e.admin("POST", path+"/schedulable", object{"schedulable": true}), 200)
		e.same("schedulable", e.state(id)["schedulable"], true)
	}},
	{"force_chat_completions is tested by chat completions", "7, 12.4", modern, func(e *env) {
		id := e.account("chatonly", nil, object{"extra": object{"openai_responses_mode": "force_chat_completions"}})
		f := e.test(id, "smoke-model")
		e.same("last", f.last()["type"], "test_complete")
		e.same("content", f.content(), "pong from smoke-model")
		e.same("statuses between start and content", f[1]["type"], "status")
	}},
	{"a chat-only upstream fails the test", "12.4", older, func(e *env) {
		id := e.account("chatonly", nil, nil)
		if err := e.test(id, "smoke-model").last().str("error"); !strings.HasPrefix(err, "API returned 404: ") {
			e.Errorf("last frame %q", err)
		}
	}},
	{"a page instead of an API fails the test", "8", nil, func(e *env) {
		id := e.account("htmlok", nil, nil)
		e.settled(id)
		e.same("last", e.test(id, "smoke-model").last()["type"], "error")
	}},
	{"an upstream that only reasons", "8, 17", nil, func(e *env) {
		id := e.account("reason", nil, nil)
		f := e.test(id, "smoke-model")
		e.same("content", f.content(), "")
		e.same("last", f.last(), object{"type": "error", "error": "Stream ended before response.completed"})
		if e.has.modelSync {
			id = e.account("reason", nil, object{"extra": object{"openai_responses_mode": "force_chat_completions"}})
			f = e.test(id, "smoke-model")
			e.same("content by chat", f.content(), "")
			e.same("last by chat", f.last()["type"], "test_complete")
		}
	}},
	{"a refused connection fails the test and leaves the account", "8, 10", nil, func(e *env) {
		id := e.account("ok", nil, object{"credentials": merged(e.credentials("ok"), object{"base_url": "http://127.0.0.1:9/v1"})})
		f := e.test(id, "smoke-model")
		e.same("last", f.last()["type"], "error")
		if !strings.Contains(f.last().str("error"), "equest failed: ") {
			e.Errorf("last frame %v", f.last())
		}
		e.same("status", e.state(id)["status"], "active")
	}},
	{"a base URL that isn't http", "7", nil, func(e *env) {
		id := e.account("ok", nil, object{"credentials": merged(e.credentials("ok"), object{"base_url": "ftp://127.0.0.1/v1"})})
		if err := e.test(id, "smoke-model").last().str("error"); !strings.HasPrefix(err, "Invalid base URL: ") {
			e.Errorf("last frame %q", err)
		}
	}},
	{"the anthropic platform is tested by messages", "4", nil, func(e *env) {
		id := e.account("ok", nil, object{"platform": "anthropic", "credentials": merged(e.credentials("ok"), object{"base_url": e.anthropic()})})
		f := e.test(id, "smoke-model")
		e.same("content", f.content(), "pong from smoke-model")
		e.same("last", f.last()["type"], "test_complete")
	}},
}

// anthropic is the base URL of the provider's Anthropic-compatible API.
func (e *env) anthropic() string { return strings.TrimSuffix(e.Upstream, "/v1") + "/anthropic" }
