package hostclient_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
)

func TestAccountTestsOfRealHosts(t *testing.T) {
	tests := map[string]struct {
		number   string
		want     core.AccountTest
		progress string
	}{
		"answered":        {"153", core.AccountTest{Complete: true, Content: "pong from smoke-model"}, "pong from smoke-model"},
		"by chat":         {"154", core.AccountTest{Complete: true, Content: "pong from smoke-model"}, "正在通过 /v1/chat/completions 测试连接"},
		"no balance":      {"158", core.AccountTest{Status: 402, Failure: core.Failure{Code: "invalid_request_error", Type: "unknown_error", Message: "Insufficient Balance"}}, ""},
		"upstream broke":  {"167", core.AccountTest{Failure: core.Failure{Message: `Chat Completions API (/v1/chat/completions) request failed: Post "http://127.0.0.1:19000/v1/chat/completions": EOF`}}, ""},
		"missing account": {"184", core.AccountTest{Failure: core.Failure{Message: "Account not found"}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := recorded(t, "0.1.133", tt.number)
			s, d := replay(t, r)
			var heard strings.Builder
			got, err := newClient(t, dialer(), s.URL).TestAccount(context.Background(), 5, "smoke-model", "ping", func(text string) { heard.WriteString(text) })
			if err != nil {
				t.Fatal(err)
			}
			if got.At.IsZero() || got.Latency <= 0 {
				t.Errorf("at %v, latency %v", got.At, got.Latency)
			}
			got.At, got.Latency = time.Time{}, 0
			if got != tt.want {
				t.Errorf("test is  %+v\nwant %+v", got, tt.want)
			}
			if !strings.Contains(heard.String(), tt.progress) {
				t.Errorf("progress was %q", heard.String())
			}
			if sent := d.all()[0]; sent.path != "/api/v1/admin/accounts/5/test" || sent.body != `{"model_id":"smoke-model","prompt":"ping"}` {
				t.Errorf("sent %s %s", sent.path, sent.body)
			}
		})
	}
}

// stream answers with frames as they come from the channel of a function.
func stream(say func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		say(w, r)
	}
}

func frame(w http.ResponseWriter, json string) {
	fmt.Fprintf(w, "data: %s\n\n", json)
	w.(http.Flusher).Flush()
}

// virtually tests a client with quick limits, and its host, by a clock that stands still while either of them has
// something to do: a busy machine is no silence.
func virtually(t *testing.T, host http.HandlerFunc, test func(t *testing.T, c core.HostClient)) {
	synctest.Test(t, func(t *testing.T) {
		network := fakehost.NewNet()
		l, err := network.Listen()
		if err != nil {
			t.Fatal(err)
		}
		var under sync.WaitGroup
		server := &http.Server{Handler: whole(func(w http.ResponseWriter, r *http.Request) {
			under.Add(1)
			defer under.Done()
			host(w, r)
		})}
		go func() { _ = server.Serve(l) }()
		defer under.Wait()
		defer server.Close()
		d := hasty()
		d.Dial = network.Dial
		defer d.Close()
		test(t, newClient(t, d, "http://"+l.Addr().String()))
	})
}

func TestStreamsWithoutAResult(t *testing.T) {
	start := `{"type":"test_start","model":"m"}`
	tests := map[string]struct {
		host http.HandlerFunc
		net  core.NetError
	}{
		"cut off": {stream(func(w http.ResponseWriter, _ *http.Request) {
			frame(w, start)
			frame(w, `{"type":"content","text":"po"}`)
		}), core.NetReset},
		"empty":  {stream(func(http.ResponseWriter, *http.Request) {}), core.NetReset},
		"silent": {stream(func(w http.ResponseWriter, r *http.Request) { frame(w, start); <-r.Context().Done() }), core.NetTimeout},
		"endless comments": {stream(func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, ": ping\n\n")
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		}), core.NetTimeout},
		"endless content": {stream(func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				frame(w, `{"type":"content","text":"x"}`)
				time.Sleep(5 * time.Millisecond)
			}
		}), core.NetTimeout},
		"huge frame": {stream(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "data: ", strings.Repeat("x", 2<<20), "\n\n")
		}), core.NetOther},
		"unknown frames only": {stream(func(w http.ResponseWriter, _ *http.Request) {
			frame(w, `{"type":"news"}`)
			frame(w, `{{{`)
			frame(w, `[DONE]`)
		}), core.NetReset},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			virtually(t, tt.host, func(t *testing.T, c core.HostClient) {
				got, err := c.TestAccount(t.Context(), 1, "m", "p", nil)
				if err != nil {
					t.Fatal(err)
				}
				if got.Complete || got.Net != tt.net || got.Message == "" {
					t.Errorf("test is %+v, want net %s", got, tt.net)
				}
				if limit := quick().TestTotal; got.Latency > limit {
					t.Errorf("took %v, more than %v", got.Latency, limit)
				}
			})
		})
	}
}

func TestSlowButLivelyStreamEndsWell(t *testing.T) {
	lively := stream(func(w http.ResponseWriter, _ *http.Request) {
		for range 8 { // 400 ms in all: longer than one silence may be
			frame(w, `{"type":"content","text":"x"}`)
			time.Sleep(50 * time.Millisecond)
		}
		frame(w, `{"type":"test_complete","success":true}`)
	})
	virtually(t, lively, func(t *testing.T, c core.HostClient) {
		got, err := c.TestAccount(t.Context(), 1, "m", "p", nil)
		if err != nil || !got.Complete || got.Content != "xxxxxxxx" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestWhatKeepsATestFromStarting(t *testing.T) {
	tests := map[string]struct {
		host http.HandlerFunc
		code core.Code
	}{
		"wrong key": {func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 401, `{"code":"INVALID_ADMIN_KEY","message":"m"}`)
		}, core.CodeAuth},
		"bad id": {func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 400, `{"code":400,"message":"Invalid account ID"}`)
		}, core.CodeHost},
		"no route": {recorded404(t), core.CodeHost},
		"web page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>Welcome")) }, core.CodeHost},
		"JSON":     {func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"code":0}`) }, core.CodeHost},
		"hangs up": {func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, core.CodeNetwork},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := newClient(t, dialer(), serve(t, tt.host).URL).TestAccount(context.Background(), 1, "m", "p", nil)
			if e := failure(t, err); e.Code != tt.code || e.Stage != "test account 1" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestErrorFramesWithoutWordsStillSaySomething(t *testing.T) {
	for _, raw := range []string{`{"type":"error"}`, `{"type":"error","error":""}`, `{"type":"error","error":"API returned 403: "}`, `{"type":"error","error":"API returned 403: {}"}`} {
		s := serve(t, stream(func(w http.ResponseWriter, _ *http.Request) { frame(w, raw) }))
		got, err := newClient(t, dialer(), s.URL).TestAccount(context.Background(), 1, "m", "p", nil)
		if err != nil || got.Message == "" || got.Complete {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
		if strings.Contains(raw, "403") && got.Status != 403 {
			t.Errorf("%s: status %d", raw, got.Status)
		}
	}
}
