package contract

import (
	"net/http"
	"strings"
)

var surfaceCases = []testCase{
	{"public facts need no credentials", "1", nil, func(e *env) {
		e.same("health", e.want(e.call("GET", "/health", "", nil), 200).json, object{"status": "ok"})
		setup := e.want(e.call("GET", "/setup/status", "", nil), 200)
		e.same("needs_setup", setup.data["needs_setup"], false)
		settings := e.want(e.call("GET", "/api/v1/settings/public", "", nil), 200).data
		for _, k := range []string{"version", "turnstile_enabled", "backend_mode_enabled", "registration_enabled"} {
			if _, ok := settings[k]; !ok {
				e.Errorf("public settings lack %s", k)
			}
		}
		e.same("system version", e.want(e.admin("GET", "/system/version", nil), 200).data["version"], settings["version"])
	}},
	{"unknown paths are plain text 404 before authorisation", "1", nil, func(e *env) {
		for _, r := range []response{
			e.call("GET", "/api/v1/admin/does-not-exist", "", nil),
			e.admin("GET", "/does-not-exist", nil),
			e.admin("PATCH", "/groups/1", object{}),
			e.admin("GET", "/payment/plans/1", nil),
			e.admin("POST", "/api-keys", object{}),
			e.call("GET", "//api/v1/admin/groups", "", nil),
		} {
			e.want(r, 404)
			if !strings.HasPrefix(r.header.Get("Content-Type"), "text/plain") || r.body != "404 page not found" {
				e.Errorf("%s: %q", r.header.Get("Content-Type"), r.body)
			}
		}
	}},
	{"a trailing slash is redirected", "1", nil, func(e *env) {
		for method, status := range map[string]int{"GET": 301, "POST": 307} {
			r := e.want(e.admin(method, "/groups/", nil), status)
			e.same("Location", r.header.Get("Location"), "/api/v1/admin/groups")
		}
	}},
	{"the admin authorisation matrix", "1", nil, func(e *env) {
		const path = "/api/v1/admin/groups?page_size=1"
		header := func(kv ...string) http.Header {
			h := http.Header{}
			for i := 0; i < len(kv); i += 2 {
				h.Set(kv[i], kv[i+1])
			}
			return h
		}
		for _, x := range []struct {
			header http.Header
			status int
			code   string
		}{
			{header(), 401, "UNAUTHORIZED"},
			{header("Authorization", "Basic eDp5"), 401, "UNAUTHORIZED"},
			{header("x-api-key", "wrong"), 401, "INVALID_ADMIN_KEY"},
			{header("Authorization", "Bearer "+e.AdminKey), 401, "INVALID_TOKEN"},
			{header("Authorization", "Bearer a.b.c"), 401, "INVALID_TOKEN"},
			{header("Authorization", "Bearer "+e.member.token), 403, "FORBIDDEN"},
			{header("Authorization", "Bearer "+e.member.token, "x-api-key", "wrong"), 401, "INVALID_ADMIN_KEY"},
			{header("Authorization", "Bearer a.b.c", "x-api-key", e.AdminKey), 200, ""},
		} {
			e.want(e.send("GET", path, x.header, nil), x.status, x.code)
		}
		e.want(e.call("GET", "/api/v1/auth/me", e.AdminKey, nil), 401, "UNAUTHORIZED")
		e.want(e.call("GET", "/api/v1/keys", e.AdminKey, nil), 401, "UNAUTHORIZED")
	}},
	{"sign-in and refresh", "1", nil, func(e *env) {
		m := e.newMember("signin", 0)
		e.want(e.call("POST", "/api/v1/auth/login", "", object{"email": m.email, "password": "wrong"}), 401, "INVALID_CREDENTIALS")
		e.want(e.call("POST", "/api/v1/auth/login", "", object{"email": e.name("nobody") + "@contract.test", "password": "wrong"}), 401, "INVALID_CREDENTIALS")
		e.want(e.call("POST", "/api/v1/auth/login", "", object{}), 400)
		first := e.want(e.call("POST", "/api/v1/auth/login", "", object{"email": m.email, "password": m.password}), 200).data
		e.same("token_type", first["token_type"], "Bearer")
		e.same("expires_in", first["expires_in"], 86400)
		e.same("user", first.obj("user").num("id"), m.id)
		refresh := object{"refresh_token": first["refresh_token"]}
		second := e.want(e.call("POST", "/api/v1/auth/refresh", "", refresh), 200).data
		if second.str("access_token") == "" || second.str("refresh_token") == first.str("refresh_token") {
			e.Errorf("refresh gave %v", second)
		}
		e.want(e.call("POST", "/api/v1/auth/refresh", "", refresh), 401, "REFRESH_TOKEN_INVALID")
		e.want(e.call("GET", "/api/v1/auth/me", first.str("access_token"), nil), 200)
	}},
	{"a disabled user cannot sign in", "1, 9", nil, func(e *env) {
		m := e.newMember("disabled", 0)
		e.want(e.admin("PUT", "/users/"+itoa(m.id), object{"status": "disabled"}), 200)
		e.want(e.call("POST", "/api/v1/auth/login", "", object{"email": m.email, "password": m.password}), 403, "USER_NOT_ACTIVE")
		e.want(e.call("GET", "/api/v1/auth/me", m.token, nil), 401)
	}},
	{"pages", "2", nil, func(e *env) {
		mark := e.name("pages")
		for i := range 3 {
			e.group(object{"name": mark + "-" + itoa(int64(i))})
		}
		list := func(query string) object {
			return e.want(e.admin("GET", "/groups?search="+mark+"&"+query, nil), 200).data
		}
		e.same("items of a page of 2", len(list("page_size=2").list("items")), 2)
		e.same("pages", list("page_size=2")["pages"], 2)
		e.same("total", list("page_size=2")["total"], 3)
		e.same("items of page 2", len(list("page_size=2&page=2").list("items")), 1)
		e.same("items beyond the end", list("page_size=2&page=9")["items"], []any{})
		e.same("the largest page", list("page_size=1000")["page_size"], 1000)
		e.same("too large a page", list("page_size=1001")["page_size"], 20)
		e.same("limit", list("limit=1")["page_size"], 1)
		upper := e.want(e.admin("GET", "/groups?search="+strings.ToUpper(mark), nil), 200).data
		e.same("found in any case", upper["total"], 3)
	}},
	{"harmless probes of writing routes", "13", nil, func(e *env) {
		e.same("PUT api-keys/x", e.want(e.admin("PUT", "/api-keys/x", object{}), 400).isEnvelope(), true)
		e.same("recover-state", e.want(e.admin("POST", "/accounts/x/recover-state", nil), 400).isEnvelope(), true)
		e.want(e.call("POST", "/v1/chat/completions", "", nil), 401, "API_KEY_REQUIRED")
		sync := e.admin("POST", "/accounts/x/models/sync-upstream", nil)
		e.same("sync-upstream exists", sync.status == 400 && sync.isEnvelope(), e.has.modelSync)
		for _, list := range []string{"/channels?page_size=1", "/payment/plans", "/ops/account-availability", "/payment/config"} {
			e.same(list, e.want(e.admin("GET", list, nil), 200).isEnvelope(), true)
		}
	}},
	{"the first administrator has an id and a creation time", "17", nil, func(e *env) {
		items := e.want(e.admin("GET", "/users?role=admin", nil), 200).data.list("items")
		if len(items) == 0 || asObject(items[len(items)-1]).num("id") == 0 || asObject(items[len(items)-1]).str("created_at") == "" {
			e.Errorf("administrators: %v", items)
		}
		for _, u := range items {
			e.same("role", asObject(u)["role"], "admin")
		}
	}},
	{"the compliance document and its phrase", "14", latest, func(e *env) {
		c := e.want(e.admin("GET", "/compliance", nil), 200).data
		for _, k := range []string{"version", "ack_phrase_en", "ack_phrase_zh", "document_url_en", "document_url_zh"} {
			if c.str(k) == "" {
				e.Errorf("compliance lacks %s", k)
			}
		}
		e.want(e.admin("POST", "/compliance/accept", object{"phrase": "no"}), 400, "ADMIN_COMPLIANCE_INVALID_PHRASE")
	}},
}

