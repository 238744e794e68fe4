package hostclient

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const canary = "zz.canary-0123456789+/=&<x>"

func newLine(secrets ...string) *line {
	l := &line{mask: newMask()}
	l.mask.add(secrets...)
	return l
}

func TestRedact(t *testing.T) {
	l := newLine(canary)
	for name, tt := range map[string]struct{ in, want string }{
		"stays as it came": {`{ "id": 12,"name":"a \u00e9 \"b\"", "n":[1.50,null,true] }`, `{ "id": 12,"name":"a \u00e9 \"b\"", "n":[1.50,null,true] }`},
		"by name":          {`{"api_key":"k","token":"","max_tokens":1024,"b":"c"}`, `{"api_key":"[secret]","token":"","max_tokens":1024,"b":"c"}`},
		"deep in a name":   {`{"api_key":{"id":7,"key":"k","name":"n"},"b":"c"}`, `{"api_key":{"id":7,"key":"[secret]","name":"[secret]"},"b":"c"}`},
		"list of a name":   {`{"keys":["a",["b"]],"b":["c"]}`, `{"keys":["[secret]",["[secret]"]],"b":["c"]}`},
		"null of a name":   {`{"token":null,"b":"c"}`, `{"token":null,"b":"c"}`},
		"by value":         {`{"m":"no ` + canary + ` here"}`, `{"m":"no [secret] here"}`},
		"by value, quoted": {`{"m":"no zz.canary-0123456789+/=\u0026\u003cx\u003e here"}`, `{"m":"no [secret] here"}`},
		"by look":          {`{"m":"sk-abcdefghijklmnop"}`, `{"m":"[secret]"}`},
		"JSON in a string": {`{"m":"400: {\"error\":{\"api_key\":\"abc\",\"code\":1}}"}`, `{"m":"400: {\"error\":{\"api_key\":\"[secret]\",\"code\":1}}"}`},
		"two values":       {"{\"a\":\"b\"}event: error\ndata: {\"token\":\"abc\"}\n\n", "{\"a\":\"b\"}event: error\ndata: {\"token\":\"[secret]\"}\n\n"},
		"broken off":       {`{"token":"abc","m":"and `, `{"token":"[secret]","m":"and `},
		"a page":           {`<p class="x">key=1&amp;` + canary + `</p>`, `<p class="x">key=1&amp;[secret]</p>`},
		"a query":          {"GET /v1?key=abc&x=1", "GET /v1?key=[secret]&x=1"},
		"Python's quotes":  {`{'api_key': 'abc', 'x': 'y'}`, `{'api_key': '[secret]', 'x': 'y'}`},
		"controls":         {"a\x1b[31mb\a", "ab␇"},
		"people":           {`{"email":"jo@example.com","u":"managed-1.x@cnrelay.local"}`, `{"email":"[e-mail]","u":"managed-1.x@cnrelay.local"}`},
		"empty":            {"", ""},
	} {
		if got, whole := l.redact([]byte(tt.in), keptBody); got != tt.want || !whole {
			t.Errorf("%s:\n got %s\nwant %s (whole %v)", name, got, tt.want, whole)
		}
	}
}

// What is cut is cut after it is redacted: no half of a secret is left at the end.
func TestRedactCuts(t *testing.T) {
	l := newLine(canary)
	for _, unit := range []string{`{"m":"` + canary + `"},`, canary + " ", `{"token":"abcdefgh"}` + "\n"} {
		for max := 1; max < 120; max++ {
			got, whole := l.redact([]byte(strings.Repeat(unit, 200)), max)
			if whole || len(got) > max || strings.Contains(got, "zz.c") || strings.Contains(got, "abc") {
				t.Fatalf("max %d: %q, whole %v", max, got, whole)
			}
		}
	}
	long := strings.Repeat(canary, (longestText+5)/len(canary)+2)
	if got, whole := l.redact([]byte(long), keptBody); strings.Contains(got, "zz.") || strings.Contains(got, "canary") || whole {
		t.Errorf("a long text ends with %q, whole %v", got[max(0, len(got)-60):], whole)
	}
}

