package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"cnrelay/core/visible/visibletest"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
)

// hostileTexts try to drive a terminal, to hide, or to look like something else. Each is short, because names and
// messages are cut.
var hostileTexts = []string{
	// Colour, clear, move, conceal; title, clipboard, link.
	"\x1b[31mred\x1b[0m\x1b[2J\x1b[1;1H\x1b[8m\x1b]0;owned\x07\x1b]52;c;cm0g\x07\x1b]8;;http://x\x1b\\y",
	// The same in C1, as text and as bytes; overwriting, bells, breaks.
	"\u009b31m\u009d0;x\u009c\x90q\x9b5n\x84good\rbad\b\b\b\x7f\x00\a\v\f",
	// Bidirectional marks, line separators, nothing to see.
	"user\u202egnp.exe\u2066\u2069\u200e\u061c\u2028x\u2029a\u200bb\u200dc\ufeffd\u00ade\u2060f\u180eg\u3164h\uffa0",
	// Tags, variations, private, unassigned; marks that paint over other lines.
	"x\U000e0041\U000e0042\ufe0f\U000f0000\ue000\u0378\ufdd0z" + strings.Repeat("\u0301\u0489", 20) + "o",
	// Lines of its own.
	"ok\nINJECTED finished: succeeded\r\nINJECTED Result",
	// No text at all.
	"\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80",
}

// painter is a host, or a provider, that says a hostile text wherever it says anything.
type painter struct {
	honest http.Handler

	mu    sync.Mutex
	text  string
	spoil map[string]func(w http.ResponseWriter, text string) // by method and path, in place of the honest answer
}

// painted are the fields whose words are shown or kept.
var painted = []string{"message", "reason", "version", "error_message", "temp_unschedulable_reason", "document_url_en", "document_url_zh", "ack_phrase_en", "ack_phrase_zh"}

func (p *painter) set(text string, spoil map[string]func(http.ResponseWriter, string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text, p.spoil = text, spoil
}

func (p *painter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	text, spoil := p.text, p.spoil
	p.mu.Unlock()
	for pattern, say := range spoil {
		if ok, _ := regexp.MatchString("^"+pattern+"$", r.Method+" "+r.URL.Path); ok {
			_, _ = io.Copy(io.Discard, r.Body)
			say(w, text)
			return
		}
	}
	answer := httptest.NewRecorder()
	p.honest.ServeHTTP(answer, r)
	maps.Copy(w.Header(), answer.Header())
	w.Header().Set("X-Request-Id", strings.Map(headerRune, text))
	w.WriteHeader(answer.Code)
	var v any
	body := answer.Body.Bytes()
	if json.Unmarshal(body, &v) == nil {
		body = encode(paint(v, text))
	}
	_, _ = w.Write(body)
}

// headerRune leaves out what Go's server doesn't let through; other servers do, see the spoilt ones.
func headerRune(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

func paint(v any, text string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if s, ok := value.(string); ok && slices.Contains(painted, name) {
				v[name] = s + text
			} else {
				v[name] = paint(value, text)
			}
		}
	case []any:
		for i := range v {
			v[i] = paint(v[i], text)
		}
	}
	return v
}

// encode writes JSON with its strings as raw as they may be.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return b.Bytes()
}

