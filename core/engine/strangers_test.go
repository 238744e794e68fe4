package engine_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"cnrelay/core"
	"cnrelay/core/kind"
)

// strangers are people who use the host beside cnrelay. What they made is theirs, as they left it.
type strangers struct {
	*lab
	made map[core.Ref]core.Fields // as they left it
	n    int
}

// theirsIn are the strangers' things, without what the host itself changes.
func (s *strangers) theirsIn(objects map[core.Ref]core.Object) map[core.Ref]core.Fields {
	out := map[core.Ref]core.Fields{}
	for ref, o := range objects {
		if _, _, marked := kind.Of(ref.Kind).MarkerOf(o); marked {
			continue
		}
		f := core.Fields{}
		for name, v := range o.Fields {
			if strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_usd") || slices.Contains(unowned, name) {
				continue
			}
			if name == "model_pricing" {
				v = pricesOf(v)
			}
			f[name] = v
		}
		out[ref] = f
	}
	return out
}

// pricesOf are a channel's prices, whatever rows they stand in.
func pricesOf(rows any) map[string]any {
	out := map[string]any{}
	for _, row := range withoutIDs(rows).([]any) {
		price := maps.Clone(row.(map[string]any))
		delete(price, "models")
		for _, model := range row.(map[string]any)["models"].([]any) {
			out[fmt.Sprint(price["platform"], " ", model)] = price
		}
	}
	return out
}

// unowned are the fields that the host changes by itself, or that a binding to an exclusive group changes.
var unowned = []string{"status", "schedulable", "extra", "error_message", "balance", "allowed_groups", "created_at", "updated_at", "last_used_at",
	"temp_unschedulable_until", "temp_unschedulable_reason", "rate_limit_reset_at", "overload_until"}

// act runs what a stranger does; what it changed of theirs is as they want it.
func (s *strangers) act(do func()) {
	all := s.objects()
	before := s.theirsIn(all)
	do()
	now := s.theirsIn(s.objects())
	for ref, fields := range now {
		if _, old := all[ref]; !old {
			s.made[ref] = fields
		}
		if s.made[ref] == nil {
			continue // ours, though its marker is gone
		}
		for field, v := range fields {
			if !reflect.DeepEqual(v, before[ref][field]) {
				s.made[ref][field] = carried(s.made[ref][field], before[ref][field], v)
			}
		}
	}
	maps.DeleteFunc(s.made, func(ref core.Ref, _ core.Fields) bool { return now[ref] == nil })
}

