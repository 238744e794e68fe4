package fakehost

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Provider simulates an upstream: OpenAI-compatible under any base path, Anthropic-compatible for
// POST …/messages (so {base}/anthropic serves as an Anthropic base). What it does is chosen by the
// API key, "sk-<behaviour>" or "sk-<behaviour>-<anything>":
//
//	ok          answers
//	chatonly    404 on /responses
//	401 402 403quota 403plain 403ark 400 400qwen 402minimax 429 429glm 429kimi
//	500 500minimax 503
//	            the refusals of PROVIDERS.md 2; 401 for every unknown key too
//	nomodel     its list lacks every model, completions are 404
//	model404    completions are 404 model_not_found
//	htmlok      200 with an HTML page for everything
//	hang        no answer until the client leaves
//	slow        answers after Provider.Slow
//	ssejson     streams though it wasn't asked to
//	jsonsse     JSON under Content-Type text/event-stream
//	reason      only reasoning, no content
//	dropmid     breaks off in the middle
//	notools     answers, but never calls a tool
//	intl        401 except under /intl
type Provider struct {
	Slow    time.Duration // of "slow"; default 30 s
	Latency time.Duration // before every answer
	Net     *Net          // where it is served; nil is loopback

	mu         sync.Mutex
	models     []string
	behaviours map[string][]string // by key, instead of its prefix
	log        []ProviderRequest
	hanging    chan struct{}
	count      int
}

// ProviderRequest is one request that a provider received.
type ProviderRequest struct {
	Method, Path, Key, Model string
	Agent, Body              string
	At                       time.Time
}

// NewProvider makes a provider that lists the given models; none means those of the lab.
func NewProvider(models ...string) *Provider {
	if len(models) == 0 {
		models = []string{"deepseek-v4-pro", "deepseek-flash", "deepseek-chat", "smoke-model", "glm-5.3", "MiniMax-M3", "kimi-k3", "qwen3.8-max", "doubao-seed-2-1-pro-260915"}
	}
	return &Provider{Slow: 30 * time.Second, models: models, behaviours: map[string][]string{}, hanging: make(chan struct{})}
}

// Start serves the provider on its network. url has no path: append /v1.
func (p *Provider) Start() (url string, stop func()) {
	url, end := p.Net.serve(&http.Server{Handler: p})
	return url, sync.OnceFunc(func() {
		close(p.hanging)
		end()
	})
}

// SetBehaviour makes a key behave otherwise than its prefix says; several behaviours combine.
// No behaviour restores the prefix.
func (p *Provider) SetBehaviour(key string, behaviours ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(behaviours) == 0 {
		delete(p.behaviours, key)
		return
	}
	p.behaviours[key] = behaviours
}

// SetModels replaces the model list.
func (p *Provider) SetModels(models ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.models = models
}

// Log lists the requests, oldest first.
func (p *Provider) Log() []ProviderRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.log)
}

// Forget empties the log.
func (p *Provider) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = nil
}

// Answers tells whether a key gets answers now.
func (p *Provider) Answers(key string) bool {
	return slices.ContainsFunc(p.behaves(key), func(b string) bool { return slices.Contains(answering, b) })
}

// behaves tells what a key does; nil means that nobody knows it.
func (p *Provider) behaves(key string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b, ok := p.behaviours[key]; ok {
		return b
	}
	prefix, rest, _ := strings.Cut(key, "-")
	name, _, _ := strings.Cut(rest, "-")
	_, refuses := refusals[name]
	if prefix != "sk" || !(refuses || slices.Contains(answering, name)) {
		return nil
	}
	return []string{name}
}

var answering = []string{"ok", "chatonly", "nomodel", "model404", "htmlok", "hang", "slow", "ssejson", "jsonsse", "reason", "dropmid", "notools", "intl"}

// upstreamRefusal is a provider's way to say no.
type upstreamRefusal struct {
	status int
	body   string
}

var (
	invalidKey = upstreamRefusal{401, `{"error":{"message":"Invalid API key","type":"authentication_error","code":"invalid_api_key"}}`}
	refusals   = map[string]upstreamRefusal{
		"401":        invalidKey,
		"402":        {402, `{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}`},
		"402minimax": {402, `{"type":"error","error":{"type":"insufficient_balance_error","message":"insufficient balance (1008)"}}`},
		"403quota":   {403, `{"error":{"message":"用户额度不足","type":"new_api_error","code":"insufficient_user_quota"}}`},
		"403plain":   {403, `{"error":{"message":"Forbidden","type":"permission_error","code":null}}`},
		"403ark":     {403, `{"error":{"code":"AccountOverdueError","message":"The request failed because your account has an overdue balance. Request id: 0217fake","param":"","type":"Forbidden"}}`},
		"400":        {400, `{"error":{"message":"Invalid request: unsupported parameter","type":"invalid_request_error","param":null,"code":"invalid_parameter"}}`},
		"400qwen":    {400, `{"error":{"message":"Access denied, please make sure your account is in good standing.","type":"Arrearage","param":null,"code":"Arrearage"}}`},
		"429":        {429, `{"error":{"message":"Rate limit reached for requests. Please try again later.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}`},
		"429glm":     {429, `{"error":{"code":"1113","message":"余额不足或无可用资源包,请充值。"}}`},
		"429kimi":    {429, `{"error":{"type":"exceeded_current_quota_error","message":"Your account is suspended, please check your plan and billing details"}}`},
		"500":        {500, `{"error":{"message":"Internal server error","type":"server_error","param":null,"code":"internal_error"}}`},
		"500minimax": {500, `{"type":"error","error":{"type":"api_error","message":"insufficient balance (1008)"}}`},
		"503":        {503, `{"error":{"message":"Service is too busy. Please retry later.","type":"service_unavailable_error","param":null,"code":"service_unavailable"}}`},
	}
)

// ServeHTTP implements http.Handler.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	var body object
	_ = json.Unmarshal(raw, &body)
	key, _ := bearer(r)
	if key == "" {
		key = r.Header.Get("x-api-key")
	}
	p.mu.Lock()
	p.count++
	n := p.count
	models := slices.Clone(p.models)
	p.log = append(p.log, ProviderRequest{Method: r.Method, Path: r.URL.Path, Key: key, Model: body.str("model"), Agent: r.UserAgent(), Body: string(raw), At: time.Now()})
	p.mu.Unlock()
	w.Header().Set("x-request-id", fmt.Sprintf("fake-%d", n))
	pause(r, p.Latency)
	v := &visit{Provider: p, w: w, r: r, n: n, body: body, does: p.behaves(key)}
	v.serve(models)
}
