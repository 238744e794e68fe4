package hostclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"cnrelay/core"
)

func TestWritesGoWhereHostsTakeThem(t *testing.T) {
	account := core.Ref{Kind: core.Account, ID: 16}
	tests := map[string]struct {
		number string // of the recording
		w      core.Write
	}{
		"create a plan": {"102", core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Plan}, Fields: core.Fields{
			"group_id": 5.0, "name": "ds monthly", "description": "d", "price": 9.9, "original_price": 19.9, "validity_days": 30.0,
			"validity_unit": "day", "features": "a\nb", "product_name": "", "for_sale": false, "sort_order": 1.0,
		}}},
		"assign a subscription": {"312", core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Subscription}, Fields: core.Fields{
			"user_id": 2.0, "group_id": 5.0, "validity_days": 3.0, "notes": "lab",
		}}},
		"switch an account off": {"214", core.Write{Verb: core.Update, Ref: account, Fields: core.Fields{"schedulable": false}}},
		"recover an account": {"220", core.Write{
			Verb: core.Update, Ref: core.Ref{Kind: core.Account, ID: 11}, Fields: core.Fields{"recover": true},
		}},
		"bind a key": {"295", core.Write{
			Verb: core.Update, Ref: core.Ref{Kind: core.APIKey, ID: 1, Owner: 2}, Fields: core.Fields{"group_id": 2.0},
		}},
		"attach an account": {"199", core.Write{
			Verb: core.Update, Ref: core.Ref{Kind: core.Account, ID: 5}, Fields: core.Fields{"group_ids": []any{2.0}},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := recorded(t, "0.1.133", tt.number)
			s, d := replay(t, r)
			o, err := newClient(t, dialer(), s.URL).Write(context.Background(), tt.w)
			if err != nil {
				t.Fatal(err)
			}
			if o.ID == 0 || o.Kind != tt.w.Ref.Kind || (tt.w.Ref.ID != 0 && o.ID != tt.w.Ref.ID) {
				t.Errorf("object is %+v", o)
			}
			got := d.all()
			if len(got) != 1 {
				t.Fatalf("%d requests", len(got))
			}
			sameRequest(t, r, got[0])
			if got[0].header.Get("X-Api-Key") != adminKey || got[0].header.Get("Authorization") != "" {
				t.Errorf("signed with %v", got[0].header)
			}
			if got[0].header.Get("Idempotency-Key") != "" {
				t.Error("an Idempotency-Key that nobody asked for")
			}
			if got[0].header.Get("User-Agent") != "cnrelay/1.2.3" {
				t.Errorf("user agent %q", got[0].header.Get("User-Agent"))
			}
		})
	}
}

func TestBalanceIsSet(t *testing.T) {
	s, d := replay(t, recorded(t, "0.1.133", "264"))
	o, err := newClient(t, dialer(), s.URL).Write(context.Background(), core.Write{
		Verb: core.Update, Ref: core.Ref{Kind: core.User, ID: 2}, Fields: core.Fields{"balance": 5.0},
	})
	if err != nil || o.Name != "smoke@lab.local" || o.Fields["email"] != nil || o.Fields.Num("balance") != 5 {
		t.Fatalf("%+v, %v", o, err)
	}
	got := d.all()[0]
	if got.method != "POST" || got.path != "/api/v1/admin/users/2/balance" || got.body != `{"balance":5,"operation":"set"}` {
		t.Errorf("sent %s %s %s", got.method, got.path, got.body)
	}
}

func TestIdempotencyKeyIsSentWhenAskedFor(t *testing.T) {
	s, d := replay(t, recorded(t, "0.1.133", "117"))
	_, err := newClient(t, dialer(), s.URL).Write(context.Background(), core.Write{
		Verb: core.Create, Ref: core.Ref{Kind: core.Account}, Fields: core.Fields{"name": "a"}, Idempotency: "batch-1/account",
	})
	if err != nil || d.all()[0].header.Get("Idempotency-Key") != "batch-1/account" {
		t.Errorf("%v, header %v", err, d.all()[0].header)
	}
}