// refusals of a host and a provider, in all the shapes that words come in.
var refusals = map[string]func(w http.ResponseWriter, text string){
	"JSON": func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(encode(map[string]any{"code": 400, "message": text, "reason": text}))
	},
	"raw JSON": func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"code":400,"message":"`+text+`"}`)
	},
	"HTML": func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "text/html; "+strings.Map(headerRune, text))
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<p>"+text+"&#27;[31m&#x202e;</p>")
	},
	"redirect": func(w http.ResponseWriter, text string) {
		w.Header().Set("Location", "http://"+strings.Map(headerRune, text)+"/")
		w.WriteHeader(http.StatusFound)
	},
	"a broken header": func(w http.ResponseWriter, text string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+text+": x\r\n\r\n")
		_ = conn.Close()
	},
	"no HTTP": func(w http.ResponseWriter, text string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	},
}

// saysTest is an account's test that ends in words.
func saysTest(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, frame := range []map[string]string{{"type": "status", "text": text}, {"type": "content", "text": text}, {"type": "error", "error": "API returned 418: " + text}} {
		_, _ = fmt.Fprintf(w, "data: %s\n", encode(frame))
	}
}

// saysCompletion is a gateway's answer that is one, with words in every field.
func saysCompletion(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(encode(map[string]any{"model": text, "choices": []any{map[string]any{"message": map[string]any{"content": "pong " + text}}}}))
}

func saysModels(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(encode(map[string]any{"data": []any{map[string]any{"id": text}, map[string]any{"id": "deepseek-flash"}}}))
}

// TestHostileTextIsShownNotObeyed: whatever a host or a provider says, in names, messages, headers, errors and broken
// protocols, no output has a character in it that a terminal obeys or hides, in text and JSON, in both languages; what
// was said is seen.
func TestHostileTextIsShownNotObeyed(t *testing.T) {
	outputs, marks := 0, 0
	var mu sync.Mutex
	var all sync.WaitGroup // they wait for each other's retries, most of the time
	for i, text := range hostileTexts {
		if testing.Short() && i%3 > 0 {
			continue
		}
		all.Go(func() {
			for what, out := range hear(t, text) {
				why := unsafe(out)
				mu.Lock()
				outputs++
				marks += strings.Count(out, "⟪U+") + strings.Count(out, "␛") + strings.Count(out, "␍")
				mu.Unlock()
				if why != "" {
					t.Errorf("%q, %s: %s in\n%q", text, what, why, out)
				}
			}
		})
	}
	all.Wait()
	figures.Print(t, "Hostile text", "%d outputs: 0 characters that drive or deceive a terminal, %d shown as marks", outputs, marks)
	if marks < 100 && !testing.Short() {
		t.Error("what was said isn't seen")
	}
}

// unsafe tells what is wrong with an output.
func unsafe(out string) string {
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "INJECTED") {
			return "a line of the host's own"
		}
	}
	return visibletest.Unsafe(out)
}

// hear runs the commands that repeat a host's words, and gives their outputs.
func hear(t *testing.T, text string) map[string]string {
	x := newTerminal(t)
	outs := map[string]string{}
	run := func(what string, args ...string) {
		x.run(args...)
		outs[what] += x.out.String()
	}
	both := func(what string, args ...string) {
		run(what, append(args, "--lang", "zh")...)
		run(what+" as JSON", append(args, "--json")...)
	}
	provider := &painter{honest: fakehost.NewProvider()}
	upstream := httptest.NewServer(provider)
	t.Cleanup(upstream.Close)
	start := func(name string, o fakehost.Options) (*painter, *fakehost.Host, string) {
		h := fakehost.New(o)
		p := &painter{honest: h}
		s := httptest.NewServer(p)
		t.Cleanup(s.Close)
		return p, h, s.URL
	}

	// A host that waits for its administrator.
	pending, h, at := start("pending", fakehost.Options{Version: "0.1.179", CompliancePending: true})
	pending.set(text, nil)
	key := x.file("pending.key", h.AdminKey())
	both("host add", "host", "add", "pending", "--url", at, "--admin-key-file", key)
	x.typed = strings.NewReader("no\n")
	run("compliance", "host", "accept-compliance", "pending")

	// One that holds strangers' things.
	host, h, at := start("mean", fakehost.Options{})
	group := h.Seed("groups", map[string]any{"name": "g" + text, "description": text, "platform": "openai", "rate_multiplier": 1})
	for n := range 2 {
		h.Seed("accounts", map[string]any{"name": fmt.Sprintf("deepseek-%d%s", n, text), "platform": "openai", "type": "apikey", "notes": "cnrelay:aaaaaaaa:baaaaaaaa " + text,
			"credentials": map[string]any{"api_key": "sk-x", "base_url": text, "model_mapping": map[string]any{text: text}}, "group_ids": []any{group}})
	}
	key = x.file("mean.key", h.AdminKey())
	run("host add", "host", "add", "mean", "--url", at, "--admin-key-file", key)
	on := []string{"--host", "mean", "--provider", "deepseek"}
	keys := x.file("keys", "sk-ok-1\nsk-402-2\n")
	imported := slices.Concat(on, []string{"--base-url", upstream.URL + "/v1", "--keys-file", keys, "--access", "subscription"})
	run("import", slices.Concat([]string{"import", "run"}, imported)...)
	host.set(text, nil)
	provider.set(text, map[string]func(http.ResponseWriter, string){"GET /v1/models": saysModels, "POST /v1/chat/completions": refusals["JSON"]})
	both("look", "host", "check", "mean")
	both("status", "status")
	both("preview", slices.Concat([]string{"import", "preview"}, imported)...)
	both("probe accounts", append([]string{"probe", "accounts"}, on...)...)
	both("probe upstream", "probe", "upstream", "--provider", "deepseek", "--base-url", upstream.URL+"/v1", "--keys-file", keys, "--host", "mean")
	both("drift", "drift", "run", "--host", "mean")
	both("adopt", append([]string{"adopt"}, on...)...)
	both("access", append([]string{"access", "preview"}, on...)...)
	for what, say := range map[string]func(http.ResponseWriter, string){"completion": saysCompletion, "refusal": refusals["JSON"], "page": refusals["HTML"], "header": refusals["a broken header"]} {
		host.set(text, map[string]func(http.ResponseWriter, string){"POST /v1/chat/completions": say, "GET /v1/models": saysModels})
		both("access with a "+what, append([]string{"access", "status"}, on...)...)
	}
	for what, say := range refusals {
		host.set(text, map[string]func(http.ResponseWriter, string){"POST /api/v1/admin/accounts": say})
		more := x.file("more", "sk-ok-"+strings.ReplaceAll(what, " ", "-")+"\n")
		run("import against "+what, slices.Concat([]string{"import", "run", "--add"}, imported, []string{"--keys-file", more})...)
		host.set(text, map[string]func(http.ResponseWriter, string){"GET /health": say})
		run("check against "+what, "host", "check", "mean")
	}
	host.set(text, map[string]func(http.ResponseWriter, string){`POST /api/v1/admin/accounts/\d+/test`: saysTest})
	run("import against a test", slices.Concat([]string{"import", "run", "--add"}, imported, []string{"--keys-file", x.file("more", "sk-ok-test\n")})...)
	host.set(text, nil)
	for _, id := range regexp.MustCompile(`\bb[a-z0-9]{8}\b`).FindAllString(outs["import"]+outs["import against a test"], -1) {
		both("batch show", "batch", "show", id)
	}
	both("resources", "resources", "--host", "mean")
	run("rollback", slices.Concat([]string{"rollback", "--yes"}, on)...)
	return outs
}
