package fakehost

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manualClock is a clock that only the test moves.
type manualClock struct{ at time.Time }

func newClock() *manualClock { return &manualClock{time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)} }

func (c *manualClock) now() time.Time           { return c.at }
func (c *manualClock) advance(by time.Duration) { c.at = c.at.Add(by) }

// get reads a path of the started host as the administrator.
func (l lab) get(ctx context.Context, t *testing.T, path string) (*http.Response, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-api-key", l.AdminKey())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

const groups = "/api/v1/admin/groups"

func TestFaultHitsTheNthRequestsOnly(t *testing.T) {
	l := start(t, Options{})
	struck := 0
	l.Inject(Fault{Method: "GET", Path: "groups$", Nth: 2, Times: 2, Action: Status, Status: 429, Body: "slow down", Header: http.Header{"Retry-After": {"1"}}, Then: func() { struck++ }})
	for i, want := range []int{200, 429, 429, 200} {
		resp, body, err := l.get(t.Context(), t, groups)
		if err != nil || resp.StatusCode != want {
			t.Fatalf("request %d: %v %v, want %d", i+1, resp, err, want)
		}
		if want == 429 && (string(body) != "slow down" || resp.Header.Get("Retry-After") != "1") {
			t.Errorf("request %d: %q %v", i+1, body, resp.Header)
		}
	}
	if struck != 2 {
		t.Errorf("Then ran %d times", struck)
	}
}

func TestFaultActions(t *testing.T) {
	for action, check := range map[Action]func(t *testing.T, resp *http.Response, body []byte, err error){
		Reset: func(t *testing.T, _ *http.Response, _ []byte, err error) {
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("error %v", err)
			}
		},
		Hang: func(t *testing.T, _ *http.Response, _ []byte, err error) {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
		},
		TruncateJSON: func(t *testing.T, resp *http.Response, body []byte, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) || resp.StatusCode != 200 || len(body) == 0 || json.Valid(body) {
				t.Errorf("%v %q", err, body)
			}
		},
		WrongJSON: func(t *testing.T, _ *http.Response, body []byte, err error) {
			if err != nil || !json.Valid(body) || strings.Contains(string(body), `"code"`) {
				t.Errorf("%v %q", err, body)
			}
		},
	} {
		for _, when := range []When{BeforeSend, AfterCommit} {
			t.Run(string(action), func(t *testing.T) {
				l := start(t, Options{})
				l.Inject(Fault{Action: action, When: when})
				patience := time.Minute
				if action == Hang {
					patience = 200 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				resp, body, err := l.get(ctx, t, groups)
				check(t, resp, body, err)
			})
		}
	}
}

func TestFaultBeforeSendDoesNothingAndAfterCommitDoes(t *testing.T) {
	for when, want := range map[When]float64{BeforeSend: 0, AfterCommit: 1} {
		l := start(t, Options{})
		remove := l.Inject(Fault{Method: "POST", Times: -1, When: when, Action: Status, Status: 502})
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, l.url+groups, strings.NewReader(`{"name":"g","platform":"openai","rate_multiplier":1}`))
		req.Header.Set("x-api-key", l.AdminKey())
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != 502 {
			t.Fatalf("%v %v", resp, err)
		}
		_ = resp.Body.Close()
		remove()
		found := l.Do("GET", groups+"?search=g&platform=openai", l.AdminKey(), nil).Data()
		if found["total"] != want {
			t.Errorf("after a fault at %v: %v groups, want %v", when, found["total"], want)
		}
	}
}

// Whoever has read the last frame of a stream finds it in the log, though its handler may not have ended.
func TestStreamIsInTheLogBeforeItsFirstFrame(t *testing.T) {
	l := start(t, Options{})
	l.HoldProbes()
	path := "/api/v1/admin/accounts/" + strconv.FormatInt(l.Seed("accounts", l.account("a", "sk-hang")), 10) + "/test"
	l.ForgetLog()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, l.url+path, nil)
	req.Header.Set("x-api-key", l.AdminKey())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if log := l.Host.Log(); len(log) != 1 || log[0].Path != path || log[0].Status != 200 || !log[0].Write {
		t.Errorf("log %+v", log)
	}
}