// net/http sends a request with an Idempotency-Key again when a kept connection dies; a host that
// doesn't honour the key would make two.
func TestNoWriteIsSentTwice(t *testing.T) {
	var posts atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answerJSON(w, 200, ok(group(1, "g")))
			return
		}
		posts.Add(1)
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
	})
	c := newClient(t, dialer(), s.URL, func(h *core.Host) { h.Concurrency = 1 })
	if _, err := c.Get(context.Background(), core.Ref{Kind: core.Group, ID: 1}); err != nil { // keeps a connection
		t.Fatal(err)
	}
	_, err := c.Write(context.Background(), core.Write{
		Verb: core.Create, Ref: core.Ref{Kind: core.Account}, Fields: core.Fields{"name": "a"}, Idempotency: "k",
	})
	if !core.Uncertain(err) || posts.Load() != 1 {
		t.Errorf("%d POSTs, %v", posts.Load(), err)
	}
}

// The journal is asked before each try, and what it says is the end of the write.
func TestWriteLeavesOnlyWhenReady(t *testing.T) {
	var asked, posts int
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if posts++; posts == 1 {
			answerJSON(w, 429, `{"code":429,"message":"slow down"}`)
			return
		}
		answerJSON(w, 200, ok(group(1, "g")))
	})
	c := newClient(t, dialer(), s.URL)
	w := core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{"name": "g"}, Ready: func() error {
		if asked++; posts != asked-1 {
			t.Errorf("asked %d times, %d requests were there", asked, posts)
		}
		return nil
	}}
	if _, err := c.Write(context.Background(), w); err != nil || asked != 2 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	full := &core.Error{Code: core.CodeState, What: "the disk is full"}
	w.Ready = func() error { return full }
	_, err := c.Write(context.Background(), w)
	if posts != 2 || !errors.Is(err, full) || core.CodeOf(err) != core.CodeState || core.Uncertain(err) {
		t.Errorf("%d requests, %v", posts, err)
	}
}

func TestWhatAnErrorSaysOfAWrite(t *testing.T) {
	tests := map[string]struct {
		status    int
		body      string
		uncertain bool
		code      core.Code
		reason    string
		next      string
	}{
		"handler error":     {400, `{"code":400,"message":"bad","reason":"PLAN_PRICE_INVALID"}`, false, core.CodeHost, "PLAN_PRICE_INVALID", ""},
		"masked 500":        {500, `{"code":500,"message":"internal error"}`, true, core.CodeHost, "", "log"},
		"gateway timeout":   {504, `{"code":504,"message":"x"}`, true, core.CodeHost, "", ""},
		"mixed channel":     {409, `{"error":"mixed_channel_warning","message":"m"}`, false, core.CodeHost, "mixed_channel_warning", ""},
		"wrong key":         {401, `{"code":"INVALID_ADMIN_KEY","message":"m"}`, false, core.CodeAuth, "INVALID_ADMIN_KEY", "admin key"},
		"ordinary user":     {403, `{"code":"FORBIDDEN","message":"Admin access required"}`, false, core.CodeAuth, "FORBIDDEN", "administrator"},
		"compliance":        {423, `{"code":"ADMIN_COMPLIANCE_ACK_REQUIRED","message":"m","metadata":{"version":"v"}}`, false, core.CodeBlocked, "ADMIN_COMPLIANCE_ACK_REQUIRED", "cnrelay host accept-compliance lab"},
		"step-up":           {403, `{"code":"STEP_UP_ADMIN_API_KEY_FORBIDDEN","message":"m"}`, false, core.CodeBlocked, "STEP_UP_ADMIN_API_KEY_FORBIDDEN", "second factor"},
		"odd types":         {400, `{"code":{"a":1},"message":7,"reason":null}`, false, core.CodeHost, "", ""},
		"2xx without id":    {200, `{"code":0,"data":{"name":"g"}}`, true, core.CodeHost, "", "look"},
		"2xx null data":     {200, `{"code":0,"data":null}`, true, core.CodeHost, "", "look"},
		"2xx with an error": {200, `{"code":1,"message":"m"}`, true, core.CodeHost, "", ""},
		"2xx broken":        {201, `{"code":0,"data":{"id":`, true, core.CodeHost, "NOT_THIS_API", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				answerJSON(w, tt.status, tt.body)
			})
			_, err := newClient(t, dialer(), s.URL).Write(context.Background(), core.Write{
				Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{"name": "deepseek"},
			})
			e := failure(t, err)
			if e.Code != tt.code || e.Reason != tt.reason || e.MayHaveHappened != tt.uncertain || !strings.Contains(e.Next, tt.next) {
				t.Errorf("error is %+v", e)
			}
			if e.Host != "lab" || e.Stage != "create group deepseek" || e.Fault == "" {
				t.Errorf("error is %+v", e)
			}
			if requests.Load() != 1 {
				t.Errorf("%d requests", requests.Load())
			}
		})
	}
}

