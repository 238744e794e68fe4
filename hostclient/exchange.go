package hostclient

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"cnrelay/core"
)

// line is a way to one host, or to all providers.
type line struct {
	client *http.Client
	agent  string
	limits Limits
	gate   *gate
	mask   *mask
}

// request is one request as its maker sees it.
type request struct {
	side     core.Side
	method   string
	url      string // whole; its query, if any, gives way to query
	query    url.Values
	header   http.Header // in addition to the usual
	body     any         // sent as JSON; nil sends none
	deadline time.Duration
	limit    int64 // bytes of the answer after decompression; 0 = Limits.Body
	finish   bool  // once it has begun to leave it is waited for, also when the caller's context ends
	// ready, if set, is asked once the request has its turn; its error keeps the request from leaving.
	ready func() error
	// stream, if set, reads the body of a 200 in place of answer.body. It calls alive whenever
	// something meaningful came; the deadline starts anew each time, within total.
	stream func(body io.Reader, alive func()) error
	total  time.Duration
}

// answer is what came back, whatever it was.
type answer struct {
	status int
	header http.Header
	body   []byte
	at     time.Time // when it was sent
	took   time.Duration
}

// streamEnds is how long a stream whose last frame has been read may take to end: a new connection costs more.
const streamEnds = time.Second

// exchange sends r once, and records it if ctx says so. The failure is nil if a whole answer was read; the answer
// carries its times either way, and its status if headers came.
func (l *line) exchange(ctx context.Context, r request) (answer, *failure) {
	t := &trace{recorded: core.RecorderOf(ctx) != nil, asked: time.Now()}
	a, f := l.send(ctx, r, t)
	l.record(ctx, r.side, t, a, f)
	return a, f
}

func (l *line) send(ctx context.Context, r request, t *trace) (a answer, f *failure) {
	a.at = time.Now()
	var body io.Reader
	if r.body != nil {
		raw, err := json.Marshal(r.body)
		if err != nil {
			return a, failed(ctx, err, false)
		}
		t.body, body = raw, bytes.NewReader(raw)
	}
	if err := l.gate.enter(ctx); err != nil {
		return a, failed(ctx, err, false)
	}
	defer l.gate.leave()
	if r.ready != nil {
		if err := r.ready(); err != nil {
			return a, &failure{ours: true, err: err}
		}
	}

	// Once a connection is there, bytes may have left: from here on nothing is certain.
	var connected, decided atomic.Bool
	if r.finish {
		given, cancel := ctx, context.CancelCauseFunc(nil)
		ctx, cancel = context.WithCancelCause(context.WithoutCancel(ctx))
		defer context.AfterFunc(given, func() {
			if decided.CompareAndSwap(false, true) { // or else it is on its way
				cancel(context.Cause(given))
			}
		})()
		defer cancel(nil)
	}
	ctx, alive, stop := withDeadline(ctx, r.deadline, r.total)
	defer stop()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true); decided.Store(true) },
	})
	ctx = t.on(ctx)

	a.at = time.Now()
	defer func() { a.took = time.Since(a.at) }()
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return a, failed(ctx, err, false)
	}
	req.GetBody = nil // without it net/http can't send a body twice
	if len(r.query) > 0 {
		req.URL.RawQuery = r.query.Encode()
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("User-Agent", l.agent)
	for k, v := range r.header {
		req.Header[k] = v
	}

	t.request = req
	resp, err := l.client.Do(req)
	if err != nil {
		return a, failed(ctx, err, connected.Load())
	}
	defer resp.Body.Close()
	a.status, a.header, t.proto = resp.StatusCode, resp.Header, resp.Proto

	limit := r.limit
	if limit == 0 {
		limit = l.limits.Body
	}
	capped := &cappedReader{r: resp.Body, left: limit}
	if r.stream == nil {
		capped.weight = &weight{left: l.limits.Weight}
	}
	if r.stream != nil && resp.StatusCode == http.StatusOK {
		if err = r.stream(t.listen(capped), alive); err == nil {
			// The connection is used again if the host ends its stream now, as it does after the last frame.
			cut := time.AfterFunc(streamEnds, stop)
			_, _ = io.Copy(io.Discard, capped)
			cut.Stop()
		}
	} else {
		a.body, err = readWhole(capped)
	}
	if err != nil {
		return a, failed(ctx, err, true)
	}
	return a, nil
}

// readWhole reads in pieces that are put together once all have come: a buffer that grows would take three times the
// room of what doesn't end.
func readWhole(r io.Reader) ([]byte, error) {
	pieces := [][]byte{make([]byte, 0, 4<<10)}
	for {
		last := &pieces[len(pieces)-1]
		if len(*last) == cap(*last) {
			pieces = append(pieces, make([]byte, 0, min(2*cap(*last), 256<<10)))
			continue
		}
		n, err := r.Read((*last)[len(*last):cap(*last)])
		*last = (*last)[:len(*last)+n]
		switch {
		case err == io.EOF && len(pieces) == 1:
			return *last, nil
		case err == io.EOF:
			return bytes.Join(pieces, nil), nil
		case err != nil:
			return nil, err
		}
	}
}

// withDeadline ends the context after deadline without a call of alive, and after total (if there
// is one) in any case. Both say errDeadline; the caller's own end says what the caller said.
func withDeadline(ctx context.Context, deadline, total time.Duration) (_ context.Context, alive, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	idle := time.AfterFunc(deadline, func() { cancel(errDeadline) })
	whole := idle
	if total > 0 {
		whole = time.AfterFunc(total, func() { cancel(errDeadline) })
	}
	return ctx, func() { idle.Reset(deadline) }, func() {
		idle.Stop()
		whole.Stop()
		cancel(nil)
	}
}

// cappedReader fails, rather than ends, when more than left bytes come, or values of more weight. It sits
// behind gzip: the bytes counted are those that would fill the memory.
type cappedReader struct {
	r      io.Reader
	left   int64
	weight *weight // nil: whatever they weigh
}

func (c *cappedReader) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	switch c.left -= int64(n); {
	case c.left < 0:
		return n, fmt.Errorf("%w: more than the allowed bytes", errTooLarge)
	case c.weight != nil && !c.weight.take(p[:n]):
		c.left = -1
		return n, fmt.Errorf("%w: more than the allowed values", errTooLarge)
	}
	return n, err
}

// weight estimates what the values of a JSON text will take once they are decoded, in units of a number's: a text of
// nothing but brackets takes fifty times its own length.
type weight struct {
	left              int
	inString, escaped bool
}

// take weighs what comes next, and tells whether it is still within what is left.
func (w *weight) take(text []byte) bool {
	for _, c := range text {
		switch {
		case w.escaped:
			w.escaped = false
		case c == '"':
			w.inString = !w.inString
		case w.inString:
			w.escaped = c == '\\'
		case c == ',', c == ':':
			w.left--
		case c == '[':
			w.left -= 2
		case c == '{':
			w.left -= 4
		}
	}
	return w.left >= 0
}
