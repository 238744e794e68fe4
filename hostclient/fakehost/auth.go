package fakehost

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	tokenLife   = 24 * time.Hour
	loginsLimit = 20 // a minute and address (contract 1)
)

// session is what an access token stands for.
type session struct {
	user    int64
	expires time.Time
}

// window counts the log-ins of one address since start.
type window struct {
	start time.Time
	count int
}

var loginForm = form{"LoginRequest", []field{
	{name: "email", kind: text, required: true, email: true},
	{name: "password", kind: text, required: true},
}}

// limited counts a log-in and answers when there are too many.
func (h *Host) limited(c *call) bool {
	address := clientAddress(c.r)
	w := h.logins[address]
	if h.now().Sub(w.start) >= time.Minute {
		w = window{start: h.now()}
	}
	w.count++
	h.logins[address] = w
	if w.count <= loginsLimit {
		return false
	}
	if h.traits.retryAfter {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(time.Minute-h.now().Sub(w.start))/int(time.Second)))
	}
	c.json(http.StatusTooManyRequests, object{"error": "rate limit exceeded", "message": "Too many requests, please try again later"})
	return true
}

func (h *Host) login(c *call) {
	if h.limited(c) || !c.bind(loginForm) {
		return
	}
	if h.opt.Turnstile && c.body.str("turnstile_token") == "" {
		c.refuse(refusal{http.StatusBadRequest, "turnstile verification failed", "TURNSTILE_VERIFICATION_FAILED", nil})
		return
	}
	u := h.userByEmail(c.body.str("email"))
	switch {
	case u == nil || h.passwords[u.id] != c.body.str("password"):
		c.refuse(refusal{http.StatusUnauthorized, "invalid email or password", "INVALID_CREDENTIALS", nil})
	case u.str("status") != "active":
		c.refuse(refusal{http.StatusForbidden, "user is not active", "USER_NOT_ACTIVE", nil})
	case h.opt.BackendMode && u.str("role") != "admin":
		c.refuse(refusal{http.StatusForbidden, "Backend mode is active. Only admin login is allowed.", "", nil})
	default:
		tokens := h.issue(u.id)
		tokens["user"] = h.profile(u)
		c.ok(tokens)
	}
}

// issue makes a pair of tokens.
func (h *Host) issue(user int64) object {
	part := base64.RawURLEncoding.EncodeToString
	access := strings.Join([]string{part([]byte(`{"alg":"HS256","typ":"JWT"}`)), part([]byte(`{"jti":"` + randomHex(8) + `"}`)), part([]byte(randomHex(16)))}, ".")
	refresh := "rt_" + randomHex(32)
	h.sessions[access] = session{user: user, expires: h.now().Add(tokenLife)}
	h.refreshes[refresh] = user
	return object{"access_token": access, "refresh_token": refresh, "expires_in": int(tokenLife.Seconds()), "token_type": "Bearer"}
}

// refresh rotates: the old refresh token is used up, the old access token lives on.
func (h *Host) refresh(c *call) {
	if !c.bind(form{"RefreshTokenRequest", []field{{name: "refresh_token", kind: text, required: true}}}) {
		return
	}
	token := c.body.str("refresh_token")
	id, ok := h.refreshes[token]
	if !ok || h.users.get(id) == nil {
		c.refuse(refusal{http.StatusUnauthorized, "invalid refresh token", "REFRESH_TOKEN_INVALID", nil})
		return
	}
	delete(h.refreshes, token)
	c.ok(h.issue(id))
}

func (h *Host) logout(c *call) {
	delete(h.refreshes, c.body.str("refresh_token"))
	c.done("Logged out successfully")
}

func (h *Host) me(c *call) { c.ok(h.profile(c.user)) }

// profile is a user as the user sees it.
func (h *Host) profile(u *entity) object { return view(u).without("notes", "last_used_at") }

// bearer is the token of an Authorization header.
func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "bearer")
}

// admitAdmin follows the matrix of contract 1: an x-api-key decides alone if there is one.
func (h *Host) admitAdmin(c *call) bool {
	if key := c.r.Header.Get("x-api-key"); key != "" {
		if key != h.adminKey {
			c.middleware(http.StatusUnauthorized, "INVALID_ADMIN_KEY", "Invalid admin API key")
			return false
		}
		c.user = h.users.named("role", "admin")
		return h.admitCompliant(c)
	}
	token, ok := bearer(c.r)
	if !ok {
		c.middleware(http.StatusUnauthorized, "UNAUTHORIZED", "Authorization required")
		return false
	}
	if !h.admitToken(c, token) {
		return false
	}
	if c.user.str("role") != "admin" {
		c.middleware(http.StatusForbidden, "FORBIDDEN", "Admin access required")
		return false
	}
	return h.admitCompliant(c)
}

func (h *Host) admitUser(c *call) bool {
	token, ok := bearer(c.r)
	if !ok {
		c.middleware(http.StatusUnauthorized, "UNAUTHORIZED", "Authorization header is required")
		return false
	}
	return h.admitToken(c, token)
}

func (h *Host) admitToken(c *call, token string) bool {
	s, ok := h.sessions[token]
	u := h.users.get(s.user)
	switch {
	case !ok:
		c.middleware(http.StatusUnauthorized, "INVALID_TOKEN", "Invalid token")
	case !h.now().Before(s.expires):
		c.middleware(http.StatusUnauthorized, "TOKEN_EXPIRED", "Token has expired")
	case u == nil:
		c.middleware(http.StatusUnauthorized, "USER_NOT_FOUND", "User not found")
	case u.str("status") != "active":
		c.middleware(http.StatusUnauthorized, "USER_INACTIVE", "User account is not active")
	default:
		u.object["last_active_at"] = instant(h.now().Round(time.Microsecond))
		c.user = u
		return true
	}
	return false
}

func (h *Host) adminKeyStatus(c *call) {
	c.ok(object{"exists": h.adminKey != "", "masked_key": h.adminKey[:10] + "..." + h.adminKey[len(h.adminKey)-4:]})
}

// regenerateAdminKey replaces the only key, cutting off every other tool (contract 1).
func (h *Host) regenerateAdminKey(c *call) {
	h.adminKey = "admin-" + randomHex(32)
	c.ok(object{"key": h.adminKey})
}
