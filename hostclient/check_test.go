package hostclient_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"cnrelay/core"
)

// version is a host as the check sees it. Routes that it lacks answer with the plain-text 404.
type version struct {
	settings   map[string]any
	lacks      []string // prefixes of routes
	accounts   []any
	compliance map[string]any
}

const firstAdmin = `{"code":0,"data":{"items":[{"id":7,"email":"b@x","role":"admin","created_at":"2026-01-02T00:00:00.5Z"},` +
	`{"id":3,"email":"a@x","role":"admin","created_at":"2026-01-01T00:00:00.25Z"},{"id":1,"email":"u@x","role":"user","created_at":"2025-01-01T00:00:00Z"}],"total":3}}`

func (v version) serve(t *testing.T) (string, *diary) {
	t.Helper()
	d := &diary{}
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		s := d.add(r)
		path := strings.TrimPrefix(s.path, "/api/v1/admin")
		for _, prefix := range v.lacks {
			if strings.HasPrefix(path, prefix) {
				recorded404(t)(w, r)
				return
			}
		}
		admin := path != s.path
		switch {
		case path == "/health":
			answerJSON(w, 200, `{"status":"ok"}`)
		case path == "/api/v1/settings/public":
			answerJSON(w, 200, ok(v.settings))
		case path == "/v1/chat/completions":
			answerJSON(w, 401, `{"code":"API_KEY_REQUIRED","message":"m"}`)
		case path == "/compliance" && v.compliance == nil:
			recorded404(t)(w, r)
		case path == "/compliance":
			answerJSON(w, 200, ok(v.compliance))
		case v.compliance != nil && v.compliance["required"] == true && path != "/compliance/accept":
			answerJSON(w, 423, `{"code":"ADMIN_COMPLIANCE_ACK_REQUIRED","message":"m"}`)
		case admin && s.header.Get("X-Api-Key") != adminKey:
			answerJSON(w, 401, `{"code":"INVALID_ADMIN_KEY","message":"Invalid admin API key"}`)
		case path == "/users":
			answerJSON(w, 200, firstAdmin)
		case path == "/accounts":
			answerJSON(w, 200, onePage(v.accounts...))
		case path == "/payment/plans":
			answerJSON(w, 200, ok([]any{}))
		case path == "/channels":
			answerJSON(w, 200, onePage())
		default:
			answerJSON(w, 400, `{"code":400,"message":"Invalid ID"}`)
		}
	}).URL, d
}

