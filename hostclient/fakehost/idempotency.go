package fakehost

import (
	"net/http"
	"strings"
)

// replay is what an Idempotency-Key was used for.
type replay struct {
	route, payload string
	answer         answer
}

// once runs do, or gives the earlier answer to the same Idempotency-Key and payload. The caller
// is a handler of one of the few routes that honour the header (contract 3).
func (h *Host) once(c *call, do func()) {
	key := c.r.Header.Get("Idempotency-Key")
	if key == "" || !h.traits.idempotency {
		do()
		return
	}
	if len(key) > 128 || strings.ContainsFunc(key, func(r rune) bool { return r < 33 || r > 126 }) {
		c.refuse(refusal{http.StatusBadRequest, "idempotency key is invalid", "IDEMPOTENCY_KEY_INVALID", nil})
		return
	}
	route := c.r.Method + " " + c.r.URL.Path
	earlier, used := h.replays[route+" "+key]
	switch {
	case used && earlier.payload != string(c.raw):
		c.refuse(refusal{http.StatusConflict, "idempotency key reused with different payload", "IDEMPOTENCY_KEY_CONFLICT", nil})
	case used:
		c.w.Header().Set("X-Idempotency-Replayed", "true")
		c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
		c.w.WriteHeader(earlier.answer.status)
		_, _ = c.w.Write(earlier.answer.body.Bytes())
	default:
		do()
		if out, ok := c.w.(*answer); ok && out.status < http.StatusBadRequest {
			kept := replay{route: route, payload: string(c.raw)}
			kept.answer.status = out.status
			kept.answer.body.Write(out.body.Bytes())
			h.replays[route+" "+key] = kept
		}
	}
}
