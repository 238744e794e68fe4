package fakehost

import (
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"
)

var (
	channelMissing = refusal{http.StatusNotFound, "channel not found", "CHANNEL_NOT_FOUND", nil}
	channelExists  = refusal{http.StatusConflict, "channel name already exists", "CHANNEL_EXISTS", nil}
	groupTaken     = refusal{http.StatusConflict, "one or more groups already belong to another channel", "GROUP_ALREADY_IN_CHANNEL", nil}
	badChannelID   = refusal{http.StatusBadRequest, "Invalid channel ID", "INVALID_CHANNEL_ID", nil}

	channelForm = form{"createChannelRequest", []field{
		{name: "name", kind: text, required: true, max: 100},
		{name: "description", kind: text},
		{name: "group_ids", kind: array},
		{name: "model_pricing", kind: array},
		{name: "model_mapping", kind: mapping},
		{name: "billing_model_source", kind: text, oneOf: []string{"requested", "upstream", "channel_mapped", "response_model"}},
		{name: "restrict_models", kind: boolean},
		{name: "features", kind: text},
		{name: "features_config", kind: mapping},
		{name: "apply_pricing_to_account_stats", kind: boolean},
		{name: "account_stats_pricing_rules", kind: array},
	}}
	channelUpdateForm = channelForm.optional("updateChannelRequest",
		field{name: "status", kind: text, oneOf: []string{"active", "disabled"}})
)

func (h *Host) listChannels(c *call) {
	q := c.r.URL.Query()
	rows := searched(h.channels.newest(), q.Get("search"), "name", "description")
	if status := q.Get("status"); status != "" {
		rows = keep(rows, func(x *entity) bool { return x.str("status") == status })
	}
	c.page(rows, 1, view)
}

func (h *Host) getChannel(c *call) {
	if x := h.channel(c); x != nil {
		c.ok(view(x))
	}
}

func (h *Host) channel(c *call) *entity {
	x := h.channels.get(c.id)
	if x == nil {
		c.refuse(channelMissing)
	}
	return x
}

func (h *Host) createChannel(c *call) {
	if !h.validChannel(c, channelForm) || h.conflicts(c, nil) {
		return
	}
	for _, id := range c.body.ids("group_ids") {
		if h.groups.get(id) == nil {
			h.channels.last++ // the id is used up, the channel rolled back (contract 5)
			c.refuse(internalError)
			return
		}
	}
	x := h.insert(&h.channels, "channel", h.channelFields(c, channelForm))
	h.settle(x, "channel")
	x.created = x.created.Truncate(time.Second) // whole seconds already in the create answer
	x.updated = x.created
	c.ok(view(x))
}

func (h *Host) updateChannel(c *call) {
	if !h.validChannel(c, channelUpdateForm) {
		return
	}
	x := h.channel(c)
	if x == nil || h.conflicts(c, x) {
		return
	}
	if !c.body.has("model_pricing") {
		c.body["model_pricing"] = x.list("model_pricing") // rows get new ids on any update
	}
	for k, v := range h.channelFields(c, channelUpdateForm) {
		x.object[k] = v
	}
	x.updated = h.now().Truncate(time.Second)
	c.ok(view(x))
}

func (h *Host) deleteChannel(c *call) {
	if !h.channels.remove(c.id) {
		c.refuse(channelMissing)
		return
	}
	c.done("Channel deleted successfully")
}

// channelFields are the fields to store, pricing rows completed.
func (h *Host) channelFields(c *call, f form) object {
	fields := c.take(f)
	if pricing, ok := fields["model_pricing"].([]any); ok {
		rows := make([]any, 0, len(pricing))
		for _, p := range pricing {
			row := clone(h.shapes.obj("pricing"))
			for k, v := range asObject(p) {
				if _, known := row[k]; known && v != nil {
					row[k] = v
				}
			}
			h.prices++
			row["id"] = h.prices
			rows = append(rows, row)
		}
		fields["model_pricing"] = rows
	}
	return fields
}

// conflicts refuses a name or a group that another channel has.
func (h *Host) conflicts(c *call, own *entity) bool {
	for _, x := range h.channels.all() {
		if x == own {
			continue
		}
		if x.str("name") == c.body.str("name") {
			c.refuse(channelExists)
			return true
		}
		for _, id := range c.body.ids("group_ids") {
			if slices.Contains(x.ids("group_ids"), id) {
				c.refuse(groupTaken)
				return true
			}
		}
	}
	return false
}

