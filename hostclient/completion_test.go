package hostclient_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
)

// ended is an answer whose stream came to its own end.
func ended(c core.Completion) core.Completion { c.Ended = true; return c }

func TestCompletionsOfRealHosts(t *testing.T) {
	const pong = "pong from smoke-model"
	answered := func(protocol core.Protocol) core.Completion {
		return core.Completion{Status: 200, Content: pong, Model: "smoke-model"}
	}
	tests := map[string]struct {
		version, number string
		protocol        core.Protocol
		want            core.Completion
	}{
		"JSON sent as an event stream": {"0.1.133", "336", core.ProtocolChat, answered("")},
		"a stream":                     {"0.1.133", "337", core.ProtocolChat, ended(answered(""))},
		"a stream nobody asked for":    {"0.1.133", "476", core.ProtocolAuto, ended(answered(""))},
		"responses":                    {"0.1.133", "343", core.ProtocolResponses, answered("")},
		"responses, streamed":          {"0.1.179", "090", core.ProtocolResponses, ended(answered(""))},
		"messages":                     {"0.1.133", "344", core.ProtocolAnthropic, answered("")},
		"glued JSON and SSE": {"0.1.133", "422", core.ProtocolChat, core.Completion{
			Status: 400, Failure: core.Failure{Type: "invalid_request_error", Message: "Model Not Exist"},
		}},
		"upstream refused the key": {"0.1.133", "428", core.ProtocolChat, core.Completion{
			Status: 502, Failure: core.Failure{Type: "upstream_error", Message: "Upstream authentication failed, please contact administrator"},
		}},
		"a page passed on as 200": {"0.1.179", "174", core.ProtocolChat, core.Completion{
			Status: 200, Failure: core.Failure{Net: core.NetNotJSON, Message: "welcome"},
		}},
		"unknown model": {"0.1.179", "085", core.ProtocolChat, core.Completion{
			Status: 404, Failure: core.Failure{Type: "model_not_found", Message: `Model "ds-alias" is not supported by any configured account in this group`},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := recorded(t, tt.version, tt.number)
			s, d := replay(t, r)
			got := newClient(t, dialer(), s.URL).Complete(context.Background(), userKey, core.CompletionRequest{
				Protocol: tt.protocol, Model: "smoke-model", Prompt: "ping", MaxTokens: 1024,
			})
			if got.ContentType != r.Response.Headers["content-type"] || got.RequestID != r.Response.Headers["x-client-request-id"] {
				t.Errorf("content type %q, request id %q", got.ContentType, got.RequestID)
			}
			if got.At.IsZero() || got.Latency <= 0 || !strings.HasPrefix(got.URL, s.URL) {
				t.Errorf("completion is %+v", got)
			}
			got.At, got.Latency, got.URL, got.ContentType, got.RequestID = time.Time{}, 0, "", "", ""
			if got != tt.want {
				t.Errorf("completion is %+v\nwant %+v", got, tt.want)
			}
			sent := d.all()[0]
			if path, _, _ := strings.Cut(r.Request.Path, "?"); sent.path != path {
				t.Errorf("asked %s, recorded is %s", sent.path, path)
			}
			if sent.header.Get("Authorization") != "Bearer "+userKey || sent.header.Get("X-Api-Key") != "" {
				t.Errorf("signed with %v", sent.header)
			}
		})
	}
}

