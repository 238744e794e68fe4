package hostclient_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
	"cnrelay/core/visible"
	"cnrelay/hostclient"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
)

// short are limits for a host of which nothing good is expected.
func short() hostclient.Limits {
	l := quick()
	l.Request, l.Write, l.Models, l.Completion = 150*time.Millisecond, 150*time.Millisecond, 150*time.Millisecond, 150*time.Millisecond
	l.Read, l.List, l.TestIdle, l.TestTotal = 200*time.Millisecond, 400*time.Millisecond, 100*time.Millisecond, 300*time.Millisecond
	return l
}

// patience is the longest that a call may take with those limits: a list that is read twice, and a last try of a read
// that began just in time. The rest is for a machine that does other things as well.
func patience(l hostclient.Limits) time.Duration { return l.List + l.Request + time.Second }

// ordeal is what became of a call at a hostile host.
type ordeal struct {
	Call, Outcome string
	Took          time.Duration
	Grown         int64  // bytes of memory
	Wrong         string // what is wrong about it, "" for nothing
}

// TestHostileHosts: whatever a host does, each call ends in time, within 16 MiB more memory, as an error or a failure
// that says whose and what now; nothing passes for success, and no request goes anywhere else.
func TestHostileHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("its children are many, and the race detector takes memory of its own")
	}
	var astray atomic.Int64
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { astray.Add(1) })
	all := fakehost.Behaviours(elsewhere.URL)
	ordeals := make([][]ordeal, len(all))
	var children errgroup.Group
	children.SetLimit(8) // they wait, most of the time
	for i, b := range all {
		children.Go(func() (err error) {
			ordeals[i], err = suffer(b, serve(t, b.Answer).URL)
			return err
		})
	}
	if err := children.Wait(); err != nil {
		t.Fatal(err)
	}
	calls, slowest, hungriest := 0, time.Duration(0), int64(0)
	for i, b := range all {
		t.Run(b.Name, func(t *testing.T) {
			for _, o := range ordeals[i] {
				calls++
				slowest, hungriest = max(slowest, o.Took), max(hungriest, o.Grown)
				if o.Wrong != "" {
					t.Errorf("%s: %s: %s", o.Call, o.Outcome, o.Wrong)
				}
				if limit := patience(short()); o.Took > limit {
					t.Errorf("%s took %v, more than %v", o.Call, o.Took, limit)
				}
				if o.Grown > 16<<20 {
					t.Errorf("%s took %.1f MiB more memory", o.Call, float64(o.Grown)/(1<<20))
				}
			}
		})
	}
	if n := astray.Load(); n > 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
	figures.Print(t, "Hostile hosts", "%d behaviours, %d calls: the slowest took %v, the hungriest %.1f MiB more memory; 0 passed for success, %d requests went elsewhere",
		len(all), calls, slowest.Round(time.Millisecond), float64(hungriest)/(1<<20), astray.Load())
}

const ordealAt = "CNRELAY_TEST_ORDEAL" // what is bad, and the address, of the host that a child process calls

func TestMain(m *testing.M) {
	if at := os.Getenv(ordealAt); at != "" {
		to, url, _ := strings.Cut(at, "|")
		_ = json.NewEncoder(os.Stdout).Encode(endure(to, url))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// suffer makes the calls in a process of their own, whose memory is theirs alone.
func suffer(b fakehost.Behaviour, url string) (all []ordeal, err error) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), ordealAt+"="+b.To+"|"+url)
	out, err := child.CombinedOutput()
	if err == nil {
		err = json.Unmarshal(out, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %.4000s", b.Name, err, out)
	}
	return all, nil
}

