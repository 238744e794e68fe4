package fakehost

import (
	"cmp"
	"net/http"
	"slices"
)

var (
	groupMissing = refusal{http.StatusNotFound, "group not found", "GROUP_NOT_FOUND", nil}
	badGroupID   = refusal{status: http.StatusBadRequest, message: "Invalid group ID"}
)

func (h *Host) groupForm() form {
	return form{"CreateGroupRequest", []field{
		{name: "name", kind: text, required: true},
		{name: "description", kind: text},
		{name: "platform", kind: text, oneOf: h.traits.groupPlatforms},
		{name: "rate_multiplier", kind: numeric},
		{name: "is_exclusive", kind: boolean},
		{name: "subscription_type", kind: text, oneOf: []string{"standard", "subscription"}},
		{name: "daily_limit_usd", kind: numeric},
		{name: "weekly_limit_usd", kind: numeric},
		{name: "monthly_limit_usd", kind: numeric},
		{name: "allow_messages_dispatch", kind: boolean},
		{name: "require_oauth_only", kind: boolean},
		{name: "require_privacy_set", kind: boolean},
		{name: "claude_code_only", kind: boolean},
		{name: "default_mapped_model", kind: text},
		{name: "rpm_limit", kind: numeric},
		{name: "models_list_config", kind: mapping},
	}}
}

func (h *Host) listGroups(c *call) {
	q := c.r.URL.Query()
	rows := searched(h.groupsInOrder(q.Get("platform")), q.Get("search"), "name", "description")
	if status := q.Get("status"); status != "" {
		rows = keep(rows, func(g *entity) bool { return g.str("status") == status })
	}
	c.page(rows, 1, h.groupView)
}

func (h *Host) allGroups(c *call) {
	rows := keep(h.groupsInOrder(c.r.URL.Query().Get("platform")), func(g *entity) bool { return g.str("status") == "active" })
	c.ok(views(rows, h.groupView))
}

func (h *Host) groupsInOrder(platform string) []*entity {
	rows := keep(h.groups.all(), func(g *entity) bool { return platform == "" || g.str("platform") == platform })
	slices.SortStableFunc(rows, func(a, b *entity) int { return cmp.Compare(a.num("sort_order"), b.num("sort_order")) })
	return rows
}

// groupView is a group as reads show it: with the numbers of its accounts where there are any.
func (h *Host) groupView(g *entity) object {
	out := view(g)
	all, active := 0, 0
	for _, a := range h.accounts.all() {
		if slices.Contains(h.groupsOf(a), g.id) {
			all++
			if a.str("status") == "active" && a.flag("schedulable") {
				active++
			}
		}
	}
	if all > 0 {
		out["account_count"] = all
	}
	if active > 0 {
		out["active_account_count"] = active
	}
	return out
}

func (h *Host) createGroup(c *call) {
	if !c.bind(h.groupForm()) || !c.fitsColumn() {
		return
	}
	if h.badRate(c, c.body.num("rate_multiplier")) {
		return
	}
	if h.groups.named("name", c.body.str("name")) != nil {
		c.refuse(groupExists)
		return
	}
	fields := c.take(h.groupForm())
	fields["rate_multiplier"] = c.body.num("rate_multiplier")
	g := h.insert(&h.groups, "group", fields)
	c.ok(view(g))
	h.settle(g, "group")
}

var groupExists = refusal{http.StatusConflict, "group name already exists", "GROUP_EXISTS", nil}

// badRate refuses a rate multiplier of 0 or less, in disguise (contract 4).
func (h *Host) badRate(c *call, rate float64) bool {
	if !h.traits.needsRate || rate > 0 {
		return false
	}
	c.refuse(internalError)
	return true
}

func (h *Host) getGroup(c *call) {
	if g := h.group(c); g != nil {
		c.ok(h.groupView(g))
	}
}

// group is the group of the call's id; nil once it has been answered that there is none.
func (h *Host) group(c *call) *entity {
	g := h.groups.get(c.id)
	if g == nil {
		c.refuse(groupMissing)
	}
	return g
}

func (h *Host) updateGroup(c *call) {
	f := h.groupForm().optional("UpdateGroupRequest", field{name: "status", kind: text, oneOf: []string{"active", "inactive"}})
	if !c.bind(f) {
		return
	}
	g := h.group(c)
	if g == nil || c.body.has("rate_multiplier") && h.badRate(c, c.body.num("rate_multiplier")) {
		return
	}
	if other := h.groups.named("name", c.body.str("name")); other != nil && other != g {
		c.refuse(groupExists)
		return
	}
	for k, v := range c.take(f) {
		g.object[k] = v
	}
	h.touch(g)
	c.ok(h.groupView(g))
}

// deleteGroup succeeds whatever hangs on the group (contract 4): accounts are ungrouped, its
// subscriptions vanish, channels and plans keep pointing at it.
func (h *Host) deleteGroup(c *call) {
	if h.group(c) == nil {
		return
	}
	h.groups.remove(c.id)
	for _, a := range h.accounts.all() {
		if slices.Contains(h.groupsOf(a), c.id) {
			h.join(a, slices.DeleteFunc(h.groupsOf(a), func(id int64) bool { return id == c.id }))
		}
	}
	for _, s := range h.subs.all() {
		if s.ref("group_id") == c.id {
			h.revokeSubscription(s)
		}
	}
	for _, k := range h.keys.all() {
		if k.ref("group_id") == c.id && h.traits.deletedGroup == groupForgotten {
			k.object["group_id"] = nil
		}
	}
	for _, u := range h.users.all() {
		allow(u, slices.DeleteFunc(u.ids("allowed_groups"), func(id int64) bool { return id == c.id }))
	}
	c.done("Group deleted successfully")
}

func (h *Host) groupKeys(c *call) {
	rows := keep(h.keys.newest(), func(k *entity) bool { return k.ref("group_id") == c.id })
	c.page(rows, 1, h.keyWithUser)
}

func (h *Host) groupSubscriptions(c *call) {
	rows := keep(h.subs.newest(), func(s *entity) bool { return s.ref("group_id") == c.id })
	c.page(rows, 0, func(s *entity) object { return h.subscriptionView(s).without("assigned_by_user") })
}

func (h *Host) groupCandidates(c *call) {
	if g := h.group(c); g != nil {
		c.ok(object{"models": h.defaultModels(g.str("platform"))})
	}
}
