package hostclient_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/hostclient"
)

// hostile are hosts, proxies and strangers that answer badly.
func hostile(t *testing.T) map[string]http.HandlerFunc {
	t.Helper()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 1 << 10 {
		_, _ = z.Write(make([]byte, 64<<10)) // 64 MiB of zeros
	}
	_ = z.Close()
	hijacked := func(say string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(say))
			_ = conn.Close()
		}
	}
	json200 := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(200)
	}
	return map[string]http.HandlerFunc{
		"never answers": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a byte at a time": func(w http.ResponseWriter, r *http.Request) {
			json200(w)
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				w.(http.Flusher).Flush()
				time.Sleep(10 * time.Millisecond)
			}
		},
		"huge body": func(w http.ResponseWriter, r *http.Request) {
			json200(w)
			_, _ = w.Write([]byte(`{"code":0,"data":"`))
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					return
				}
			}
		},
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			json200(w)
			_, _ = w.Write(bomb.Bytes())
		},
		"broken gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			json200(w)
			_, _ = w.Write(bomb.Bytes()[:100])
		},
		"deep JSON": func(w http.ResponseWriter, _ *http.Request) {
			json200(w)
			_, _ = w.Write([]byte(`{"code":0,"data":` + strings.Repeat("[", 1_000_000)))
		},
		"truncated":    hijacked("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"code\":0,\"data\":{"),
		"cut chunk":    hijacked("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"code\":0,"),
		"no HTTP":      hijacked("SSH-2.0-\x1b]0;owned\x07OpenSSH\r\n"),
		"hangs up":     hijacked(""),
		"header flood": hijacked("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 200) + "\r\n"),
		"bad header":   hijacked("HTTP/1.1 200 OK\r\nX\x1b[31m: a\r\n\r\n"),
		"endless 100s": hijacked(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 10_000)),
		"HTML page": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html><title>Login</title></html>"))
		},
		"empty":         func(w http.ResponseWriter, _ *http.Request) { json200(w) },
		"not envelope":  func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"data":[]}`) },
		"array":         func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `[]`) },
		"JSON as text":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"code":0,"data":{}}`)) },
		"redirect loop": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		"proxy's 502": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<h1>Bad gateway</h1>", http.StatusBadGateway)
		},
	}
}

// Every hostile answer is an error that names the host and the way on, in time, and never success.
func TestHostileHosts(t *testing.T) {
	for name, host := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, host)
			d := dialer()
			d.Limits.Read = 400 * time.Millisecond
			c := newClient(t, d, s.URL)
			ctx := context.Background()

			begun := time.Now()
			_, err := c.Get(ctx, core.Ref{Kind: core.Group, ID: 1})
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("a read took %v", took)
			}
			e := failure(t, err)
			if e.Host != "lab" || e.Stage == "" || e.What == "" || e.Next == "" || (e.Code != core.CodeNetwork && e.Code != core.CodeHost) {
				t.Errorf("error is %+v", e)
			}
			if e.MayHaveHappened {
				t.Error("a read changes nothing")
			}
			for inner := err; inner != nil; inner = errors.Unwrap(inner) {
				if strings.ContainsAny(inner.Error(), "\x1b\x07") {
					t.Errorf("control characters in %q", inner)
				}
			}

			_, err = c.Write(ctx, core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{"name": "g"}})
			certain := e.Status >= 300 && e.Status < 500
			if core.Uncertain(err) == certain {
				t.Errorf("uncertain is %v after status %d: %v", core.Uncertain(err), e.Status, err)
			}

			completion := c.Complete(ctx, userKey, core.CompletionRequest{Model: "m", Prompt: "p", MaxTokens: 1024})
			if completion.Answered() || completion.Failure == (core.Failure{}) {
				t.Errorf("a completion says %+v", completion)
			}
			if models := c.GatewayModels(ctx, userKey); models.OK() && name != "not envelope" {
				t.Errorf("models say %+v", models)
			}
			if test, err := c.TestAccount(ctx, 1, "m", "p", nil); err == nil && test.Failure == (core.Failure{}) {
				t.Errorf("an account test says %+v", test)
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
			c := newClient(t, dialer(), tt.url)
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
