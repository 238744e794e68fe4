package fakehost

import (
	"math"
	"net/http"
	"strings"
)

var (
	userMissing = refusal{http.StatusNotFound, "user not found", "USER_NOT_FOUND", nil}
	badUserID   = refusal{status: http.StatusBadRequest, message: "Invalid user ID"}

	userForm = form{"CreateUserRequest", []field{
		{name: "email", kind: text, required: true, email: true},
		{name: "password", kind: text, required: true, min: 6},
		{name: "username", kind: text},
		{name: "notes", kind: text},
		{name: "balance", kind: numeric},
		{name: "concurrency", kind: numeric},
		{name: "allowed_groups", kind: array},
		{name: "rpm_limit", kind: numeric},
	}}
	userUpdateForm = userForm.optional("UpdateUserRequest",
		field{name: "status", kind: text, oneOf: []string{"active", "disabled"}})
	balanceForm = form{"UpdateBalanceRequest", []field{
		{name: "balance", kind: numeric, required: true},
		{name: "operation", kind: text, required: true, oneOf: []string{"set", "add", "subtract"}},
		{name: "notes", kind: text},
	}}
)

func (h *Host) listUsers(c *call) {
	q := c.r.URL.Query()
	rows := searched(h.users.newest(), q.Get("search"), "email", "username")
	for _, field := range []string{"role", "status"} {
		if want := q.Get(field); want != "" {
			rows = keep(rows, func(u *entity) bool { return u.str(field) == want })
		}
	}
	c.page(rows, 1, func(u *entity) object {
		out := view(u)
		out["current_concurrency"] = 0
		return out
	})
}

func (h *Host) getUser(c *call) {
	if u := h.userOf(c); u != nil {
		c.ok(view(u))
	}
}

func (h *Host) userOf(c *call) *entity {
	u := h.users.get(c.id)
	if u == nil {
		c.refuse(userMissing)
	}
	return u
}

func (h *Host) userByEmail(email string) *entity {
	return h.users.find(func(u *entity) bool { return strings.EqualFold(u.str("email"), email) })
}

func (h *Host) createUser(c *call) {
	if !c.bind(userForm) {
		return
	}
	if h.userByEmail(c.body.str("email")) != nil {
		c.refuse(refusal{http.StatusConflict, "email already exists", "EMAIL_EXISTS", nil})
		return
	}
	if h.unknownGroup(c.body.ids("allowed_groups")) {
		c.refuse(internalError)
		return
	}
	u := h.insert(&h.users, "user", c.take(userForm).without("password"))
	h.passwords[u.id] = c.body.str("password")
	c.ok(view(u))
	h.settle(u, "user")
	allow(u, u.ids("allowed_groups"))
}

func (h *Host) unknownGroup(ids []int64) bool {
	for _, id := range ids {
		if h.groups.get(id) == nil {
			return true
		}
	}
	return false
}

// allow sets the groups a user may use beside the public ones; none reads as null.
func allow(u *entity, groups []int64) {
	u.object["allowed_groups"] = nil
	if len(groups) > 0 {
		u.object["allowed_groups"] = groups
	}
}

// updateUser ignores balance (contract 9).
func (h *Host) updateUser(c *call) {
	if !c.bind(userUpdateForm) {
		return
	}
	u := h.userOf(c)
	if u == nil {
		return
	}
	if h.unknownGroup(c.body.ids("allowed_groups")) {
		c.refuse(internalError)
		return
	}
	for k, v := range c.take(userUpdateForm).without("balance", "password", "allowed_groups") {
		u.object[k] = v
	}
	if p := c.body.str("password"); p != "" {
		h.passwords[u.id] = p
	}
	if c.body["allowed_groups"] != nil {
		allow(u, c.body.ids("allowed_groups"))
	}
	h.touch(u)
	c.ok(view(u))
}

func (h *Host) deleteUser(c *call) {
	u := h.userOf(c)
	if u == nil {
		return
	}
	if u.str("role") == "admin" {
		c.refuse(internalError)
		return
	}
	h.users.remove(u.id)
	for _, k := range h.keys.all() {
		if k.ref("user_id") == u.id {
			h.keys.remove(k.id)
		}
	}
	for _, s := range h.subs.all() {
		if s.ref("user_id") == u.id {
			h.revokeSubscription(s)
		}
	}
	c.done("User deleted successfully")
}

func (h *Host) changeBalance(c *call) {
	h.once(c, func() {
		if !c.bind(balanceForm) {
			return
		}
		u := h.userOf(c)
		if u == nil {
			return
		}
		amount := c.body.num("balance")
		balance := map[string]float64{"set": amount, "add": u.num("balance") + amount, "subtract": u.num("balance") - amount}[c.body.str("operation")]
		if balance < 0 {
			c.refuse(internalError)
			return
		}
		u.object["balance"] = toMicroCents(balance)
		h.touch(u)
		c.ok(view(u))
	})
}

// toMicroCents rounds to the eight decimals that the host's database keeps.
func toMicroCents(usd float64) float64 { return math.Round(usd*1e8) / 1e8 }

func (h *Host) userKeys(c *call) {
	rows := keep(h.keys.newest(), func(k *entity) bool { return k.ref("user_id") == c.id })
	c.page(rows, 1, h.keyView)
}

func (h *Host) userSubscriptions(c *call) {
	rows := keep(h.subs.newest(), func(s *entity) bool { return s.ref("user_id") == c.id })
	c.ok(views(rows, func(s *entity) object { return h.subscriptionView(s).without("user", "assigned_by_user") }))
}
