package hostclient

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"time"

	"cnrelay/core"
)

// The headers that are kept, by the names that net/http gives them. None but these: what others hold, nobody knows.
var (
	keptSent = []string{"Accept", "Anthropic-Version", "Content-Type", "Idempotency-Key", "User-Agent"}
	keptGot  = []string{"Cache-Control", "Cf-Ray", "Content-Encoding", "Content-Length", "Content-Type", "Date", "Location",
		"Retry-After", "Server", "Via", "X-Client-Request-Id", "X-Idempotency-Replayed", "X-Ratelimit-Limit-Requests",
		"X-Ratelimit-Remaining-Requests", "X-Request-Id"}
	// credentials are kept as the kind that they are of.
	credentials = map[string]string{"Authorization": "Bearer " + hidden, "X-Api-Key": hidden}
)

// trace watches one exchange, if it is recorded.
type trace struct {
	recorded bool
	asked    time.Time // for a slot

	mu                         sync.Mutex
	remote                     string
	dnsFrom, dialFrom, tlsFrom time.Time
	dns, dial, tls             time.Duration
	connected, wrote, first    time.Time

	request *http.Request
	body    []byte // as it was sent
	proto   string
	heard   heard // of a stream
}

// on makes the trace watch what is sent under the context. Dialling may go on after another connection was had, so
// every call is guarded.
func (t *trace) on(ctx context.Context) context.Context {
	if !t.recorded {
		return ctx
	}
	mark := func(set func(now time.Time)) {
		now := time.Now()
		t.mu.Lock()
		defer t.mu.Unlock()
		set(now)
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			mark(func(now time.Time) {
				t.connected = now
				if host, _, err := net.SplitHostPort(info.Conn.RemoteAddr().String()); err == nil {
					t.remote = host
				}
				if info.Reused {
					t.dns, t.dial, t.tls = 0, 0, 0
				}
			})
		},
		DNSStart:             func(httptrace.DNSStartInfo) { mark(func(now time.Time) { t.dnsFrom = now }) },
		DNSDone:              func(httptrace.DNSDoneInfo) { mark(func(now time.Time) { t.dns = now.Sub(t.dnsFrom) }) },
		ConnectStart:         func(string, string) { mark(func(now time.Time) { t.dialFrom = now }) },
		ConnectDone:          func(string, string, error) { mark(func(now time.Time) { t.dial = now.Sub(t.dialFrom) }) },
		TLSHandshakeStart:    func() { mark(func(now time.Time) { t.tlsFrom = now }) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { mark(func(now time.Time) { t.tls = now.Sub(t.tlsFrom) }) },
		WroteRequest:         func(httptrace.WroteRequestInfo) { mark(func(now time.Time) { t.wrote = now }) },
		GotFirstResponseByte: func() { mark(func(now time.Time) { t.first = now }) },
	})
}

// listen keeps what is read of a stream, as far as it will be kept.
func (t *trace) listen(r io.Reader) io.Reader {
	if !t.recorded {
		return r
	}
	return io.TeeReader(r, &t.heard)
}

// heard keeps the beginning of what is written to it, and counts all.
type heard struct {
	begin []byte
	size  int64
}

func (h *heard) Write(p []byte) (int, error) {
	h.size += int64(len(p))
	h.begin = append(h.begin, p[:min(len(p), max(0, longestText-len(h.begin)))]...)
	return len(p), nil
}

// record hands the exchange to whoever takes it, redacted. One that was never sent is none.
func (l *line) record(ctx context.Context, side core.Side, t *trace, a answer, f *failure) {
	if !t.recorded || t.request == nil {
		return
	}
	x := core.Exchange{Side: side, At: a.at.UTC(), Took: a.took, Method: t.request.Method, URL: l.evidence(withoutUser(t.request.URL.String())),
		Status: a.status, Proto: t.proto, Timings: t.timings(a)}
	x.Sent.Headers, x.Got.Headers = l.heads(t.request.Header, keptSent), l.heads(a.header, keptGot)
	x.Sent.Size, x.Got.Size = int64(len(t.body)), int64(len(a.body))
	got := a.body
	if t.heard.size > 0 {
		got, x.Got.Size = t.heard.begin, t.heard.size
	}
	var whole bool
	x.Sent.Body, whole = l.redact(t.body, keptBody)
	x.Sent.Cut = !whole
	x.Got.Body, whole = l.redact(got, keptBody)
	x.Got.Cut = !whole || x.Got.Size > int64(len(got))
	t.mu.Lock()
	x.Remote = t.remote
	t.mu.Unlock()
	if f != nil {
		x.Net, x.Error = f.net, l.evidence(cut(f.err.Error(), longText))
	}
	core.Record(ctx, x)
}

// heads are the headers of a list, and the kinds of credentials, in the order of their names.
func (l *line) heads(h http.Header, kept []string) []core.Header {
	var out []core.Header
	for name, values := range h {
		if kind, secret := credentials[name]; secret {
			out = append(out, core.Header{Name: name, Value: kind})
			continue
		}
		if !slices.Contains(kept, name) {
			continue
		}
		for _, v := range values {
			if name == "Location" {
				v = origin(v)
			}
			out = append(out, core.Header{Name: name, Value: cut(l.evidence(v), shortText)})
		}
	}
	slices.SortStableFunc(out, func(a, b core.Header) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// timings are the parts of what has ended. After the queue they add up to the time that it took.
func (t *trace) timings(a answer) core.Timings {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := a.at.Add(a.took)
	or := func(at, otherwise time.Time) time.Time {
		if at.IsZero() || at.After(otherwise) {
			return otherwise
		}
		return at
	}
	first := or(t.first, end)
	wrote := or(t.wrote, first)
	connected := or(t.connected, wrote)
	s := core.Timings{Queued: a.at.Sub(t.asked), DNS: t.dns, Connect: t.dial, TLS: t.tls,
		Send: wrote.Sub(connected), Wait: first.Sub(wrote), Receive: end.Sub(first)}
	s.Blocked = max(0, connected.Sub(a.at)-s.DNS-s.Connect-s.TLS)
	return s
}