func TestLogTellsWritesFromProbes(t *testing.T) {
	l := start(t, Options{})
	for _, r := range []struct {
		method, path string
		write        bool
	}{
		{"GET", groups, false},
		{"POST", groups, true},
		{"PUT", "/api/v1/admin/api-keys/x", false},
		{"PUT", "/api/v1/admin/api-keys/1", true},
		{"POST", "/api/v1/admin/accounts/1/test", true},
		{"POST", "/api/v1/admin/accounts/models/sync-upstream-preview", false},
		{"POST", "/api/v1/auth/login", false},
		{"POST", "/v1/chat/completions", false},
	} {
		l.ForgetLog()
		req, _ := http.NewRequestWithContext(t.Context(), r.method, l.url+r.path, strings.NewReader(`{"secret":"kept"}`))
		req.Header.Set("x-api-key", l.AdminKey())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body) // a stream is in the log before its end
		_ = resp.Body.Close()
		log := l.Host.Log()
		if len(log) != 1 || log[0].Write != r.write || log[0].Status != resp.StatusCode || log[0].Body != `{"secret":"kept"}` {
			t.Errorf("%s %s: %+v", r.method, r.path, log)
		}
		if len(l.Writes()) != len(log) != !r.write {
			t.Errorf("%s %s: writes %v", r.method, r.path, l.Writes())
		}
	}
}

func TestSnapshotShowsLostKeysAndIgnoresUse(t *testing.T) {
	l := start(t, Options{})
	group := l.Seed("groups", map[string]any{"name": "g", "platform": "openai", "rate_multiplier": 1})
	account := l.Seed("accounts", l.account("a", "sk-ok", group))
	l.WaitProbes()
	l.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1", "balance": 1})
	_, key := l.SeedKey("u@x.test", "secret-1", "k", group)
	before := l.JSON()
	mustAnswer(t, l.Do("POST", "/v1/chat/completions", key, `{"model":"smoke-model","messages":[]}`), 200, "pong")
	if l.JSON() != before {
		t.Errorf("a free completion changed the snapshot:\n%s\n%s", before, l.JSON())
	}
	l.Do("PUT", "/api/v1/admin/accounts/"+strconv.FormatInt(account, 10), l.AdminKey(), `{"credentials":{"api_key":""}}`)
	if l.JSON() == before {
		t.Error("a lost upstream key doesn't show")
	}
}

func TestResetIDs(t *testing.T) {
	l := start(t, Options{})
	group := l.Seed("groups", map[string]any{"name": "g", "platform": "openai", "rate_multiplier": 1})
	read := func(path string) string {
		created, _ := l.Do("GET", "/api/v1/admin/"+path, l.AdminKey(), nil).Data()["created_at"].(string)
		return created
	}
	path := "groups/" + strconv.FormatInt(group, 10)
	groupBefore, adminBefore := read(path), read("users/1")
	l.ResetIDs(false)
	if read(path) == groupBefore || read("users/1") != adminBefore {
		t.Error("want another group under the id, and the same administrator")
	}
	l.ResetIDs(true)
	if read("users/1") == adminBefore {
		t.Error("the administrator is the same")
	}
}

func TestPropagationDelaysTheGatewayOnly(t *testing.T) {
	clock := newClock()
	l := start(t, Options{Now: clock.now, Propagation: 2 * time.Second})
	group := l.Seed("groups", map[string]any{"name": "g", "platform": "openai", "rate_multiplier": 1})
	account := l.Seed("accounts", l.account("a", "sk-ok", group))
	l.WaitProbes()
	l.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1", "balance": 1})
	_, key := l.SeedKey("u@x.test", "secret-1", "k", group)
	ask := func() int {
		return l.Do("POST", "/v1/chat/completions", key, `{"model":"smoke-model","messages":[]}`).Status
	}
	clock.advance(2 * time.Second)
	if got := ask(); got != 200 {
		t.Fatalf("after propagation: %d", got)
	}
	mustAnswer(t, l.Do("PUT", "/api/v1/admin/accounts/"+strconv.FormatInt(account, 10), l.AdminKey(), `{"group_ids":[]}`), 200, `"id"`)
	if got := ask(); got != 200 {
		t.Errorf("just after detaching: %d", got)
	}
	clock.advance(2 * time.Second)
	if got := ask(); got != 503 {
		t.Errorf("two seconds after detaching: %d", got)
	}
}

