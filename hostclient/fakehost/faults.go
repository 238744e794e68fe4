package fakehost

import (
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

// When is the moment of a fault.
type When int

// The moments: before the host sees the request, or after it has done what was asked.
const (
	BeforeSend When = iota
	AfterCommit
)

// Action is what happens instead of the host's answer; "" spoils nothing, for a fault that is only there to
// notice the moment.
type Action string

// The actions.
const (
	Hang         Action = "hang"          // no answer until the client goes away
	Reset        Action = "reset"         // the connection is reset
	Status       Action = "status"        // Fault.Status, Body, Header
	TruncateJSON Action = "truncate_json" // half of the answer under its full length
	WrongJSON    Action = "wrong_json"    // JSON of another API
)

// Fault spoils requests.
type Fault struct {
	Method string // "" is any
	Path   string // regular expression on the path; "" is any
	Writes bool   // only requests that could change something ([Request] Write)
	Nth    int    // the first matching request that is hit, counted from 1; 0 is 1
	Times  int    // how many are hit from there on; 0 is 1, negative is all
	When   When
	Action Action
	Status int         // for Status
	Body   string      // for Status
	Header http.Header // for Status
	Then   func()      // called when a request is hit, at its moment
}

type fault struct {
	Fault
	path *regexp.Regexp
	seen int
}

// Inject arms a fault; remove disarms it.
func (h *Host) Inject(f Fault) (remove func()) {
	f.Nth, f.Times = max(f.Nth, 1), orOne(f.Times)
	armed := &fault{Fault: f, path: regexp.MustCompile(f.Path)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, armed)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.faults = slices.DeleteFunc(h.faults, func(x *fault) bool { return x == armed })
	}
}

func orOne(n int) int {
	if n == 0 {
		return 1
	}
	return n
}

// faultFor counts the request and gives the first fault that hits it.
func (h *Host) faultFor(r *http.Request, write bool) *fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	var hit *fault
	for _, f := range h.faults {
		if (f.Method != "" && f.Method != r.Method) || !f.path.MatchString(r.URL.Path) || (f.Writes && !write) {
			continue
		}
		f.seen++
		if hit == nil && f.seen >= f.Nth && (f.Times < 0 || f.seen < f.Nth+f.Times) {
			hit = f
		}
	}
	return hit
}

func (f *fault) then() {
	if f.Then != nil {
		f.Then()
	}
}

// strike answers in the fault's way. out is what the host would have said, empty before the send.
func (f *fault) strike(h *Host, w http.ResponseWriter, r *http.Request, out *answer) {
	switch f.Action {
	case "":
		out.sendTo(w)
	case Hang:
		select {
		case <-r.Context().Done():
		case <-h.life.Done():
		}
		panic(http.ErrAbortHandler)
	case Reset:
		reset(w)
	case TruncateJSON:
		truncate(w, out)
	case WrongJSON:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"status":"ok","result":[]}`))
	case Status:
		for k, v := range f.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte(f.Body))
	}
}

// reset closes the connection so that the client sees a reset and not an end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// truncate sends the head and the first half of the answer, then cuts the connection.
func truncate(w http.ResponseWriter, out *answer) {
	body := out.body.Bytes()
	if len(body) == 0 {
		body = []byte(`{"code":0,"message":"success","data":{}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(max(out.status, http.StatusOK))
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