func TestCheckSeesWhatAHostCan(t *testing.T) {
	shown := map[string]any{"id": 1, "credentials": map[string]any{"api_key": "sk-x"}}
	hidden := map[string]any{"id": 1, "credentials": map[string]any{}, "credentials_status": map[string]any{"has_api_key": true}}
	const native = "/cn-providers"
	tests := map[string]struct {
		host   version
		want   string // features that are there
		blocks string
	}{
		"0.1.179": {version{settings: map[string]any{"version": "0.1.179"}, accounts: []any{hidden}, compliance: map[string]any{"required": false}},
			"channels chat force_chat idempotency key_binding model_sync native_platforms plans recover redaction user_sign_in", "null"},
		"0.1.133, no accounts": {version{settings: map[string]any{"version": "0.1.133"}, lacks: []string{native}},
			"channels chat force_chat idempotency key_binding model_sync plans recover redaction user_sign_in", "null"},
		"0.1.121": {version{settings: map[string]any{"version": "0.1.121"}, accounts: []any{shown}, lacks: []string{native, "/accounts/x/models"}},
			"channels chat idempotency key_binding plans recover user_sign_in", "null"},
		"0.1.83.1": {version{settings: map[string]any{"version": "0.1.83.1"}, lacks: []string{native, "/accounts/x", "/channels", "/payment", "/api-keys", "/v1/chat"}},
			"user_sign_in", "null"},
		"a fork's strange version": {version{settings: map[string]any{"version": "dev"}, lacks: []string{native}},
			"channels chat force_chat idempotency key_binding model_sync plans recover redaction user_sign_in", "null"},
		"captcha": {version{settings: map[string]any{"turnstile_enabled": true}, lacks: []string{"/accounts/x", "/cn", "/channels", "/payment", "/api-keys", "/v1/chat"}},
			"", `["turnstile"]`},
		"another captcha": {version{settings: map[string]any{"aliyun_captcha_enabled": true}, lacks: []string{"/accounts/x", "/cn", "/channels", "/payment", "/api-keys", "/v1/chat"}},
			"", `["turnstile"]`},
		"backend mode": {version{settings: map[string]any{"backend_mode_enabled": true}, lacks: []string{"/accounts/x", "/cn", "/channels", "/payment", "/api-keys", "/v1/chat"}},
			"", `["backend_mode"]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			url, d := tt.host.serve(t)
			f, err := newClient(t, dialer(), url).Check(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var there []string
			for _, x := range []core.Feature{
				core.FeatureChannels, core.FeatureChat, core.FeatureForceChat, core.FeatureIdempotency, core.FeatureKeyBinding,
				core.FeatureModelSync, core.FeatureNative, core.FeaturePlans, core.FeatureRecover, core.FeatureRedaction, core.FeatureSignIn,
			} {
				if f.Has(x) {
					there = append(there, string(x))
				}
			}
			if got := strings.Join(there, " "); got != tt.want {
				t.Errorf("features are %s\nwant         %s", got, tt.want)
			}
			if mustJSON(f.Blocks) != tt.blocks {
				t.Errorf("blocks are %v, want %s", f.Blocks, tt.blocks)
			}
			if v, _ := tt.host.settings["version"].(string); f.Version != v || f.Latency <= 0 || f.At.IsZero() {
				t.Errorf("facts are %+v", f)
			}
			// sha256("3 2026-01-01T00:00:00.25Z"): the administrator with the lowest id.
			if f.Fingerprint != "8238107a18685c94bd2a98191496b635" {
				t.Errorf("fingerprint is %s", f.Fingerprint)
			}
			harmless(t, d.all())
			asked := len(d.all())
			id, err := newClient(t, dialer(), url).Identify(t.Context())
			if err != nil || id.Fingerprint != f.Fingerprint || id.Version != f.Version || id.Has(core.FeatureSignIn) != f.Has(core.FeatureSignIn) || id.At.IsZero() {
				t.Errorf("identified %+v %v", id, err)
			}
			if n := len(d.all()) - asked; n != 2 {
				t.Errorf("it took %d requests", n)
			}
		})
	}
}

// harmless fails on any request that could change a real host.
func harmless(t *testing.T, requests []seen) {
	t.Helper()
	for _, s := range requests {
		switch {
		case s.method == http.MethodGet:
		case strings.Contains(s.path, "/x") && (s.body == "" || s.body == "{}"): // no id
		case s.path == "/v1/chat/completions" && s.header.Get("Authorization") == "" && s.header.Get("X-Api-Key") == "":
		default:
			t.Errorf("the check sent %s %s %s", s.method, s.path, s.body)
		}
		if !strings.HasPrefix(s.path, "/api/v1/admin") && s.header.Get("X-Api-Key") != "" {
			t.Errorf("the admin key went to %s", s.path)
		}
	}
}

func TestComplianceGate(t *testing.T) {
	v := version{settings: map[string]any{"version": "0.1.179"}, compliance: map[string]any{
		"required": true, "version": "v2026.06.10", "document_url_en": "https://d/en", "document_url_zh": "https://d/zh",
		"ack_phrase_en": "I have read", "ack_phrase_zh": "我已阅读",
	}}
	url, d := v.serve(t)
	c := newClient(t, dialer(), url)
	f, err := c.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := core.Compliance{Version: "v2026.06.10", DocumentEN: "https://d/en", DocumentZH: "https://d/zh", PhraseEN: "I have read", PhraseZH: "我已阅读"}
	if f.Compliance == nil || *f.Compliance != want || mustJSON(f.Blocks) != `["compliance"]` || f.Fingerprint != "" || !f.Has(core.FeatureChat) {
		t.Errorf("facts are %+v", f)
	}
	harmless(t, d.all())
	for phrase, language := range map[string]string{"I have read": "en", " 我已阅读\n": "zh", "whatever": "en"} {
		_ = c.AcceptCompliance(context.Background(), phrase)
		all := d.all()
		last := all[len(all)-1]
		want := mustJSON(map[string]string{"phrase": strings.TrimSpace(phrase), "language": language})
		if last.path != "/api/v1/admin/compliance/accept" || last.body != want {
			t.Errorf("%q: sent %s %s", phrase, last.path, last.body)
		}
	}

	wrong := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answerJSON(w, 200, ok(v.compliance))
			return
		}
		answerJSON(w, 400, `{"code":400,"message":"confirmation phrase does not match","reason":"ADMIN_COMPLIANCE_INVALID_PHRASE"}`)
	})
	if err := newClient(t, dialer(), wrong.URL).AcceptCompliance(context.Background(), "x"); core.CodeOf(err) != core.CodeInput {
		t.Errorf("a wrong phrase: %v", err)
	}
	old := serve(t, recorded404(t))
	if err := newClient(t, dialer(), old.URL).AcceptCompliance(context.Background(), "x"); core.CodeOf(err) != core.CodeInput {
		t.Errorf("a host without the gate: %v", err)
	}
}

func TestChecksThatFailSayWhy(t *testing.T) {
	good := version{settings: map[string]any{"version": "0.1.133"}}
	with := func(path string, status int, body string) http.HandlerFunc {
		url, _ := good.serve(t)
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				answerJSON(w, status, body)
				return
			}
			// Everything else as the good host answers it.
			req, _ := http.NewRequest(r.Method, url+r.URL.RequestURI(), r.Body)
			req.Header = r.Header
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				panic(err)
			}
			defer resp.Body.Close()
			w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
			w.WriteHeader(resp.StatusCode)
			_, _ = w.Write(readAll(resp.Body))
		}
	}
	tests := map[string]struct {
		host http.HandlerFunc
		code core.Code
		says string
	}{
		"web site":         {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>Welcome to nginx")) }, core.CodeHost, "Welcome to nginx"},
		"other health":     {func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"status":"UP"}`) }, core.CodeHost, "not a healthy sub2api host"},
		"sick":             {func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 503, `{"status":"down"}`) }, core.CodeHost, "not a healthy sub2api host"},
		"wrong key":        {with("/api/v1/admin/users", 401, `{"code":"INVALID_ADMIN_KEY","message":"m"}`), core.CodeAuth, "INVALID_ADMIN_KEY"},
		"ordinary user":    {with("/api/v1/admin/users", 403, `{"code":"FORBIDDEN","message":"Admin access required"}`), core.CodeAuth, "administrator"},
		"no administrator": {with("/api/v1/admin/users", 200, `{"code":0,"data":{"items":[],"total":0}}`), core.CodeHost, "no administrator"},
		"a probe fails":    {with("/api/v1/admin/channels", 500, `{"code":500,"message":"internal error"}`), core.CodeHost, "500"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := newClient(t, dialer(), serve(t, tt.host).URL).Check(context.Background())
			if e := failure(t, err); e.Code != tt.code || !strings.Contains(err.Error(), tt.says) || e.Next == "" || e.Host != "lab" {
				t.Errorf("%v\nfacts %+v", err, f)
			}
		})
	}
}
