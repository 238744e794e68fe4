package fakehost

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

var (
	accountMissing = refusal{http.StatusNotFound, "account not found", "ACCOUNT_NOT_FOUND", nil}
	badAccountID   = refusal{status: http.StatusBadRequest, message: "Invalid account ID"}

	accountForm = form{"CreateAccountRequest", []field{
		{name: "name", kind: text, required: true},
		{name: "notes", kind: text},
		{name: "platform", kind: text, required: true}, // any string: contract 7
		{name: "type", kind: text, required: true, oneOf: []string{"apikey", "oauth", "setup-token", "upstream", "bedrock", "service_account"}},
		{name: "credentials", kind: mapping, required: true},
		{name: "extra", kind: mapping},
		{name: "group_ids", kind: array},
		{name: "concurrency", kind: numeric},
		{name: "priority", kind: numeric},
		{name: "rate_multiplier", kind: numeric},
		{name: "load_factor", kind: numeric},
		{name: "proxy_id", kind: numeric},
		{name: "expires_at", kind: numeric},
		{name: "auto_pause_on_expired", kind: boolean},
	}}
	accountUpdateForm = accountForm.optional("UpdateAccountRequest",
		field{name: "status", kind: text, oneOf: []string{"active", "inactive", "error"}})
)

// member is an account's place in a group.
type member struct {
	group int64
	since time.Time
}

// secretCredentials are hidden in answers and kept by a PUT that lacks them (≥ 0.1.126).
var secretCredentials = []string{"api_key", "access_token", "refresh_token", "session_key"}