// carried makes the same change to a value of theirs that they made to one which held something of ours, too.
func carried(base, before, after any) any {
	if was, ok := before.(map[string]any); ok {
		out, now := map[string]any{}, asMap(after)
		maps.Copy(out, asMap(base))
		for k := range was {
			if _, still := now[k]; !still {
				delete(out, k)
			}
		}
		for k, v := range now {
			if !reflect.DeepEqual(v, was[k]) {
				out[k] = carried(out[k], was[k], v)
			}
		}
		return out
	}
	was, isList := before.([]any)
	now, stays := after.([]any)
	if !isList || !stays {
		return after
	}
	has := func(list []any, v any) bool {
		return slices.ContainsFunc(list, func(x any) bool { return reflect.DeepEqual(x, v) })
	}
	out := slices.DeleteFunc(anyOf(base), func(v any) bool { return has(was, v) && !has(now, v) })
	for _, v := range now {
		if !has(was, v) && !has(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func asMap(v any) map[string]any { m, _ := v.(map[string]any); return m }

func (s *strangers) admin(method, path string, body any) {
	s.host.Do(method, "/api/v1/admin/"+path, s.host.AdminKey(), body)
}

var paths = map[core.Kind]string{core.Group: "groups", core.Channel: "channels", core.Plan: "payment/plans", core.Account: "accounts",
	core.User: "users", core.Subscription: "subscriptions"}

func item(r core.Ref) string { return fmt.Sprintf("%s/%d", paths[r.Kind], r.ID) }

// pick draws one of the host's things of the given kinds, ours or theirs; never the host's own administrator or group.
func (s *strangers) pick(t *rapid.T, kinds ...core.Kind) core.Object {
	var list []core.Object
	for ref, o := range s.objects() {
		if slices.Contains(kinds, ref.Kind) && o.Name != "default" && o.Name != "admin@fake.test" {
			list = append(list, o)
		}
	}
	if len(list) == 0 {
		t.Skip("nothing there")
	}
	slices.SortFunc(list, func(a, b core.Object) int {
		return strings.Compare(fmt.Sprint(a.Kind, a.ID+1000), fmt.Sprint(b.Kind, b.ID+1000))
	})
	o := list[rapid.IntRange(0, len(list)-1).Draw(t, "which")]
	t.Logf("%s %q %s", o.Ref(), o.Name, o.Fields.Str(kind.Of(o.Kind).Marker))
	return o
}

// names that an import would come upon.
var tempting = []string{"acme", "acme-sub", "theirs"}

func (s *strangers) create(t *rapid.T) {
	s.n++
	name := rapid.SampledFrom(tempting).Draw(t, "name")
	switch rapid.SampledFrom([]core.Kind{core.Group, core.Channel, core.Account, core.Plan, core.User}).Draw(t, "kind") {
	case core.Group:
		kindOf := "standard"
		if name == "acme-sub" {
			kindOf = "subscription"
		}
		s.admin("POST", "groups", map[string]any{"name": name, "platform": "openai", "rate_multiplier": 1.5, "subscription_type": kindOf, "description": "by hand"})
	case core.Channel:
		ids := []int64{}
		if rapid.Bool().Draw(t, "with a group") {
			ids = append(ids, s.pick(t, core.Group).ID)
		}
		s.admin("POST", "channels", map[string]any{"name": name, "group_ids": ids, "model_mapping": map[string]any{"openai": map[string]any{"x": "other"}},
			"model_pricing": []any{map[string]any{"platform": "openai", "models": []string{"flash", "other"}, "input_price": 9e-6, "output_price": 9e-6}}})
	case core.Account:
		key := rapid.SampledFrom([]string{"sk-ok-1", "sk-ok-theirs"}).Draw(t, "key")
		s.admin("POST", "accounts", map[string]any{"name": fmt.Sprint(name, s.n), "platform": "openai", "type": "apikey", "group_ids": []int64{},
			"credentials": map[string]any{"api_key": key, "base_url": s.pack.Endpoints[0].Base}})
	case core.Plan:
		s.admin("POST", "payment/plans", map[string]any{"name": name, "group_id": s.pick(t, core.Group).ID, "price": 7, "validity_days": 30, "validity_unit": "day"})
	case core.User:
		s.admin("POST", "users", map[string]any{"email": fmt.Sprintf("u%d@x.test", s.n), "password": "secret-1", "balance": 5})
	}
}

// use lets a stranger's user live in a group: a key, and a subscription where the group wants one.
func (s *strangers) use(t *rapid.T) {
	s.n++
	email := fmt.Sprintf("v%d@x.test", s.n)
	g := s.pick(t, core.Group)
	user := s.host.Seed("users", map[string]any{"email": email, "password": "secret-1", "allowed_groups": []int64{g.ID}})
	if g.Fields.Str("subscription_type") == "subscription" {
		s.admin("POST", "subscriptions/assign", map[string]any{"user_id": user, "group_id": g.ID, "validity_days": 30})
	}
	if rapid.Bool().Draw(t, "with a key") {
		s.host.Do("POST", "/api/v1/keys", s.host.SignIn(email, "secret-1"), map[string]any{"name": "theirs", "group_id": g.ID})
	}
}

func (s *strangers) rename(t *rapid.T) {
	o := s.pick(t, core.Group, core.Channel, core.Account, core.Plan)
	s.n++
	s.admin("PUT", item(o.Ref()), map[string]any{"name": rapid.SampledFrom([]string{"acme", "acme-sub", fmt.Sprint("renamed-", s.n)}).Draw(t, "name")})
}

func (s *strangers) edit(t *rapid.T) {
	s.n++
	o := s.pick(t, core.Group, core.Channel, core.Account, core.Plan, core.User)
	var change map[string]any
	switch o.Kind {
	case core.Group:
		change = rapid.SampledFrom([]map[string]any{{"rate_multiplier": 2 + float64(s.n)}, {"is_exclusive": false}, {"description": "edited"}}).Draw(t, "change")
	case core.Channel:
		rows, _ := o.Fields["model_pricing"].([]any)
		row := map[string]any{"platform": "anthropic", "models": []any{fmt.Sprint("claude-", s.n)}, "input_price": 3e-6, "output_price": 3e-6}
		change = rapid.SampledFrom([]map[string]any{{"restrict_models": false}, {"model_pricing": append(withoutIDs(rows).([]any), row)},
			{"model_mapping": map[string]any{"openai": map[string]any{"y": "other"}}}, {"description": "edited"},
			{"group_ids": s.another(t, o)}}).Draw(t, "change")
	case core.Account:
		change = rapid.SampledFrom([]map[string]any{{"priority": 10 + s.n}, {"notes": "edited"}, {"group_ids": s.another(t, o)},
			{"group_ids": []any{}}}).Draw(t, "change")
	case core.Plan:
		change = map[string]any{"price": 10 + s.n}
	case core.User:
		change = rapid.SampledFrom([]map[string]any{{"username": fmt.Sprint("edited", s.n)}, {"notes": "edited"}}).Draw(t, "change")
	}
	s.admin("PUT", item(o.Ref()), change)
}

// another are the groups of a thing and one more.
func (s *strangers) another(t *rapid.T, o core.Object) []any {
	g := s.pick(t, core.Group).ID
	if slices.Contains(o.Fields.IDs("group_ids"), g) {
		t.Skip("in that group already")
	}
	return append(anyOf(o.Fields["group_ids"]), g)
}

func anyOf(v any) []any { list, _ := v.([]any); return slices.Clone(list) }

func (s *strangers) remove(t *rapid.T) {
	o := s.pick(t, core.Group, core.Channel, core.Account, core.Plan, core.User, core.Subscription)
	s.admin("DELETE", item(o.Ref()), nil)
	if rapid.Bool().Draw(t, "and make it anew") {
		switch o.Kind {
		case core.Group:
			s.admin("POST", "groups", map[string]any{"name": o.Name, "platform": o.Fields["platform"], "rate_multiplier": 1, "subscription_type": o.Fields["subscription_type"]})
		case core.Channel:
			s.admin("POST", "channels", map[string]any{"name": o.Name, "group_ids": o.Fields["group_ids"]})
		case core.User:
			s.admin("POST", "users", map[string]any{"email": o.Name, "password": "secret-1"})
		}
	}
}
