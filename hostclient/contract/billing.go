package contract

import "strings"

var billingCases = []testCase{
	{"a usage record names the account and the cost", "17", nil, func(e *env) {
		group := e.group(object{"rate_multiplier": 2})
		account := e.account("ok", []int64{group}, nil)
		e.settled(account)
		e.create("/channels", object{"name": e.name("channel"), "group_ids": []int64{group}, "billing_model_source": "requested",
			"model_pricing": []object{{"platform": "openai", "models": []string{"smoke-model"}, "input_price": 1e-3, "output_price": 2e-3}}})
		id, key := e.key(e.member, group)
		before := e.want(e.admin("GET", "/users/"+itoa(e.member.id), nil), 200).data.num("balance")
		r := e.answered(key, "smoke-model")
		usage := r.json.obj("usage")
		cost := (usage.num("prompt_tokens")*1e-3 + usage.num("completion_tokens")*2e-3)
		var record object
		e.eventually("the usage record is written", func() bool {
			items := e.want(e.admin("GET", "/usage?api_key_id="+itoa(id)+"&page=1&page_size=1", nil), 200).data.list("items")
			if len(items) == 1 {
				record = asObject(items[0])
			}
			return len(items) == 1
		})
		e.same("account_id", record["account_id"], account)
		e.same("group_id", record["group_id"], group)
		e.same("model", record["model"], "smoke-model")
		e.same("upstream_endpoint", record["upstream_endpoint"], "/v1/responses")
		e.close("total_cost", record.num("total_cost"), cost)
		e.close("actual_cost", record.num("actual_cost"), 2*cost)
		if e.has.modelSync {
			e.same("request_id", record["request_id"], "client:"+r.header.Get("X-Client-Request-Id"))
		}
		e.eventually("the balance is charged", func() bool {
			now := e.want(e.admin("GET", "/users/"+itoa(e.member.id), nil), 200).data.num("balance")
			return before-now > 1.9*cost && before-now < 2.1*cost
		})
	}},
	{"a conversation stays on its account, a new one goes by priority", "10", nil, func(e *env) {
		group, old, key := e.served("ok", object{"priority": 5})
		e.answered(key, "smoke-model") // "ping" is the conversation
		better := e.account("ok", []int64{group}, object{"priority": 1})
		e.settled(better)
		id, key := e.key(e.member, group)
		words := 0
		e.eventually("new words go to the better account", func() bool {
			words++
			return e.servedBy(id, key, "other words "+itoa(int64(words))) == better
		})
		for range 3 {
			e.same("the account of the old words", e.servedBy(id, key, "ping"), old)
		}
	}},
	{"a model without a price is free", "10", nil, func(e *env) {
		group, _, _ := e.served("ok", nil)
		id, key := e.key(e.member, group)
		e.answered(key, "smoke-model")
		e.eventually("the usage record is written", func() bool {
			r := e.want(e.admin("GET", "/usage?api_key_id="+itoa(id), nil), 200)
			return r.data.num("total") >= 1 && strings.Contains(r.body, `"actual_cost":0,`)
		})
	}},
}

// servedBy asks with these words and gives the account that answered, by the newest usage record.
func (e *env) servedBy(id int64, key, words string) (account int64) {
	e.Helper()
	usage := func() object {
		return e.want(e.admin("GET", "/usage?api_key_id="+itoa(id)+"&page=1&page_size=1", nil), 200).data
	}
	before := usage().num("total")
	e.want(e.call("POST", "/v1/chat/completions", key, object{"model": "smoke-model", "messages": []object{{"role": "user", "content": words}}}), 200)
	e.eventually("the usage record is written", func() bool {
		now := usage()
		if items := now.list("items"); now.num("total") > before && len(items) == 1 {
			account = int64(asObject(items[0]).num("account_id"))
		}
		return account != 0
	})
	return account
}

// close fails unless two amounts of money are equal but for rounding.
func (e *env) close(what string, have, want float64) {
	e.Helper()
	if d := have - want; d > 1e-9 || d < -1e-9 {
		e.Errorf("%s is %v, want %v", what, have, want)
	}
}

// deletionCases are the side effects of removing a group first (contract 4, 11).
var deletionCases = []testCase{
	{"what a deleted group leaves behind", "4, 11", nil, func(e *env) {
		group, account, key := e.served("ok", nil)
		subscribed := e.group(object{"subscription_type": "subscription"})
		channel := e.create("/channels", object{"name": e.name("channel"), "group_ids": []int64{group}}).id()
		plan := e.create("/payment/plans", object{"group_id": group, "name": e.name("plan"), "price": 1, "validity_days": 1, "validity_unit": "day"}).id()
		sub := e.want(e.admin("POST", "/subscriptions/assign", object{"user_id": e.member.id, "group_id": subscribed, "validity_days": 1}), 200).id()
		e.answered(key, "smoke-model")
		for _, g := range []int64{group, subscribed} {
			e.want(e.admin("DELETE", "/groups/"+itoa(g), nil), 200)
			e.want(e.admin("DELETE", "/groups/"+itoa(g), nil), 404, "GROUP_NOT_FOUND")
		}
		if _, ok := e.state(account)["group_ids"]; ok {
			e.Error("the account still has groups")
		}
		e.same("channel's groups", e.want(e.admin("GET", "/channels/"+itoa(channel), nil), 200).data["group_ids"], []int64{group})
		e.same("plan is still there", e.want(e.admin("PUT", "/payment/plans/"+itoa(plan), object{"price": 2}), 200).data["group_id"], group)
		e.want(e.admin("GET", "/subscriptions/"+itoa(sub), nil), 404)
		r := e.ask(key, "smoke-model")
		switch {
		case e.has.compliance:
			e.want(r, 500, "INTERNAL_ERROR")
		case e.has.modelSync:
			e.want(r, 403, "GROUP_DELETED")
		default:
			e.want(r, 403, "permission_error")
		}
	}},
}