func TestHeldProbesLetTheFirstTestFail(t *testing.T) {
	l := start(t, Options{})
	release := l.HoldProbes()
	account := l.Seed("accounts", l.account("a", "sk-chatonly"))
	test := "/api/v1/admin/accounts/" + strconv.FormatInt(account, 10) + "/test"
	mustAnswer(t, l.Do("POST", test, l.AdminKey(), nil), 200, "API returned 404")
	release()
	l.WaitProbes()
	mustAnswer(t, l.Do("POST", test, l.AdminKey(), nil), 200, "test_complete")
}

func TestThirdForbiddenIsAnError(t *testing.T) {
	clock := newClock()
	l := start(t, Options{Now: clock.now})
	group := l.Seed("groups", map[string]any{"name": "g", "platform": "openai", "rate_multiplier": 1})
	account := l.Seed("accounts", l.account("a", "sk-403quota", group))
	l.WaitProbes()
	l.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1", "balance": 1})
	_, key := l.SeedKey("u@x.test", "secret-1", "k", group)
	path := "/api/v1/admin/accounts/" + strconv.FormatInt(account, 10)
	for _, want := range []string{"cooldown (1/3)", "cooldown (2/3)", `"status":"error"`} {
		mustAnswer(t, l.Do("POST", "/v1/chat/completions", key, `{"model":"smoke-model","messages":[]}`), 502, "access forbidden")
		mustAnswer(t, l.Do("GET", path, l.AdminKey(), nil), 200, want)
		clock.advance(forbiddenCooldown + time.Second)
	}
}