// endure makes every call that there is.
func endure(to, url string) []ordeal {
	ctx := context.Background()
	d := dialer()
	d.Limits = short()
	h := core.Host{ID: "h1", Name: "lab", URL: url, PublicURL: url, Auth: core.AuthAdminKey, Email: adminMail, Concurrency: 4}
	if to == "sign in" {
		h.Auth = core.AuthPassword
	}
	c, err := d.Host(h, func(string) (string, error) { return adminKey, nil })
	if err != nil {
		panic(err)
	}
	up := d.Upstream()
	group := core.Ref{Kind: core.Group, ID: 1}
	question := core.CompletionRequest{Model: "m", Prompt: "p", MaxTokens: 1024}
	calls := map[string]func() (value any, ok bool, err error){
		"get":   func() (any, bool, error) { v, err := c.Get(ctx, group); return v, true, err },
		"list":  func() (any, bool, error) { v, err := c.List(ctx, core.Group, core.Query{}); return v, true, err },
		"plans": func() (any, bool, error) { v, err := c.List(ctx, core.Plan, core.Query{}); return v, true, err },
		"usage": func() (any, bool, error) { v, err := c.Usage(ctx, 1); return v, true, err },
		"check": func() (any, bool, error) { v, err := c.Check(ctx); return v, true, err },
		"create": func() (any, bool, error) {
			v, err := c.Write(ctx, core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{"name": "g"}})
			return v, true, err
		},
		"update": func() (any, bool, error) {
			v, err := c.Write(ctx, core.Write{Verb: core.Update, Ref: group, Fields: core.Fields{"name": "g"}})
			return v, true, err
		},
		"test": func() (any, bool, error) {
			v, err := c.TestAccount(ctx, 1, "m", "p", nil)
			return v, v.Complete || v.Failure == (core.Failure{}), err
		},
		"completion": func() (any, bool, error) {
			v := c.Complete(ctx, userKey, question)
			return v, v.Answered() || v.Failure == (core.Failure{}), nil
		},
		"models": func() (any, bool, error) { v := c.GatewayModels(ctx, userKey); return v, v.OK(), nil },
		"its look": func() (any, bool, error) {
			v, err := c.UpstreamModels(ctx, "openai", "http://u.invalid/v1", userKey)
			return v, err != nil || v.OK(), err
		},
		"provider": func() (any, bool, error) {
			v := up.Complete(ctx, url+"/v1/chat/completions", userKey, question)
			return v, v.Answered() || v.Failure == (core.Failure{}), nil
		},
		"its models": func() (any, bool, error) { v := up.Models(ctx, url+"/v1/models", userKey); return v, v.OK(), nil },
	}
	names := slices.Sorted(maps.Keys(calls))
	switch to {
	case "list":
		names = []string{"list"}
	case "item":
		names = []string{"get", "update"}
	case "sign in":
		names = []string{"get", "list", "create"}
	}
	var all []ordeal
	for _, name := range names {
		before := residentPeak(true)
		begun := time.Now()
		value, ok, err := calls[name]()
		o := ordeal{Call: name, Took: time.Since(begun), Grown: residentPeak(false) - before}
		o.Outcome, o.Wrong = outcome(value, ok, err)
		all = append(all, o)
	}
	return all
}

// outcome tells what a call came to, and what is wrong about that.
func outcome(value any, ok bool, err error) (what, wrong string) {
	said := fmt.Sprintf("%+v", value)
	if err == nil && ok {
		return said, "it passes for success"
	}
	if err != nil {
		var e *core.Error
		if !errors.As(err, &e) {
			return err.Error(), "not a *core.Error"
		}
		said += err.Error()
		for inner := err; inner != nil; inner = errors.Unwrap(inner) {
			said += inner.Error()
		}
		switch {
		case !slices.Contains([]core.Code{core.CodeNetwork, core.CodeHost, core.CodeAuth, core.CodeBlocked}, e.Code):
			wrong = "code " + string(e.Code)
		case e.Host != "lab" || e.Stage == "" || e.What == "" || e.Next == "" || e.Fault == "":
			wrong = fmt.Sprintf("not all is said: %+v", e)
		}
	}
	if i := strings.IndexFunc(said, func(r rune) bool { return r != '\n' && visible.Hidden(r) }); i >= 0 {
		wrong = fmt.Sprintf("%q is not safe to show", said)
	}
	for _, secret := range []string{adminKey, userKey} {
		if strings.Contains(said, secret) {
			wrong = "a secret is said"
		}
	}
	return said, wrong
}