// answers are bodies of a 200, as providers and hosts give them, and what they amount to.
func TestAnswers(t *testing.T) {
	type want struct {
		content   string
		reasoning bool
		failure   core.Failure
	}
	notThis := func(words string) want { return want{failure: core.Failure{Net: core.NetNotJSON, Message: words}} }
	tests := map[string]struct {
		body string
		want want
	}{
		"parts":              {`{"choices":[{"message":{"content":[{"type":"text","text":"po"},{"type":"text","text":"ng"}]}}]}`, want{content: "pong"}},
		"with reasoning":     {`{"choices":[{"message":{"content":"pong","reasoning_content":"hm"}}]}`, want{content: "pong", reasoning: true}},
		"only reasoning":     {`{"choices":[{"message":{"content":"","reasoning_content":"hm"}}]}`, want{reasoning: true}},
		"only thoughts":      {`{"choices":[{"message":{"content":"<think>hm\nhm</think>\n "}}]}`, want{reasoning: true}},
		"unended thoughts":   {`{"choices":[{"message":{"content":"<think>hm"}}]}`, want{reasoning: true}},
		"thoughts and words": {`{"choices":[{"message":{"content":"<think>hm</think>\npong"}}]}`, want{content: "pong", reasoning: true}},
		"null content":       {`{"choices":[{"message":{"content":null}}]}`, want{}},
		"no choices":         {`{"choices":[]}`, want{}},
		"thinking block":     {`{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"pong"}]}`, want{content: "pong", reasoning: true}},
		"reasoning item":     {`{"output":[{"type":"reasoning","summary":[]}]}`, want{reasoning: true}},
		"byte order mark":    {"\ufeff" + `{"choices":[{"message":{"content":"pong"}}]}`, want{content: "pong"}},
		"glued":              {`{"choices":[{"message":{"content":"pong"}}]}event: error` + "\ndata: {}\n\n", want{content: "pong"}},
		"odd model":          {`{"model":7,"choices":[{"message":{"content":"pong"}}]}`, want{content: "pong"}},
		"code beside answer": {`{"code":200,"msg":"ok","choices":[{"message":{"content":"pong"}}]}`, want{content: "pong"}},
		"escape sequences":   {`{"choices":[{"message":{"content":"\u001b[31mpo\u0007ng\u202e"}}]}`, want{content: "po␇ng⟪U+202E⟫"}},

		"stream of reasoning":    {"data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\ndata: [DONE]\n\n", want{reasoning: true}},
		"stream without its end": {"data: {\"choices\":[{\"delta\":{\"content\":\"pong\"}}]}", want{content: "pong"}},
		"stream after a comment": {": hello\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"pong\"}}]}\n\n", want{content: "pong"}},
		"anthropic stream": {"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"content\":[]}}\n\n" +
			"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n" +
			"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"pong\"}}\n\n" +
			"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", want{content: "pong", reasoning: true}},
		"anthropic error": {"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n",
			want{failure: core.Failure{Type: "overloaded_error", Message: "busy"}}},
		"responses without deltas": {"data: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"pong\"}]}]}}\n\n", want{content: "pong"}},
		"responses failed": {"data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\",\"message\":\"m\"}}}\n\n",
			want{failure: core.Failure{Code: "server_error", Message: "m"}}},
		"stream that breaks with an error": {"data: {\"choices\":[{\"delta\":{\"content\":\"po\"}}]}\n\ndata: {\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":1302}}\n\n",
			want{content: "po", failure: core.Failure{Code: "1302", Type: "t", Message: "m"}}},

		"MiniMax":       {`{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`, want{failure: core.Failure{Code: "1008", Message: "insufficient balance"}}},
		"MiniMax, fine": {`{"choices":[{"message":{"content":"pong"}}],"base_resp":{"status_code":0,"status_msg":""}}`, want{content: "pong"}},
		"error in a 200": {`{"error":{"code":"invalid_api_key","message":"m","type":"t"}}`,
			want{failure: core.Failure{Code: "invalid_api_key", Message: "m", Type: "t"}}},
		"Qwen":         {`{"code":"Arrearage","message":"Access denied","request_id":"r"}`, want{failure: core.Failure{Code: "Arrearage", Message: "Access denied"}}},
		"GLM":          {`{"error":{"code":"1113","message":"余额不足"}}`, want{failure: core.Failure{Code: "1113", Message: "余额不足"}}},
		"Qianfan":      {`{"error_code":336,"error_msg":"m"}`, want{failure: core.Failure{Code: "336", Message: "m"}}},
		"host handler": {`{"code":400,"message":"m","reason":"BAD"}`, want{failure: core.Failure{Code: "BAD", Message: "m"}}},
		"limiter":      {`{"error":"rate limit exceeded","message":"Too many"}`, want{failure: core.Failure{Code: "rate limit exceeded", Message: "Too many"}}},
		"bare error":   {`{"error":"no"}`, want{failure: core.Failure{Message: "no"}}},

		"page":          {"<!doctype html><title>Sign in</title><script>x()</script> <p>please", notThis("Sign in please")},
		"empty":         {"", notThis("nothing to read")},
		"other JSON":    {`{"status":"ok"}`, notThis(`{"status":"ok"}`)},
		"array":         {`[1]`, notThis("[1]")},
		"broken JSON":   {`{"choices":[{"mess`, notThis(`broken JSON: {"choices":[{"mess`)},
		"only comments": {": a\n\n: b\n\n", notThis(": a : b")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(tt.body)) })
			got := dialer().Upstream().Complete(context.Background(), s.URL+"/v4/chat/completions", "k-1234", core.CompletionRequest{Model: "m"})
			have := want{got.Content, got.Reasoning, got.Failure}
			if have != tt.want {
				t.Errorf("read as %+v\nwant    %+v", have, tt.want)
			}
		})
	}
}

