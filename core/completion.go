package core

import (
	"encoding/json"
	"time"
)

// Protocol is the API that a completion speaks.
type Protocol string

// The protocols. Auto leaves the choice to the plan.
const (
	ProtocolAuto      Protocol = "auto"
	ProtocolChat      Protocol = "chat"      // POST …/chat/completions
	ProtocolResponses Protocol = "responses" // POST …/responses
	ProtocolAnthropic Protocol = "anthropic" // POST …/messages
)

// CompletionRequest is the minimal question that proves access.
type CompletionRequest struct {
	Protocol  Protocol
	Model     string
	Prompt    string
	MaxTokens int // at least 1024: thinking models spend them before the first word
	// TokensField is "max_tokens" unless the pack says otherwise.
	TokensField string
	Deadline    time.Duration
	// The deeper smoke speaks the chat protocol only. Stream asks for an event stream; Tool offers the model a function
	// of that name, without arguments; Turns are the messages that follow the prompt.
	Stream bool
	Tool   string
	Turns  []json.RawMessage
}

// Completion is what came back from a gateway or an upstream, whatever it was. Only Content
// proves an answer.
type Completion struct {
	At          time.Time     `json:"at"`
	URL         string        `json:"url"`
	Latency     time.Duration `json:"latency"`
	Status      int           `json:"status"` // 0: no HTTP answer, see Net
	ContentType string        `json:"content_type,omitempty"`
	RequestID   string        `json:"request_id,omitempty"`
	Content     string        `json:"content,omitempty"` // first 500 bytes
	Reasoning   bool          `json:"reasoning,omitempty"`
	Model       string        `json:"model,omitempty"` // as the answer names it
	Ended       bool          `json:"ended,omitempty"` // a stream came to its own end
	// Call is the id of a call of the tool that was offered, Said the message with it: as the upstream has them, to be sent
	// back, and never stored or printed.
	Call string `json:"-"`
	Said string `json:"-"`
	Failure
}

// Answered tells whether words came back.
func (c Completion) Answered() bool { return c.Status == 200 && c.Content != "" }

// ModelList is what a models endpoint answered.
type ModelList struct {
	At      time.Time     `json:"at"`
	URL     string        `json:"url"`
	Latency time.Duration `json:"latency"`
	Status  int           `json:"status"`
	Models  []string      `json:"models,omitempty"`
	Failure
}

// OK tells whether it was a list.
func (m ModelList) OK() bool { return m.Status == 200 && m.Failure == Failure{} }

// Failure is an error answer in parts, sanitised and with secrets masked. Body rules in packs match on it.
type Failure struct {
	Net     NetError `json:"net,omitempty"`     // no usable HTTP answer
	Code    string   `json:"code,omitempty"`    // body: code, error.code or reason
	Type    string   `json:"type,omitempty"`    // body: error.type
	Message string   `json:"message,omitempty"` // the other side's own words, first 500 bytes
}

// NetError is why there was no answer.
type NetError string

// The ways in which a network fails.
const (
	NetRefused  NetError = "refused"
	NetTimeout  NetError = "timeout"
	NetDNS      NetError = "dns"
	NetTLS      NetError = "tls"
	NetReset    NetError = "reset"
	NetTooLarge NetError = "too_large"
	NetNotJSON  NetError = "not_json" // an answer, but not of this API: an HTML page, say
	NetOther    NetError = "network"
)

// AccountTest is the end of a host's account test.
type AccountTest struct {
	At       time.Time     `json:"at"`
	Latency  time.Duration `json:"latency"`
	Complete bool          `json:"complete"` // a test_complete frame came
	Content  string        `json:"content,omitempty"`
	Status   int           `json:"status,omitempty"` // the upstream's, when the host's prose names it
	Failure
}
