package fakehost

import "net/http"

var planForm = form{"CreatePlanRequest", []field{
	{name: "group_id", kind: numeric},
	{name: "name", kind: text},
	{name: "description", kind: text},
	{name: "price", kind: numeric},
	{name: "original_price", kind: numeric},
	{name: "validity_days", kind: numeric},
	{name: "validity_unit", kind: text},
	{name: "features", kind: text},
	{name: "product_name", kind: text},
	{name: "for_sale", kind: boolean},
	{name: "sort_order", kind: numeric},
}}

var badPlanID = refusal{status: http.StatusBadRequest, message: "Invalid plan ID"}

func (h *Host) paymentConfig(c *call) { c.ok(h.shapes.obj("payment_config")) }

// listPlans isn't paged, and there is no GET of one plan (contract 6).
func (h *Host) listPlans(c *call) { c.ok(views(h.plans.all(), view)) }

func (h *Host) createPlan(c *call) {
	if !c.bind(planForm) {
		return
	}
	b := c.body
	for _, rule := range []struct {
		broken          bool
		message, reason string
	}{
		{b.str("name") == "", "plan name is required", "PLAN_NAME_REQUIRED"},
		{b.num("group_id") <= 0, "group is required", "PLAN_GROUP_REQUIRED"},
		{b.num("price") <= 0, "price must be > 0", "PLAN_PRICE_INVALID"},
		{b.num("validity_days") <= 0, "validity days must be > 0", "PLAN_VALIDITY_REQUIRED"},
		{b.str("validity_unit") == "", "validity unit is required", "PLAN_VALIDITY_UNIT_REQUIRED"},
		{b.num("original_price") < 0, "original price must be >= 0", "PLAN_ORIGINAL_PRICE_INVALID"},
	} {
		if rule.broken {
			c.refuse(refusal{http.StatusBadRequest, rule.message, rule.reason, nil})
			return
		}
	}
	if !c.fitsColumn() {
		return
	}
	p := h.insert(&h.plans, "plan", c.take(planForm))
	omitZeros(p.object)
	c.success(http.StatusCreated, view(p))
	h.settle(p, "plan")
}

// omitZeros drops what plans leave out of their JSON: no for_sale means false (contract 6).
func omitZeros(o object) {
	for k, v := range o {
		if v == nil || v == "" || v == false || v == 0.0 {
			delete(o, k)
		}
	}
}

func (h *Host) updatePlan(c *call) {
	p := h.plans.get(c.id)
	if p == nil {
		c.refuse(internalError)
		return
	}
	for k, v := range c.take(planForm) {
		p.object[k] = v
	}
	omitZeros(p.object)
	h.touch(p)
	c.ok(view(p))
}

func (h *Host) deletePlan(c *call) {
	if !h.plans.remove(c.id) {
		c.refuse(internalError)
		return
	}
	c.done("deleted")
}
