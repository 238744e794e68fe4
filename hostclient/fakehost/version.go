package fakehost

import (
	"embed"
	"encoding/json"
	"fmt"
	"time"
)

// traits are the ways in which hosts of different versions behave differently: the table of
// contract 13 and 14. The rest of the package asks it and never compares versions.
type traits struct {
	channels    bool // /admin/channels
	plans       bool // /admin/payment
	chat        bool // gateway /v1/chat/completions
	keyBinding  bool // PUT /admin/api-keys/:id
	idempotency bool // Idempotency-Key on accounts, balance, keys
	recover     bool // accounts/:id/recover-state
	modelSync   bool // accounts/models/sync-upstream(-preview)
	candidates  bool // groups/:id/models-list-candidates
	cooldown    bool // settings/rate-limit-429-cooldown
	compliance  bool // the gate before every admin call
	native      bool // platforms deepseek, kimi, zhipu

	chatHop       bool // openai accounts fall back to, or are forced to, chat completions
	probe         probeKind
	redacts       bool // api_key is hidden, and kept by a PUT that lacks it
	needsRate     bool // rate_multiplier must be > 0
	repeatAssigns bool // an equal repeat of a subscription assignment answers 200

	errorUnschedules   bool          // an account error also sets schedulable=false
	testMarksAuth      bool          // a 401 in the account test sets status=error
	htmlTestPasses     bool          // the account test takes a 200 HTML page for an answer
	cooldown429        time.Duration // default after an upstream 429
	limitsModel404     bool          // an upstream's unknown model is remembered; else its 404 is passed on
	gluesErrors        bool          // some error bodies are followed by an SSE error event
	missingModel404    bool          // a model that no account supports is 404 model_not_found, not 503
	noAccounts         string        // words of the generic 503
	brokenOff          refusal       // of an upstream that breaks off; reason is the error's type
	deletedGroup       deletedGroup
	groupless          bool   // a key without a group is served
	modelsNeedBalance  bool   // /v1/models is refused at balance 0
	chatJSONType       string // Content-Type of a non-stream answer that came by the responses hop
	rawHTMLPasses      bool   // a 200 HTML page on the chat hop is passed on
	groupStatus        bool   // an inactive group is refused
	clientRequestID    bool   // gateway answers carry X-Client-Request-Id
	transportFailsOver bool   // a refused connection is tried at the next account
	retryAfter         bool   // the sign-in limit says when to come again
	listsRevoked       bool   // a revoked subscription stays in lists
	localRequestID     bool   // usage records name the gateway's own request id
	usageChunk         bool   // streams end with a usage chunk unasked
	versionedBase      bool   // base_url may end in any /vN, not only /v1
	testModel          string // of an account test without model_id
	groupPlatforms     []string
}

// probeKind is how a host finds out whether an openai account's upstream speaks /responses.
type probeKind int

const (
	probesNot      probeKind = iota
	probesRoute              // any answer but 404 and 405 means yes
	probesToolCall           // 200 means yes only with a tool call in the answer
)

// deletedGroup is what becomes of the keys of a deleted group.
type deletedGroup int

const (
	groupForgotten  deletedGroup = iota // group_id null
	groupRemembered                     // group_id kept, gateway 403 GROUP_DELETED
	groupBreaksKey                      // group_id kept, gateway 500
)

// What users are told of an upstream that isn't speaking the API, or stopped in the middle.
var (
	noTerminalEvent = refusal{status: 502, reason: "api_error", message: "Upstream stream ended without a terminal response event"}
	upstreamFailed  = refusal{status: 502, reason: "upstream_error", message: "Upstream request failed"}
	upstreamAway    = refusal{status: 502, reason: "upstream_error", message: "Upstream service temporarily unavailable"}
)

const busy = "Service temporarily unavailable"

var versions = map[string]traits{
	"0.1.83.1": {
		cooldown429: 5 * time.Minute, htmlTestPasses: true, groupless: true, modelsNeedBalance: true,
		noAccounts: "No available accounts: no available accounts", brokenOff: noTerminalEvent, testModel: "gpt-5.1-codex",
		groupPlatforms: []string{"anthropic", "openai", "gemini", "antigravity"},
	},
	"0.1.121": {
		channels: true, plans: true, chat: true, keyBinding: true, idempotency: true, recover: true,
		needsRate: true, repeatAssigns: true, testMarksAuth: true,
		cooldown429: 5 * time.Minute, modelsNeedBalance: true,
		noAccounts: busy, brokenOff: noTerminalEvent, testModel: "gpt-5.4", chatJSONType: "text/event-stream",
		groupPlatforms: []string{"anthropic", "openai", "gemini", "antigravity"},
	},
	"0.1.133": {
		channels: true, plans: true, chat: true, keyBinding: true, idempotency: true, recover: true,
		modelSync: true, candidates: true, cooldown: true,
		chatHop: true, probe: probesRoute, redacts: true, needsRate: true, repeatAssigns: true,
		errorUnschedules: true, testMarksAuth: true, cooldown429: 5 * time.Second, limitsModel404: true,
		gluesErrors: true, noAccounts: busy, brokenOff: upstreamFailed, deletedGroup: groupRemembered, modelsNeedBalance: true,
		chatJSONType: "text/event-stream", localRequestID: true, usageChunk: true, versionedBase: true,
		groupStatus: true, clientRequestID: true,
		testModel:      "gpt-5.4",
		groupPlatforms: []string{"anthropic", "openai", "gemini", "antigravity", "kimi"},
	},
	"0.1.179": {
		channels: true, plans: true, chat: true, keyBinding: true, idempotency: true, recover: true,
		modelSync: true, candidates: true, cooldown: true, compliance: true, native: true,
		chatHop: true, probe: probesToolCall, redacts: true, needsRate: true, repeatAssigns: true,
		errorUnschedules: true, testMarksAuth: true, cooldown429: 5 * time.Second, limitsModel404: true,
		missingModel404: true, noAccounts: busy, brokenOff: upstreamAway, deletedGroup: groupBreaksKey,
		chatJSONType: "application/json; charset=utf-8", rawHTMLPasses: true, localRequestID: true,
		usageChunk: true, versionedBase: true, testModel: "gpt-5.4",
		groupStatus: true, clientRequestID: true, transportFailsOver: true, retryAfter: true, listsRevoked: true,
		groupPlatforms: []string{"anthropic", "openai", "gemini", "antigravity", "deepseek", "kimi", "zhipu", "grok", "composite"},
	},
}

// shapes holds, for each version, the fields of every resource with their default values, taken
// from recordings: "group" as a create answers, "group_read" what a later read shows instead,
// "group_brief" the keys that are embedded in other resources.
//
//go:embed shapes/*.json
var shapes embed.FS

func loadShapes(version string) object {
	raw, err := shapes.ReadFile("shapes/" + version + ".json")
	if err != nil {
		panic(fmt.Sprintf("fakehost: no shapes of version %q", version))
	}
	var out object
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}
