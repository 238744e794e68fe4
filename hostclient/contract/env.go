package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// object is a JSON object.
type object map[string]any

func (o object) str(key string) string  { s, _ := o[key].(string); return s }
func (o object) num(key string) float64 { n, _ := o[key].(float64); return n }
func (o object) list(key string) []any  { l, _ := o[key].([]any); return l }
func (o object) obj(key string) object  { return asObject(o[key]) }

func asObject(v any) object {
	m, _ := v.(map[string]any)
	return m
}

// env is one case at work.
type env struct {
	*testing.T
	Target
	*suite
}

func (s *suite) env(t *testing.T) *env { return &env{T: t, Target: s.target, suite: s} }

// name is a name that only this run uses.
func (e *env) name(what string) string {
	e.serial++
	return fmt.Sprintf("%s-%d-%s", e.prefix, e.serial, what)
}

// response is an answer of the host.
type response struct {
	status int
	header http.Header
	body   string
	json   object // the first JSON value of the body, as a client reads it
	data   object // its "data"
}

var raw = &http.Client{
	Timeout:       60 * time.Second,
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// call sends one request. An admin key goes into x-api-key, everything else into Authorization.
func (e *env) call(method, path, credential string, body any) response {
	e.Helper()
	header := http.Header{}
	switch {
	case credential == "":
	case credential == e.AdminKey:
		header.Set("x-api-key", credential)
	default:
		header.Set("Authorization", "Bearer "+credential)
	}
	return e.send(method, path, header, body)
}

// send is call with the headers given.
func (e *env) send(method, path string, header http.Header, body any) response {
	e.Helper()
	var payload io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(body)
	default:
		b, err := json.Marshal(body)
		if err != nil {
			e.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, e.URL+path, payload)
	if err != nil {
		e.Fatal(err)
	}
	req.Header = header
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := raw.Do(req)
	if err != nil {
		e.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		e.Fatalf("%s %s: %v", method, path, err)
	}
	r := response{status: resp.StatusCode, header: resp.Header, body: string(b)}
	_ = json.NewDecoder(bytes.NewReader(b)).Decode(&r.json)
	r.data = r.json.obj("data")
	return r
}

// admin calls the admin API, whose prefix it adds.
func (e *env) admin(method, path string, body any) response {
	e.Helper()
	return e.call(method, "/api/v1/admin"+path, e.AdminKey, body)
}

// want checks an answer's status and, when given, that the reason or string code is this one.
func (e *env) want(r response, status int, reason ...string) response {
	e.Helper()
	if r.status != status {
		e.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if len(reason) > 0 && r.reason() != reason[0] {
		e.Fatalf("reason %q, want %q: %s", r.reason(), reason[0], r.body)
	}
	return r
}

// reason is the word that says why: a handler's reason, a middleware's code, a gateway's type.
func (r response) reason() string {
	for _, s := range []string{r.json.str("reason"), r.json.str("code"), r.json.obj("error").str("type")} {
		if s != "" {
			return s
		}
	}
	return ""
}

func (r response) message() string {
	if m := r.json.obj("error").str("message"); m != "" {
		return m
	}
	return r.json.str("message")
}

func (r response) id() int64 { return int64(r.data.num("id")) }

// same fails unless have and want are equal as JSON.
func (e *env) same(what string, have, want any) {
	e.Helper()
	h, _ := json.Marshal(have)
	w, _ := json.Marshal(want)
	if !bytes.Equal(h, w) {
		e.Errorf("%s is %s, want %s", what, h, w)
	}
}

// eventually waits until ok holds.
func (e *env) eventually(what string, ok func() bool) {
	e.Helper()
	e.within(15*time.Second, what, ok)
}

func (e *env) within(limit time.Duration, what string, ok func() bool) {
	e.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); <-tick.C {
		if ok() {
			return
		}
	}
	e.Fatalf("never happened: %s", what)
}

// create makes a resource and deletes it when the case ends.
func (e *env) create(collection string, fields object) response {
	e.Helper()
	r := e.admin("POST", collection, fields)
	if r.status >= http.StatusBadRequest {
		e.Fatalf("create in %s: %d %s", collection, r.status, r.body)
	}
	e.deleteAfter(collection, r.id())
	return r
}

// deleteAfter deletes a resource when the case ends; it may be gone by then.
func (e *env) deleteAfter(collection string, id int64) {
	e.Cleanup(func() { e.admin("DELETE", collection+"/"+itoa(id), nil) })
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// group makes a group of platform openai unless fields say otherwise.
func (e *env) group(fields object) int64 {
	e.Helper()
	return e.create("/groups", merged(object{"name": e.name("group"), "platform": "openai", "rate_multiplier": 1}, fields)).id()
}

// account makes an account whose upstream key has the behaviour.
func (e *env) account(behaviour string, groups []int64, fields object) int64 {
	e.Helper()
	return e.create("/accounts", merged(e.accountFields(behaviour, groups), fields)).id()
}

func (e *env) accountFields(behaviour string, groups []int64) object {
	return object{
		"name": e.name("account"), "platform": "openai", "type": "apikey", "concurrency": 5, "priority": 1,
		"group_ids": append([]int64{}, groups...), "credentials": e.credentials(behaviour),
	}
}

func (e *env) credentials(behaviour string) object {
	return object{"api_key": "sk-" + behaviour + "-" + e.prefix, "base_url": e.Upstream, "model_mapping": object{"smoke-model": "smoke-model"}}
}

func merged(base, more object) object {
	for k, v := range more {
		base[k] = v
	}
	return base
}

// member is an ordinary user with a sign-in.
type member struct {
	id                     int64
	email, password, token string
}

// newMember makes a user and signs in. Sign-ins are limited to 20 a minute, so cases share one
// user where they can.
func (e *env) newMember(what string, balance float64) *member {
	e.Helper()
	m := &member{email: e.name(what) + "@contract.test", password: "contract-password"}
	fields := object{"email": m.email, "password": m.password}
	if balance > 0 {
		fields["balance"] = balance
	}
	m.id = e.create("/users", fields).id()
	var r response
	e.within(70*time.Second, "sign-in", func() bool {
		r = e.call("POST", "/api/v1/auth/login", "", object{"email": m.email, "password": m.password})
		return r.status != http.StatusTooManyRequests
	})
	m.token = e.want(r, http.StatusOK).data.str("access_token")
	return m
}

// key makes an API key of m and gives its id and value.
func (e *env) key(m *member, group int64) (int64, string) {
	e.Helper()
	fields := object{"name": e.name("key")}
	if group > 0 {
		fields["group_id"] = group
	}
	r := e.want(e.call("POST", "/api/v1/keys", m.token, fields), http.StatusOK)
	e.Cleanup(func() { e.call("DELETE", "/api/v1/keys/"+itoa(r.id()), m.token, nil) })
	return r.id(), r.data.str("key")
}

// ask sends a minimal chat completion.
func (e *env) ask(key, model string) response {
	e.Helper()
	return e.call("POST", "/v1/chat/completions", key, question(model))
}

func question(model string) object {
	return object{"model": model, "messages": []object{{"role": "user", "content": "ping"}}}
}

// answer is the content of a chat completion that wasn't streamed.
func (r response) answer() string {
	for _, c := range r.json.list("choices") {
		return asObject(c).obj("message").str("content")
	}
	return ""
}

// state is an account as an administrator reads it.
func (e *env) state(account int64) object {
	e.Helper()
	return e.want(e.admin("GET", "/accounts/"+itoa(account), nil), http.StatusOK).data
}