func TestQuestions(t *testing.T) {
	tests := []struct {
		q    core.CompletionRequest
		path string
		body string
	}{
		{core.CompletionRequest{}, "/v1/chat/completions", `{"max_tokens":2048,"messages":[{"content":"p","role":"user"}],"model":"m","stream":false}`},
		{core.CompletionRequest{TokensField: "max_completion_tokens"}, "/v1/chat/completions", `{"max_completion_tokens":2048,"messages":[{"content":"p","role":"user"}],"model":"m","stream":false}`},
		{core.CompletionRequest{Protocol: core.ProtocolAnthropic}, "/v1/messages", `{"max_tokens":2048,"messages":[{"content":"p","role":"user"}],"model":"m","stream":false}`},
		{core.CompletionRequest{Protocol: core.ProtocolResponses}, "/v1/responses", `{"input":"p","max_output_tokens":2048,"model":"m","stream":false}`},
	}
	for _, tt := range tests {
		d := &diary{}
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { d.add(r); answerJSON(w, 200, `{"choices":[]}`) })
		tt.q.Model, tt.q.Prompt, tt.q.MaxTokens = "m", "p", 2048
		newClient(t, dialer(), s.URL).Complete(context.Background(), userKey, tt.q)
		dialer().Upstream().Complete(context.Background(), s.URL+"/api/v3/chat?x=1", userKey, tt.q)
		gateway, direct := d.all()[0], d.all()[1]
		if gateway.path != tt.path || gateway.body != tt.body || direct.body != tt.body {
			t.Errorf("gateway was sent %s %s\nprovider %s", gateway.path, gateway.body, direct.body)
		}
		if direct.path != "/api/v3/chat" || direct.query != "x=1" {
			t.Errorf("provider was asked at %s?%s", direct.path, direct.query)
		}
		anthropic := tt.q.Protocol == core.ProtocolAnthropic
		if (direct.header.Get("X-Api-Key") == userKey) != anthropic || (direct.header.Get("Anthropic-Version") != "") != anthropic {
			t.Errorf("provider's header is %v", direct.header)
		}
	}
}

func TestDeadlineOfACompletion(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	d := dialer()
	d.Limits.Completion = time.Hour
	begun := time.Now()
	got := d.Upstream().Complete(context.Background(), s.URL, "k-1234", core.CompletionRequest{Deadline: 50 * time.Millisecond})
	if got.Net != core.NetTimeout || time.Since(begun) > 30*time.Second || got.Latency < 50*time.Millisecond {
		t.Errorf("after %v: %+v", time.Since(begun), got)
	}
}

func TestGatewayByThePublicAddress(t *testing.T) {
	d := &diary{}
	public := serve(t, func(w http.ResponseWriter, r *http.Request) { d.add(r); answerJSON(w, 200, `{"data":[{"id":"m1"}]}`) })
	private := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s went to the private address", r.URL) })
	c := newClient(t, dialer(), private.URL, func(h *core.Host) { h.PublicURL, h.GatewayByPublic = public.URL+"/", true })
	models := c.GatewayModels(context.Background(), userKey)
	if !models.OK() || len(models.Models) != 1 || models.Models[0] != "m1" || models.URL != public.URL+"/v1/models" {
		t.Errorf("models are %+v", models)
	}
	for _, s := range d.all() {
		if s.header.Get("X-Api-Key") != "" || strings.Contains(mustJSON(s.header), adminKey) {
			t.Error("the admin key went to the gateway")
		}
	}
}

