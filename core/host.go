package core

import (
	"context"
	"time"
)

// HostID names a host in every record. It is made once and never follows the address.
type HostID string

// AuthKind is how cnrelay signs in to a host's admin API.
type AuthKind string

// The two admin sign-ins a host knows.
const (
	AuthAdminKey AuthKind = "admin_key"
	AuthPassword AuthKind = "password"
)

// Host is a registered host. Its secrets are in the vault, under [HostSecret].
type Host struct {
	ID   HostID `json:"id"`
	Name string `json:"name"` // the operator's label, unique
	// URL is dialled by this process; it may be a tunnel. PublicURL is what users and operators
	// use, in curl lines and evidence.
	URL       string `json:"url"`
	PublicURL string `json:"public_url"`
	// GatewayByPublic sends the gateway checks to PublicURL instead of URL.
	GatewayByPublic bool     `json:"gateway_by_public,omitempty"`
	Auth            AuthKind `json:"auth"`
	Email           string   `json:"email,omitempty"`
	CA              string   `json:"ca,omitempty"` // PEM, in addition to the system's
	Proxied         bool     `json:"proxied,omitempty"`
	// Concurrency bounds the requests in flight; Rate the requests a second (0 = unbounded).
	Concurrency int     `json:"concurrency"`
	Rate        float64 `json:"rate,omitempty"`
	// Fingerprint is the identity: see [HostFacts].
	Fingerprint string    `json:"fingerprint"`
	Added       time.Time `json:"added"`
	Seen        HostFacts `json:"seen"` // by the latest check that succeeded
	Lost        Outage    `json:"lost,omitzero"`
}

// Outage is why a host can't be looked at. It is zero while it can.
type Outage struct {
	Since time.Time `json:"since"` // first failed check after one that succeeded
	At    time.Time `json:"at"`    // latest failed check
	Code  Code      `json:"code"`
	What  string    `json:"what"`
	Next  string    `json:"next,omitempty"`
}

// HostSecret is the vault reference of a host's "admin" key or password, or of its "proxy" URL.
func HostSecret(id HostID, what string) string { return "host/" + string(id) + "/" + what }

// HostFacts is what one check saw on a host. It says what was there at that moment, not that every
// version is compatible.
type HostFacts struct {
	At      time.Time     `json:"at"`
	Latency time.Duration `json:"latency"` // of the health request
	Version string        `json:"version"` // a hint: forks may lie
	// Fingerprint is a hash of the first administrator's id and creation time (no API gives an
	// instance id): the same database is the same host.
	Fingerprint string           `json:"fingerprint"`
	Features    map[Feature]bool `json:"features"`
	// Blocks are what would stop a run: captcha, backend-only mode, compliance, step-up.
	Blocks     []Block     `json:"blocks,omitempty"`
	Compliance *Compliance `json:"compliance,omitempty"`
}

// Has tells whether the feature was seen.
func (f HostFacts) Has(x Feature) bool { return f.Features[x] }

// Feature is something that hosts of different versions have or lack (HOST_CONTRACT 13).
type Feature string

// The features that change what cnrelay does.
const (
	FeatureChannels    Feature = "channels"     // since 0.1.107
	FeaturePlans       Feature = "plans"        // since 0.1.111
	FeatureChat        Feature = "chat"         // gateway /v1/chat/completions
	FeatureKeyBinding  Feature = "key_binding"  // PUT /admin/api-keys/:id
	FeatureForceChat   Feature = "force_chat"   // openai_responses_mode, since 0.1.127
	FeatureRecover     Feature = "recover"      // accounts/:id/recover-state
	FeatureModelSync   Feature = "model_sync"   // accounts/models/sync-upstream-preview: the host's own look at an upstream
	FeatureRedaction   Feature = "redaction"    // account keys are hidden in answers, since 0.1.126
	FeatureIdempotency Feature = "idempotency"  // Idempotency-Key on accounts
	FeatureSignIn      Feature = "user_sign_in" // an ordinary user can sign in without a person
	FeatureNative      Feature = "native_platforms"
)

// Block is a reason why a run can't start or can't finish on a host.
type Block string

// The blocks a check can see.
const (
	BlockTurnstile   Block = "turnstile"    // sign-in wants a captcha
	BlockBackendMode Block = "backend_mode" // ordinary users can't sign in
	BlockCompliance  Block = "compliance"   // an administrator must accept a document first
	BlockStepUp      Block = "step_up"      // admin writes want a second factor
)

// Compliance is the document that newer hosts want an administrator to accept. Only a person does.
type Compliance struct {
	Version    string `json:"version"`
	DocumentEN string `json:"document_en"`
	DocumentZH string `json:"document_zh"`
	PhraseEN   string `json:"phrase_en"`
	PhraseZH   string `json:"phrase_zh"`
}

// HostClient is a host as the engine uses it. Every method ends within its stated deadline or
// with ctx; errors are [*Error] with the host's words made safe to print.
type HostClient interface {
	// Check looks at the host without side effects.
	Check(ctx context.Context) (HostFacts, error)
	// Identify is the part of Check that tells which host it is, in two requests: no features.
	Identify(ctx context.Context) (HostFacts, error)
	// List gives all pages. A read that came back cut short is an error, never a shorter list.
	List(ctx context.Context, k Kind, q Query) ([]Object, error)
	// Get reads one resource; [ErrNotFound] if the host says that it isn't there.
	Get(ctx context.Context, r Ref) (Object, error)
	// Write changes one thing. An error for which [Uncertain] is true may have taken effect. When ctx ends,
	// what was sent is waited for, and nothing more is sent.
	Write(ctx context.Context, w Write) (Object, error)
	// TestAccount runs the host's account test to the end of its stream. It is a write.
	TestAccount(ctx context.Context, id int64, model, prompt string, progress func(text string)) (AccountTest, error)
	// UpstreamModels lets the host itself read an upstream's model list; it stores nothing.
	UpstreamModels(ctx context.Context, platform, baseURL, key string) (ModelList, error)
	// Usage is the host's record of the requests of one API key, newest first.
	Usage(ctx context.Context, key int64) ([]Usage, error)
	// GatewayModels and Complete ask the gateway as a user would; their failures are values.
	GatewayModels(ctx context.Context, key string) ModelList
	Complete(ctx context.Context, key string, c CompletionRequest) Completion
	// AcceptCompliance sends the phrase that the operator typed.
	AcceptCompliance(ctx context.Context, phrase string) error
}

// UpstreamClient asks a provider directly, from the console's own network.
type UpstreamClient interface {
	Models(ctx context.Context, url, key string) ModelList
	Complete(ctx context.Context, url, key string, c CompletionRequest) Completion
}

// Dialer makes clients. It opens no connection.
type Dialer interface {
	Host(h Host, secret func(ref string) (string, error)) (HostClient, error)
	Upstream() UpstreamClient
	// Hide makes secrets vanish from whatever any host or upstream says from now on.
	Hide(secrets ...string)
	// Text makes a text that came through no client fit to keep or to hand on: sanitised, without what has to vanish
	// and whatever looks like a secret, at most max bytes; 0 is no bound.
	Text(s string, max int) string
}

// Usage is one line of a host's usage record.
type Usage struct {
	RequestID  string    `json:"request_id"`
	AccountID  int64     `json:"account_id"`
	GroupID    int64     `json:"group_id"`
	Model      string    `json:"model"`
	Endpoint   string    `json:"upstream_endpoint"`
	ActualCost float64   `json:"actual_cost"` // USD
	CreatedAt  time.Time `json:"created_at"`
}
