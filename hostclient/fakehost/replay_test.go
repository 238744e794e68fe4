package fakehost

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// exchange is one recorded request and answer of a real host.
type exchange struct {
	N            int
	Name         string
	Method, Path string
	Headers      map[string]string
	Body         any
	Status       int
	Type, Date   string
	Answer       any
}

// unplayed says, by the exchange's name, what of the recordings can't be played back, and why.
var unplayed = []struct{ name, why string }{
	{`admin settings$|check-updates|sync-models|usage|stats$|auth me$|channels.available|tls-fingerprint|channel-monitors|scheduled-test|check-mixed|batch-clear|bulk-assign|progress|request.errors`, "a route that cnrelay doesn't use"},
	{`if-none-match`, "the ETag is another"},
	{`codex client_version`, "a shape for another client"},
	{`at once|immediately$|gw 403 round 1$|after detach|schedulable again`, "depends on the real host's delays"},
	{`slow`, "the real host waited longer than its probe does"},
	{`dropmid`, "the recordings' provider broke off before its headers; package contract has the case after them"},
	{`passthrough`, "cnrelay doesn't set openai_passthrough"},
	{`gw responses stream`, "which minor events there are is the upstream's business"},
	{`modelsfail`, "a key of the recordings' provider that ours lacks"},
	{`subtract exact`, "the amount is what the real host had charged"},
	{`ops account-availability`, "its sums by group and platform are not simulated"},
	{`^0\.1\.179 (admin jwt|probe /api/v1/admin/(channels|ops/account-availability))$`, "this host held resources of an earlier session"},
}

// minimumPlayed is how many exchanges of each version are compared; it may only grow.
var minimumPlayed = map[string]int{"0.1.121": 234, "0.1.133": 749, "0.1.179": 184}

func TestReplay(t *testing.T) {
	for version, minimum := range minimumPlayed {
		t.Run(version, func(t *testing.T) {
			exchanges := readRecordings(t, version)
			r := newReplayer(t, version)
			played := 0
			for _, x := range exchanges {
				if r.play(x) {
					played++
				}
			}
			t.Logf("%d of %d recorded exchanges compared", played, len(exchanges))
			if played < minimum {
				t.Errorf("compared %d exchanges, %d before", played, minimum)
			}
		})
	}
}

func readRecordings(t *testing.T, version string) []exchange {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "recordings", version, "session.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var out []exchange
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var x exchange
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// replayer plays one session against a fake, at the session's own times, and maps the ids and
// secrets that the recording has, or hides, to the fake's.
type replayer struct {
	*testing.T
	lab
	clock   time.Time
	ids     map[string]int64 // "groups/3" of the recording → id of the fake
	tokens  map[int64]string // JWT by user of the fake
	refresh []string         // tokens, oldest first
	last    int64            // user of the latest sign-in
	keys    []recordedKey    // in the order of their making
}

type recordedKey struct{ exchange, key string }

func newReplayer(t *testing.T, version string) *replayer {
	r := &replayer{T: t, ids: map[string]int64{}, tokens: map[int64]string{}}
	r.lab = start(t, Options{Version: version, Now: func() time.Time { return r.clock }, AdminEmail: "admin@lab.local", AdminPassword: "LabAdmin-2026"})
	r.Provider.Slow = time.Millisecond
	r.Do(http.MethodGet, "/api/v1/auth/me", r.SignIn("admin@lab.local", "LabAdmin-2026"), nil) // the administrator had been active
	// The provider of the recordings knew /responses for some of its keys only.
	for key, does := range map[string][]string{
		"sk-ok": {"ok", "notools"}, "sk-ssejson": {"ssejson", "chatonly"}, "sk-nomodel": {"chatonly"}, "sk-x": {"ok"},
		"sk-model404": {"model404", "chatonly"}, "sk-slow": {"slow", "chatonly"}, "sk-dropmid": {"chatonly"},
	} {
		r.Provider.SetBehaviour(key, does...)
	}
	return r
}

// play sends one exchange and compares; false means that it was left out.
func (r *replayer) play(x exchange) bool {
	if at, err := http.ParseTime(x.Date); err == nil {
		r.clock = at
	}
	req := httptest.NewRequest(x.Method, r.path(x), strings.NewReader(r.body(x)))
	for name, value := range x.Headers {
		req.Header.Set(name, r.secret(x, name, value))
	}
	w := httptest.NewRecorder()
	r.Host.ServeHTTP(w, req)
	if x.Method != http.MethodGet {
		r.WaitProbes() // the session paused where it needed them
	}
	r.learn(x, w)
	for _, u := range unplayed {
		if regexp.MustCompile(u.name).MatchString(r.opt.Version + " " + x.Name) {
			return false
		}
	}
	if differences := compare(x, w); len(differences) > 0 {
		r.Errorf("%03d %s (%s %s): %s", x.N, x.Name, x.Method, x.Path, strings.Join(differences, "; "))
	}
	return true
}

var idInPath = regexp.MustCompile(`/(groups|channels|accounts|users|keys|api-keys|subscriptions|plans)/(\d+)`)

func (r *replayer) path(x exchange) string {
	path := idInPath.ReplaceAllStringFunc(x.Path, func(m string) string {
		parts := idInPath.FindStringSubmatch(m)
		return "/" + parts[1] + "/" + r.id(parts[1], parts[2])
	})
	path = regexp.MustCompile(`\b(group|group_id|user_id)=(\d+)`).ReplaceAllStringFunc(path, func(m string) string {
		name, id, _ := strings.Cut(m, "=")
		return name + "=" + r.id(map[string]string{"group": "groups", "group_id": "groups", "user_id": "users"}[name], id)
	})
	return path
}

// id is the fake's id for the recording's; what was never made stays.
func (r *replayer) id(kind, recorded string) string {
	if kind == "api-keys" {
		kind = "keys"
	}
	if id, ok := r.ids[kind+"/"+recorded]; ok {
		return strconv.FormatInt(id, 10)
	}
	return recorded
}

var idFields = map[string]string{"group_id": "groups", "group_ids": "groups", "allowed_groups": "groups", "user_id": "users", "user_ids": "users", "account_ids": "accounts"}

func (r *replayer) body(x exchange) string {
	switch body := x.Body.(type) {
	case nil:
		return ""
	case string:
		return body
	default:
		if _, ok := asObject(body)["refresh_token"]; ok {
			return `{"refresh_token":"` + r.refreshToken(x) + `"}`
		}
		raw, err := json.Marshal(r.translate(body, ""))
		if err != nil {
			r.Fatal(err)
		}
		return strings.ReplaceAll(string(raw), "http://127.0.0.1:19000", r.upstream)
	}
}

// refreshToken is the newest, or a used one where the recording was refused.
func (r *replayer) refreshToken(x exchange) string {
	i := len(r.refresh) - 1
	if x.Status != http.StatusOK {
		i--
	}
	if i < 0 {
		return "rt_none"
	}
	return r.refresh[i]
}

func (r *replayer) translate(v any, field string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = r.translate(x, k)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = r.translate(x, field)
		}
		return out
	case float64:
		if kind, ok := idFields[field]; ok {
			n, _ := strconv.ParseInt(r.id(kind, strconv.FormatInt(int64(v), 10)), 10, 64)
			return n
		}
	}
	return v
}

