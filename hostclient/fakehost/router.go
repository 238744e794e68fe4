package fakehost

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// access is who may use a route.
type access int

const (
	public access = iota
	admin
	user
	gateway
)

// route is one line of a host's routing table. A route whose feature the version lacks isn't in
// the table: it answers 404 like every unknown path.
type route struct {
	method  string
	path    []string // ":id" stands for a number, ":name" for any other segment
	access  access
	badID   refusal // what an id that isn't a number gets
	reads   bool    // changes nothing, whatever its method
	streams bool    // calls upstreams: locks the host by itself
	handle  func(*call)
}

// call is one request on its way through a handler.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	id   int64  // of ":id"
	name string // of ":name"
	raw  []byte
	body object // nil unless the raw body is a JSON object
	user *entity
	key  *entity // gateway routes
}

// ServeHTTP implements http.Handler.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	entry := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: string(raw), At: h.now()}
	c := &call{r: r, raw: raw}
	_ = json.Unmarshal(raw, &c.body)
	found, known := h.match(c)
	entry.Write = known && found.writes(c)

	out := &answer{header: http.Header{}}
	if found.streams {
		out.live = w
	}
	c.w = out
	out.Header().Set("X-Request-Id", requestID())
	hit := h.faultFor(r, entry.Write)
	if hit != nil && hit.When == AfterCommit {
		out.live = nil // the handler's answer waits, or is thrown away
	}
	pause(r, h.opt.Latency)
	if hit != nil && hit.When == BeforeSend && hit.Action == "" {
		hit.then()
		hit = nil
	}
	// It is in the log before the client can know how it ended: the log is what tests believe.
	logged := false
	out.begins = func() {
		logged, entry.Status = true, out.status
		h.record(entry)
	}
	if hit == nil || hit.When == AfterCommit {
		h.dispatch(c, found, known)
	}
	if logged {
		return
	}
	entry.Status = out.status
	if hit != nil {
		entry.Fault = hit.Action
		if hit.Action == Status {
			entry.Status = hit.Status
		}
	}
	h.record(entry)
	if hit != nil {
		hit.then()
		hit.strike(h, w, r, out)
		return
	}
	out.sendTo(w)
}

func pause(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// dispatch answers in the order of real hosts: unknown paths before authorisation, ids after it.
func (h *Host) dispatch(c *call, found route, known bool) {
	path := c.r.URL.Path
	switch {
	case known:
	case c.r.Method == http.MethodOptions:
		c.w.WriteHeader(http.StatusForbidden)
		return
	case len(path) > 1 && strings.HasSuffix(path, "/") && h.served(c.r.Method, strings.TrimSuffix(path, "/")):
		// gin's RedirectTrailingSlash: a client that follows a 301 turns POST into GET.
		status := http.StatusTemporaryRedirect
		if c.r.Method == http.MethodGet {
			status = http.StatusMovedPermanently
		}
		http.Redirect(c.w, c.r, strings.TrimSuffix(path, "/"), status)
		return
	default:
		c.w.Header().Set("Content-Type", "text/plain")
		c.w.WriteHeader(http.StatusNotFound)
		_, _ = c.w.Write([]byte("404 page not found"))
		return
	}
	if found.streams {
		if h.admitLocked(c, found) {
			found.handle(c)
		}
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.admit(c, found) {
		found.handle(c)
	}
}

func (h *Host) admitLocked(c *call, found route) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.admit(c, found)
}

// admit authorises the call and reads its id.
func (h *Host) admit(c *call, found route) bool {
	switch found.access {
	case admin:
		if !h.admitAdmin(c) {
			return false
		}
	case user:
		if !h.admitUser(c) {
			return false
		}
	case gateway:
		if h.traits.clientRequestID {
			c.w.Header().Set("X-Client-Request-Id", requestID())
		}
		if !h.admitKey(c) {
			return false
		}
	}
	if c.id < 0 {
		c.refuse(found.badID)
		return false
	}
	return true
}

// writes tells whether the call would change something: a write without an id that could exist
// is one of the harmless probes of contract 13.
func (r route) writes(c *call) bool {
	return !r.reads && r.method != http.MethodGet && r.access != gateway && c.id >= 0
}

func (h *Host) match(c *call) (route, bool) {
	segments := strings.Split(c.r.URL.Path, "/")
	for _, r := range h.routes {
		if r.method == c.r.Method && r.matches(segments, c) {
			return r, true
		}
	}
	return route{}, false
}

func (h *Host) served(method, path string) bool {
	for _, r := range h.routes {
		if r.method == method && r.matches(strings.Split(path, "/"), &call{}) {
			return true
		}
	}
	return false
}

func (r route) matches(segments []string, c *call) bool {
	if len(segments) != len(r.path) {
		return false
	}
	c.id, c.name = 0, ""
	for i, want := range r.path {
		switch {
		case strings.HasPrefix(want, ":") && segments[i] == "":
			return false
		case want == ":id":
			id, err := strconv.ParseInt(segments[i], 10, 64)
			if err != nil || id < 0 {
				id = -1
			}
			c.id = id
		case want == ":name":
			c.name = segments[i]
		case want != segments[i]:
			return false
		}
	}
	return true
}

// answer is a response in the making: kept until it is sent, so that a fault can spoil it, or
// written through to live.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
	live   http.ResponseWriter
	begins func() // called before the first byte goes to live
}

func (a *answer) Header() http.Header {
	if a.live != nil {
		return a.live.Header()
	}
	return a.header
}

func (a *answer) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	if a.live != nil {
		a.begins()
		a.live.WriteHeader(status)
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.live != nil {
		return a.live.Write(p)
	}
	return a.body.Write(p)
}

// Flush implements http.Flusher.
func (a *answer) Flush() {
	if f, ok := a.live.(http.Flusher); ok {
		f.Flush()
	}
}

func (a *answer) sendTo(w http.ResponseWriter) {
	if a.live != nil {
		return
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}

func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
