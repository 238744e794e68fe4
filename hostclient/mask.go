package hostclient

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
)

// hidden stands where a secret was.
const hidden = "[secret]"

// redaction is "off" in the control run of the canary test only, which shows that its scan finds what isn't hidden. It
// can be set when a binary is linked and not after: -ldflags '-X cnrelay/hostclient.redaction=off'.
var redaction string

// secretShapes are texts that look like a secret, whether or not we sent it: upstream and user
// keys, admin keys, authorization headers, JWTs, refresh tokens.
var secretShapes = regexp.MustCompile(`sk-[A-Za-z0-9_-]{12,}` +
	`|admin-[0-9a-f]{12,}` +
	`|(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{16,}` +
	`|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)+` +
	`|\brt_[A-Za-z0-9_-]{12,}`)

const (
	// Shorter texts are not taken for secrets: hiding "on" would hide half of every sentence.
	minSecret = 4
	// In values that are compared or written back, only what can't be an accident is hidden.
	minFieldSecret = 12
	// Shorter secrets are not looked for in other encodings, of which too little would be left.
	minEncoded = 8
	// A text that begins with so many bytes of a secret is what somebody has cut off.
	minPart = 16
)

// mask remembers the secrets that were sent and hides them in what comes back: hosts and providers
// echo keys in error messages. All clients of a [Dialer] share one.
type mask struct {
	mu    sync.RWMutex
	known map[string]bool
	forms map[string][]string // of the known ones, by their first minSecret bytes
}

func newMask() *mask { return &mask{known: map[string]bool{}, forms: map[string][]string{}} }

// add remembers secrets, also as they look in the encodings that echoes come in.
func (m *mask) add(secrets ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range secrets {
		if len(s) < minSecret || m.known[s] {
			continue
		}
		m.known[s] = true
		for _, form := range formsOf(s) {
			m.forms[form[:minSecret]] = append(m.forms[form[:minSecret]], form)
		}
	}
}

// formsOf are a secret and what it looks like inside JSON, HTML, URLs, hexadecimal and base64.
func formsOf(s string) []string {
	quoted, _ := json.Marshal(s) // a string always marshals
	inside := string(quoted[1 : len(quoted)-1])
	others := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(inside) // as most others write JSON
	page := html.EscapeString(s)
	forms := []string{s, inside, others, strings.ReplaceAll(others, "/", `\/`), page, strings.NewReplacer("&#34;", "&quot;", "&#39;", "&#x27;").Replace(page),
		url.QueryEscape(s), url.PathEscape(s)}
	if len(s) < minEncoded {
		return distinct(forms)
	}
	digits := hex.EncodeToString([]byte(s))
	escaped, percent := make([]byte, 0, 6*len(s)), make([]byte, 0, 3*len(s))
	for _, unit := range utf16.Encode([]rune(s)) {
		escaped = append(escaped, `\u`...)
		escaped = hex.AppendEncode(escaped, []byte{byte(unit >> 8), byte(unit)})
	}
	for i := range len(s) {
		percent = append(append(percent, '%'), digits[2*i:2*i+2]...)
	}
	upper := bytes.ReplaceAll(bytes.ToUpper(escaped), []byte(`\U`), []byte(`\u`))
	forms = append(forms, digits, strings.ToUpper(digits), string(escaped), string(upper), string(percent), string(bytes.ToUpper(percent)))
	for before := range 3 { // bytes that stand before it in what was encoded, to make whole groups of three
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := e.EncodeToString(append(make([]byte, before), s...))
			// Characters that share bits with a neighbour are unknown.
			forms = append(forms, text[(before*8+5)/6:(before+len(s))*8/6])
		}
	}
	return distinct(forms)
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// hide hides the known secrets of at least shortest bytes, also under escapes on top of escapes, and then what looks
// like one.
func (m *mask) hide(s string, shortest int) string {
	if redaction == "off" {
		return s
	}
	m.mu.RLock()
	spans := m.find(s, shortest)
	unescaped(s, func(bare string, in func(span) span) {
		for _, p := range m.find(bare, shortest) {
			spans = append(spans, in(p))
		}
	})
	m.mu.RUnlock()
	if len(spans) == 0 {
		return hideShapes(s)
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	done := 0
	for _, p := range spans {
		if p.from < done { // found on more than one layer
			done = max(done, p.to)
			continue
		}
		b.WriteString(s[done:p.from] + hidden)
		done = p.to
	}
	b.WriteString(s[done:])
	return hideShapes(b.String())
}

// find is where the known secrets stand, the longest where several begin, so that none hides a part of another.
func (m *mask) find(s string, shortest int) (found []span) {
	for i := 0; i+minSecret <= len(s); {
		n := m.longestAt(s[i:], shortest)
		if n > 0 {
			found = append(found, span{i, i + n})
		}
		i += max(n, 1)
	}
	return found
}

// hideShapes hides what looks like a secret. The expression is slow, and most texts have nothing that begins like one.
func hideShapes(s string) string {
	if slices.ContainsFunc([]string{"sk-", "admin-", "eyJ", "rt_"}, func(start string) bool { return strings.Contains(s, start) }) || holdsHeader(s) {
		return secretShapes.ReplaceAllString(s, hidden)
	}
	return s
}

// holdsHeader tells whether a text has the beginning of an authorization header, in whatever case.
func holdsHeader(s string) bool {
	for i := range len(s) {
		if s[i]|0x20 != 'b' {
			continue
		}
		for _, scheme := range []string{"bearer", "basic"} {
			if rest := s[i:]; len(rest) > len(scheme) && strings.EqualFold(rest[:len(scheme)], scheme) {
				return true
			}
		}
	}
	return false
}

// longestAt is how many bytes of s are the longest known secret of at least shortest bytes that it begins with. In
// texts, where every one counts, the beginning of one will do: then the rest of its word goes with it.
func (m *mask) longestAt(s string, shortest int) int {
	whole, part := 0, 0
	for _, form := range m.forms[s[:minSecret]] {
		switch n := common(s, form); {
		case n == len(form) && n >= shortest:
			whole = max(whole, n)
		case n >= minPart && shortest == minSecret:
			part = max(part, n)
		}
	}
	if part > whole {
		rest := strings.IndexFunc(s[part:], func(r rune) bool { return r > 0x7e || !strings.ContainsRune(wordChars, r) })
		if rest < 0 {
			return len(s)
		}
		return part + rest
	}
	return whole
}

// wordChars are what keys, tokens and their encodings are made of.
const wordChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.~%\\"

// common is the length of what two texts have in common at their beginning.
func common(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// text makes a foreign text fit to show: sanitised, without secrets, at most max bytes. It cuts
// last, so that no half of a secret is left.
func (m *mask) text(s string, max int) string {
	return cut(m.hide(Sanitize(s, 0), minSecret), max)
}

// line does the same and leaves one line, for errors and names of things.
func (m *mask) line(s string, max int) string {
	return cut(strings.Join(strings.Fields(m.text(s, 0)), " "), max)
}

// field makes a foreign value fit to keep and compare: whole, sanitised, without secrets.
func (m *mask) field(s string) string {
	return m.hide(Sanitize(s, 0), minFieldSecret)
}