// secret puts the fake's secret in the place of the recording's placeholder.
func (r *replayer) secret(x exchange, header, value string) string {
	switch {
	case strings.Contains(value, "admin-LABKEY"):
		return strings.Replace(value, "admin-LABKEY", r.AdminKey(), 1)
	case strings.Contains(value, "LAB.JWT"):
		return "Bearer " + r.tokens[r.signedIn(x)]
	case strings.Contains(value, "sk-LABUSERKEY"):
		return strings.Replace(value, "sk-LABUSERKEY", r.userKey(x), 1)
	}
	return value
}

// signedIn is the user behind a hidden JWT: the administrator for the admin API, the owner of
// what the answer shows, or who signed in last.
func (r *replayer) signedIn(x exchange) int64 {
	answer := asObject(x.Answer)
	if strings.HasPrefix(x.Path, "/api/v1/admin/") && answer.str("code") != "FORBIDDEN" {
		return 1
	}
	data := answer.obj("data")
	if items := data.list("items"); len(items) > 0 {
		data = asObject(items[0])
	}
	if owner := data.ref("user_id"); owner != 0 {
		return r.ids["users/"+strconv.FormatInt(owner, 10)]
	}
	if m := idInPath.FindStringSubmatch(x.Path); m != nil && m[1] == "keys" {
		id, _ := strconv.ParseInt(r.id("keys", m[2]), 10, 64)
		if k := r.Host.keys.get(id); k != nil {
			return k.ref("user_id")
		}
	}
	return r.last
}

// gatewayKeys tells which of the session's keys a gateway call used: the recordings hide it. The
// first pattern that the exchange's name matches decides; its key is that of the named exchange.
var gatewayKeys = []struct{ call, made string }{
	{`^gw upstream (\S+)`, `^key create (mode )?$1$`},
	{`nogroup|without group`, `^key create (no ?group)$`},
	{`\bsub\b`, `^key create sub$`},
	{`failover|key of deleted group`, `^key create( failover)?$`},
	{`gw no accounts$`, `^key create$`},
	{`openai group messages`, `^p12 key$`},
}

func (r *replayer) userKey(x exchange) string {
	for _, rule := range gatewayKeys {
		m := regexp.MustCompile(rule.call).FindStringSubmatch(x.Name)
		if m == nil {
			continue
		}
		made := rule.made
		if len(m) > 1 {
			made = strings.Replace(made, "$1", regexp.QuoteMeta(m[1]), 1)
		}
		for _, k := range r.keys {
			if regexp.MustCompile(made).MatchString(k.exchange) {
				return k.key
			}
		}
	}
	// The sessions' first part goes by one key, the rest by that of its latest scenario.
	latest := r.keys[len(r.keys)-1]
	if strings.HasPrefix(latest.exchange, "key create ") && !strings.Contains(latest.exchange, "-") || latest.exchange == "key create" {
		for _, k := range r.keys {
			if k.exchange == "key create std" || k.exchange == "key create" {
				return k.key
			}
		}
	}
	return latest.key
}

