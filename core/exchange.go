package core

import (
	"context"
	"time"
)

// Exchange is one HTTP request and what came back, as evidence. Secrets are gone from it, and its bodies are cut to
// a bound, before anything keeps it.
type Exchange struct {
	Phase Phase  `json:"phase,omitempty"`
	Step  string `json:"step,omitempty"` // of the plan, or what was being looked at
	// Try counts how often the same was sent in a step: 1 is the first.
	Try     int           `json:"try"`
	Side    Side          `json:"side"`
	At      time.Time     `json:"at"` // when it was sent
	Took    time.Duration `json:"took"`
	Method  string        `json:"method"`
	URL     string        `json:"url"`
	Status  int           `json:"status"`           // 0: no HTTP answer, see Net
	Proto   string        `json:"proto,omitempty"`  // of the answer: "HTTP/1.1"
	Remote  string        `json:"remote,omitempty"` // IP address that was connected to
	Sent    Message       `json:"sent"`
	Got     Message       `json:"got"`
	Timings Timings       `json:"timings"`
	Net     NetError      `json:"net,omitempty"` // why no whole answer came
	Error   string        `json:"error,omitempty"`
}

// Message is one half of an exchange. Headers are those of a list that is known to hold no secret; where a
// credential stood, only its kind is left.
type Message struct {
	Headers []Header `json:"headers,omitempty"`
	Body    string   `json:"body,omitempty"`
	Size    int64    `json:"size"`          // bytes of the body on the wire, after decompression
	Cut     bool     `json:"cut,omitempty"` // Body is only the beginning
}

// Header is one line of a head.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Header is the first value of a header, or "". Names are as net/http writes them.
func (m Message) Header(name string) string {
	for _, h := range m.Headers {
		if h.Name == name {
			return h.Value
		}
	}
	return ""
}

// Timings are the parts of an exchange in the order in which they happen. A part that didn't happen is 0: a
// connection that was there already needs no DNS, Connect and TLS.
type Timings struct {
	Queued  time.Duration `json:"queued,omitempty"` // for a slot and the host's pace, before it is sent
	Blocked time.Duration `json:"blocked"`          // for a connection
	DNS     time.Duration `json:"dns,omitempty"`
	Connect time.Duration `json:"connect,omitempty"` // TLS not included
	TLS     time.Duration `json:"tls,omitempty"`
	Send    time.Duration `json:"send"`
	Wait    time.Duration `json:"wait"` // for the first byte
	Receive time.Duration `json:"receive"`
}

// Side is who was asked, and as whom.
type Side string

// The sides.
const (
	SidePublic   Side = "public" // the host, without credentials
	SideAdmin    Side = "admin"
	SideUser     Side = "user"    // the API of an ordinary user, signing in included
	SideGateway  Side = "gateway" // as a user's program
	SideUpstream Side = "upstream"
)

// Recorder takes exchanges as they end. It is safe for concurrent use.
type Recorder interface{ Record(x Exchange) }

type recording struct {
	to    Recorder
	phase Phase
	step  string
}

type recordingKey struct{}

// Recorded makes every exchange under the context go to r.
func Recorded(ctx context.Context, r Recorder) context.Context {
	return context.WithValue(ctx, recordingKey{}, recording{to: r})
}

// AtStep says what exchanges under the context are for.
func AtStep(ctx context.Context, phase Phase, step string) context.Context {
	r, ok := ctx.Value(recordingKey{}).(recording)
	if !ok {
		return ctx
	}
	r.phase, r.step = phase, step
	return context.WithValue(ctx, recordingKey{}, r)
}

// RecorderOf is who takes the exchanges under the context, nil if nobody does.
func RecorderOf(ctx context.Context) Recorder {
	r, _ := ctx.Value(recordingKey{}).(recording)
	return r.to
}

// Record hands an exchange over to whoever takes those under the context, with what it was for.
func Record(ctx context.Context, x Exchange) {
	if r, ok := ctx.Value(recordingKey{}).(recording); ok {
		x.Phase, x.Step = r.phase, r.step
		r.to.Record(x)
	}
}

type commandKey struct{}

// WithCommand says by which command line everything under the context is done.
func WithCommand(ctx context.Context, command string) context.Context {
	return context.WithValue(ctx, commandKey{}, command)
}

// CommandOf is that command line, "" if none was said.
func CommandOf(ctx context.Context) string {
	command, _ := ctx.Value(commandKey{}).(string)
	return command
}
