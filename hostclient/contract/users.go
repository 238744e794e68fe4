package contract

import "strings"

var userCases = []testCase{
	{"e-mails are unique in any case and free after deletion", "9", nil, func(e *env) {
		email := e.name("unique") + "@contract.test"
		id := e.create("/users", object{"email": email, "password": "contract-password"}).id()
		e.want(e.admin("POST", "/users", object{"email": strings.ToUpper(email), "password": "contract-password"}), 409, "EMAIL_EXISTS")
		e.want(e.admin("DELETE", "/users/"+itoa(id), nil), 200)
		e.want(e.admin("DELETE", "/users/"+itoa(id), nil), 404, "USER_NOT_FOUND")
		e.create("/users", object{"email": email, "password": "contract-password"})
	}},
	{"user validation", "9", nil, func(e *env) {
		e.want(e.admin("POST", "/users", object{}), 400)
		e.want(e.admin("POST", "/users", object{"email": e.name("short") + "@contract.test", "password": "short"}), 400)
		e.want(e.admin("GET", "/users/999999999", nil), 404, "USER_NOT_FOUND")
	}},
	{"balances", "9", nil, func(e *env) {
		id := e.create("/users", object{"email": e.name("balance") + "@contract.test", "password": "contract-password", "notes": "marker"}).id()
		path := "/users/" + itoa(id)
		change := func(operation string, usd float64) response {
			return e.admin("POST", path+"/balance", object{"balance": usd, "operation": operation})
		}
		e.same("set", e.want(change("set", 5), 200).data["balance"], 5)
		e.same("add", e.want(change("add", 2.5), 200).data["balance"], 7.5)
		e.same("subtract", e.want(change("subtract", 7.5), 200).data["balance"], 0)
		e.want(change("subtract", 1), 500)
		e.want(change("set", 0), 400)
		e.want(change("inc", 1), 400)
		e.want(e.admin("PUT", path, object{"balance": 3}), 200)
		read := e.want(e.admin("GET", path, nil), 200).data
		e.same("balance after a PUT", read["balance"], 0)
		e.same("notes", read["notes"], "marker")
	}},
	{"allowed groups must exist", "9", nil, func(e *env) {
		group := e.group(object{"is_exclusive": true})
		id := e.create("/users", object{"email": e.name("allowed") + "@contract.test", "password": "contract-password"}).id()
		path := "/users/" + itoa(id)
		e.want(e.admin("PUT", path, object{"allowed_groups": []int64{999999999}}), 500)
		e.want(e.admin("PUT", path, object{"allowed_groups": []int64{group}}), 200)
		e.same("allowed_groups", e.want(e.admin("GET", path, nil), 200).data["allowed_groups"], []int64{group})
	}},
	{"administrators cannot be deleted", "9", nil, func(e *env) {
		admins := e.want(e.admin("GET", "/users?role=admin", nil), 200).data.list("items")
		e.want(e.admin("DELETE", "/users/"+itoa(int64(asObject(admins[len(admins)-1]).num("id"))), nil), 500)
	}},
}

var keyCases = []testCase{
	{"a key is shown in full again and again", "9", nil, func(e *env) {
		group := e.group(nil)
		id, key := e.key(e.member, group)
		read := e.want(e.call("GET", "/api/v1/keys/"+itoa(id), e.member.token, nil), 200).data
		e.same("key", read["key"], key)
		e.same("group_id", read["group_id"], group)
		list := e.want(e.admin("GET", "/groups/"+itoa(group)+"/api-keys", nil), 200).data
		e.same("total", list["total"], 1)
		e.same("key for the administrator", asObject(list.list("items")[0])["key"], key)
		own := e.want(e.admin("GET", "/users/"+itoa(e.member.id)+"/api-keys?page_size=1000", nil), 200)
		e.same("listed by user", strings.Contains(own.body, key), true)
		e.want(e.call("DELETE", "/api/v1/keys/"+itoa(id), e.member.token, nil), 200)
		e.want(e.call("DELETE", "/api/v1/keys/"+itoa(id), e.member.token, nil), 404, "API_KEY_NOT_FOUND")
	}},
	{"who may bind a key to a group", "9", nil, func(e *env) {
		exclusive, subscription := e.group(object{"is_exclusive": true}), e.group(object{"subscription_type": "subscription"})
		post := func(group int64) response {
			return e.call("POST", "/api/v1/keys", e.member.token, object{"name": e.name("key"), "group_id": group})
		}
		e.want(post(exclusive), 403, "GROUP_NOT_ALLOWED")
		e.want(post(subscription), 403, "GROUP_NOT_ALLOWED")
		e.want(post(999999999), 404, "GROUP_NOT_FOUND")
		e.want(post(0), 404, "GROUP_NOT_FOUND") // no group is null, not 0
		e.want(e.admin("PUT", "/users/"+itoa(e.member.id), object{"allowed_groups": []int64{exclusive}}), 200)
		e.key(e.member, exclusive)
		e.want(e.admin("PUT", "/users/"+itoa(e.member.id), object{"allowed_groups": []int64{}}), 200)
	}},
	{"an administrator binds a key", "9", nil, func(e *env) {
		exclusive, subscription := e.group(object{"is_exclusive": true}), e.group(object{"subscription_type": "subscription"})
		id, _ := e.key(e.member, 0)
		put := func(group any) response { return e.admin("PUT", "/api-keys/"+itoa(id), object{"group_id": group}) }
		bound := e.want(put(exclusive), 200).data
		e.same("auto_granted_group_access", bound["auto_granted_group_access"], true)
		e.same("granted_group_id", bound["granted_group_id"], exclusive)
		e.same("allowed_groups", e.want(e.admin("GET", "/users/"+itoa(e.member.id), nil), 200).data["allowed_groups"], []int64{exclusive})
		e.want(put(subscription), 400, "SUBSCRIPTION_REQUIRED")
		e.want(put(999999999), 404, "GROUP_NOT_FOUND")
		e.same("null changes nothing", e.want(put(nil), 200).data.obj("api_key")["group_id"], exclusive)
		e.same("0 unbinds", e.want(put(0), 200).data.obj("api_key")["group_id"], nil)
		e.want(e.admin("PUT", "/api-keys/999999999", object{"group_id": exclusive}), 404, "API_KEY_NOT_FOUND")
		e.want(e.admin("PUT", "/users/"+itoa(e.member.id), object{"allowed_groups": []int64{}}), 200)
	}},
	{"key validation", "9", nil, func(e *env) {
		post := func(fields object) response { return e.call("POST", "/api/v1/keys", e.member.token, fields) }
		e.want(post(object{}), 400)
		e.want(post(object{"name": e.name("short"), "custom_key": "abc"}), 400, "API_KEY_TOO_SHORT")
		custom := strings.ReplaceAll(e.prefix, "-", "_") + "_custom_key"
		made := e.want(post(object{"name": e.name("custom"), "custom_key": custom}), 200)
		e.Cleanup(func() { e.call("DELETE", "/api/v1/keys/"+itoa(made.id()), e.member.token, nil) })
		e.want(post(object{"name": e.name("again"), "custom_key": custom}), 409, "API_KEY_EXISTS")
	}},
}

