package fakehost

import (
	"net/http"
	"slices"
	"time"
)

// Request is one request that the host received, with its secrets.
type Request struct {
	Method string
	Path   string
	Query  string
	Header http.Header
	Body   string
	Status int // of the host's own answer; 0 if a fault kept it from answering
	At     time.Time
	// Write tells whether the request could change a resource: an admin or user route with a
	// writing method and a possible id. Log-ins, gateway calls and the harmless probes of
	// contract 13 are none.
	Write bool
	Fault Action // what was injected, if anything
}

func (h *Host) record(r Request) {
	h.logMu.Lock()
	defer h.logMu.Unlock()
	h.log = append(h.log, r)
}

// Log lists the requests that were answered, oldest first.
func (h *Host) Log() []Request {
	h.logMu.Lock()
	defer h.logMu.Unlock()
	return slices.Clone(h.log)
}

// Writes lists the requests of [Host.Log] that could change something.
func (h *Host) Writes() []Request {
	return slices.DeleteFunc(h.Log(), func(r Request) bool { return !r.Write })
}

// ForgetLog empties the log.
func (h *Host) ForgetLog() {
	h.logMu.Lock()
	defer h.logMu.Unlock()
	h.log = nil
}
