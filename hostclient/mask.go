package hostclient

import (
	"encoding/json"
	"html"
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
	mu      sync.RWMutex
	known   map[string]bool
	lengths map[string][]int // of the known ones that begin with these minSecret bytes, longest first
}

func newMask() *mask { return &mask{known: map[string]bool{}, lengths: map[string][]int{}} }

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
			start := form[:minSecret]
			if lengths := m.lengths[start]; !slices.Contains(lengths, len(form)) {
				m.lengths[start] = slices.SortedFunc(slices.Values(append(lengths, len(form))), func(a, b int) int { return b - a })
			}
		}
	}
}

// hide hides the known secrets of at least shortest bytes, the longest where several begin, so that none hides a
// part of another, and then what looks like one.
func (m *mask) hide(s string, shortest int) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var b strings.Builder
	done := 0
	for i := 0; i+minSecret <= len(s); {
		n := m.longestAt(s[i:])
		if n < shortest {
			i++
			continue
		}
		b.WriteString(s[done:i] + hidden)
		i += n
		done = i
	}
	if done > 0 {
		b.WriteString(s[done:])
		s = b.String()
	}
	return hideShapes(s)
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

// longestAt is the length of the longest known secret that s begins with, or 0.
func (m *mask) longestAt(s string) int {
	for _, n := range m.lengths[s[:minSecret]] {
		if n <= len(s) && m.known[s[:n]] {
			return n
		}
	}
	return 0
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