// lastCases come after all others: the first uses up the sign-ins of a minute.
var lastCases = []testCase{
	{"the sign-in limit", "1", nil, func(e *env) {
		wrong := object{"email": e.name("nobody") + "@contract.test", "password": "wrong"}
		var r response
		for range 21 {
			if r = e.call("POST", "/api/v1/auth/login", "", wrong); r.status == http.StatusTooManyRequests {
				break
			}
		}
		e.want(r, 429)
		e.same("error", r.json["error"], "rate limit exceeded")
		e.same("Retry-After is given", r.header.Get("Retry-After") != "", e.has.compliance)
	}},
	{"nothing of this run is left", "11", nil, func(e *env) {
		e.want(e.admin("DELETE", "/users/"+itoa(e.member.id), nil), 200)
		for _, list := range []string{"/groups", "/channels", "/accounts", "/users"} {
			found := e.want(e.admin("GET", list+"?page_size=1000&search="+e.prefix, nil), 200).data
			for _, x := range found.list("items") {
				e.Errorf("%s: %s%s is left", list, asObject(x).str("name"), asObject(x).str("email"))
			}
		}
		for _, p := range e.want(e.admin("GET", "/payment/plans", nil), 200).json.list("data") {
			if strings.HasPrefix(asObject(p).str("name"), e.prefix) {
				e.Errorf("plan %s is left", asObject(p).str("name"))
			}
		}
	}},
}
