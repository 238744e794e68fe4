package hostclient

import (
	"encoding/json"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// hidden stands where a secret was.
const hidden = "[secret]"

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
)

// mask remembers the secrets that were sent and hides them in what comes back: hosts and providers
// echo keys in error messages.
type mask struct {
	mu    sync.Mutex
	known map[string]bool
	// Made from known when first needed; nil after an add.
	texts, fields *strings.Replacer
}

func newMask() *mask { return &mask{known: map[string]bool{}} }

// add remembers secrets, also as they look inside JSON, HTML and URLs.
func (m *mask) add(secrets ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range secrets {
		if len(s) < minSecret || m.known[s] {
			continue
		}
		quoted, _ := json.Marshal(s) // a string always marshals
		for _, form := range []string{s, string(quoted[1 : len(quoted)-1]), html.EscapeString(s), url.QueryEscape(s), url.PathEscape(s)} {
			m.known[form] = true
		}
		m.texts, m.fields = nil, nil
	}
}

// replacer hides the known secrets of at least shortest bytes, longer ones first, so that none
// hides a part of another.
func (m *mask) replacer(shortest int) *strings.Replacer {
	var pairs []string
	for _, s := range slices.SortedFunc(maps.Keys(m.known), func(a, b string) int { return len(b) - len(a) }) {
		if len(s) >= shortest {
			pairs = append(pairs, s, hidden)
		}
	}
	return strings.NewReplacer(pairs...)
}

func (m *mask) replacers() (texts, fields *strings.Replacer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.texts == nil {
		m.texts, m.fields = m.replacer(minSecret), m.replacer(minFieldSecret)
	}
	return m.texts, m.fields
}

// text makes a foreign text fit to show: sanitised, without secrets, at most max bytes. It cuts
// last, so that no half of a secret is left.
func (m *mask) text(s string, max int) string {
	texts, _ := m.replacers()
	return cut(hideShapes(texts.Replace(Sanitize(s, 0))), max)
}

// line does the same and leaves one line, for errors and names of things.
func (m *mask) line(s string, max int) string {
	return cut(strings.Join(strings.Fields(m.text(s, 0)), " "), max)
}

// field makes a foreign value fit to keep and compare: whole, sanitised, without secrets.
func (m *mask) field(s string) string {
	_, fields := m.replacers()
	return hideShapes(fields.Replace(Sanitize(s, 0)))
}

// hideShapes hides what looks like a secret. The expression is slow, and a short text has none that doesn't begin
// with one of these.
func hideShapes(s string) string {
	const shortestHeader = len("basic ") + 16
	if len(s) >= shortestHeader || slices.ContainsFunc([]string{"sk-", "admin-", "eyJ", "rt_"}, func(start string) bool { return strings.Contains(s, start) }) {
		return secretShapes.ReplaceAllString(s, hidden)
	}
	return s
}
