package fakehost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"
)

// Answer is what [Host.Do] got.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Data is the "data" object of the host's envelope; nil if there is none.
func (a Answer) Data() map[string]any {
	var envelope object
	_ = json.Unmarshal(a.Body, &envelope)
	return envelope.obj("data")
}

// ID is the id in the answer's data.
func (a Answer) ID() int64 { return object(a.Data()).ref("id") }

// Do sends one request to the host as somebody else would, past every injected fault and every
// log: nothing of it shows in [Host.Log]. credential is an admin key, a JWT or a user's API key;
// body is JSON text or a value to encode, nil for none.
func (h *Host) Do(method, path, credential string, body any) Answer {
	r := httptest.NewRequest(method, path, bytes.NewReader(encoded(body)))
	r.RemoteAddr = requestID() + ":1" // an address of its own, so that the sign-in limit isn't met
	if credential == h.AdminKey() {
		r.Header.Set("x-api-key", credential)
	} else if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	out := &answer{header: http.Header{}}
	c := &call{w: out, r: r, raw: encoded(body)}
	_ = json.Unmarshal(c.raw, &c.body)
	found, known := h.match(c)
	h.dispatch(c, found, known)
	return Answer{Status: max(out.status, http.StatusOK), Header: out.header, Body: out.body.Bytes()}
}

func encoded(body any) []byte {
	switch body := body.(type) {
	case nil:
		return nil
	case string:
		return []byte(body)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return raw
}

// Seed creates a resource by the admin API as a stranger would and gives its id. kind is the last
// part of the collection's path: "groups", "channels", "accounts", "users", "payment/plans".
func (h *Host) Seed(kind string, fields map[string]any) int64 {
	a := h.Do("POST", "/api/v1/admin/"+kind, h.AdminKey(), fields)
	if a.Status >= http.StatusBadRequest {
		panic(fmt.Sprintf("fakehost: seed %s: %d %s", kind, a.Status, a.Body))
	}
	return a.ID()
}

// SignIn gives a user's JWT.
func (h *Host) SignIn(email, password string) string {
	a := h.Do("POST", "/api/v1/auth/login", "", map[string]any{"email": email, "password": password})
	token, _ := a.Data()["access_token"].(string)
	if token == "" {
		panic(fmt.Sprintf("fakehost: sign in %s: %d %s", email, a.Status, a.Body))
	}
	return token
}

// SeedKey makes an API key as its user and gives its id and value.
func (h *Host) SeedKey(email, password, name string, group int64) (id int64, key string) {
	fields := map[string]any{"name": name}
	if group > 0 {
		fields["group_id"] = group
	}
	a := h.Do("POST", "/api/v1/keys", h.SignIn(email, password), fields)
	if a.Status != http.StatusOK {
		panic(fmt.Sprintf("fakehost: seed key: %d %s", a.Status, a.Body))
	}
	key, _ = a.Data()["key"].(string)
	return a.ID(), key
}

// Cool leaves an account out of traffic until then, as the host does after an upstream's 429.
func (h *Host) Cool(account int64, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mark(account, func(a *entity) { a.object["rate_limit_reset_at"] = instant(until) })
}