func TestThrottledWriteIsSentAgain(t *testing.T) {
	var requests atomic.Int64
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) < 3 {
			w.Header().Set("Retry-After", "31536000") // obeyed up to Limits.RetryAfter
			answerJSON(w, 429, `{"error":"rate limit exceeded","message":"Too many requests, please try again later"}`)
			return
		}
		answerJSON(w, 200, ok(group(1, "g")))
	})
	if _, err := newClient(t, dialer(), s.URL).Write(context.Background(), core.Write{
		Verb: core.Create, Ref: core.Ref{Kind: core.Group}, Fields: core.Fields{},
	}); err != nil || requests.Load() != 3 {
		t.Errorf("%d requests, %v", requests.Load(), err)
	}
}

func TestReadsAreTriedAgain(t *testing.T) {
	for _, status := range []int{429, 502, 503, 504, 0} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var requests atomic.Int64
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch n := requests.Add(1); {
				case n < 3 && status == 0:
					conn, _, _ := w.(http.Hijacker).Hijack()
					_ = conn.Close()
				case n < 3:
					answerJSON(w, status, `{"code":1,"message":"m"}`)
				default:
					answerJSON(w, 200, ok(group(1, "g")))
				}
			})
			if _, err := newClient(t, dialer(), s.URL).Get(context.Background(), core.Ref{Kind: core.Group, ID: 1}); err != nil {
				t.Errorf("after %d requests: %v", requests.Load(), err)
			}
		})
	}
	var requests atomic.Int64
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		answerJSON(w, 503, `{"code":503,"message":"m"}`)
	})
	_, err := newClient(t, dialer(), s.URL).Get(context.Background(), core.Ref{Kind: core.Group, ID: 1})
	if failure(t, err).Status != 503 || requests.Load() < 2 || requests.Load() > 10 {
		t.Errorf("%d requests, %v", requests.Load(), err)
	}
}

func TestFaultyWritesAreNotSent(t *testing.T) {
	d := &diary{}
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { d.add(r) })
	c := newClient(t, dialer(), s.URL)
	login := &core.Login{Email: "u@x", Password: "p-123456"}
	for name, w := range map[string]core.Write{
		"mixed with a field of its own route": {Verb: core.Update, Ref: core.Ref{Kind: core.Account, ID: 1}, Fields: core.Fields{"schedulable": true, "name": "x"}},
		"no id":                               {Verb: core.Delete, Ref: core.Ref{Kind: core.Group}},
		"unknown kind":                        {Verb: core.Create, Ref: core.Ref{Kind: "proxy"}},
		"no write":                            {Verb: core.Adopt, Ref: core.Ref{Kind: core.Group, ID: 1}},
		"key without its user":                {Verb: core.Create, Ref: core.Ref{Kind: core.APIKey}},
		"group as a user":                     {Verb: core.Create, Ref: core.Ref{Kind: core.Group}, As: login},
		"key's name":                          {Verb: core.Update, Ref: core.Ref{Kind: core.APIKey, ID: 1}, Fields: core.Fields{"name": "x"}},
		"subscription's update":               {Verb: core.Update, Ref: core.Ref{Kind: core.Subscription, ID: 1}, Fields: core.Fields{"notes": "x"}},
		"balance with something else":         {Verb: core.Update, Ref: core.Ref{Kind: core.User, ID: 1}, Fields: core.Fields{"balance": 1.0, "notes": "x"}},
	} {
		if _, err := c.Write(context.Background(), w); core.CodeOf(err) != core.CodeInput || core.Uncertain(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(d.all()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestDeletes(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodDelete || r.URL.Path != "/api/v1/admin/payment/plans/3" {
			t.Errorf("sent %s %s", r.Method, r.URL.Path)
		}
		answerJSON(w, 200, ok(map[string]any{"message": "deleted"}))
	})
	ref := core.Ref{Kind: core.Plan, ID: 3}
	o, err := newClient(t, dialer(), s.URL).Write(context.Background(), core.Write{Verb: core.Delete, Ref: ref})
	if err != nil || o.Ref() != ref {
		t.Errorf("%+v, %v", o, err)
	}
	r := recorded(t, "0.1.133", "063")
	s2, _ := replay(t, r)
	_, err = newClient(t, dialer(), s2.URL).Write(context.Background(), core.Write{Verb: core.Delete, Ref: core.Ref{Kind: core.Group, ID: 8}})
	if !errors.Is(err, core.ErrNotFound) || core.Uncertain(err) {
		t.Errorf("a second delete: %v", err)
	}
}
