package hostclient

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
)

// Check looks at the host without changing anything: reads, and requests that were shown to create
// nothing on real hosts (HOST_CONTRACT 13). A host whose administrator has yet to accept its
// compliance document is no error: the facts say so, and lack what couldn't be seen.
func (c *Client) Check(ctx context.Context) (core.HostFacts, error) {
	f := core.HostFacts{At: time.Now(), Features: map[core.Feature]bool{}}
	var err error
	if f.Latency, err = c.health(ctx); err != nil { // before credentials leave
		return f, err
	}
	var chat bool
	var gate *complianceStatus
	first, firstCtx := errgroup.WithContext(ctx)
	first.Go(func() error { return c.publicFacts(firstCtx, &f) })
	first.Go(func() (err error) {
		chat, err = c.has(firstCtx, probe{http.MethodPost, "/v1/chat/completions", nil})
		return err
	})
	first.Go(func() (err error) { gate, err = c.readCompliance(firstCtx, "host check"); return err })
	if err := first.Wait(); err != nil {
		return f, err
	}
	f.Features[core.FeatureChat] = chat
	if c.blocked(&f, gate) {
		return f, nil
	}
	var hides, known bool
	rest, restCtx := errgroup.WithContext(ctx)
	rest.Go(func() (err error) { f.Fingerprint, err = c.fingerprint(restCtx); return err })
	rest.Go(func() error { return c.probeAll(restCtx, f.Features) })
	rest.Go(func() (err error) { hides, known, err = c.redacts(restCtx); return err })
	if err := rest.Wait(); err != nil {
		return f, err
	}
	f.Features[core.FeatureForceChat] = f.Features[core.FeatureModelSync]
	// Without an account that tells, its age does: model sync came one release later (0.1.127).
	f.Features[core.FeatureRedaction] = hides || !known && f.Features[core.FeatureModelSync]
	f.Features[core.FeatureIdempotency] = f.Features[core.FeatureKeyBinding] &&
		f.Features[core.FeatureChannels] && !olderThan(f.Version, 0, 1, 83, 4)
	return f, nil
}

// Identify implements [core.HostClient].
func (c *Client) Identify(ctx context.Context) (core.HostFacts, error) {
	f := core.HostFacts{At: time.Now(), Features: map[core.Feature]bool{}}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer func() { f.Latency = time.Since(f.At) }()
		return c.publicFacts(ctx, &f)
	})
	g.Go(func() (err error) {
		f.Fingerprint, err = c.fingerprint(ctx)
		return err
	})
	return f, g.Wait()
}

// probe is a request that a route answers with JSON and a host without the route with the
// plain-text 404.
type probe struct {
	method, path string
	as           signer
}

// probes, under the admin API. The id x is no number: a host refuses it before it looks for
// anything to change. ModelSync came in the same release as openai_responses_mode (0.1.127), which
// has no route of its own. The cn-providers route came with the native platforms (seen on 0.1.179).
var probes = map[core.Feature]probe{
	core.FeatureChannels:   {method: http.MethodGet, path: "/channels?page_size=1"},
	core.FeaturePlans:      {method: http.MethodGet, path: "/payment/plans"},
	core.FeatureKeyBinding: {method: http.MethodPut, path: "/api-keys/x"},
	core.FeatureRecover:    {method: http.MethodPost, path: "/accounts/x/recover-state"},
	core.FeatureModelSync:  {method: http.MethodPost, path: "/accounts/x/models/sync-upstream"},
	core.FeatureNative:     {method: http.MethodGet, path: "/cn-providers/accounts/x/balance"},
}

