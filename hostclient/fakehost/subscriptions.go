package fakehost

import (
	"net/http"
	"strconv"
	"time"
)

var (
	subscriptionMissing = refusal{http.StatusNotFound, "subscription not found", "SUBSCRIPTION_NOT_FOUND", nil}
	badSubscriptionID   = refusal{status: http.StatusBadRequest, message: "Invalid subscription ID"}

	assignForm = form{"AssignSubscriptionRequest", []field{
		{name: "user_id", kind: numeric, required: true},
		{name: "group_id", kind: numeric, required: true},
		{name: "validity_days", kind: numeric},
		{name: "notes", kind: text},
	}}
)

// subscriptionView is a subscription as administrators see it.
func (h *Host) subscriptionView(s *entity) object {
	out := view(s)
	if u := h.users.get(s.ref("user_id")); u != nil {
		out["user"] = h.brief(u, "user")
	}
	if g := h.groups.get(s.ref("group_id")); g != nil {
		out["group"] = h.brief(g, "group")
	}
	if by := h.users.get(s.ref("assigned_by")); by != nil {
		out["assigned_by_user"] = h.brief(by, "user")
	}
	return out
}

func (h *Host) listSubscriptions(c *call) {
	q := c.r.URL.Query()
	rows := h.subs.newest()
	for _, field := range []string{"user_id", "group_id"} {
		if want, err := strconv.ParseInt(q.Get(field), 10, 64); err == nil {
			rows = keep(rows, func(s *entity) bool { return s.ref(field) == want })
		}
	}
	if want := q.Get("status"); want != "" {
		rows = keep(rows, func(s *entity) bool { return s.str("status") == want })
	}
	c.page(rows, 0, h.subscriptionView)
}

func (h *Host) getSubscription(c *call) {
	if s := h.subscriptionOf(c); s != nil {
		c.ok(h.subscriptionView(s))
	}
}

func (h *Host) subscriptionOf(c *call) *entity {
	s := h.subs.get(c.id)
	if s == nil || s.str("status") == "revoked" {
		c.refuse(subscriptionMissing)
		return nil
	}
	return s
}

// revokeSubscription takes a subscription away; 0.1.179 goes on listing it as revoked.
func (h *Host) revokeSubscription(s *entity) {
	if !h.traits.listsRevoked {
		h.subs.remove(s.id)
		return
	}
	h.touch(s)
	s.object["status"], s.object["revoked_at"] = "revoked", instant(s.updated)
}

// subscription is the running one of a user and a group, or nil.
func (h *Host) subscription(user, group int64) *entity {
	return h.subs.find(func(s *entity) bool {
		return s.ref("user_id") == user && s.ref("group_id") == group && s.str("status") == "active" && s.time("expires_at").After(h.now())
	})
}

func (h *Host) assign(c *call) {
	if !c.bind(assignForm) {
		return
	}
	g := h.groups.get(c.body.ref("group_id"))
	switch {
	case g == nil:
		c.refuse(groupMissing)
		return
	case g.str("subscription_type") != "subscription":
		c.refuse(refusal{http.StatusBadRequest, "group is not a subscription type", "GROUP_NOT_SUBSCRIPTION_TYPE", nil})
		return
	}
	days := int(c.body.num("validity_days"))
	if days == 0 {
		days = 30
	}
	if s := h.subscription(c.body.ref("user_id"), g.id); s != nil {
		h.repeatAssign(c, s, days)
		return
	}
	if h.users.get(c.body.ref("user_id")) == nil {
		h.subs.last++ // the foreign key refuses the row, not its id
		c.refuse(internalError)
		return
	}
	start := h.now().Round(time.Microsecond)
	s := h.insert(&h.subs, "subscription", object{
		"user_id": c.body.ref("user_id"), "group_id": g.id, "notes": c.body.str("notes"), "assigned_by": c.user.id,
		"starts_at": instant(start), "assigned_at": instant(start), "expires_at": instant(start.AddDate(0, 0, days)),
	})
	h.settle(s, "subscription")
	c.ok(h.subscriptionView(s))
}

// repeatAssign answers an assignment that is there already: the same one is repeated, another is
// a conflict; older hosts refuse any (contract 9).
func (h *Host) repeatAssign(c *call, s *entity, days int) {
	mismatch := ""
	switch {
	case !h.traits.repeatAssigns:
		c.refuse(refusal{http.StatusConflict, "subscription already exists for this user and group", "SUBSCRIPTION_ALREADY_EXISTS", nil})
		return
	case !s.time("starts_at").AddDate(0, 0, days).Equal(s.time("expires_at")):
		mismatch = "validity_days_mismatch"
	case s.str("notes") != c.body.str("notes"):
		mismatch = "notes_mismatch"
	}
	if mismatch == "" {
		c.ok(h.subscriptionView(s).without("user", "assigned_by_user"))
		return
	}
	c.refuse(refusal{http.StatusConflict, "subscription exists but request conflicts with existing assignment semantics", "SUBSCRIPTION_ASSIGN_CONFLICT", object{"conflict_reason": mismatch}})
}

func (h *Host) extend(c *call) {
	if !c.bind(form{"AdjustSubscriptionRequest", []field{{name: "days", kind: numeric, required: true}}}) {
		return
	}
	s := h.subscriptionOf(c)
	if s == nil {
		return
	}
	s.object["expires_at"] = instant(s.time("expires_at").AddDate(0, 0, int(c.body.num("days"))))
	h.touch(s)
	c.ok(h.subscriptionView(s))
}

func (h *Host) revoke(c *call) {
	if s := h.subscriptionOf(c); s != nil {
		h.revokeSubscription(s)
		c.done("Subscription revoked successfully")
	}
}
