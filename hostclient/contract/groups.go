package contract

import (
	"strings"
	"time"
)

var groupCases = []testCase{
	{"a group's rate multiplier must be positive", "4, 12.6", nil, func(e *env) {
		for _, fields := range []object{{}, {"rate_multiplier": 0}, {"rate_multiplier": -1}} {
			r := e.want(e.admin("POST", "/groups", merged(object{"name": e.name("rate"), "platform": "openai"}, fields)), 500)
			e.same("message", r.message(), "internal error")
		}
	}},
	{"group names are unique over all platforms and free after deletion", "4", nil, func(e *env) {
		name := e.name("unique")
		id := e.group(object{"name": name})
		e.want(e.admin("POST", "/groups", object{"name": name, "platform": "anthropic", "rate_multiplier": 1}), 409, "GROUP_EXISTS")
		e.want(e.admin("DELETE", "/groups/"+itoa(id), nil), 200)
		e.group(object{"name": name})
	}},
	{"group validation", "4", nil, func(e *env) {
		for _, fields := range []object{
			{"rate_multiplier": 1},
			{"name": e.name("platform"), "platform": "no-such-platform", "rate_multiplier": 1},
			{"name": e.name("type"), "platform": "openai", "subscription_type": "forever", "rate_multiplier": 1},
		} {
			r := e.want(e.admin("POST", "/groups", fields), 400)
			if !strings.HasPrefix(r.message(), "Invalid request: ") {
				e.Errorf("message %q", r.message())
			}
		}
		e.want(e.admin("GET", "/groups/abc", nil), 400)
		e.want(e.admin("GET", "/groups/999999999", nil), 404, "GROUP_NOT_FOUND")
	}},
	{"names longer than 100 characters", "12.6", nil, func(e *env) {
		long := strings.Repeat("x", 101)
		for collection, fields := range map[string]object{
			"/groups":        {"platform": "openai", "rate_multiplier": 1},
			"/accounts":      e.accountFields("ok", nil),
			"/payment/plans": {"group_id": 1, "price": 1, "validity_days": 1, "validity_unit": "day"},
		} {
			e.want(e.admin("POST", collection, merged(fields, object{"name": long})), 500)
		}
		e.want(e.admin("POST", "/channels", object{"name": long}), 400, "VALIDATION_ERROR")
	}},
	{"unknown fields of a group are ignored", "1", nil, func(e *env) {
		r := e.create("/groups", object{"name": e.name("unknown"), "platform": "openai", "rate_multiplier": 1, "no_such_field": 1})
		if _, ok := r.data["no_such_field"]; ok {
			e.Errorf("kept: %v", r.data)
		}
	}},
	{"a create answers with nanoseconds, a read with microseconds", "2", nil, func(e *env) {
		for collection, fields := range map[string]object{
			"/groups":   {"name": e.name("times"), "platform": "openai", "rate_multiplier": 1},
			"/accounts": e.accountFields("ok", nil),
			"/users":    {"email": e.name("times") + "@contract.test", "password": "contract-password"},
		} {
			created := e.create(collection, fields)
			first, err := time.Parse(time.RFC3339Nano, created.data.str("created_at"))
			if err != nil {
				e.Fatal(err)
			}
			read := e.want(e.admin("GET", collection+"/"+itoa(created.id()), nil), 200).data.str("created_at")
			e.same(collection+" created_at", read, first.Round(time.Microsecond).Format(time.RFC3339Nano))
		}
	}},
	{"a group update is partial", "4", nil, func(e *env) {
		id := e.group(object{"description": "first", "is_exclusive": true})
		path := "/groups/" + itoa(id)
		before := e.want(e.admin("GET", path, nil), 200).data
		e.want(e.admin("PUT", path, object{"description": "second"}), 200)
		after := e.want(e.admin("GET", path, nil), 200).data
		e.same("description", after["description"], "second")
		for k, v := range before {
			if k != "description" && k != "updated_at" {
				e.same(k, after[k], v)
			}
		}
		e.want(e.admin("PUT", path, object{"status": "disabled"}), 400)
		e.want(e.admin("PUT", path, object{"status": "inactive"}), 200)
		e.want(e.admin("PUT", "/groups/999999999", object{"description": "x"}), 404, "GROUP_NOT_FOUND")
	}},
}

