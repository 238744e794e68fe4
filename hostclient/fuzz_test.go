package hostclient

import (
	"strings"
	"testing"
	"unicode/utf8"

	"cnrelay/core"
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
		err := l.readTest(strings.NewReader(s), &result, &started, func(text string) { heard += text })
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
		r, failure := l.readCompletion([]byte(s))
		if !r.known && failure == (core.Failure{}) {
			t.Fatal("neither an answer nor a failure")
		}
		safe(t, l.mask.text(r.content(), longText), failure.Message, failure.Code, failure.Type)
		_, failure = l.readModels([]byte(s))
		safe(t, failure.Message, failure.Code, failure.Type)
	})
}

func safe(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !utf8.ValidString(s) || Sanitize(s, 0) != s {
			t.Fatalf("%q is not safe to show", s)
		}
	}
}