var subscriptionCases = []testCase{
	{"assigning, repeating, extending and revoking", "9", nil, func(e *env) {
		group := e.group(object{"subscription_type": "subscription"})
		assign := func(days int, notes string) response {
			return e.admin("POST", "/subscriptions/assign", object{"user_id": e.member.id, "group_id": group, "validity_days": days, "notes": notes})
		}
		first := e.want(assign(3, "marker"), 200)
		e.deleteAfter("/subscriptions", first.id())
		e.same("notes", first.data["notes"], "marker")
		e.same("status", first.data["status"], "active")
		e.same("the same again", e.want(assign(3, "marker"), 200).id(), first.id())
		other := e.want(assign(9, "marker"), 409, "SUBSCRIPTION_ASSIGN_CONFLICT")
		e.same("metadata", other.json["metadata"], object{"conflict_reason": "validity_days_mismatch"})
		path := "/subscriptions/" + itoa(first.id())
		extended := e.want(e.admin("POST", path+"/extend", object{"days": 2}), 200).data
		if extended.str("expires_at") <= first.data.str("expires_at") {
			e.Errorf("extended from %v to %v", first.data["expires_at"], extended["expires_at"])
		}
		listed := e.want(e.admin("GET", "/subscriptions?user_id="+itoa(e.member.id)+"&group_id="+itoa(group), nil), 200).data
		e.same("total", listed["total"], 1)
		e.same("id", asObject(listed.list("items")[0])["id"], first.id())
		e.want(e.admin("DELETE", path, nil), 200)
		e.want(e.admin("DELETE", path, nil), 404, "SUBSCRIPTION_NOT_FOUND")
		e.want(e.admin("GET", path, nil), 404, "SUBSCRIPTION_NOT_FOUND")
		rest := e.want(e.admin("GET", "/subscriptions?user_id="+itoa(e.member.id)+"&group_id="+itoa(group), nil), 200).data.list("items")
		if e.has.compliance { // 0.1.179 goes on listing it
			e.same("listed", len(rest), 1)
			e.same("status", asObject(rest[0])["status"], "revoked")
		} else {
			e.same("listed", len(rest), 0)
		}
		again := e.want(assign(3, "marker"), 200)
		e.deleteAfter("/subscriptions", again.id())
		if again.id() == first.id() {
			e.Error("a new assignment has the old id")
		}
	}},
	{"subscriptions that cannot be", "9", nil, func(e *env) {
		standard, group := e.group(nil), e.group(object{"subscription_type": "subscription"})
		assign := func(user, group int64) response {
			return e.admin("POST", "/subscriptions/assign", object{"user_id": user, "group_id": group, "validity_days": 1})
		}
		e.want(assign(e.member.id, standard), 400, "GROUP_NOT_SUBSCRIPTION_TYPE")
		e.want(assign(e.member.id, 999999999), 404, "GROUP_NOT_FOUND")
		e.want(assign(999999999, group), 500)
		e.want(e.admin("POST", "/subscriptions/assign", object{}), 400)
		empty := e.want(e.admin("GET", "/subscriptions?group_id="+itoa(group), nil), 200).data
		e.same("pages of nothing", empty["pages"], 0)
	}},
}