// A write whose answer tells nothing may have happened; one that was refused or sent away has not.
func TestHostileAnswersToWrites(t *testing.T) {
	for _, b := range fakehost.Behaviours("http://elsewhere.invalid") {
		if b.To != "" {
			continue
		}
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, b.Answer)
			d := dialer()
			d.Limits.Write = 100 * time.Millisecond
			_, err := newClient(t, d, s.URL).Write(context.Background(), core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{"name": "g"}})
			if err == nil { // it may be one, as far as can be told
				return
			}
			e := failure(t, err)
			if certain := e.Status >= 300 && e.Status < 500; core.Uncertain(err) == certain {
				t.Errorf("uncertain is %v after status %d: %v", core.Uncertain(err), e.Status, err)
			}
		})
	}
}

func TestRedirectTakesNoKeyAlong(t *testing.T) {
	var stolen atomic.Int64
	thief := serve(t, func(http.ResponseWriter, *http.Request) { stolen.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL+"/?echo="+r.Header.Get("X-Api-Key"), status)
		})
		c := newClient(t, dialer(), s.URL)
		_, err := c.Write(context.Background(), core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{}})
		e := failure(t, err)
		if e.Status != status || e.MayHaveHappened || !strings.Contains(e.What, thief.URL) || strings.Contains(e.What, "echo") {
			t.Errorf("%d: error is %v", status, err)
		}
		if got := c.Complete(context.Background(), userKey, core.CompletionRequest{}); got.Net == "" || got.Status != status {
			t.Errorf("%d: completion is %+v", status, got)
		}
		if got := dialer().Upstream().Models(context.Background(), s.URL, userKey); got.OK() {
			t.Errorf("%d: models are %+v", status, got)
		}
	}
	if stolen.Load() > 0 {
		t.Errorf("%d requests went to the other host", stolen.Load())
	}
}

func TestDialErrorsAreCertain(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	tlsHost := httptest.NewTLSServer(nil)
	defer tlsHost.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing to a handshake
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, tt := range map[string]struct {
		url  string
		want core.NetError
	}{
		"refused":        {gone.URL, core.NetRefused},
		"unknown name":   {"http://no-such-host.invalid", core.NetDNS},
		"unknown CA":     {tlsHost.URL, core.NetTLS},
		"not TLS":        {strings.Replace(serve(t, nil).URL, "http:", "https:", 1), core.NetTLS},
		"mute handshake": {"https://" + silent.Addr().String(), core.NetTimeout},
		"link-local":     {"http://169.254.169.254", core.NetOther},
		"metadata v6":    {"http://[fd00:ec2::254]", core.NetOther},
	} {
		t.Run(name, func(t *testing.T) {
			d := dialer()
			if tt.want == core.NetTimeout { // nothing else is to be told by how long it takes
				d = hasty()
			}
			c := newClient(t, d, tt.url)
			_, err := c.Write(context.Background(), core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{}})
			if e := failure(t, err); e.Code != core.CodeNetwork || e.MayHaveHappened {
				t.Errorf("error is %+v", e)
			}
			got := c.Complete(context.Background(), userKey, core.CompletionRequest{})
			if got.Net != tt.want || got.Status != 0 || got.Message == "" {
				t.Errorf("completion is %+v, want net %s", got, tt.want)
			}
		})
	}
}

func TestOwnCAIsTrusted(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, ok(group(1, "g"))) }))
	defer s.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	c := newClient(t, dialer(), s.URL, func(h *core.Host) { h.CA = string(ca) })
	if _, err := c.Get(context.Background(), core.Ref{Kind: core.Group, ID: 1}); err != nil {
		t.Fatal(err)
	}
}