// learn notes the fake's ids and secrets for what both hosts made.
func (r *replayer) learn(x exchange, w *httptest.ResponseRecorder) {
	recorded := asObject(x.Answer).obj("data")
	var answer object
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	made := answer.obj("data")
	if token := made.str("access_token"); token != "" {
		r.refresh = append(r.refresh, made.str("refresh_token"))
		if u := made.obj("user"); u != nil {
			r.last = u.ref("id")
		}
		r.tokens[r.last] = token
	}
	if x.Method != http.MethodPost || recorded.ref("id") == 0 || made.ref("id") == 0 {
		return
	}
	path, _, _ := strings.Cut(strings.TrimSuffix(x.Path, "/assign"), "?")
	kind := path[strings.LastIndex(path, "/")+1:]
	r.ids[kind+"/"+strconv.FormatInt(recorded.ref("id"), 10)] = made.ref("id")
	if kind == "keys" {
		r.keys = append(r.keys, recordedKey{x.Name, made.str("key")})
	}
}

// compare lists what differs in status, kind of body, shape and reason.
func compare(x exchange, w *httptest.ResponseRecorder) []string {
	var out []string
	differ := func(what string, have, want any) {
		if fmt.Sprint(have) != fmt.Sprint(want) {
			out = append(out, fmt.Sprintf("%s is %v, recorded %v", what, have, want))
		}
	}
	differ("status", w.Code, x.Status)
	if w.Code != x.Status {
		return append(out, clip(w.Body.String()))
	}
	differ("content type", mediaType(w.Header().Get("Content-Type")), mediaType(x.Type))
	if text, ok := x.Answer.(string); ok {
		if x.Method == http.MethodHead {
			return out // the server drops the body, not the handler
		}
		differ("body", textKind(w.Body.String()), textKind(text))
		return out
	}
	var have any
	if err := json.Unmarshal(w.Body.Bytes(), &have); err != nil {
		return append(out, "not JSON: "+clip(w.Body.String()))
	}
	h, want := asObject(have), asObject(x.Answer)
	differ("code", h["code"], want["code"])
	differ("reason", h["reason"], want["reason"])
	differ("message", h["message"], want["message"])
	differ("error type", h.obj("error")["type"], want.obj("error")["type"])
	return append(out, shapeDifferences("", have, x.Answer)...)
}

func mediaType(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return media
}

func clip(s string) string { return s[:min(len(s), 200)] }

// textKind sums up a body that isn't one JSON value: the kinds of its events in order.
func textKind(body string) string {
	trimmed := strings.TrimSpace(body)
	switch {
	case trimmed == "":
		return "empty"
	case strings.HasPrefix(trimmed, "<"):
		return "page"
	case strings.HasPrefix(trimmed, "{"):
		return "JSON, then " + textKind(trimmed[bytes.IndexByte([]byte(trimmed), '}')+2:])
	case !strings.Contains(trimmed, "data:"):
		return trimmed
	}
	var kinds []string
	for _, line := range strings.Split(trimmed, "\n") {
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var o object
		kind := data
		if json.Unmarshal([]byte(data), &o) == nil {
			kind = o.str("type") + o.str("object")
			if kind == "" {
				kind = strings.Join(slices.Sorted(maps.Keys(o)), ",")
			}
		}
		if len(kinds) == 0 || kinds[len(kinds)-1] != kind {
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(kinds, " ")
}

// shapeDifferences compares keys and types, through objects and the first element of arrays. A
// null has any type.
func shapeDifferences(at string, have, want any) []string {
	if have == nil || want == nil {
		return nil
	}
	if jsonKind(have) != jsonKind(want) {
		return []string{fmt.Sprintf("%s is a %s, recorded %s", at, jsonKind(have), jsonKind(want))}
	}
	var out []string
	switch want := want.(type) {
	case map[string]any:
		h := asObject(have)
		for _, k := range slices.Sorted(maps.Keys(want)) {
			if v, ok := h[k]; !ok {
				out = append(out, at+"."+k+" is missing")
			} else {
				out = append(out, shapeDifferences(at+"."+k, v, want[k])...)
			}
		}
		for _, k := range slices.Sorted(maps.Keys(h)) {
			if _, ok := want[k]; !ok {
				out = append(out, at+"."+k+" isn't recorded")
			}
		}
	case []any:
		h, _ := have.([]any)
		if (len(h) == 0) != (len(want) == 0) {
			return []string{fmt.Sprintf("%s has %d elements, recorded %d", at, len(h), len(want))}
		}
		if len(h) > 0 {
			return shapeDifferences(at+"[0]", h[0], want[0])
		}
	}
	return out
}