// validChannel checks the body; its messages have no prefix but a reason.
func (h *Host) validChannel(c *call, f form) bool {
	invalid := func(reason, format string, args ...any) bool {
		c.refuse(refusal{http.StatusBadRequest, fmt.Sprintf(format, args...), reason, nil})
		return false
	}
	if fault := f.fault(c); fault != "" {
		return invalid("VALIDATION_ERROR", "%s", fault)
	}
	var mappingKeys []platformPattern
	for platform, m := range c.body.obj("model_mapping") {
		if asObject(m) == nil {
			return invalid("VALIDATION_ERROR", "json: cannot unmarshal %s into Go struct field %s.model_mapping of type map[string]string", jsonKind(m), f.name)
		}
		for from := range asObject(m) {
			mappingKeys = append(mappingKeys, platformPattern{platform, from})
		}
	}
	if a, b, found := overlap(mappingKeys); found {
		return invalid("MAPPING_PATTERN_CONFLICT", "mapping source patterns '%s' and '%s' conflict in platform '%s': overlapping match range", a.model, b.model, a.platform)
	}
	var priced []platformPattern
	for _, p := range c.body.list("model_pricing") {
		row := asObject(p)
		for name, v := range row {
			if n, ok := v.(float64); ok && strings.HasSuffix(name, "_price") && n < 0 {
				return invalid("NEGATIVE_PRICE", "%s must be >= 0", name)
			}
		}
		if mode := row.str("billing_mode"); (mode == "per_request" || mode == "image") && !row.has("per_request_price") && len(row.list("intervals")) == 0 {
			return invalid("BILLING_MODE_MISSING_PRICE", "per-request price or intervals required for per_request/image billing mode")
		}
		for _, m := range row.list("models") {
			platform := row.str("platform")
			if platform == "" {
				platform = "anthropic"
			}
			name, _ := m.(string)
			priced = append(priced, platformPattern{platform, name})
		}
	}
	if a, b, found := overlap(priced); found {
		return invalid("MODEL_PATTERN_CONFLICT", "model patterns '%s' and '%s' conflict in platform '%s': overlapping match range", a.model, b.model, a.platform)
	}
	return true
}

// platformPattern is a model name, or a prefix ending in *, of a platform.
type platformPattern struct{ platform, model string }

// overlap finds two patterns of one platform that match a common model.
func overlap(patterns []platformPattern) (a, b platformPattern, found bool) {
	sort.SliceStable(patterns, func(i, j int) bool { return patterns[i].model < patterns[j].model })
	for i, a := range patterns {
		for _, b := range patterns[i+1:] {
			if a.platform == b.platform && (matches(a.model, b.model) || matches(b.model, a.model)) {
				return a, b, true
			}
		}
	}
	return a, b, false
}

// matches tells whether the pattern covers the model.
func matches(pattern, model string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(model, prefix)
	}
	return pattern == model
}

// channelOf is the active channel of a group, or nil.
func (h *Host) channelOf(group int64) *entity {
	return h.channels.find(func(x *entity) bool {
		return x.str("status") == "active" && slices.Contains(x.ids("group_ids"), group)
	})
}

// pricing is the channel's row for a model, or nil.
func pricing(channel *entity, platform, model string) object {
	if channel == nil {
		return nil
	}
	for _, p := range channel.list("model_pricing") {
		row := asObject(p)
		if row.str("platform") != platform {
			continue
		}
		for _, m := range row.list("models") {
			if name, _ := m.(string); matches(name, model) {
				return row
			}
		}
	}
	return nil
}

// mapped is the name that a channel forwards a model under.
func mapped(channel *entity, platform, model string) string {
	if channel == nil {
		return model
	}
	if to, ok := lookup(channel.obj("model_mapping").strings(platform), model); ok {
		return to
	}
	return model
}

// lookup finds a model in a mapping: exactly, else by the longest pattern.
func lookup(mapping map[string]string, model string) (to string, ok bool) {
	if to, ok := mapping[model]; ok {
		return to, true
	}
	best := ""
	for pattern, target := range mapping {
		if matches(pattern, model) && len(pattern) > len(best) {
			best, to, ok = pattern, target, true
		}
	}
	return to, ok
}

func (h *Host) modelPricing(c *call) {
	model := c.r.URL.Query().Get("model")
	if model == "" {
		c.refuse(refusal{http.StatusBadRequest, "model parameter is required", "MISSING_PARAMETER", object{"param": "model"}})
		return
	}
	price, ok := listPrices[model]
	if !ok {
		c.ok(object{"found": false})
		return
	}
	out := h.shapes.obj("list_price").without()
	out["found"], out["input_price"], out["output_price"], out["cache_read_price"] = true, price.input, price.output, price.cacheRead
	c.ok(out)
}
