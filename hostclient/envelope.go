package hostclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cnrelay/core"
)

// envelope is every JSON shape that the admin API answers in (HOST_CONTRACT 2): the handlers' one
// with a whole number as code, the middleware's with a string, and the limiter's and the
// mixed-channel one, which have error in place of code.
type envelope struct {
	Code     json.RawMessage `json:"code"`
	Message  string          `json:"message"`
	Reason   string          `json:"reason"`
	Error    json.RawMessage `json:"error"`
	Metadata map[string]any  `json:"metadata"`
	Data     json.RawMessage `json:"data"`
}

// reason is the most telling code of an error answer: reason, a string code, or error.
func (e envelope) reason() string {
	if e.Reason != "" {
		return e.Reason
	}
	var text string
	for _, raw := range []json.RawMessage{e.Code, e.Error} {
		if json.Unmarshal(raw, &text) == nil && text != "" {
			return text
		}
	}
	return ""
}

// Reasons of hosts that decide what happens next.
const (
	reasonCompliance = "ADMIN_COMPLIANCE_ACK_REQUIRED"
	// Ours: the plain-text 404 of a host that lacks the route, and an answer of something else.
	reasonNoRoute    = "NO_ROUTE"
	reasonNotThisAPI = "NOT_THIS_API"
)

// data takes the payload out of an answer of the admin API, or says what was wrong with it. Its
// errors lack Host and Stage, and know nothing of reads and writes.
func (l *line) data(a answer) (json.RawMessage, *core.Error) {
	if a.status >= 300 && a.status < 400 {
		return nil, &core.Error{
			Code: core.CodeHost, Fault: core.FaultConfig, Status: a.status,
			What: fmt.Sprintf("the host answered %d: a redirect to %s, which is not followed, so that no key goes astray",
				a.status, l.mask.line(origin(a.header.Get("Location")), shortText)),
			Next: "register the address that the host itself answers at",
		}
	}
	if !isJSON(a.header) {
		if a.status == http.StatusNotFound && mediaType(a.header) == "text/plain" {
			return nil, &core.Error{
				Code: core.CodeHost, Fault: core.FaultHost, Status: a.status, Reason: reasonNoRoute,
				What: "this host doesn't have that function (its version lacks the route)",
				Next: "run `cnrelay host check` to see what this host can do",
			}
		}
		return nil, l.notThisAPI(a)
	}
	var e envelope
	// A value of another type than expected is tolerated in an error answer: its status counts.
	err := json.NewDecoder(bytes.NewReader(a.body)).Decode(&e)
	if a.status >= 200 && a.status < 300 {
		if err != nil || e.Code == nil {
			return nil, l.notThisAPI(a)
		}
		if string(e.Code) == "0" {
			return e.Data, nil
		}
	}
	return nil, l.refusal(a, e)
}

// notThisAPI is the error for an answer that no sub2api host gives: a login page, a proxy's error.
func (l *line) notThisAPI(a answer) *core.Error {
	kind := ""
	if t := a.header.Get("Content-Type"); t != "" {
		kind = ", " + l.mask.line(t, 60)
	}
	e := &core.Error{
		Code: core.CodeHost, Fault: core.FaultHost, Status: a.status, Reason: reasonNotThisAPI,
		What: fmt.Sprintf("the answer (%d%s) is not a sub2api admin API answer: %s",
			a.status, kind, l.firstWords(a.body, shortText)),
		Next: nextStep[core.NetNotJSON],
	}
	if a.status >= 500 {
		e.Next = "something before the host (a proxy, a tunnel) seems to have answered: check it, then try again"
	}
	return e
}

// refusal turns the host's own error answer into ours.
func (l *line) refusal(a answer, e envelope) *core.Error {
	reason := l.mask.line(e.reason(), shortText)
	what := fmt.Sprintf("the host answered %d", a.status)
	if reason != "" {
		what += " " + reason
	}
	if e.Message != "" {
		what += ": " + l.mask.line(e.Message, longText)
	}
	out := &core.Error{
		Code: core.CodeHost, Fault: core.FaultHost, Status: a.status, Reason: reason, What: what,
		Next: "see the host's words",
	}
	switch {
	case a.status == http.StatusLocked || reason == reasonCompliance:
		out.Code, out.Fault = core.CodeBlocked, core.FaultConfig
		out.Next = "run `cnrelay host accept-compliance NAME` after reading the document"
	case strings.HasPrefix(reason, "STEP_UP_"):
		out.Code, out.Fault = core.CodeBlocked, core.FaultConfig
		out.Next = "switch off the second factor for admin writes on the host; no program can give it"
	case a.status == http.StatusUnauthorized:
		out.Code, out.Fault = core.CodeAuth, core.FaultOperator
		out.Next = "check the admin key or password; to give another: `cnrelay host remove`, then `cnrelay host add`"
	case a.status == http.StatusForbidden && reason == "FORBIDDEN":
		out.Code, out.Fault = core.CodeAuth, core.FaultOperator
		out.Next = "sign in as an administrator: this is an ordinary user"
	case a.status == http.StatusNotFound && strings.HasSuffix(reason, "_NOT_FOUND"):
		out.Err = core.ErrNotFound
		out.Next = "read the host's state again"
	case a.status == http.StatusTooManyRequests:
		out.Fault, out.Next = core.FaultConfig, "wait a minute, or lower this host's rate"
	case a.status >= 500:
		out.Next = "look at the host's log: it hides its reason behind this answer"
	}
	return out
}

// retryAfter is the wait that a 429 or 503 asks for, at most limit; 0 if it names none.
func retryAfter(h http.Header, now time.Time, limit time.Duration) time.Duration {
	raw := h.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(raw); err == nil {
		wait = limit
		if seconds < int(limit/time.Second) {
			wait = time.Duration(seconds) * time.Second
		}
	} else if at, err := http.ParseTime(raw); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), limit)
}

// mediaType is the content type without its parameters, "" if there is none that can be read.
func mediaType(h http.Header) string {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

func isJSON(h http.Header) bool { return mediaType(h) == "application/json" }

// origin is the scheme and host of a URL: its path and query may carry what was sent.
func origin(raw string) string {
	if redaction == "off" {
		return raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "another path"
	}
	return u.Scheme + "://" + u.Host
}
