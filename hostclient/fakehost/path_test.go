package fakehost

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// lab is a started host with a started provider behind it.
type lab struct {
	*Host
	*Provider
	url, upstream string
}

func start(t *testing.T, opt Options) lab {
	t.Helper()
	l := lab{Host: New(opt), Provider: NewProvider()}
	var stopHost, stopProvider func()
	l.upstream, stopProvider = l.Provider.Start()
	l.url, stopHost = l.Host.Start()
	t.Cleanup(stopHost)
	t.Cleanup(stopProvider)
	return l
}

func (l lab) account(name, key string, groups ...int64) map[string]any {
	return map[string]any{
		"name": name, "platform": "openai", "type": "apikey", "group_ids": append([]int64{}, groups...),
		"credentials": map[string]any{"api_key": key, "base_url": l.upstream + "/v1", "model_mapping": map[string]any{"smoke-model": "smoke-model"}},
	}
}

func mustAnswer(t *testing.T, a Answer, status int, contains string) Answer {
	t.Helper()
	if a.Status != status || !strings.Contains(string(a.Body), contains) {
		t.Fatalf("answer %d %s, want %d with %q", a.Status, a.Body, status, contains)
	}
	return a
}

func TestWholePath(t *testing.T) {
	for _, version := range []string{"0.1.121", "0.1.133", "0.1.179"} {
		t.Run(version, func(t *testing.T) {
			l := start(t, Options{Version: version})
			before := l.JSON()
			admin := l.AdminKey()
			group := l.Seed("groups", map[string]any{"name": "g", "platform": "openai", "rate_multiplier": 1, "subscription_type": "subscription"})
			channel := l.Seed("channels", map[string]any{"name": "c", "group_ids": []int64{group}, "restrict_models": true,
				"model_pricing": []any{map[string]any{"platform": "openai", "models": []string{"smoke-model"}, "input_price": 1e-6, "output_price": 2e-6}}})
			account := l.Seed("accounts", l.account("a", "sk-ok-1"))
			path := "/api/v1/admin/accounts/" + strconv.FormatInt(account, 10)
			mustAnswer(t, l.Do("POST", path+"/test", admin, `{"model_id":"smoke-model"}`), 200, `"type":"test_complete"`)
			mustAnswer(t, l.Do("PUT", path, admin, map[string]any{"group_ids": []int64{group}}), 200, `"group_ids":[`+strconv.FormatInt(group, 10)+`]`)
			plan := l.Seed("payment/plans", map[string]any{"group_id": group, "name": "p", "price": 1, "validity_days": 30, "validity_unit": "day"})
			user := l.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1"})
			token := l.SignIn("u@x.test", "secret-1")
			mustAnswer(t, l.Do("POST", "/api/v1/keys", token, map[string]any{"name": "k", "group_id": group}), 403, "GROUP_NOT_ALLOWED")
			sub := mustAnswer(t, l.Do("POST", "/api/v1/admin/subscriptions/assign", admin, map[string]any{"user_id": user, "group_id": group, "validity_days": 3}), 200, "expires_at").ID()
			id, key := l.SeedKey("u@x.test", "secret-1", "k", group)
			mustAnswer(t, l.Do("GET", "/v1/models", key, nil), 200, "smoke-model")
			mustAnswer(t, l.Do("POST", "/v1/chat/completions", key, `{"model":"smoke-model","messages":[{"role":"user","content":"ping"}]}`), 200, "pong from smoke-model")
			mustAnswer(t, l.Do("GET", "/api/v1/admin/usage?api_key_id="+strconv.FormatInt(id, 10), admin, nil), 200, `"account_id":`+strconv.FormatInt(account, 10))
			for _, r := range []struct{ path, credential string }{
				{"/api/v1/keys/" + strconv.FormatInt(id, 10), token},
				{"/api/v1/admin/subscriptions/" + strconv.FormatInt(sub, 10), admin},
				{"/api/v1/admin/payment/plans/" + strconv.FormatInt(plan, 10), admin},
				{path, admin},
				{"/api/v1/admin/channels/" + strconv.FormatInt(channel, 10), admin},
				{"/api/v1/admin/groups/" + strconv.FormatInt(group, 10), admin},
				{"/api/v1/admin/users/" + strconv.FormatInt(user, 10), admin},
			} {
				mustAnswer(t, l.Do(http.MethodDelete, r.path, r.credential, nil), 200, "message")
			}
			if after := l.JSON(); after != before {
				t.Errorf("after deleting everything:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}
