package hostclient_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/hostclient"
)

const (
	adminKey  = "admin-0123456789abcdef0123456789abcdef"
	userKey   = "sk-user-canary-0123456789"
	password  = "Corre<t&horse 9"
	adminMail = "admin@lab.test"
)

// patient are limits for hosts that are on this machine and answer: none of them is reached, however busy it is, and
// what is tried again is tried at once.
func patient() hostclient.Limits {
	l := hostclient.DefaultLimits()
	l.RetryPause, l.Throttled, l.RetryAfter = time.Millisecond, 2*time.Millisecond, 5*time.Millisecond
	l.SignInEvery = time.Millisecond
	return l
}

// quick are limits for hosts that are on this machine and don't answer.
func quick() hostclient.Limits {
	l := patient()
	l.Request, l.Write, l.Models, l.Completion = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
	l.TestIdle, l.TestTotal = 200*time.Millisecond, 600*time.Millisecond
	l.Read, l.List = 500*time.Millisecond, 800*time.Millisecond
	return l
}

func dialer() *hostclient.Dialer {
	d := hostclient.New("1.2.3")
	d.Limits = patient()
	return d
}

// hasty is a dialer with quick limits.
func hasty() *hostclient.Dialer {
	d := dialer()
	d.Limits = quick()
	return d
}

// newClient makes a client of the host at url; change may alter what is registered of it.
func newClient(t *testing.T, d *hostclient.Dialer, url string, change ...func(*core.Host)) core.HostClient {
	t.Helper()
	h := core.Host{ID: "h1", Name: "lab", URL: url, PublicURL: url, Auth: core.AuthAdminKey, Email: adminMail, Concurrency: 4}
	for _, c := range change {
		c(&h)
	}
	secret := adminKey
	if h.Auth == core.AuthPassword {
		secret = password
	}
	c, err := d.Host(h, func(ref string) (string, error) {
		if ref == core.HostSecret("h1", "admin") {
			return secret, nil
		}
		return "", core.ErrNoSecret
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func byPassword(h *core.Host) { h.Auth = core.AuthPassword }

// serve starts a host that answers by f and closes it with the test.
func serve(t *testing.T, f http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(whole(f))
	t.Cleanup(s.Close)
	return s
}

// whole answers by f once the body is read: a server notices that its client went away only then.
func whole(f http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		f(w, r)
	})
}

// seen is one request as a test's host saw it.
type seen struct {
	method, path, query, body string
	header                    http.Header
}

// diary records requests.
type diary struct {
	mu   sync.Mutex
	list []seen
}

func (d *diary) add(r *http.Request) seen {
	body, _ := io.ReadAll(r.Body)
	s := seen{r.Method, r.URL.Path, r.URL.RawQuery, strings.TrimSpace(string(body)), r.Header}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, s)
	return s
}

func (d *diary) all() []seen {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]seen(nil), d.list...)
}

// answerJSON writes body, a Go value or raw JSON, as hosts do.
func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if raw, ok := body.(string); ok {
		_, _ = io.WriteString(w, raw)
		return
	}
	_ = json.NewEncoder(w).Encode(body)
}

func ok(data any) any { return map[string]any{"code": 0, "message": "success", "data": data} }

// onePage is a list of one page.
func onePage(items ...any) any {
	if items == nil {
		items = []any{}
	}
	return ok(map[string]any{"items": items, "total": len(items), "page": 1, "page_size": 1000, "pages": 1})
}

func group(id int, name string) map[string]any {
	return map[string]any{"id": id, "name": name, "created_at": "2026-11-23T21:03:07.643734Z", "platform": "openai"}
}

// failure is the *core.Error in err; a test that expects one ends without it.
func failure(t *testing.T, err error) *core.Error {
	t.Helper()
	var e *core.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want a *core.Error", err)
	}
	return e
}

// recording is an exchange with a real host.
type recording struct {
	Request struct {
		Method string          `json:"method"`
		Path   string          `json:"path"`
		Body   json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	} `json:"response"`
}

// recorded finds testdata/<version>/<number>-….json.
func recorded(t *testing.T, version, number string) recording {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join("testdata", version, number+"-*.json"))
	if len(files) != 1 {
		t.Fatalf("%s %s: %d recordings", version, number, len(files))
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// replay starts a host that gives the recorded answer to every request, and a diary of them.
func replay(t *testing.T, r recording) (*httptest.Server, *diary) {
	t.Helper()
	d := &diary{}
	return serve(t, func(w http.ResponseWriter, req *http.Request) {
		d.add(req)
		r.write(w)
	}), d
}

func (r recording) write(w http.ResponseWriter) {
	for name, v := range r.Response.Headers {
		if name != "content-length" && name != "content-encoding" && name != "transfer-encoding" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(r.Response.Status)
	var text string
	if json.Unmarshal(r.Response.Body, &text) == nil {
		_, _ = io.WriteString(w, text)
		return
	}
	_, _ = w.Write(r.Response.Body)
}

// sameRequest checks that the client sent what was recorded with the real host.
func sameRequest(t *testing.T, r recording, got seen) {
	t.Helper()
	path, _, _ := strings.Cut(r.Request.Path, "?")
	if got.method != r.Request.Method || got.path != path {
		t.Errorf("sent %s %s, recorded is %s %s", got.method, got.path, r.Request.Method, path)
	}
	if len(r.Request.Body) == 0 || string(r.Request.Body) == "null" {
		return
	}
	var want bytes.Buffer
	var have, need any
	_ = json.Compact(&want, r.Request.Body)
	_ = json.Unmarshal(want.Bytes(), &need)
	_ = json.Unmarshal([]byte(got.body), &have)
	if a, b := mustJSON(need), mustJSON(have); a != b {
		t.Errorf("sent body %s\nrecorded is %s", b, a)
	}
}

func mustJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func readAll(r io.Reader) []byte {
	raw, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return raw
}