func TestSignInLimit(t *testing.T) {
	clock := newClock()
	l := start(t, Options{Now: clock.now})
	login := func() int {
		resp, err := http.Post(l.url+"/api/v1/auth/login", "application/json", strings.NewReader(`{"email":"x@x.test","password":"wrong-1"}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for range 20 {
		if got := login(); got != 401 {
			t.Fatalf("%d", got)
		}
	}
	if got := login(); got != 429 {
		t.Errorf("the 21st: %d", got)
	}
	clock.advance(time.Minute)
	if got := login(); got != 401 {
		t.Errorf("a minute later: %d", got)
	}
}

func TestUsageDelay(t *testing.T) {
	clock := newClock()
	l := start(t, Options{Now: clock.now, UsageDelay: 3 * time.Second})
	group := l.Seed("groups", map[string]any{"name": "g", "platform": "openai", "rate_multiplier": 1})
	l.Seed("accounts", l.account("a", "sk-ok", group))
	l.WaitProbes()
	l.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1", "balance": 1})
	_, key := l.SeedKey("u@x.test", "secret-1", "k", group)
	mustAnswer(t, l.Do("POST", "/v1/chat/completions", key, `{"model":"smoke-model","messages":[]}`), 200, "pong")
	mustAnswer(t, l.Do("GET", "/api/v1/admin/usage", l.AdminKey(), nil), 200, `"total":0`)
	clock.advance(4 * time.Second)
	mustAnswer(t, l.Do("GET", "/api/v1/admin/usage", l.AdminKey(), nil), 200, `"total":1`)
}

func TestWhatBlocksARun(t *testing.T) {
	gated := New(Options{Version: "0.1.179", CompliancePending: true})
	mustAnswer(t, gated.Do("GET", groups, gated.AdminKey(), nil), 423, "ADMIN_COMPLIANCE_ACK_REQUIRED")
	mustAnswer(t, gated.Do("POST", "/api/v1/admin/compliance/accept", gated.AdminKey(), map[string]any{"phrase": compliancePhrase}), 200, `"required":false`)
	mustAnswer(t, gated.Do("GET", groups, gated.AdminKey(), nil), 200, "default")

	captcha := New(Options{Turnstile: true})
	mustAnswer(t, captcha.Do("GET", "/api/v1/settings/public", "", nil), 200, `"turnstile_enabled":true`)
	mustAnswer(t, captcha.Do("POST", "/api/v1/auth/login", "", map[string]any{"email": "admin@fake.test", "password": "fake-admin-password"}), 400, "TURNSTILE")

	backend := New(Options{BackendMode: true})
	backend.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1"})
	mustAnswer(t, backend.Do("POST", "/api/v1/auth/login", "", map[string]any{"email": "u@x.test", "password": "secret-1"}), 403, "Only admin")
	mustAnswer(t, backend.Do("POST", "/api/v1/auth/login", "", map[string]any{"email": "admin@fake.test", "password": "fake-admin-password"}), 200, "access_token")
}

func TestOldHostLacksWhatCnrelayNeeds(t *testing.T) {
	old := New(Options{Version: "0.1.83.1"})
	for _, path := range []string{"/api/v1/admin/channels", "/api/v1/admin/payment/plans"} {
		mustAnswer(t, old.Do("GET", path, old.AdminKey(), nil), 404, "404 page not found")
	}
	mustAnswer(t, old.Do("POST", "/v1/chat/completions", "", nil), 404, "404 page not found")
	mustAnswer(t, old.Do("PUT", "/api/v1/admin/api-keys/x", old.AdminKey(), `{}`), 404, "404 page not found")
	mustAnswer(t, old.Do("GET", groups, old.AdminKey(), nil), 200, "default")
	old.Seed("groups", map[string]any{"name": "without a rate", "platform": "openai"})
}

func TestProviderBehaviours(t *testing.T) {
	p := NewProvider()
	url, stop := p.Start()
	defer stop()
	ask := func(path, key string) (int, string, string) {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, strings.NewReader(`{"model":"m","messages":[]}`))
		req.Header.Set("Authorization", "Bearer "+key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, "", ""
		}
		defer func() { _ = resp.Body.Close() }()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, resp.Header.Get("Content-Type"), string(body)
	}
	const chat = "/v1/chat/completions"
	for _, x := range []struct {
		path, key string
		status    int
		kind      string
		contains  string
	}{
		{chat, "sk-ok-1", 200, "application/json", "pong from m"},
		{chat, "unknown", 401, "application/json", "invalid_api_key"},
		{"/v1/responses", "sk-chatonly", 404, "application/json", "not_found"},
		{chat, "sk-chatonly", 200, "application/json", "pong"},
		{chat, "sk-429glm", 429, "application/json", `"1113"`},
		{chat, "sk-429kimi", 429, "application/json", "exceeded_current_quota_error"},
		{chat, "sk-500minimax", 500, "application/json", "(1008)"},
		{chat, "sk-402minimax", 402, "application/json", "insufficient_balance_error"},
		{chat, "sk-403ark", 403, "application/json", "AccountOverdueError"},
		{chat, "sk-400qwen", 400, "application/json", "Arrearage"},
		{chat, "sk-model404", 404, "application/json", "model_not_found"},
		{chat, "sk-htmlok", 200, "text/html; charset=utf-8", "<html>"},
		{chat, "sk-ssejson", 200, "text/event-stream", "data: {"},
		{chat, "sk-jsonsse", 200, "text/event-stream", `{"choices"`},
		{chat, "sk-reason", 200, "application/json", `"content":""`},
		{chat, "sk-intl", 401, "application/json", "invalid_api_key"},
		{"/intl" + chat, "sk-intl", 200, "application/json", "pong"},
		{"/anthropic/v1/messages", "sk-ok", 200, "application/json", `"type":"message"`},
	} {
		status, kind, body := ask(x.path, x.key)
		if status != x.status || kind != x.kind || !strings.Contains(body, x.contains) {
			t.Errorf("%s %s: %d %s %s", x.path, x.key, status, kind, body)
		}
	}
	p.SetBehaviour("sk-ok-1", "402")
	if status, _, _ := ask(chat, "sk-ok-1"); status != 402 {
		t.Errorf("after SetBehaviour: %d", status)
	}
	p.SetBehaviour("sk-ok-1")
	if status, _, _ := ask(chat, "sk-ok-1"); status != 200 {
		t.Errorf("after the behaviour was taken back: %d", status)
	}
	if last := p.Log()[len(p.Log())-1]; last.Key != "sk-ok-1" || last.Model != "m" || last.Path != chat {
		t.Errorf("log %+v", last)
	}
}