func TestModelLists(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   string
		fail   core.Failure
	}{
		"OpenAI":    {200, `{"object":"list","data":[{"id":"a"},{"id":"b"}]}`, `["a","b"]`, core.Failure{}},
		"Codex":     {200, `{"models":[{"slug":"a"}]}`, `["a"]`, core.Failure{}},
		"empty":     {200, `{"data":[]}`, `[]`, core.Failure{}},
		"null":      {200, `{"data":null,"code":"X","message":"m"}`, `null`, core.Failure{Code: "X", Message: "m"}},
		"page":      {200, `<html>hello`, `null`, core.Failure{Net: core.NetNotJSON, Message: "hello"}},
		"error":     {401, `{"error":{"message":"bad key","code":"invalid_api_key"}}`, `null`, core.Failure{Code: "invalid_api_key", Message: "bad key"}},
		"no words":  {503, ``, `null`, core.Failure{Net: core.NetNotJSON, Message: "nothing to read"}},
		"plain 404": {404, `404 page not found`, `null`, core.Failure{Net: core.NetNotJSON, Message: "404 page not found"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, tt.status, tt.body) })
			got := dialer().Upstream().Models(context.Background(), s.URL+"/models", "k-1234")
			if mustJSON(got.Models) != tt.want || got.Failure != tt.fail || got.Status != tt.status || got.OK() != (tt.fail == core.Failure{}) {
				t.Errorf("models are %+v", got)
			}
		})
	}
}

func TestTheHostsOwnLookAtAnUpstream(t *testing.T) {
	d := &diary{}
	status, body := 200, `{"code":0,"data":{"models":["m1","m2"]}}`
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { d.add(r); answerJSON(w, status, body) })
	c := newClient(t, dialer(), s.URL)
	look := func() core.ModelList {
		t.Helper()
		got, err := c.UpstreamModels(context.Background(), "openai", "https://u/v1", "sk-upstream-canary-1")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := look(); !got.OK() || len(got.Models) != 2 || got.URL != "https://u/v1" {
		t.Errorf("models are %+v", got)
	}
	var sent map[string]string
	_ = json.Unmarshal([]byte(d.all()[0].body), &sent)
	want := map[string]string{"platform": "openai", "type": "apikey", "base_url": "https://u/v1", "api_key": "sk-upstream-canary-1"}
	if d.all()[0].path != "/api/v1/admin/accounts/models/sync-upstream-preview" || mustJSON(sent) != mustJSON(want) {
		t.Errorf("sent %+v", d.all()[0])
	}

	r := recorded(t, "0.1.133", "225")
	status, body = r.Response.Status, string(r.Response.Body)
	if got := look(); got.Status != 401 || got.Message != "Upstream model list request failed with HTTP 401" || got.OK() {
		t.Errorf("a key that the upstream refuses: %+v", got)
	}
	body = `{"code":502,"message":"Failed to request upstream model list"}`
	if got := look(); got.Status != 0 || got.Net != core.NetOther || got.Message == "" {
		t.Errorf("an upstream that the host can't reach: %+v", got)
	}
	if n := len(d.all()); n != 3 {
		t.Errorf("%d requests for 3 looks: a failed one is a result", n)
	}
	status, body = 401, `{"code":"INVALID_ADMIN_KEY","message":"m"}`
	if _, err := c.UpstreamModels(context.Background(), "openai", "https://u/v1", "k"); core.CodeOf(err) != core.CodeAuth {
		t.Errorf("a wrong admin key: %v", err)
	}
}

func TestUsage(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/admin/usage" || r.URL.Query().Get("api_key_id") != "9" {
			t.Errorf("asked %s", r.URL)
		}
		answerJSON(w, 200, `{"code":0,"data":{"total":3,"items":[
			{"id":1,"api_key_id":9,"account_id":4,"group_id":2,"request_id":"client:a","model":"m","upstream_endpoint":"/v1/responses","actual_cost":0.5,"created_at":"2026-11-24T00:00:01Z","api_key":{"key":"sk-usage-canary-0123456789"}},
			{"id":3,"api_key_id":8,"created_at":"2026-11-24T00:00:03Z"},
			{"id":2,"api_key_id":9,"account_id":5,"request_id":"client:sk-usage-canary-0123456789","created_at":"2026-11-24T00:00:02Z"}]}}`)
	})
	got, err := newClient(t, dialer(), s.URL).Usage(context.Background(), 9)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got[0].AccountID != 5 || got[1].AccountID != 4 || got[1].ActualCost != 0.5 || got[1].Endpoint != "/v1/responses" {
		t.Errorf("usage is %+v, newest first wanted", got)
	}
	if strings.Contains(mustJSON(got), "canary") {
		t.Errorf("a key is left in %+v", got)
	}
}