var channelCases = []testCase{
	{"a channel keeps what it was given", "5", nil, func(e *env) {
		group := e.group(nil)
		made := e.create("/channels", object{"name": e.name("full"), "group_ids": []int64{group}, "restrict_models": true, "billing_model_source": "requested",
			"model_mapping": object{"openai": object{"alias": "smoke-model"}},
			"model_pricing": []object{{"platform": "openai", "models": []string{"smoke-model"}, "input_price": 2.7e-7, "output_price": 1.1e-6}}})
		read := e.want(e.admin("GET", "/channels/"+itoa(made.id()), nil), 200).data
		e.same("created_at", read["created_at"], made.data["created_at"])
		if _, err := time.Parse("2006-01-02T15:04:05Z", read.str("created_at")); err != nil {
			e.Errorf("created_at: %v", err)
		}
		e.same("status", read["status"], "active")
		e.same("group_ids", read["group_ids"], []int64{group})
		e.same("model_mapping", read["model_mapping"], object{"openai": object{"alias": "smoke-model"}})
		row := asObject(read.list("model_pricing")[0])
		e.same("input_price", row["input_price"], 2.7e-7)
		e.same("billing_mode", row["billing_mode"], "token")
	}},
	{"channel names are unique and a group has one channel", "5", nil, func(e *env) {
		group, name := e.group(nil), e.name("unique")
		e.create("/channels", object{"name": name, "group_ids": []int64{group}})
		e.want(e.admin("POST", "/channels", object{"name": name}), 409, "CHANNEL_EXISTS")
		e.want(e.admin("POST", "/channels", object{"name": e.name("second"), "group_ids": []int64{group}}), 409, "GROUP_ALREADY_IN_CHANNEL")
	}},
	{"a channel with an unknown group is rolled back", "5, 12.1", nil, func(e *env) {
		name := e.name("orphan")
		e.want(e.admin("POST", "/channels", object{"name": name, "group_ids": []int64{999999999}}), 500)
		e.same("found", e.want(e.admin("GET", "/channels?search="+name, nil), 200).data["total"], 0)
	}},
	{"channel validation", "5", nil, func(e *env) {
		priced := func(rows ...object) object { return object{"name": e.name("bad"), "model_pricing": rows} }
		for _, x := range []struct {
			fields object
			reason string
		}{
			{object{}, "VALIDATION_ERROR"},
			{object{"name": e.name("flat"), "model_mapping": object{"a": "b"}}, "VALIDATION_ERROR"},
			{object{"name": e.name("source"), "billing_model_source": "no"}, "VALIDATION_ERROR"},
			{object{"name": e.name("map"), "model_mapping": object{"openai": object{"x*": "y", "xy": "z"}}}, "MAPPING_PATTERN_CONFLICT"},
			{priced(object{"platform": "openai", "models": []string{"a*"}}, object{"platform": "openai", "models": []string{"abc"}}), "MODEL_PATTERN_CONFLICT"},
			{priced(object{"platform": "openai", "models": []string{"m"}, "billing_mode": "per_request"}), "BILLING_MODE_MISSING_PRICE"},
			{priced(object{"platform": "openai", "models": []string{"m"}, "input_price": -1}), "NEGATIVE_PRICE"},
		} {
			e.want(e.admin("POST", "/channels", x.fields), 400, x.reason)
		}
		e.want(e.admin("GET", "/channels/abc", nil), 400, "INVALID_CHANNEL_ID")
		e.want(e.admin("GET", "/channels/999999999", nil), 404, "CHANNEL_NOT_FOUND")
	}},
	{"pricing without a platform is for anthropic", "5", nil, func(e *env) {
		made := e.create("/channels", object{"name": e.name("bare"), "model_pricing": []object{{"models": []string{"m"}, "input_price": 1e-6}}})
		e.same("platform", asObject(made.data.list("model_pricing")[0])["platform"], "anthropic")
	}},
	{"a channel update keeps what is absent and replaces what is there", "5", nil, func(e *env) {
		group := e.group(nil)
		made := e.create("/channels", object{"name": e.name("update"), "group_ids": []int64{group}, "model_mapping": object{"openai": object{"a": "b"}},
			"model_pricing": []object{{"platform": "openai", "models": []string{"m"}, "input_price": 1e-6}}})
		path := "/channels/" + itoa(made.id())
		kept := e.want(e.admin("PUT", path, object{"restrict_models": true}), 200).data
		e.same("model_mapping", kept["model_mapping"], made.data["model_mapping"])
		e.same("group_ids", kept["group_ids"], []int64{group})
		e.same("pricing rows", len(kept.list("model_pricing")), 1)
		replaced := e.want(e.admin("PUT", path, object{"model_mapping": object{"openai": object{"c": "d"}}, "group_ids": []int64{}}), 200).data
		e.same("model_mapping", replaced["model_mapping"], object{"openai": object{"c": "d"}})
		e.same("group_ids", replaced["group_ids"], []any{})
		e.want(e.admin("PUT", path, object{"status": "inactive"}), 400, "VALIDATION_ERROR")
		e.same("status", e.want(e.admin("PUT", path, object{"status": "disabled"}), 200).data["status"], "disabled")
		e.want(e.admin("PUT", "/channels/999999999", object{"description": "x"}), 404, "CHANNEL_NOT_FOUND")
	}},
	{"the host's price list", "5", nil, func(e *env) {
		e.same("found", e.want(e.admin("GET", "/channels/model-pricing?model=deepseek-chat", nil), 200).data["found"], true)
		e.same("unknown", e.want(e.admin("GET", "/channels/model-pricing?model="+e.prefix, nil), 200).data, object{"found": false})
		e.want(e.admin("GET", "/channels/model-pricing", nil), 400, "MISSING_PARAMETER")
	}},
}

