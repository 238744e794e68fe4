package hostclient_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/hostclient"
)

// gatekeeper is a host that hands out tokens and serves one group to whoever has a good one.
type gatekeeper struct {
	logins, refreshes atomic.Int64
	seconds           int                       // expires_in
	noRefresh         bool                      // as on 0.1.1
	login             func(http.ResponseWriter) // in place of handing out tokens
	good              atomic.Value              // the token that is accepted
}

func (g *gatekeeper) serve(t *testing.T) string {
	t.Helper()
	g.good.Store("")
	tokens := func(w http.ResponseWriter, token string) {
		g.good.Store(token)
		data := map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": g.seconds}
		if !g.noRefresh {
			data["refresh_token"] = "rt_" + token
		}
		answerJSON(w, 200, ok(data))
	}
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch d := (&diary{}).add(r); d.path {
		case "/api/v1/auth/login":
			n := g.logins.Add(1)
			if g.login != nil {
				g.login(w)
				return
			}
			if !strings.Contains(d.body, `"password":`) {
				t.Errorf("login sent %s", d.body)
			}
			tokens(w, fmt.Sprintf("jwt-login-%d", n))
		case "/api/v1/auth/refresh":
			n := g.refreshes.Add(1)
			if !strings.Contains(d.body, "rt_"+g.good.Load().(string)) {
				answerJSON(w, 401, `{"code":401,"message":"m","reason":"REFRESH_TOKEN_INVALID"}`)
				return
			}
			tokens(w, fmt.Sprintf("jwt-refresh-%d", n))
		default:
			if d.header.Get("X-Api-Key") != "" {
				t.Error("x-api-key beside a token: it alone would decide")
			}
			if d.header.Get("Authorization") != "Bearer "+g.good.Load().(string) {
				answerJSON(w, 401, `{"code":"TOKEN_EXPIRED","message":"Token has expired"}`)
				return
			}
			answerJSON(w, 200, ok(map[string]any{"id": 1, "name": "g", "user_id": 2, "key": userKey}))
		}
	}).URL
}

func TestTokenIsKept(t *testing.T) {
	g := &gatekeeper{seconds: 86400}
	c := newClient(t, dialer(), g.serve(t), byPassword)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := c.Get(context.Background(), core.Ref{Kind: core.Group, ID: 1}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if g.logins.Load() != 1 || g.refreshes.Load() != 0 {
		t.Errorf("%d sign-ins, %d refreshes", g.logins.Load(), g.refreshes.Load())
	}
}

func TestTokenIsRenewed(t *testing.T) {
	get := func(t *testing.T, c core.HostClient) {
		t.Helper()
		if _, err := c.Get(context.Background(), core.Ref{Kind: core.Group, ID: 1}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("before it expires", func(t *testing.T) {
		g := &gatekeeper{seconds: 30} // less than the minute before which a token is renewed
		c := newClient(t, dialer(), g.serve(t), byPassword)
		get(t, c)
		get(t, c)
		if g.logins.Load() != 1 || g.refreshes.Load() != 1 {
			t.Errorf("%d sign-ins, %d refreshes", g.logins.Load(), g.refreshes.Load())
		}
	})
	t.Run("when the host says so", func(t *testing.T) {
		g := &gatekeeper{seconds: 86400}
		c := newClient(t, dialer(), g.serve(t), byPassword)
		get(t, c)
		g.good.Store("of another day")
		get(t, c)
		if g.refreshes.Load() != 1 || g.logins.Load() != 2 { // the refresh token was refused as well
			t.Errorf("%d sign-ins, %d refreshes", g.logins.Load(), g.refreshes.Load())
		}
	})
	t.Run("without a refresh token", func(t *testing.T) {
		g := &gatekeeper{seconds: 30, noRefresh: true}
		c := newClient(t, dialer(), g.serve(t), byPassword)
		get(t, c)
		get(t, c)
		if g.logins.Load() != 2 || g.refreshes.Load() != 0 {
			t.Errorf("%d sign-ins, %d refreshes", g.logins.Load(), g.refreshes.Load())
		}
	})
	t.Run("without an expiry", func(t *testing.T) {
		g := &gatekeeper{}
		c := newClient(t, dialer(), g.serve(t), byPassword)
		get(t, c)
		get(t, c)
		if g.logins.Load() != 1 {
			t.Errorf("%d sign-ins", g.logins.Load())
		}
	})
}

func TestTokenThatIsNeverGood(t *testing.T) {
	var requests atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/auth/") {
			answerJSON(w, 200, ok(map[string]any{"access_token": "jwt", "expires_in": 86400}))
			return
		}
		requests.Add(1)
		answerJSON(w, 401, `{"code":"TOKEN_EXPIRED","message":"Token has expired"}`)
	})
	_, err := newClient(t, dialer(), s.URL, byPassword).Get(context.Background(), core.Ref{Kind: core.Group, ID: 1})
	if core.CodeOf(err) != core.CodeAuth || requests.Load() != 2 {
		t.Errorf("%d requests, %v", requests.Load(), err)
	}
}