// Whatever is around them, secrets of every kind are gone, and everything else is there.
func TestRedactHidesEverySecretAndNothingElse(t *testing.T) {
	secrets := []string{canary, "sk-canary0123456789", "admin-0123456789abcdef", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "rt_canary0123456789"}
	words := rapid.SampledFrom([]string{"plain", "余额不足", `"`, "\\", "\n", "{", "]", ":", "a,b", "'", "x=1", "<b>", "\u2028", ""})
	rapid.Check(t, func(t *rapid.T) {
		l := newLine(canary)
		var value func(depth int) any
		var hidden []string
		dirty := false
		text := func(secret bool) string {
			s := words.Draw(t, "before") + words.Draw(t, "before")
			if secret {
				dirty = true
				s += " " + rapid.SampledFrom(secrets).Draw(t, "secret") + " "
			}
			s += words.Draw(t, "after")
			dirty = dirty || Sanitize(s, 0) != s
			return s
		}
		n := 0
		value = func(depth int) any {
			switch k := rapid.IntRange(0, 5).Draw(t, "kind"); {
			case k == 0 && depth < 4:
				return []any{value(depth + 1), value(depth + 1)}
			case k <= 2 && depth < 4:
				n++
				dirty = true
				own := fmt.Sprintf("own%d", n)
				hidden = append(hidden, own)
				return map[string]any{"n": 1.5, "text": value(depth + 1), "api_key": own, "credentials": map[string]any{"access_token": own}}
			case k == 3:
				dirty = true
				inside, _ := json.Marshal(map[string]any{"password": "inner-password", "m": text(true)})
				return "said: " + string(inside)
			}
			return text(rapid.Bool().Draw(t, "holds"))
		}
		v := value(0)
		raw, _ := json.Marshal(v)
		if rapid.Bool().Draw(t, "indented") {
			raw, _ = json.MarshalIndent(v, "", "  ")
		}
		got, whole := l.redact(raw, 1<<20)
		if !whole || !json.Valid([]byte(got)) {
			t.Fatalf("%s became %s", raw, got)
		}
		for _, s := range append(append(hidden, secrets...), "inner-password") {
			if strings.Contains(got, s) {
				t.Fatalf("%s is left of %s in %s", s, raw, got)
			}
		}
		again, _ := l.redact([]byte(got), 1<<20)
		if again != got {
			t.Fatalf("it changes again: %s, then %s", got, again)
		}
		if !dirty && got != string(raw) {
			t.Fatalf("%s became %s", raw, got)
		}
	})
}

func FuzzRedact(f *testing.F) {
	for _, s := range []string{`{"a":"b"}`, `{"token":{"a":["b"`, `""":`, "data: {\"key\":\"x\"}\n", `{"m":"\`, "\"\xff\":\"\"", `{"a":"{\"b\":\"{}\"}"}`} {
		f.Add([]byte(s), 40)
	}
	l := newLine(canary)
	f.Fuzz(func(t *testing.T, body []byte, max int) {
		got, _ := l.redact(append(body, canary...), 1+max&0xfff)
		if strings.Contains(got, canary) || len(got) > 1+max&0xfff {
			t.Fatalf("%q", got)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	l := newLine()
	for i := range 1000 {
		l.mask.add(fmt.Sprintf("sk-ok-%d", i))
	}
	body, _ := json.Marshal(map[string]any{"code": 0, "message": "success", "data": map[string]any{"id": 12, "name": "acme-1a2b3c4d", "platform": "openai", "notes": "cnrelay:x7k2m9qa:b2k4m6n8p",
		"credentials": map[string]any{"base_url": "http://127.0.0.1:18000/v1", "model_mapping": map[string]any{"flash": "flash", "pro": "pro", "acme-chat": "flash"}},
		"status":      "active", "created_at": "2026-11-23T21:03:07.643734Z", "groups": []any{}, "extra": map[string]any{"openai_responses_mode": "force_chat_completions"}, "api_key": "sk-ok-17"}})
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		l.redact(body, keptBody)
	}
}
