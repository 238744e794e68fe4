package fakehost

import "net/http"

func (h *Host) health(c *call) { c.json(http.StatusOK, object{"status": "ok"}) }

// setupStatus has no message: contract 1.
func (h *Host) setupStatus(c *call) {
	c.json(http.StatusOK, object{"code": 0, "data": object{"needs_setup": false, "step": "completed"}})
}

func (h *Host) publicSettings(c *call) {
	out := h.shapes.obj("settings").without()
	out["version"] = h.opt.Version
	out["turnstile_enabled"] = h.opt.Turnstile
	out["backend_mode_enabled"] = h.opt.BackendMode
	c.ok(out)
}

func (h *Host) systemVersion(c *call) { c.ok(object{"version": h.opt.Version}) }

func (h *Host) rateLimitCooldown(c *call) {
	c.ok(object{"enabled": true, "cooldown_seconds": int(h.traits.cooldown429.Seconds())})
}
