package hostclient

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// keptBody is how many bytes of a body are kept as evidence. Lists can be many megabytes.
const keptBody = 16 << 10

// redact makes a body fit to keep: without what is secret by its name or by its value, sanitised, and at most so
// many bytes; whole tells whether that is all of it.
//
// It reads the body as text in which JSON may stand, because bodies are often not what they say: broken off, two
// values glued together, events, a page. What isn't hidden stays as it came, byte for byte.
func (l *line) redact(body []byte, most int) (text string, whole bool) {
	r := redactor{hide: l.evidence, max: most}
	if window := 4*most + longestSecret; len(body) > window { // more than that is hardly ever left of it
		body, r.full = body[:window], true
	}
	// As a whole first: a secret may hold quotes, and then it isn't one piece below.
	begin := l.mask.hide(string(body), minSecret)
	if r.full {
		begin = begin[:max(0, len(begin)-longestSecret)]
	}
	r.run([]byte(begin))
	return cut(r.out.String(), most), !r.full && r.out.Len() <= most
}

// What is secret by its name where no JSON tells names from values, and the addresses of people.
var (
	inQuery  = regexp.MustCompile(`(?i)([?&][a-z_-]*(?:key|token|secret|password|signature)=)[^&\s"'<>]+`)
	inQuotes = regexp.MustCompile(`(?i)('[a-z_-]*(?:key|token|secret|password|authorization)'\s*[:=]\s*')[^']+`)
	emails   = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
)

const (
	managedUsers = "@cnrelay.local" // are ours, and nobody's address
	somebody     = "[e-mail]"
	// Longer texts are cut before they are looked at, and what could be the beginning of a secret goes with the rest.
	longestText   = 1 << 20
	longestSecret = 8 << 10
)

// evidence is text without secrets and without people's addresses, as it may be handed to others.
func (l *line) evidence(s string) string {
	s = l.mask.evidence(s)
	if strings.Contains(s, "@") {
		s = emails.ReplaceAllStringFunc(s, func(address string) string {
			if strings.HasSuffix(address, managedUsers) {
				return address
			}
			return somebody
		})
	}
	return s
}

// evidence is text without what is secret by its value, its look or its name.
func (m *mask) evidence(s string) string {
	if len(s) < minSecret {
		return Sanitize(s, 0)
	}
	long := len(s) > longestText
	if long {
		s = s[:longestText]
	}
	s = m.hide(Sanitize(s, 0), minSecret)
	if strings.Contains(s, "=") {
		s = inQuery.ReplaceAllString(s, "${1}"+hidden)
	}
	if strings.Contains(s, "'") {
		s = inQuotes.ReplaceAllString(s, "${1}"+hidden)
	}
	if long {
		s = cut(s, max(1, len(s)-longestSecret))
	}
	return s
}

// redactor walks through a text. Inside quotes it knows names from values.
type redactor struct {
	hide func(string) string
	max  int
	out  strings.Builder
	full bool // there was more

	secret int  // how deep in values of a secret name, 0 for not at all
	named  bool // the next value has a secret name
}

func (r *redactor) run(body []byte) {
	for len(body) > 0 {
		if r.out.Len() > r.max {
			r.full = true
			return
		}
		quote := bytes.IndexByte(body, '"')
		if quote < 0 {
			r.between(body)
			return
		}
		r.between(body[:quote])
		literal, closed := quoted(body[quote:])
		if !closed {
			r.between(body[quote : quote+1])
			body = body[quote+1:]
			continue
		}
		body = body[quote+len(literal):]
		if rest := bytes.TrimLeft(body, " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
			r.name(literal)
		} else {
			r.value(literal)
		}
	}
}

// quoted is the string in quotes that b begins with; it isn't closed if the line ends before it does.
func quoted(b []byte) (literal []byte, closed bool) {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '\n':
			return nil, false
		case '"':
			return b[:i+1], true
		}
	}
	return nil, false
}

// between is what stands outside of quotes: the marks of JSON, numbers, plain text.
func (r *redactor) between(b []byte) {
	for _, c := range b {
		switch {
		case c == '{' || c == '[':
			if r.secret > 0 || r.named {
				r.secret++
			}
			r.named = false
		case c == '}' || c == ']':
			r.secret = max(0, r.secret-1)
			r.named = false
		case c == ',':
			r.named = false
		}
	}
	if len(b) < minSecret {
		r.out.Write(b)
		return
	}
	r.full = r.full || len(b) > longestText
	r.out.WriteString(r.hide(string(b)))
}

func (r *redactor) name(literal []byte) {
	r.text(literal)
	name := string(literal[1 : len(literal)-1])
	r.named = isSensitive(name)
}

func (r *redactor) value(literal []byte) {
	if (r.named || r.secret > 0) && len(literal) > 2 {
		r.out.WriteString(`"` + hidden + `"`)
	} else {
		r.text(literal)
	}
	r.named = false
}

// text is a string in quotes that isn't secret by its name. It may hold JSON itself.
func (r *redactor) text(literal []byte) {
	inside := literal[1 : len(literal)-1]
	if len(inside) < minSecret && isPlain(inside) {
		r.out.Write(literal)
		return
	}
	was := string(inside)
	if bytes.IndexByte(inside, '\\') >= 0 || !utf8.Valid(inside) {
		if json.Unmarshal(literal, &was) != nil {
			was = string(inside)
		}
	}
	r.full = r.full || len(was) > longestText
	is := r.hide(was) // as a whole first, here too
	if strings.Contains(is, `"`) {
		nested := redactor{hide: r.hide, max: longestText}
		nested.run([]byte(is))
		is = nested.out.String()
	}
	if is == was {
		r.out.Write(literal)
		return
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(is) // a string always encodes
	r.out.Write(bytes.TrimRight(b.Bytes(), "\n"))
}

func isPlain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