// probeAll asks side by side, within the host's bound.
func (c *Client) probeAll(ctx context.Context, features map[core.Feature]bool) error {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	for feature, p := range probes {
		p.as, p.path = c.admin, adminAPI+p.path
		g.Go(func() error {
			has, err := c.has(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			features[feature] = has
			return err
		})
	}
	return g.Wait()
}

// has tells whether the host has a route: any answer in the host's own JSON shows that it has.
func (c *Client) has(ctx context.Context, p probe) (bool, error) {
	k := call{stage: "host check", as: p.as, request: request{
		method: p.method, url: c.base + p.path, deadline: c.line.limits.Request,
	}}
	if p.method != http.MethodGet {
		k.body = map[string]any{}
	}
	if path, query, ok := strings.Cut(p.path, "?"); ok {
		k.url = c.base + path
		k.query, _ = url.ParseQuery(query)
	}
	_, err := c.do(ctx, k)
	var e *core.Error
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &e) || e.Code == core.CodeNetwork:
		return false, err
	case e.Reason == reasonNoRoute:
		return false, nil
	case e.Reason == reasonNotThisAPI, e.Code == core.CodeAuth && p.as != nil:
		return false, err
	case e.Status >= 400 && e.Status < 500:
		return true, nil
	}
	return false, err
}

// health asks for the one answer that every sub2api host gives to everyone.
func (c *Client) health(ctx context.Context) (time.Duration, error) {
	k := call{stage: "host check", request: request{
		side: core.SidePublic, method: http.MethodGet, url: c.base + "/health", deadline: c.line.limits.Request,
	}}
	a, f := c.line.exchange(ctx, k.request)
	if f != nil {
		return 0, c.at(k, c.line.broken(a, f))
	}
	var health struct {
		Status string `json:"status"`
	}
	if a.status != http.StatusOK || !isJSON(a.header) || json.Unmarshal(a.body, &health) != nil || health.Status != "ok" {
		e := c.line.notThisAPI(a)
		e.What = "this address is not a healthy sub2api host: " + e.What
		return 0, c.at(k, e)
	}
	return a.took, nil
}

// publicFacts reads what a host tells everyone: its version, and what would keep a user from
// signing in without a person. 0.1.179 has three kinds of captcha.
func (c *Client) publicFacts(ctx context.Context, f *core.HostFacts) error {
	data, err := c.do(ctx, call{stage: "host check", request: request{
		method: http.MethodGet, url: c.base + "/api/v1/settings/public", deadline: c.line.limits.Request,
	}})
	if err != nil {
		return err
	}
	var s struct {
		Version     string `json:"version"`
		Turnstile   bool   `json:"turnstile_enabled"`
		Tencent     bool   `json:"tencent_captcha_enabled"`
		Aliyun      bool   `json:"aliyun_captcha_enabled"`
		BackendMode bool   `json:"backend_mode_enabled"`
	}
	if err := c.decode("host check", data, &s); err != nil {
		return err
	}
	f.Version = c.line.mask.line(s.Version, 40)
	if s.Turnstile || s.Tencent || s.Aliyun {
		f.Blocks = append(f.Blocks, core.BlockTurnstile)
	}
	if s.BackendMode {
		f.Blocks = append(f.Blocks, core.BlockBackendMode)
	}
	f.Features[core.FeatureSignIn] = len(f.Blocks) == 0
	return nil
}

// complianceStatus is what newer hosts (0.1.179) say about the document that an administrator has
// to accept before anything else.
type complianceStatus struct {
	Required   bool   `json:"required"`
	Version    string `json:"version"`
	DocumentEN string `json:"document_url_en"`
	DocumentZH string `json:"document_url_zh"`
	PhraseEN   string `json:"ack_phrase_en"`
	PhraseZH   string `json:"ack_phrase_zh"`
}

