package hostclient

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"cnrelay/core"
)

// signer puts credentials on a request. Never two kinds at once: an x-api-key that is present
// alone decides, even a wrong one beside a good token.
type signer interface {
	sign(ctx context.Context, h http.Header) *core.Error
	// renew makes the next sign use other credentials than h has; false if there are none.
	renew(h http.Header) bool
}

// adminKey signs with the host's one admin key.
type adminKey string

func (k adminKey) sign(_ context.Context, h http.Header) *core.Error {
	h.Set("X-Api-Key", string(k))
	return nil
}

func (adminKey) renew(http.Header) bool { return false }

// session signs in with e-mail and password and keeps the token for as long as it is good.
type session struct {
	c               *Client
	email, password string

	turn    *semaphore.Weighted // one sign-in at a time; the others wait for its token
	token   string
	refresh string // "" on 0.1.1, which has none; it is good for one use
	expires time.Time
}

// earlier than its expiry a token is renewed, so that it doesn't expire on its way.
const renewBefore = time.Minute

func (c *Client) session(email, password string) *session {
	c.line.mask.add(password)
	return &session{c: c, email: email, password: password, turn: semaphore.NewWeighted(1)}
}

func (s *session) sign(ctx context.Context, h http.Header) *core.Error {
	if err := s.turn.Acquire(ctx, 1); err != nil {
		return s.waited(ctx, err)
	}
	defer s.turn.Release(1)
	if s.token == "" || time.Until(s.expires) < renewBefore {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	h.Set("Authorization", "Bearer "+s.token)
	return nil
}

func (s *session) renew(h http.Header) bool {
	if !s.turn.TryAcquire(1) {
		return true // another request is at it
	}
	defer s.turn.Release(1)
	if h.Get("Authorization") == "Bearer "+s.token {
		s.token = ""
	}
	return true
}

// open gets a token: by the refresh token while there is one, else by the password.
func (s *session) open(ctx context.Context) *core.Error {
	if s.refresh != "" {
		body := map[string]string{"refresh_token": s.refresh}
		s.refresh = ""
		if s.post(ctx, "/api/v1/auth/refresh", body) == nil {
			return nil
		}
	}
	if err := s.c.line.gate.signIns.Wait(ctx); err != nil {
		return s.waited(ctx, err)
	}
	return s.post(ctx, "/api/v1/auth/login", map[string]string{"email": s.email, "password": s.password})
}

// stage is what its errors say was being done.
func (s *session) stage() string { return "sign in as " + s.c.line.mask.line(s.email, shortText) }

// waited is the error of a sign-in that was given up before it was sent.
func (s *session) waited(ctx context.Context, err error) *core.Error {
	return s.c.at(call{stage: s.stage()}, s.c.line.broken(answer{}, failed(ctx, err, false)))
}

// post asks for tokens. It is no write of resources: it is repeated freely, also after the host's
// limit of 20 sign-ins a minute, which names no Retry-After.
func (s *session) post(ctx context.Context, path string, body any) *core.Error {
	stage := s.stage()
	data, err := s.c.do(ctx, call{
		stage: stage,
		request: request{
			side: core.SideUser, method: http.MethodPost, url: s.c.base + path, body: body, deadline: s.c.line.limits.Request,
		},
	})
	if err != nil {
		return signInError(err)
	}
	var got struct {
		Token    string `json:"access_token"`
		Refresh  string `json:"refresh_token"`
		Seconds  int64  `json:"expires_in"`
		Requires bool   `json:"requires_2fa"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		return s.c.unreadable(stage, err)
	}
	if got.Requires {
		return &core.Error{
			Code: core.CodeBlocked, Host: s.c.name, Stage: stage, Fault: core.FaultConfig, Reason: "REQUIRES_2FA",
			What: "the host asks for a second factor, which no program can give",
			Next: "use an admin API key, or an account without a second factor",
		}
	}
	if got.Token == "" {
		return s.c.unreadable(stage, errors.New("no access_token in it"))
	}
	if !tokenLike(got.Token) || !tokenLike(got.Refresh) {
		return s.c.unreadable(stage, errors.New("its tokens are none"))
	}
	s.c.line.mask.add(got.Token, got.Refresh)
	s.token, s.refresh = got.Token, got.Refresh
	s.expires = time.Now().Add(lifetime(got.Seconds))
	return nil
}

// tokenLike tells what can go into a header as a token.
func tokenLike(s string) bool {
	const longest = 16 << 10
	return len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// lifetime is a token's, in seconds as the host names it; hosts that name none give it a day.
func lifetime(seconds int64) time.Duration {
	const day = 24 * time.Hour
	if seconds <= 0 || seconds > int64(day/time.Second) {
		return day
	}
	return time.Duration(seconds) * time.Second
}

// signInError says what a refused sign-in means.
func signInError(err error) *core.Error {
	e := err.(*core.Error) // do makes no other
	switch {
	case strings.Contains(e.Reason, "TURNSTILE"), strings.Contains(e.Reason, "CAPTCHA"):
		e.Code, e.Fault = core.CodeBlocked, core.FaultConfig
		e.Next = "the host wants a captcha: use an admin API key, or switch the captcha off"
	case strings.Contains(e.Reason, "BACKEND_MODE"):
		e.Code, e.Fault = core.CodeBlocked, core.FaultConfig
		e.Next = "the host runs in backend-only mode: ordinary users can't sign in"
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		e.Code, e.Fault = core.CodeAuth, core.FaultOperator
		e.Next = "check the e-mail, the password, and that the user is active"
	}
	return e
}

// sessions are the signed-in users, by e-mail.
type sessions struct {
	mu    sync.Mutex
	users map[string]*session
}

// user gives the session of an ordinary user; a changed password starts a new one.
func (c *Client) user(login core.Login) signer {
	c.users.mu.Lock()
	defer c.users.mu.Unlock()
	if c.users.users == nil {
		c.users.users = map[string]*session{}
	}
	s := c.users.users[login.Email]
	if s == nil || s.password != login.Password {
		s = c.session(login.Email, login.Password)
		c.users.users[login.Email] = s
	}
	return s
}
