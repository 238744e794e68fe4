package hostclient

import (
	"net/http"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/bounded"
	"cnrelay/core/visible/visibletest"
)

// Whatever bytes a host streams, the readers end, and what they give is safe to show.
func FuzzTestFrames(f *testing.F) {
	for _, s := range []string{
		"data: {\"type\":\"test_start\"}\n\ndata: {\"type\":\"content\",\"text\":\"x\"}\n\ndata: {\"type\":\"test_complete\"}\n\n",
		"data: {\"type\":\"error\",\"error\":\"API returned 402: {\\\"error\\\":{\\\"code\\\":1113}}\"}\n\n",
		": comment\n\nevent: x\nid: 1\nretry: 5\ndata\n\n", "<html>", "", "data: {\"type\":\"content\",\"text\":7}\r\n\r\n",
	} {
		f.Add(s)
	}
	l := &line{mask: newMask()}
	f.Fuzz(func(t *testing.T, s string) {
		var result core.AccountTest
		var started bool
		heard := ""
		var err error
		bounded.Run(t, func() {
			err = l.readTest(strings.NewReader(s), &result, &started, func(text string) { heard += text })
		})
		if err == nil && !result.Complete && result.Message == "" {
			t.Fatal("a failure without a word")
		}
		if err != nil && result.Complete {
			t.Fatal("complete, and an error")
		}
		safe(t, result.Content, result.Message, result.Code, result.Type, heard)
	})
}

func FuzzCompletions(f *testing.F) {
	for _, s := range []string{
		`{"choices":[{"message":{"content":"x"}}]}`, "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n",
		`{"error":{"code":1,"message":"\u001b[31m"}}event: error`, "<html>", `{"output":[{"content":[{"text":"x"}]}]}`, `{"type":"response.completed","response":{}}`,
	} {
		f.Add(s)
	}
	l := &line{mask: newMask()}
	f.Fuzz(func(t *testing.T, s string) {
		var r *reading
		var failure core.Failure
		bounded.Run(t, func() { r, failure = l.readCompletion([]byte(s)) })
		if !r.known && failure == (core.Failure{}) {
			t.Fatal("neither an answer nor a failure")
		}
		safe(t, l.mask.text(r.content(), longText), failure.Message, failure.Code, failure.Type)
		_, failure = l.readModels([]byte(s))
		safe(t, failure.Message, failure.Code, failure.Type)
	})
}

// Whatever a host answers to the admin API, with whatever head, it is a payload or an error for operators; and
// whatever the payload is, it is objects that are safe to show, or none.
func FuzzEnvelopes(f *testing.F) {
	for _, s := range []string{
		`{"code":0,"message":"success","data":{"id":1,"name":"g","created_at":"2026-11-23T21:03:07.643734Z"}}`,
		`{"code":0,"data":{"items":[{"id":1,"name":"a","credentials":{"api_key":"sk-1"},"group_ids":[1]}],"total":1}}`,
		`{"code":"UNAUTHORIZED","message":"x"}`, `{"code":400,"message":"x","reason":"GROUP_EXISTS","metadata":{"a":1}}`, `{"error":"rate","message":"x"}`,
		`{"code":0,"data":[{"id":1,"user_id":2,"key":"sk-1","name":"k"}]}`, `{"code":0,"data":null}`, `<html>`, "\ufeff{}", `[[[[`, `{"code":0,"data":{"id":1e300,"name":"\u202e"}}`,
	} {
		for _, status := range []int{200, 400, 502} {
			f.Add(status, "application/json; charset=utf-8", s)
		}
	}
	f.Add(404, "text/plain", "404 page not found")
	f.Add(302, "text/html; \x1b[31m", "")
	l := &line{mask: newMask(), limits: DefaultLimits()}
	c := &Client{name: "lab", line: l}
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		raw, err := readWhole(&cappedReader{r: strings.NewReader(body), left: l.limits.Body, weight: &weight{left: l.limits.Weight}})
		if err != nil {
			return
		}
		a := answer{status: status, body: raw, header: http.Header{"Content-Type": {contentType}, "Location": {body}}}
		bounded.Run(t, func() {
			data, refusal := l.data(a)
			if refusal != nil {
				safe(t, refusal.What, refusal.Reason, refusal.Next)
				if refusal.Code == "" || refusal.Fault == "" || refusal.What == "" {
					t.Fatalf("not all is said: %+v", refusal)
				}
				return
			}
			for kind := range routes {
				if o, err := l.object(kind, data, false); err == nil {
					shown(t, o)
				} else {
					safe(t, c.unreadable("read", err).Error())
				}
			}
			var p page
			if err := c.decode("list", data, &p); err != nil {
				safe(t, err.Error())
				return
			}
			list, err := l.objects(core.Account, p.Items)
			if err != nil {
				safe(t, c.unreadable("list", err).Error())
			}
			for _, o := range list {
				shown(t, o)
			}
		})
	})
}

// shown wants an object that can be: its id makes sense, and so do all its texts.
func shown(t *testing.T, o core.Object) {
	t.Helper()
	if o.ID <= 0 {
		t.Fatalf("id %d", o.ID)
	}
	safe(t, o.Name)
	texts(o.Fields, func(s string) { safe(t, s) })
}

func texts(v any, visit func(string)) {
	switch v := v.(type) {
	case string:
		visit(v)
	case []any:
		for _, x := range v {
			texts(x, visit)
		}
	case map[string]any:
		for name, x := range v {
			visit(name)
			texts(x, visit)
		}
	case core.Fields:
		texts(map[string]any(v), visit)
	}
}

func safe(t *testing.T, list ...string) {
	t.Helper()
	for _, s := range list {
		if why := visibletest.Unsafe(s); why != "" {
			t.Fatalf("%s in %q", why, s)
		}
	}
}