func TestSignInsThatFail(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		code   core.Code
		next   string
		logins int64
	}{
		"wrong password": {401, `{"code":401,"message":"invalid email or password","reason":"INVALID_CREDENTIALS"}`, core.CodeAuth, "password", 1},
		"disabled":       {403, `{"code":403,"message":"m","reason":"USER_NOT_ACTIVE"}`, core.CodeAuth, "active", 1},
		"second factor":  {200, `{"code":0,"data":{"requires_2fa":true,"temp_token":"t"}}`, core.CodeBlocked, "second factor", 1},
		"captcha":        {400, `{"code":400,"message":"m","reason":"TURNSTILE_VERIFICATION_FAILED"}`, core.CodeBlocked, "captcha", 1},
		"backend mode":   {403, `{"code":403,"message":"m","reason":"BACKEND_MODE_ADMIN_ONLY"}`, core.CodeBlocked, "backend", 1},
		"no token":       {200, `{"code":0,"data":{}}`, core.CodeHost, "", 1},
		"throttled":      {429, `{"error":"rate limit exceeded","message":"Too many requests"}`, core.CodeHost, "", 5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := &gatekeeper{login: func(w http.ResponseWriter) { answerJSON(w, tt.status, tt.body) }}
			c := newClient(t, dialer(), g.serve(t), byPassword)
			_, err := c.Write(context.Background(), core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{}})
			e := failure(t, err)
			if e.Code != tt.code || e.MayHaveHappened || !strings.Contains(e.Next, tt.next) || !strings.Contains(e.Stage, adminMail) {
				t.Errorf("error is %+v", e)
			}
			if g.logins.Load() != tt.logins {
				t.Errorf("%d sign-ins, want %d", g.logins.Load(), tt.logins)
			}
		})
	}
}

func TestThrottledSignInIsWaitedOut(t *testing.T) {
	g := &gatekeeper{seconds: 86400}
	g.login = func(w http.ResponseWriter) {
		if g.logins.Load() == 2 {
			g.login = nil
		}
		answerJSON(w, 429, `{"error":"rate limit exceeded","message":"Too many requests"}`)
	}
	c := newClient(t, dialer(), g.serve(t), byPassword)
	if _, err := c.Get(context.Background(), core.Ref{Kind: core.Group, ID: 1}); err != nil || g.logins.Load() != 3 {
		t.Errorf("%d sign-ins, %v", g.logins.Load(), err)
	}
}

// Keys are made and deleted by their user: one sign-in for both, by whichever client.
func TestKeysAreMadeAsTheirUser(t *testing.T) {
	g := &gatekeeper{seconds: 86400}
	c := newClient(t, dialer(), g.serve(t))
	as := &core.Login{Email: "u@lab.test", Password: "p-123456"}
	key, err := c.Write(context.Background(), core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.APIKey}, As: as, Fields: core.Fields{"name": "k"}})
	if err != nil || key.Secret != userKey || key.Owner != 2 || strings.Contains(mustJSON(key), userKey) {
		t.Fatalf("%+v, %v", key, err)
	}
	if _, err := c.Write(context.Background(), core.Write{Verb: core.Delete, Ref: key.Ref(), As: as}); err != nil {
		t.Fatal(err)
	}
	if g.logins.Load() != 1 {
		t.Errorf("%d sign-ins", g.logins.Load())
	}
	as2 := &core.Login{Email: "u@lab.test", Password: "p-changed"}
	if _, err := c.Write(context.Background(), core.Write{Verb: core.Delete, Ref: key.Ref(), As: as2}); err != nil || g.logins.Load() != 2 {
		t.Errorf("after another password: %d sign-ins, %v", g.logins.Load(), err)
	}
}

func TestSignInsArePaced(t *testing.T) {
	g := &gatekeeper{seconds: 86400}
	url := g.serve(t)
	d := dialer()
	d.Limits.SignInEvery, d.Limits.SignInBurst = 30*time.Millisecond, 2
	begun := time.Now()
	for i := range 5 {
		// A client each: the pace is the host's, not the client's.
		_, err := newClient(t, d, url).Write(context.Background(), core.Write{
			Verb: core.Create, Ref: core.Ref{Kind: core.APIKey}, Fields: core.Fields{"name": "k"},
			As: &core.Login{Email: fmt.Sprintf("u%d@x", i), Password: "p-123456"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begun); took < 80*time.Millisecond {
		t.Errorf("5 sign-ins took %v", took)
	}
	l := hostclient.DefaultLimits()
	if perMinute := float64(l.SignInBurst) + float64(time.Minute/l.SignInEvery); perMinute > 20 {
		t.Errorf("%v sign-ins a minute, hosts take 20", perMinute)
	}
}