var planCases = []testCase{
	{"plans answer 201 and leave out what is zero", "6", nil, func(e *env) {
		r := e.create("/payment/plans", object{"group_id": e.group(nil), "name": e.name("zero"), "price": 9.9, "validity_days": 30, "validity_unit": "day", "for_sale": false, "sort_order": 0})
		e.want(r, 201)
		for _, k := range []string{"for_sale", "sort_order", "description", "original_price"} {
			if _, ok := r.data[k]; ok {
				e.Errorf("%s is there: %v", k, r.data)
			}
		}
		sold := e.want(e.admin("PUT", "/payment/plans/"+itoa(r.id()), object{"for_sale": true}), 200).data
		e.same("for_sale", sold["for_sale"], true)
		e.same("price", sold["price"], 9.9)
		found := false
		for _, p := range e.want(e.admin("GET", "/payment/plans", nil), 200).json.list("data") {
			found = found || asObject(p).num("id") == float64(r.id())
		}
		e.same("listed", found, true)
	}},
	{"plan validation", "6", nil, func(e *env) {
		good := func(change object) object {
			return merged(object{"group_id": 1, "name": e.name("plan"), "price": 1, "validity_days": 1, "validity_unit": "day"}, change)
		}
		for reason, change := range map[string]object{
			"PLAN_NAME_REQUIRED":          {"name": ""},
			"PLAN_PRICE_INVALID":          {"price": 0},
			"PLAN_GROUP_REQUIRED":         {"group_id": 0},
			"PLAN_VALIDITY_REQUIRED":      {"validity_days": 0},
			"PLAN_VALIDITY_UNIT_REQUIRED": {"validity_unit": ""},
			"PLAN_ORIGINAL_PRICE_INVALID": {"original_price": -1},
		} {
			e.want(e.admin("POST", "/payment/plans", good(change)), 400, reason)
		}
	}},
	{"a plan does not ask whether its group exists, nor for a name of its own", "6", nil, func(e *env) {
		fields := object{"group_id": 999999999, "name": e.name("dangling"), "price": 1, "validity_days": 1, "validity_unit": "fortnight"}
		e.create("/payment/plans", fields)
		e.create("/payment/plans", fields)
	}},
	{"a missing plan is 500", "6, 12.8", nil, func(e *env) {
		id := e.create("/payment/plans", object{"group_id": 1, "name": e.name("twice"), "price": 1, "validity_days": 1, "validity_unit": "day"}).id()
		e.same("message", e.want(e.admin("DELETE", "/payment/plans/"+itoa(id), nil), 200).data["message"], "deleted")
		e.want(e.admin("DELETE", "/payment/plans/"+itoa(id), nil), 500)
		e.want(e.admin("PUT", "/payment/plans/"+itoa(id), object{"price": 2}), 500)
	}},
}
