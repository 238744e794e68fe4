package core

import "strings"

// Pack is a provider as a TOML pack describes it (docs/packs.md); packs validates it.
type Pack struct {
	ID     string `json:"id"`
	Name   Text   `json:"name"`
	Home   string `json:"home,omitempty"`
	Source string `json:"source"` // "builtin" or the file it was read from
	// Replaces: it stands in for the built-in pack of the same id.
	Replaces bool   `json:"replaces_builtin,omitempty"`
	Digest   string `json:"digest"` // sha256 of its canonical content, "sha256:…"
	// Platform is the host platform for its groups and accounts: "openai" unless there is a reason.
	Platform      string            `json:"platform"`
	AccountPrefix string            `json:"account_prefix"`
	Endpoints     []Endpoint        `json:"endpoints"` // the first is the default
	Models        []Model           `json:"models"`
	Mapping       map[string]string `json:"mapping,omitempty"` // alias → model id
	Smoke         Smoke             `json:"smoke"`
	Rules         []Rule            `json:"rules,omitempty"` // in order; the first that matches decides
	Quirks        Quirks            `json:"quirks"`
	Notes         []string          `json:"notes,omitempty"` // uncertain facts, said to the operator
}

// Text is a name in both languages.
type Text struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// Endpoint is one address of a provider: region × product.
type Endpoint struct {
	ID      string `json:"id"`      // "cn", "intl", "cn-coding"
	Region  string `json:"region"`  // "cn", "intl", "global"
	Product string `json:"product"` // "payg", "coding", "token_plan"
	// Base is what a host's account gets; the host appends /chat/completions or /responses
	// (after /v1 where the base has no version of its own).
	Base      string     `json:"base"`
	Chat      string     `json:"chat"`                // the full chat completions URL
	Models    string     `json:"models,omitempty"`    // the full models URL; "" if there is none
	Anthropic string     `json:"anthropic,omitempty"` // base of an Anthropic-compatible API
	Sisters   []string   `json:"sisters,omitempty"`   // ids of endpoints whose keys are easily mistaken for this one's
	Speaks    []Protocol `json:"speaks"`              // protocols that the OpenAI base serves: chat, responses
}

// Model is one model of a provider.
type Model struct {
	ID           string   `json:"id"` // the upstream's name
	Name         string   `json:"name,omitempty"`
	Context      int      `json:"context,omitempty"` // tokens; 0 = not stated
	Capabilities []string `json:"capabilities,omitempty"`
	Prices       []Price  `json:"prices,omitempty"` // one a currency
}

// Price is per million tokens; nil means not stated.
type Price struct {
	Currency   string   `json:"currency"` // ISO 4217: CNY, USD
	Input      float64  `json:"input"`
	Output     float64  `json:"output"`
	CacheRead  *float64 `json:"cache_read,omitempty"`
	CacheWrite *float64 `json:"cache_write,omitempty"`
	Source     string   `json:"source"`
	Date       string   `json:"date"` // 2026-11-15, or 2026-11 where the day is not known
	Uncertain  bool     `json:"uncertain,omitempty"`
	Lost       string   `json:"lost,omitempty"` // what the host's price model can't hold: peak hours, tiers
}

// Smoke is the question that proves access.
type Smoke struct {
	Model     string `json:"model"`
	Prompt    string `json:"prompt"`
	MaxTokens int    `json:"max_tokens"`
}

// Rule classifies an upstream's error; every condition that is set must hold.
type Rule struct {
	Status int    `json:"status,omitempty"`
	Code   string `json:"code,omitempty"` // equals the body's code or type
	Text   string `json:"text,omitempty"` // substring of the message, any case
	Class  Class  `json:"class"`
	Note   string `json:"note,omitempty"` // what it means at this provider
}

// Quirks are a provider's departures from the OpenAI API.
type Quirks struct {
	Thinking    bool   `json:"thinking,omitempty"`     // answers start with reasoning by default
	TokensField string `json:"tokens_field,omitempty"` // "max_completion_tokens"
	DatedIDs    bool   `json:"dated_ids,omitempty"`    // model ids carry dates
}

// Model finds a model by id.
func (p Pack) Model(id string) (Model, bool) {
	for _, m := range p.Models {
		if m.ID == id {
			return m, true
		}
	}
	return Model{}, false
}

// Endpoint finds an endpoint by id; "" is the default.
func (p Pack) Endpoint(id string) (Endpoint, bool) {
	for i, e := range p.Endpoints {
		if e.ID == id || (id == "" && i == 0) {
			return e, true
		}
	}
	return Endpoint{}, false
}

// URL is where the endpoint answers a protocol: the chat URL, its sibling for responses, or the
// messages of its Anthropic-compatible API.
func (e Endpoint) URL(p Protocol) string {
	switch p {
	case ProtocolAnthropic:
		return strings.TrimSuffix(e.Anthropic, "/") + "/v1/messages"
	case ProtocolResponses:
		return strings.TrimSuffix(e.Chat, "/chat/completions") + "/responses"
	}
	return e.Chat
}

// PackSource gives packs by id.
type PackSource interface {
	Pack(id string) (Pack, error)
	// Packs are all that can be named, and those that can't be used, with what is wrong with them.
	Packs() []ListedPack
}

// ListedPack is a pack as it can be chosen. With a Fault it can't, and has no more than a source and, where it is
// known, an id.
type ListedPack struct {
	Pack
	Fault error `json:"-"`
}