func TestProxyIsTheOneGiven(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // of the environment: never used
	d := &diary{}
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		d.add(r)
		answerJSON(w, 200, ok(group(1, r.Host)))
	})
	secrets := map[string]string{
		core.HostSecret("h", "admin"): adminKey,
		core.HostSecret("h", "proxy"): strings.Replace(proxy.URL, "://", "://me:proxy-canary@", 1),
	}
	vault := func(ref string) (string, error) { return secrets[ref], nil }
	h := core.Host{ID: "h", URL: "http://host.invalid", Auth: core.AuthAdminKey, Proxied: true}
	c, err := dialer().Host(h, vault)
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.Get(context.Background(), core.Ref{Kind: core.Group, ID: 1})
	if err != nil || o.Name != "host.invalid" {
		t.Fatalf("%v, %v", o, err)
	}
	if d.all()[0].header.Get("Proxy-Authorization") == "" {
		t.Error("the proxy's password wasn't sent to it")
	}
	for _, bad := range []string{"", "ftp://x:proxy-canary@y", "://proxy-canary", "127.0.0.1:1"} {
		secrets[core.HostSecret("h", "proxy")] = bad
		if _, err := dialer().Host(h, vault); core.CodeOf(err) != core.CodeInput || strings.Contains(err.Error(), "canary") {
			t.Errorf("proxy %q: %v", bad, err)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, url := range []string{"", "host:80", "ftp://h", "unix:///s", "http://u:p@h", "http://h?x=1", "http://h#x", "http://%zz"} {
		h := core.Host{ID: "h", URL: url, Auth: core.AuthAdminKey}
		if _, err := dialer().Host(h, func(string) (string, error) { return adminKey, nil }); core.CodeOf(err) != core.CodeInput {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// The bounds of a host hold over all its clients.
func TestLoadStaysWithinBounds(t *testing.T) {
	var now, most, conns atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		answerJSON(w, 200, ok(group(1, "g")))
	}))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	d := dialer()
	d.Limits.Request = 5 * time.Second
	three := func(h *core.Host) { h.Concurrency = 3 }
	clients := []core.HostClient{newClient(t, d, s.URL, three), newClient(t, d, s.URL, three)}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if _, err := clients[i%2].Get(context.Background(), core.Ref{Kind: core.Group, ID: 1}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > 3 {
		t.Errorf("%d requests in flight, allowed are 3", most.Load())
	}
	if conns.Load() > 6 {
		t.Errorf("%d connections for 40 requests of 2 clients with 3 each", conns.Load())
	}
}

func TestRateIsKept(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, ok(group(1, "g"))) })
	c := newClient(t, dialer(), s.URL, func(h *core.Host) { h.Rate = 20 })
	begun := time.Now()
	for range 24 {
		if _, err := c.Get(context.Background(), core.Ref{Kind: core.Group, ID: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begun); took < 150*time.Millisecond {
		t.Errorf("24 requests at 20 a second, 20 of them at once, took %v", took)
	}
}

func TestCancelledWorkSaysSo(t *testing.T) {
	arrived := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	d := dialer()
	d.Limits = hostclient.DefaultLimits()
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		<-arrived
		cancel(core.ErrInterrupted)
	}()
	_, err := newClient(t, d, s.URL).Get(ctx, core.Ref{Kind: core.Group, ID: 1})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, core.ErrInterrupted) || core.Uncertain(err) {
		t.Errorf("error is %v", err)
	}
}

// A write that has begun is waited for: its outcome is known, whatever becomes of its caller.
func TestSentWriteIsWaitedFor(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel(core.ErrInterrupted)
		select { // time for the client to break off, if it would
		case <-r.Context().Done():
		case <-time.After(50 * time.Millisecond):
			answerJSON(w, 200, ok(group(7, "g")))
		}
	})
	o, err := newClient(t, dialer(), s.URL).Write(ctx, createGroup)
	if err != nil || o.ID != 7 {
		t.Errorf("got %v %v", o, err)
	}
}

// A write that has yet to begin, because it waits for its turn or for the host's pace, is not sent any more.
func TestWaitingWriteIsNotSentAfterAnInterrupt(t *testing.T) {
	var asked atomic.Int32
	var cancel context.CancelCauseFunc
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		cancel(core.ErrInterrupted)
		w.Header().Set("Retry-After", "1")
		answerJSON(w, 429, `{"error":"rate limit exceeded","message":"Too many requests"}`)
	})
	for name, set := range map[string]func(*core.Host){
		"after a 429":      func(*core.Host) {},
		"for the own pace": func(h *core.Host) { h.Rate = 0.5 },
	} {
		t.Run(name, func(t *testing.T) {
			asked.Store(0)
			var ctx context.Context
			ctx, cancel = context.WithCancelCause(context.Background())
			d := dialer()
			d.Limits = hostclient.DefaultLimits()
			c := newClient(t, d, s.URL, set)
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					if _, err := c.Write(ctx, createGroup); err == nil {
						t.Error("it says that it wrote")
					}
				})
			}
			all.Wait()
			if n := asked.Load(); n == 0 || n > 3 || (name == "for the own pace" && n > 1) {
				t.Errorf("%d requests came", n)
			}
		})
	}
}

var createGroup = core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{}}
