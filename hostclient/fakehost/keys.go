package fakehost

import "net/http"

var (
	keyMissing      = refusal{http.StatusNotFound, "api key not found", "API_KEY_NOT_FOUND", nil}
	badKeyID        = refusal{status: http.StatusBadRequest, message: "Invalid key ID"}
	badAPIKeyID     = refusal{status: http.StatusBadRequest, message: "Invalid API key ID"}
	groupNotAllowed = refusal{http.StatusForbidden, "user is not allowed to bind this group", "GROUP_NOT_ALLOWED", nil}

	keyForm = form{"CreateAPIKeyRequest", []field{
		{name: "name", kind: text, required: true},
		{name: "group_id", kind: numeric},
		{name: "custom_key", kind: text},
		{name: "quota", kind: numeric},
		{name: "expires_in_days", kind: numeric},
		{name: "rate_limit_5h", kind: numeric},
		{name: "rate_limit_1d", kind: numeric},
		{name: "rate_limit_7d", kind: numeric},
	}}
	keyUpdateForm = keyForm.optional("UpdateAPIKeyRequest",
		field{name: "status", kind: text, oneOf: []string{"active", "inactive"}})
)

// keyView is a key as its owner's lists show it, with the key in clear.
func (h *Host) keyView(k *entity) object {
	out := view(k)
	if g := h.groups.get(k.ref("group_id")); g != nil {
		out["group"] = h.brief(g, "group")
	}
	return out
}

func (h *Host) keyWithUser(k *entity) object {
	out := view(k)
	if u := h.users.get(k.ref("user_id")); u != nil {
		out["user"] = h.brief(u, "user")
	}
	return out
}

func (h *Host) keyInFull(k *entity) object {
	out := h.keyWithUser(k)
	if g := h.groups.get(k.ref("group_id")); g != nil {
		out["group"] = h.brief(g, "group")
	}
	return out
}

func (h *Host) listKeys(c *call) {
	rows := keep(h.keys.newest(), func(k *entity) bool { return k.ref("user_id") == c.user.id })
	c.page(searched(rows, c.r.URL.Query().Get("search"), "name", "key"), 1, h.keyView)
}

func (h *Host) getKey(c *call) {
	if k := h.ownKey(c); k != nil {
		c.ok(h.keyInFull(k))
	}
}

func (h *Host) ownKey(c *call) *entity {
	k := h.keys.get(c.id)
	if k == nil || k.ref("user_id") != c.user.id {
		c.refuse(keyMissing)
		return nil
	}
	return k
}

func (h *Host) createKey(c *call) {
	h.once(c, func() {
		if !c.bind(keyForm) || !c.fitsColumn() || !h.mayBind(c) {
			return
		}
		secret := "sk-" + randomHex(32)
		if custom := c.body.str("custom_key"); custom != "" {
			if len(custom) < 16 {
				c.refuse(refusal{http.StatusBadRequest, "api key must be at least 16 characters", "API_KEY_TOO_SHORT", nil})
				return
			}
			if h.keys.named("key", custom) != nil {
				c.refuse(refusal{http.StatusConflict, "api key already exists", "API_KEY_EXISTS", nil})
				return
			}
			secret = custom
		}
		fields := c.take(keyForm).without("custom_key", "expires_in_days")
		fields["user_id"], fields["key"] = c.user.id, secret
		if days := c.body.num("expires_in_days"); days > 0 {
			fields["expires_at"] = instant(h.now().AddDate(0, 0, int(days)))
		}
		k := h.insert(&h.keys, "api_key", fields)
		c.ok(view(k))
		h.settle(k, "api_key")
	})
}

// mayBind checks that the user may use the group, if one is given: public, allowed, or
// subscribed. 0 is a group that doesn't exist; no group is null.
func (h *Host) mayBind(c *call) bool {
	if !c.body.has("group_id") {
		return true
	}
	g := h.groups.get(c.body.ref("group_id"))
	switch {
	case g == nil:
		c.refuse(groupMissing)
		return false
	case !h.available(c.user, g):
		c.refuse(groupNotAllowed)
		return false
	}
	return true
}

// available tells whether a user may bind keys to a group.
func (h *Host) available(u, g *entity) bool {
	if g.str("subscription_type") == "subscription" {
		return h.subscription(u.id, g.id) != nil
	}
	if !g.flag("is_exclusive") {
		return true
	}
	for _, id := range u.ids("allowed_groups") {
		if id == g.id {
			return true
		}
	}
	return false
}

func (h *Host) availableGroups(c *call) {
	rows := keep(h.groupsInOrder(""), func(g *entity) bool { return g.str("status") == "active" && h.available(c.user, g) })
	c.ok(views(rows, func(g *entity) object { return h.brief(g, "group") }))
}

func (h *Host) updateKey(c *call) {
	if !c.bind(keyUpdateForm) {
		return
	}
	k := h.ownKey(c)
	if k == nil || !h.mayBind(c) {
		return
	}
	for name, v := range c.take(keyUpdateForm).without("custom_key", "expires_in_days") {
		k.object[name] = v
	}
	h.touch(k)
	c.ok(h.keyInFull(k))
}

func (h *Host) deleteKey(c *call) {
	if k := h.ownKey(c); k != nil {
		h.keys.remove(k.id)
		c.done("API key deleted successfully")
	}
}

// bindKey is the administrator's only write on a key: a positive group binds, 0 unbinds, null
// changes nothing. An exclusive group is silently added to the user's (contract 9).
func (h *Host) bindKey(c *call) {
	k := h.keys.get(c.id)
	if k == nil {
		c.refuse(keyMissing)
		return
	}
	out := object{"auto_granted_group_access": false}
	if id := c.body.ref("group_id"); id > 0 {
		g, u := h.groups.get(id), h.users.get(k.ref("user_id"))
		switch {
		case g == nil:
			c.refuse(groupMissing)
			return
		case g.str("subscription_type") == "subscription":
			if h.available(u, g) {
				break
			}
			c.refuse(refusal{http.StatusBadRequest, "user does not have an active subscription for this group", "SUBSCRIPTION_REQUIRED", nil})
			return
		case g.flag("is_exclusive"):
			if !h.available(u, g) {
				allow(u, append(u.ids("allowed_groups"), g.id))
			}
			out = object{"auto_granted_group_access": true, "granted_group_id": g.id, "granted_group_name": g.str("name")}
		}
		k.object["group_id"] = id
	} else if c.body.has("group_id") {
		k.object["group_id"] = nil
	}
	h.touch(k)
	out["api_key"] = h.keyInFull(k)
	c.ok(out)
}
