package e2e

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"cnrelay/hostclient/fakehost"
)

// hostile is what a host, an upstream or a stranger may send: it would erase, move, colour, ring, hide and reorder.
const hostile = "\x1b[2J\x1b[7;33H\x1b[35;45mbad\x1b]0;title\x07\x1b]52;c;aGk=\x07\u202eevil\u2066\rover\u009b31m\x00\x08\x08end"

// TestHostileWords: nothing that a host or an upstream sends moves the cursor, colours the screen or hides a text.
func TestHostileWords(t *testing.T) {
	l := newLab(t)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"error":{"message":` + quoted(hostile) + `,"type":` + quoted(hostile) + `,"code":` + quoted(hostile) + `}}`))
	}))
	t.Cleanup(upstream.Close)
	l.upstream = upstream.URL + "/v1"
	h := l.registered("lab", fakehost.Options{})
	l.imported("lab", "sk-ok-1")
	for _, group := range []float64{1, 2} {
		h.Do("POST", "/api/v1/admin/accounts", h.AdminKey(), map[string]any{"name": hostile, "platform": "openai", "type": "apikey", "group_ids": []any{group},
			"credentials": map[string]any{"api_key": "stranger", "base_url": l.upstream}})
	}
	x := l.open()
	x.Sees("✗ lab deepseek", `said: "bad`, "evil")
	x.Press("w")
	x.Repeat("the host's words on accounts", func(screen string) bool { return strings.Contains(screen, "not in our ledger") }, func() { x.Press("pgdown") })
	x.Press("3")
	x.Sees("✗ failed")
	x.Press("enter")
	x.Sees("deepseek: failed", "evil")
	screen := x.Screen()
	if lines := strings.Split(screen, "\n"); !strings.HasPrefix(lines[0], " cnrelay ") || !strings.Contains(lines[23], "q quit") {
		t.Errorf("the frame is broken:\n%s", screen)
	}
	raw := string(x.Raw())
	for _, s := range []string{"\x1b[7;33H", "\x1b[35;45m", "\x1b]0;", "\x1b]52;", "\x07", "\u202e", "\u2066", "\u009b", "\x9b31m", "\x00", "\x08"} {
		if strings.Contains(raw, s) {
			t.Errorf("%q came through", s)
		}
	}
}

// quoted is a text as JSON that leaves nothing out.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		b.WriteString(`\u` + hex4(r))
	}
	b.WriteByte('"')
	return b.String()
}

func hex4(r rune) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15]})
}

var (
	colour   = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	attrs    = regexp.MustCompile(`^\x1b\[(0|1|2|4|7|22|24|27)?(;(0|1|2|4|7|22|24|27))*m$`)
	sixteen  = regexp.MustCompile(`^\x1b\[((0|1|2|4|7|3[0-79]|4[0-79]|9[0-7]|10[0-7])(;|m$))*m?$`)
	beautify = regexp.MustCompile(`38;[25];`)
)

// TestColours are as many as the terminal has.
func TestColours(t *testing.T) {
	for _, look := range []struct {
		name string
		env  []string
		ok   func(sequence string) bool
	}{
		{"none", []string{"NO_COLOR=1"}, attrs.MatchString},
		{"16", []string{"TERM=xterm-16color"}, sixteen.MatchString},
		{"16 by the console", []string{"TERM=linux"}, sixteen.MatchString},
		{"none at all", []string{"TERM=vt100"}, attrs.MatchString},
	} {
		t.Run(look.name, func(t *testing.T) {
			l := newLab(t)
			l.registered("lab", fakehost.Options{})
			l.imported("lab", "sk-402-1")
			x := l.open(look.env...)
			x.Sees("✗ lab deepseek", "● up")
			x.Press("3")
			x.Sees("✗ failed")
			x.Press("i")
			x.Sees("Which provider?")
			all := colour.FindAllString(string(x.Raw()), -1)
			if len(all) == 0 {
				t.Error("nothing stands out")
			}
			for _, s := range all {
				if !look.ok(s) {
					t.Errorf("%q was written", s)
				}
			}
		})
	}
	t.Run("all of them", func(t *testing.T) {
		l := newLab(t)
		l.registered("lab", fakehost.Options{})
		x := l.open()
		x.Sees("● up")
		if !x.Styled() || !beautify.Match(x.Raw()) {
			t.Error("no colour of 256 on a terminal that has them")
		}
	})
}

// TestASCIIOnly: in the C locale every byte on the terminal is ASCII, what a host or upstream says included.
func TestASCIIOnly(t *testing.T) {
	l := newLab(t)
	l.registered("lab", fakehost.Options{})
	l.imported("lab", "sk-403quota-1", "sk-ok-2") // its words are Chinese
	x := l.open("LANG=C")
	x.Sees("! lab deepseek", "+ up", "upstream_key_quota_issue")
	x.Press("2")
	x.Sees("> deepseek")
	x.Press("enter")
	x.Sees("per million")
	x.Press("3")
	x.Sees("! partial")
	x.Press("enter")
	x.Sees("1 passed, 1 failed")
	x.Repeat("the end of the log", func(screen string) bool { return strings.Contains(screen, "finished") }, func() { x.Press("G") })
	x.Press("?")
	x.Sees("In lists and pages", "^ k")
	x.Press("esc")
	x.Loses("In lists and pages")
	x.Press("1")
	x.Sees("+ up")
	l.keysAsked(x)
	x.Paste("sk-ok-3")
	x.Sees("keys: 1")
	x.Press("enter")
	x.Sees("managed:1")
	x.Press("enter")
	x.Sees("Not yet: what is missing stands first", "Other keys of this provider are active")
	for i, b := range x.Raw() {
		if b >= 0x80 {
			t.Fatalf("not ASCII: %q", x.Raw()[max(0, i-40):min(len(x.Raw()), i+20)])
		}
	}
}