// readCompliance is nil on hosts without the gate.
func (c *Client) readCompliance(ctx context.Context, stage string) (*complianceStatus, error) {
	data, err := c.get(ctx, stage, "/compliance", nil)
	var e *core.Error
	if errors.As(err, &e) && e.Reason == reasonNoRoute {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var s complianceStatus
	return &s, c.decode(stage, data, &s)
}

// blocked notes a document that is still to be accepted.
func (c *Client) blocked(f *core.HostFacts, s *complianceStatus) bool {
	if s == nil || !s.Required {
		return false
	}
	clean := func(s string) string { return c.line.mask.line(s, longText) }
	f.Blocks = append(f.Blocks, core.BlockCompliance)
	f.Compliance = &core.Compliance{
		Version: clean(s.Version), DocumentEN: clean(s.DocumentEN), DocumentZH: clean(s.DocumentZH),
		PhraseEN: clean(s.PhraseEN), PhraseZH: clean(s.PhraseZH),
	}
	return true
}

// AcceptCompliance sends the phrase that the operator typed. The host compares it with the phrase
// of one language, English unless told (0.1.179): the phrase itself tells which.
func (c *Client) AcceptCompliance(ctx context.Context, phrase string) error {
	const stage = "accept the compliance document"
	s, err := c.readCompliance(ctx, stage)
	if err != nil {
		return err
	}
	if s == nil {
		return &core.Error{
			Code: core.CodeInput, Host: c.name, Stage: stage, Fault: core.FaultOperator,
			What: "this host asks for no acceptance", Next: "nothing needs to be done",
		}
	}
	phrase = strings.TrimSpace(phrase)
	language := "en"
	if phrase == s.PhraseZH {
		language = "zh"
	}
	_, err = c.do(ctx, call{
		stage: stage, as: c.admin, write: true,
		request: request{
			method: http.MethodPost, url: c.base + adminAPI + "/compliance/accept",
			body: map[string]string{"phrase": phrase, "language": language}, deadline: c.line.limits.Write,
		},
	})
	var e *core.Error
	if errors.As(err, &e) && e.Reason == "ADMIN_COMPLIANCE_INVALID_PHRASE" {
		e.Code, e.Fault, e.Next = core.CodeInput, core.FaultOperator, "type the phrase exactly as shown"
	}
	return err
}

// fingerprint identifies the host's database: a hash of the id and the creation time of the first
// administrator, neither of which ever changes.
func (c *Client) fingerprint(ctx context.Context) (string, error) {
	items, err := c.items(ctx, "host check", routes[core.User].path, url.Values{"role": {"admin"}}, false)
	if err != nil {
		return "", err
	}
	users, err := c.line.objects(core.User, items)
	if err != nil {
		return "", c.unreadable("host check", err)
	}
	var first core.Object
	for _, u := range users {
		if u.Fields.Str("role") == "admin" && (first.ID == 0 || u.ID < first.ID) {
			first = u
		}
	}
	if first.ID == 0 || first.CreatedAt.IsZero() {
		return "", c.unreadable("host check", errors.New("no administrator among the users"))
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", first.ID, first.CreatedAt.UTC().Format(time.RFC3339Nano)))
	return hex.EncodeToString(sum[:16]), nil
}

// redacts tells whether the host hides accounts' keys; it is known only if there is an account with a key to hide.
func (c *Client) redacts(ctx context.Context) (hides, known bool, err error) {
	data, err := c.get(ctx, "host check", routes[core.Account].path, url.Values{"page_size": {"20"}})
	if err != nil {
		return false, false, err
	}
	var p struct {
		Items []struct {
			Credentials map[string]any  `json:"credentials"`
			Status      json.RawMessage `json:"credentials_status"`
		} `json:"items"`
	}
	if err := c.decode("host check", data, &p); err != nil {
		return false, false, err
	}
	for _, a := range p.Items {
		if _, shown := a.Credentials["api_key"]; shown {
			return false, true, nil
		}
		if present(a.Status) {
			return true, true, nil
		}
	}
	return false, false, nil
}

// olderThan compares a dotted version; one that can't be read is not older.
func olderThan(version string, than ...int) bool {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	for i, want := range than {
		if i >= len(parts) {
			return want > 0
		}
		have, err := strconv.Atoi(parts[i])
		if err != nil {
			return false
		}
		if have != want {
			return have < want
		}
	}
	return false
}
