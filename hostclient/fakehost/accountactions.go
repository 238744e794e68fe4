package fakehost

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// setSchedulable takes an empty body for false (contract 12.11).
func (h *Host) setSchedulable(c *call) {
	a := h.account(c)
	if a == nil {
		return
	}
	a.object["schedulable"] = c.body.flag("schedulable")
	h.touch(a)
	h.publish(a)
	c.ok(h.accountView(a))
}

// clearError, and recover-state too, doesn't make the account schedulable again (contract 12.2).
func (h *Host) clearError(c *call) {
	if a := h.account(c); a != nil {
		h.healed(a)
		c.ok(h.accountView(a))
	}
}

func (h *Host) clearRateLimit(c *call) {
	if a := h.account(c); a != nil {
		h.unlimit(a)
		h.publish(a)
		c.ok(h.accountView(a))
	}
}

// healed clears what keeps an account from serving, but for schedulable.
func (h *Host) healed(a *entity) {
	if a.str("status") == "error" {
		a.object["status"], a.object["error_message"] = "active", ""
	}
	h.unlimit(a)
	a.object["temp_unschedulable_until"], a.object["temp_unschedulable_reason"] = nil, ""
	h.touch(a)
	h.publish(a)
}

func (h *Host) unlimit(a *entity) {
	for _, k := range []string{"rate_limited_at", "rate_limit_reset_at", "overload_until"} {
		a.object[k] = nil
	}
	delete(a.obj("extra"), "model_rate_limits")
	h.touch(a)
}

func (h *Host) tempUnschedulable(c *call) {
	a := h.account(c)
	if a == nil {
		return
	}
	until := a.time("temp_unschedulable_until")
	if !until.After(h.now()) {
		c.ok(object{"active": false})
		return
	}
	c.ok(object{"active": true, "state": object{
		"until_unix": until.Unix(), "triggered_at_unix": 0, "status_code": 0, "matched_keyword": "", "rule_index": 0,
		"error_message": a.str("temp_unschedulable_reason"),
	}})
}

func (h *Host) clearTempUnschedulable(c *call) {
	if a := h.account(c); a != nil {
		a.object["temp_unschedulable_until"], a.object["temp_unschedulable_reason"] = nil, ""
		h.publish(a)
		c.done("Temp unschedulable cleared successfully")
	}
}

// accountModels lists from the mapping, else the platform's defaults: never the upstream's.
func (h *Host) accountModels(c *call) {
	a := h.account(c)
	if a == nil {
		return
	}
	names := mappingKeys(a)
	if len(names) == 0 {
		names = h.defaultModels(a.str("platform"))
	}
	out := make([]object, 0, len(names))
	for _, name := range names {
		out = append(out, modelCard(name))
	}
	c.ok(out)
}

func mappingKeys(a *entity) []string {
	var names []string
	for from := range a.obj("credentials").strings("model_mapping") {
		if !strings.HasSuffix(from, "*") {
			names = append(names, from)
		}
	}
	slices.Sort(names)
	return names
}

// nativeBalance is there on hosts with native platforms; no upstream here tells its balance.
func (h *Host) nativeBalance(c *call) {
	if h.account(c) != nil {
		c.bad("balance query is not supported for this account")
	}
}

func (h *Host) exportAccounts(c *call) {
	var out []object
	for _, part := range strings.Split(c.r.URL.Query().Get("ids"), ",") {
		id, _ := strconv.ParseInt(part, 10, 64)
		if a := h.accounts.get(id); a != nil {
			out = append(out, a.only([]string{"name", "platform", "type", "credentials", "concurrency", "priority", "rate_multiplier", "auto_pause_on_expired"}))
		}
	}
	c.ok(object{"exported_at": h.now().Format(time.RFC3339), "proxies": []any{}, "accounts": out})
}

func (h *Host) createAccounts(c *call) {
	h.once(c, func() {
		var results []object
		failed := 0
		for _, item := range c.body.list("accounts") {
			fields := asObject(item)
			created, failure := h.addAccount(fields)
			if failure != "" {
				failed++
				results = append(results, object{"name": fields.str("name"), "success": false, "error": failure})
				continue
			}
			results = append(results, object{"name": fields.str("name"), "success": true, "id": created["id"]})
		}
		c.ok(object{"success": len(results) - failed, "failed": failed, "results": results})
	})
}

// bulkUpdate reports success for missing accounts too.
func (h *Host) bulkUpdate(c *call) {
	changes := c.body.without("account_ids")
	if len(changes) == 0 {
		c.bad("No updates provided")
		return
	}
	ids := c.body.ids("account_ids")
	var results []object
	for _, id := range ids {
		if a := h.accounts.get(id); a != nil {
			for k, v := range changes.without("group_ids") {
				a.object[k] = v
			}
			if changes.has("group_ids") {
				h.join(a, changes.ids("group_ids"))
			}
			h.touch(a)
			h.publish(a)
		}
		results = append(results, object{"account_id": id, "success": true})
	}
	c.ok(object{"success": len(ids), "failed": 0, "success_ids": ids, "failed_ids": []int64{}, "results": results})
}
