package bundle

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cnrelay/core"
)

// The HTTP Archive format, version 1.2. Names that begin with an underscore are ours, as the format provides.
type (
	harLog struct {
		Version string     `json:"version"`
		Creator harCreator `json:"creator"`
		Pages   []harPage  `json:"pages"`
		Entries []harEntry `json:"entries"`
	}
	harCreator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	harPage struct {
		Started time.Time `json:"startedDateTime"`
		ID      string    `json:"id"`
		Title   string    `json:"title"`
		Timings struct{}  `json:"pageTimings"`
	}
	harEntry struct {
		Page     string      `json:"pageref,omitempty"`
		Started  time.Time   `json:"startedDateTime"`
		Time     float64     `json:"time"` // ms
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Server   string      `json:"serverIPAddress,omitempty"`

		Number int           `json:"_number"` // its place in the archive, counted from 0
		Side   core.Side     `json:"_side"`
		Phase  core.Phase    `json:"_phase,omitempty"`
		Step   string        `json:"_step,omitempty"`
		Try    int           `json:"_try"`
		Queued float64       `json:"_queued,omitempty"` // ms before it was sent
		Net    core.NetError `json:"_net,omitempty"`
		Error  string        `json:"_error,omitempty"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTP        string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		Query       []harPair `json:"queryString"`
		PostData    *harPost  `json:"postData,omitempty"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int64     `json:"bodySize"`
		Cut         bool      `json:"_cut,omitempty"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTP        string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int64      `json:"bodySize"`
		Cut         bool       `json:"_cut,omitempty"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harPost struct {
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
	}
	harContent struct {
		Size     int64  `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
	}
	harTimings struct {
		Blocked float64 `json:"blocked"`
		DNS     float64 `json:"dns"`
		Connect float64 `json:"connect"`
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
		TLS     float64 `json:"ssl"`
	}
)

// archive writes a HAR entry by entry, so that it need not be held in memory.
type archive struct {
	w       io.Writer
	entry   bytes.Buffer
	encode  *json.Encoder // into entry
	entries int
	err     error
}

func newArchive(w io.Writer, creator string, pages []harPage) *archive {
	a := &archive{w: w}
	a.encode = json.NewEncoder(&a.entry)
	a.encode.SetEscapeHTML(false)
	head, err := json.Marshal(struct {
		Version string     `json:"version"`
		Creator harCreator `json:"creator"`
		Pages   []harPage  `json:"pages"`
	}{"1.2", harCreator{"cnrelay", creator}, pages})
	a.err = err
	if err == nil {
		a.write(`{"log":` + string(head[:len(head)-1]) + `,"entries":[`)
	}
	return a
}

func (a *archive) write(s string) {
	if a.err == nil {
		_, a.err = io.WriteString(a.w, s)
	}
}

// add writes an exchange and gives its number.
func (a *archive) add(page string, x core.Exchange) int {
	n := a.entries
	a.entries++
	entry := entryOf(x)
	entry.Page, entry.Number = page, n
	sep := ",\n"
	if n == 0 {
		sep = "\n"
	}
	a.entry.Reset()
	a.entry.WriteString(sep)
	if err := a.encode.Encode(entry); a.err == nil {
		a.err = err
	}
	if a.err == nil {
		_, a.err = a.w.Write(bytes.TrimRight(a.entry.Bytes(), "\n"))
	}
	return n
}

func (a *archive) close() error {
	a.write("\n]}}\n")
	return a.err
}

func pageOf(r core.Run) harPage {
	return harPage{Started: r.Started, ID: r.ID, Title: string(r.Kind) + " " + strings.TrimSpace(r.Provider+" "+r.HostName)}
}

func entryOf(x core.Exchange) harEntry {
	proto := x.Proto
	if proto == "" {
		proto = "unknown"
	}
	e := harEntry{Started: x.At, Server: x.Remote, Side: x.Side, Phase: x.Phase, Step: x.Step, Try: x.Try, Net: x.Net, Error: x.Error,
		Request: harRequest{Method: x.Method, URL: x.URL, HTTP: proto, Cookies: []harPair{}, Headers: pairs(x.Sent.Headers), Query: query(x.URL),
			HeadersSize: -1, BodySize: x.Sent.Size, Cut: x.Sent.Cut},
		Response: harResponse{Status: x.Status, StatusText: statusText(x.Status), HTTP: proto, Cookies: []harPair{}, Headers: pairs(x.Got.Headers),
			Content:     harContent{Size: x.Got.Size, MimeType: mime(x.Got.Header("Content-Type")), Text: x.Got.Body},
			RedirectURL: x.Got.Header("Location"), HeadersSize: -1, BodySize: -1, Cut: x.Got.Cut},
	}
	if x.Sent.Size > 0 {
		e.Request.PostData = &harPost{MimeType: mime(x.Sent.Header("Content-Type")), Text: x.Sent.Body}
	}
	t := x.Timings
	e.Queued = ms(t.Queued)
	// In an archive ssl is a part of connect, and a part that didn't happen is -1.
	never := func(d time.Duration) float64 {
		if d == 0 {
			return -1
		}
		return ms(d)
	}
	e.Timings = harTimings{Blocked: ms(t.Blocked), DNS: never(t.DNS), Connect: never(t.Connect + t.TLS), TLS: never(t.TLS), Send: ms(t.Send), Wait: ms(t.Wait), Receive: ms(t.Receive)}
	e.Time = ms(t.Blocked) + ms(t.DNS) + ms(t.Connect+t.TLS) + ms(t.Send) + ms(t.Wait) + ms(t.Receive)
	return e
}

func pairs(headers []core.Header) []harPair {
	out := make([]harPair, len(headers))
	for i, h := range headers {
		out[i] = harPair(h)
	}
	return out
}

// query are the parameters of an address, in its order.
func query(address string) []harPair {
	out := []harPair{}
	_, raw, _ := strings.Cut(address, "?")
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		out = append(out, harPair{unescaped(name), unescaped(value)})
	}
	return out
}

func unescaped(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

func mime(contentType string) string {
	if contentType == "" {
		return "application/octet-stream"
	}
	return contentType
}

// statusText names the statuses that hosts and providers give; another is its number.
func statusText(status int) string {
	if text, ok := statusTexts[status]; ok || status == 0 {
		return text
	}
	return strconv.Itoa(status)
}

var statusTexts = map[int]string{200: "OK", 201: "Created", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 307: "Temporary Redirect",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	408: "Request Timeout", 409: "Conflict", 413: "Content Too Large", 422: "Unprocessable Entity", 423: "Locked", 429: "Too Many Requests",
	500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout", 529: "Overloaded"}
