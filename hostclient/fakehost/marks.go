package fakehost

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	forbiddenCooldown = 10 * time.Minute
	forbiddenWindow   = 180 * time.Minute // three 403s within it make an error
	modelCooldown     = 30 * time.Minute
	overloadCooldown  = 10 * time.Minute
)

// fail puts an account out of service until somebody clears the error.
func (h *Host) fail(id int64, message string) {
	h.mark(id, func(a *entity) {
		a.object["status"], a.object["error_message"] = "error", message
		if h.traits.errorUnschedules {
			a.object["schedulable"] = false
		}
	})
}

// mark changes an account because of what its upstream said; the gateway knows at once.
func (h *Host) mark(id int64, change func(*entity)) {
	if a := h.accounts.get(id); a != nil {
		change(a)
		h.touch(a)
		h.publishNow(a)
	}
}

// blame notes an upstream's refusal on the account (contract 10) and tells whether another
// account should be tried.
func (h *Host) blame(id int64, model string, status int, body []byte) (failover bool) {
	words := failureText(body)
	now := h.now()
	switch {
	case status == http.StatusUnauthorized:
		h.fail(id, "Authentication failed (401): "+words)
	case status == http.StatusPaymentRequired:
		h.fail(id, "Payment required (402): "+words)
	case status == http.StatusForbidden:
		h.forbid(id, words)
	case status == http.StatusTooManyRequests:
		h.mark(id, func(a *entity) {
			a.object["rate_limited_at"] = instant(now.Round(time.Microsecond))
			a.object["rate_limit_reset_at"] = instant(now.Add(h.traits.cooldown429).Round(time.Microsecond))
		})
	case status == 529:
		h.mark(id, func(a *entity) {
			a.object["overload_until"] = instant(now.Add(overloadCooldown).Round(time.Microsecond))
		})
	case status == http.StatusNotFound && h.traits.limitsModel404 && namesModel(words):
		h.limitModel(id, model)
	case status < 500:
		return false
	}
	return true
}

// namesModel tells a missing model from a missing route.
func namesModel(words string) bool { return strings.Contains(strings.ToLower(words), "model") }

// forbid parks an account for ten minutes; the third time within three hours it is an error.
func (h *Host) forbid(id int64, words string) {
	now := h.now()
	var recent []time.Time
	for _, t := range append(h.forbidden[id], now) {
		if now.Sub(t) < forbiddenWindow {
			recent = append(recent, t)
		}
	}
	h.forbidden[id] = recent
	if len(recent) >= 3 {
		h.fail(id, "Access forbidden (403): "+words)
		return
	}
	h.mark(id, func(a *entity) {
		a.object["temp_unschedulable_until"] = instant(now.Add(forbiddenCooldown).Round(time.Microsecond))
		a.object["temp_unschedulable_reason"] = fmt.Sprintf("OpenAI 403 temporary cooldown (%d/3): Access forbidden (403): %s", len(recent), words)
	})
}

func (h *Host) limitModel(id int64, model string) {
	now := h.now().Truncate(time.Second)
	h.mark(id, func(a *entity) {
		extra := a.obj("extra").without()
		limits := extra.obj("model_rate_limits").without()
		if limits == nil {
			limits = object{}
		}
		limits[model] = object{"rate_limited_at": instant(now), "rate_limit_reset_at": instant(now.Add(modelCooldown)), "reason": "upstream_404_model_not_found"}
		extra["model_rate_limits"] = limits
		a.object["extra"] = extra
	})
}

// verdict is what a user is told when no account could answer: of the last failover.
func verdict(status int) refusal {
	switch {
	case status == http.StatusUnauthorized:
		return refusal{status: http.StatusBadGateway, reason: "upstream_error", message: "Upstream authentication failed, please contact administrator"}
	case status == http.StatusForbidden:
		return refusal{status: http.StatusBadGateway, reason: "upstream_error", message: "Upstream access forbidden, please contact administrator"}
	case status == http.StatusTooManyRequests:
		return refusal{status: http.StatusTooManyRequests, reason: "rate_limit_error", message: "Upstream rate limit exceeded, please retry later"}
	case status == 529:
		return refusal{status: http.StatusServiceUnavailable, reason: "overloaded_error", message: "Upstream service overloaded, please retry later"}
	case status >= http.StatusInternalServerError:
		return upstreamAway
	}
	return upstreamFailed
}