func (h *Host) listAccounts(c *call) {
	q := c.r.URL.Query()
	rows := h.accounts.all()
	for _, field := range []string{"platform", "type", "status"} {
		if want := q.Get(field); want != "" {
			rows = keep(rows, func(a *entity) bool { return a.str(field) == want })
		}
	}
	switch want := q.Get("group"); {
	case want == "":
	case want == "ungrouped":
		rows = keep(rows, func(a *entity) bool { return len(h.members[a.id]) == 0 })
	default:
		id, err := strconv.ParseInt(want, 10, 64)
		if err != nil {
			c.refuse(refusal{http.StatusBadRequest, "invalid group filter", "INVALID_GROUP_FILTER", nil})
			return
		}
		rows = keep(rows, func(a *entity) bool { return slices.Contains(h.groupsOf(a), id) })
	}
	rows = searched(rows, q.Get("search"), "name")
	slices.SortStableFunc(rows, func(a, b *entity) int { return cmp.Compare(a.str("name"), b.str("name")) })
	if raw, err := json.Marshal(views(rows, h.accountView)); err == nil {
		sum := sha256.Sum256(raw)
		tag := `"` + hex.EncodeToString(sum[:]) + `"`
		c.w.Header().Set("Etag", tag)
		if c.r.Header.Get("If-None-Match") == tag {
			c.w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	c.page(rows, 1, h.accountView)
}

// accountView is an account as reads show it; group fields only when there are any.
func (h *Host) accountView(a *entity) object {
	out := h.redacted(a)
	members := h.members[a.id]
	if len(members) == 0 {
		return out
	}
	var ids []int64
	var groups, links []object
	for _, m := range members {
		ids = append(ids, m.group)
		link := object{"account_id": a.id, "group_id": m.group, "priority": a.num("priority"), "created_at": instant(m.since)}
		if g := h.groups.get(m.group); g != nil {
			groups = append(groups, h.brief(g, "group"))
			link["group"] = h.brief(g, "group")
		}
		links = append(links, link)
	}
	out["group_ids"], out["groups"], out["account_groups"] = ids, groups, links
	return out
}

// redacted is an account without what its host hides.
func (h *Host) redacted(a *entity) object {
	out := view(a)
	if !h.traits.redacts {
		return out
	}
	status := object{}
	for _, k := range secretCredentials {
		if a.obj("credentials").str(k) != "" {
			status["has_"+k] = true
		}
	}
	out["credentials"] = a.obj("credentials").without(secretCredentials...)
	if len(status) > 0 {
		out["credentials_status"] = status
	}
	return out
}

func (h *Host) getAccount(c *call) {
	if a := h.account(c); a != nil {
		c.ok(h.accountView(a))
	}
}

func (h *Host) account(c *call) *entity {
	a := h.accounts.get(c.id)
	if a == nil {
		c.refuse(accountMissing)
	}
	return a
}

func (h *Host) createAccount(c *call) {
	h.once(c, func() {
		if !c.bind(accountForm) || !c.fitsColumn() {
			return
		}
		a, err := h.addAccount(c.take(accountForm))
		if err != "" {
			c.refuse(internalError)
			return
		}
		c.ok(a)
	})
}

// addAccount makes an account and gives it as the create answer shows it: without its groups.
// With an unknown group it fails and leaves the account behind (contract 12.1).
func (h *Host) addAccount(fields object) (created object, failure string) {
	a := h.insert(&h.accounts, "account", fields.without("group_ids"))
	if n, ok := fields["expires_at"].(float64); ok {
		a.object["expires_at"] = int64(n)
	}
	if extra := h.shapes.obj("openai_extra"); extra != nil && a.str("platform") == "openai" {
		merged := extra.without()
		for k, v := range a.obj("extra") {
			merged[k] = v
		}
		a.object["extra"] = merged
	}
	created = clone(h.redacted(a))
	h.settle(a, "account")
	if a.object["extra"] == nil {
		a.object["extra"] = object{}
	}
	var known []int64
	for _, id := range fields.ids("group_ids") {
		if h.groups.get(id) == nil {
			failure = `ent: constraint failed: pq: insert or update on table "account_groups" violates foreign key constraint "account_groups_group_id_fkey"`
			break
		}
		known = append(known, id)
	}
	if failure != "" {
		known = nil // the links are one transaction, the account isn't in it
	}
	h.join(a, known)
	if failure == "" {
		h.probe(a)
	}
	return created, failure
}

func (h *Host) groupsOf(a *entity) []int64 {
	var ids []int64
	for _, m := range h.members[a.id] {
		ids = append(ids, m.group)
	}
	return ids
}

// join puts an account into exactly these groups and tells the gateway.
func (h *Host) join(a *entity, groups []int64) {
	h.members[a.id] = nil
	for _, id := range groups {
		h.members[a.id] = append(h.members[a.id], member{id, h.now().Round(time.Microsecond)})
	}
	h.publish(a)
}

func (h *Host) updateAccount(c *call) {
	if !c.bind(accountUpdateForm) {
		return
	}
	a := h.account(c)
	if a == nil {
		return
	}
	for _, id := range c.body.ids("group_ids") { // checked here, unlike on create
		if h.groups.get(id) == nil {
			c.refuse(groupMissing)
			return
		}
	}
	fields := c.take(accountUpdateForm).without("group_ids", "credentials")
	for k, v := range fields {
		a.object[k] = v
	}
	if given := c.body.obj("credentials"); len(given) > 0 {
		a.object["credentials"] = h.replaceCredentials(a.obj("credentials"), given)
	}
	h.touch(a)
	if c.body["group_ids"] != nil {
		h.join(a, c.body.ids("group_ids"))
	}
	h.publish(a)
	if len(c.body.obj("credentials")) > 0 {
		h.probe(a)
	}
	c.ok(h.accountView(a))
}

// replaceCredentials replaces wholly; hosts that hide secrets keep those that the PUT lacks.
func (h *Host) replaceCredentials(old, given object) object {
	out := given.without()
	if !h.traits.redacts {
		return out
	}
	for _, k := range secretCredentials {
		if _, sent := given[k]; !sent && old.has(k) {
			out[k] = old[k]
		}
	}
	return out
}

// deleteAccount answers 200 for a missing account too (contract 12.8).
func (h *Host) deleteAccount(c *call) {
	if a := h.accounts.get(c.id); a != nil {
		h.accounts.remove(c.id)
		delete(h.members, c.id)
		h.publishGone(c.id)
	}
	c.done("Account deleted successfully")
}
