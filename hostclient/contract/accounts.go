package contract

import (
	"net/http"
	"strings"
)

var accountCases = []testCase{
	{"a create answer lacks the groups", "7", nil, func(e *env) {
		group := e.group(nil)
		made := e.create("/accounts", e.accountFields("ok", []int64{group}))
		if _, ok := made.data["group_ids"]; ok {
			e.Errorf("group_ids in a create answer: %v", made.data["group_ids"])
		}
		read := e.state(made.id())
		e.same("group_ids", read["group_ids"], []int64{group})
		e.same("account_groups", asObject(read.list("account_groups")[0])["group_id"], group)
		e.same("groups", asObject(read.list("groups")[0])["id"], group)
		e.want(e.admin("PUT", "/accounts/"+itoa(made.id()), object{"group_ids": []int64{}}), 200)
		if _, ok := e.state(made.id())["group_ids"]; ok {
			e.Error("group_ids after detaching")
		}
	}},
	{"an account with an unknown group is created all the same", "7, 12.1", nil, func(e *env) {
		fields := e.accountFields("ok", []int64{999999999})
		e.want(e.admin("POST", "/accounts", fields), 500)
		found := e.want(e.admin("GET", "/accounts?search="+fields.str("name"), nil), 200).data.list("items")
		if len(found) != 1 {
			e.Fatalf("found %v", found)
		}
		orphan := asObject(found[0])
		e.deleteAfter("/accounts", int64(orphan.num("id")))
		e.same("status", orphan["status"], "active")
		if _, ok := orphan["group_ids"]; ok {
			e.Errorf("orphan with groups: %v", orphan["group_ids"])
		}
	}},
	{"schedulable and status are ignored on create", "7", nil, func(e *env) {
		id := e.account("ok", nil, object{"schedulable": false, "status": "inactive"})
		e.same("schedulable", e.state(id)["schedulable"], true)
		e.same("status", e.state(id)["status"], "active")
	}},
	{"account names are not unique", "3", nil, func(e *env) {
		fields := e.accountFields("ok", nil)
		e.create("/accounts", fields)
		e.create("/accounts", fields)
		e.same("found", e.want(e.admin("GET", "/accounts?search="+fields.str("name"), nil), 200).data["total"], 2)
	}},
	{"Idempotency-Key on accounts", "3", nil, func(e *env) {
		fields := e.accountFields("ok", nil)
		post := func(key string, fields object) response {
			return e.send("POST", "/api/v1/admin/accounts", http.Header{"X-Api-Key": {e.AdminKey}, "Idempotency-Key": {key}}, fields)
		}
		first := e.want(post(e.prefix+"-once", fields), 200)
		e.deleteAfter("/accounts", first.id())
		again := e.want(post(e.prefix+"-once", fields), 200)
		e.same("id", again.id(), first.id())
		e.same("replayed", again.header.Get("X-Idempotency-Replayed"), "true")
		e.want(post(e.prefix+"-once", merged(e.accountFields("ok", nil), object{"priority": 9})), 409, "IDEMPOTENCY_KEY_CONFLICT")
		e.want(post("with space", fields), 400, "IDEMPOTENCY_KEY_INVALID")
		e.want(post(strings.Repeat("k", 129), fields), 400, "IDEMPOTENCY_KEY_INVALID")
	}},
	{"account validation", "7", nil, func(e *env) {
		e.want(e.admin("POST", "/accounts", object{}), 400)
		e.want(e.admin("POST", "/accounts", merged(e.accountFields("ok", nil), object{"type": "api_key"})), 400)
		e.want(e.admin("GET", "/accounts/abc", nil), 400)
		e.want(e.admin("GET", "/accounts/999999999", nil), 404, "ACCOUNT_NOT_FOUND")
		e.want(e.admin("PUT", "/accounts/999999999", object{"name": "x"}), 404, "ACCOUNT_NOT_FOUND")
		e.want(e.admin("GET", "/accounts?group=abc", nil), 400, "INVALID_GROUP_FILTER")
		id := e.account("ok", nil, nil)
		e.want(e.admin("PUT", "/accounts/"+itoa(id), object{"group_ids": []int64{999999999}}), 404, "GROUP_NOT_FOUND")
		e.want(e.admin("PUT", "/accounts/"+itoa(id), object{"status": "disabled"}), 400)
	}},
	{"accounts are listed by group", "7", nil, func(e *env) {
		group := e.group(nil)
		in, out := e.account("ok", []int64{group}, nil), e.account("ok", nil, nil)
		list := e.want(e.admin("GET", "/accounts?group="+itoa(group), nil), 200).data
		e.same("total", list["total"], 1)
		e.same("id", asObject(list.list("items")[0])["id"], in)
		ungrouped := e.want(e.admin("GET", "/accounts?group=ungrouped&page_size=1000&search="+e.prefix, nil), 200).data
		for _, x := range ungrouped.list("items") {
			if asObject(x).num("id") == float64(in) {
				e.Error("the account of the group is listed as ungrouped")
			}
		}
		e.same("ungrouped has it", strings.Contains(e.want(e.admin("GET", "/accounts?group=ungrouped&page_size=1000", nil), 200).body, `"id":`+itoa(out)+`,`), true)
	}},
	{"deleting a missing account is 200", "7, 12.8", nil, func(e *env) {
		id := e.account("ok", nil, nil)
		for range 2 {
			e.want(e.admin("DELETE", "/accounts/"+itoa(id), nil), 200)
			e.want(e.admin("GET", "/accounts/"+itoa(id), nil), 404, "ACCOUNT_NOT_FOUND")
		}
	}},
	{"upstream keys are hidden and kept", "7, 12.7", modern, func(e *env) {
		made := e.create("/accounts", e.accountFields("ok", nil))
		for _, a := range []object{made.data, e.state(made.id())} {
			if strings.Contains(a.obj("credentials").str("api_key"), "sk-") {
				e.Error("the key shows")
			}
			e.same("has_api_key", a.obj("credentials_status")["has_api_key"], true)
		}
		put := e.want(e.admin("PUT", "/accounts/"+itoa(made.id()), object{"credentials": object{"base_url": e.Upstream}}), 200).data
		e.same("has_api_key", put.obj("credentials_status")["has_api_key"], true)
		e.same("credentials", put["credentials"], object{"base_url": e.Upstream})
		test := e.test(made.id(), "smoke-model")
		e.same("last frame", test.last()["type"], "test_complete")
	}},
	{"upstream keys show and are lost by an update without them", "7, 12.7", older, func(e *env) {
		made := e.create("/accounts", e.accountFields("ok", nil))
		e.same("api_key", e.state(made.id()).obj("credentials")["api_key"], e.credentials("ok")["api_key"])
		put := e.want(e.admin("PUT", "/accounts/"+itoa(made.id()), object{"credentials": object{"base_url": e.Upstream}}), 200).data
		e.same("credentials", put["credentials"], object{"base_url": e.Upstream})
		e.same("last frame", e.test(made.id(), "smoke-model").last()["error"], "No API key available")
	}},
	{"extra and credentials are replaced wholly", "7", nil, func(e *env) {
		id := e.account("ok", nil, object{"extra": object{"first": 1}})
		e.settled(id)
		e.want(e.admin("PUT", "/accounts/"+itoa(id), object{"extra": object{"second": 2}}), 200)
		extra := e.state(id).obj("extra")
		if _, ok := extra["first"]; ok || extra["second"] != 2.0 {
			e.Errorf("extra is %v", extra)
		}
		e.want(e.admin("PUT", "/accounts/"+itoa(id), object{"credentials": object{}}), 200)
		e.same("base_url after {}", e.state(id).obj("credentials")["base_url"], e.Upstream)
	}},
	{"an empty body switches schedulable off", "7, 12.11", nil, func(e *env) {
		id := e.account("ok", nil, nil)
		path := "/accounts/" + itoa(id) + "/schedulable"
		e.same("after {}", e.want(e.admin("POST", path, object{}), 200).data["schedulable"], false)
		e.same("after true", e.want(e.admin("POST", path, object{"schedulable": true}), 200).data["schedulable"], true)
	}},
	{"the probe of a new account", "7", modern, func(e *env) {
		for behaviour, supported := range map[string]bool{"ok": true, "chatonly": false, "401": true} {
			id := e.account(behaviour, nil, nil)
			e.settled(id)
			e.same(behaviour, e.state(id).obj("extra")["openai_responses_supported"], supported)
		}
	}},
	{"notes are kept", "17", nil, func(e *env) {
		id := e.account("ok", nil, object{"notes": "cnrelay:marker"})
		e.same("notes", e.state(id)["notes"], "cnrelay:marker")
	}},
	{"an account's models are those of its mapping", "7", nil, func(e *env) {
		id := e.account("ok", nil, nil)
		models := e.want(e.admin("GET", "/accounts/"+itoa(id)+"/models", nil), 200).json.list("data")
		e.same("models", len(models), 1)
		e.same("model", asObject(models[0])["id"], "smoke-model")
	}},
	{"the host reads an upstream's list without storing anything", "7", modern, func(e *env) {
		ask := func(behaviour string) response {
			return e.admin("POST", "/accounts/models/sync-upstream-preview", object{"platform": "openai", "type": "apikey", "base_url": e.Upstream, "api_key": "sk-" + behaviour + "-" + e.prefix})
		}
		e.same("smoke-model is there", strings.Contains(e.want(ask("ok"), 200).body, `"smoke-model"`), true)
		e.same("message", e.want(ask("401"), 502).message(), "Upstream model list request failed with HTTP 401")
		e.want(e.admin("POST", "/accounts/models/sync-upstream-preview", object{"platform": "openai"}), 400)
	}},
}

// settled waits for the host's probe of a new account, on hosts that make one.
func (e *env) settled(account int64) {
	e.Helper()
	if e.has.modelSync {
		e.eventually("the host probed the upstream", func() bool {
			_, ok := e.state(account).obj("extra")["openai_responses_supported"]
			return ok
		})
	}
}
