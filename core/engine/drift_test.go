package engine_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
)

// meddler changes a host as an administrator, a user or an upstream does, past cnrelay.
type meddler struct {
	*lab
	batch engine.BatchDetail
}

// id is the id of what a batch's step made.
func (m meddler) id(step string) int64 { return m.batch.Steps[step].Ref.ID }

// account is that of the n-th key.
func (m meddler) account(n int) int64 {
	return m.id(plan.AccountStep(m.batch.Request.Keys[n].Fingerprint))
}

func (m meddler) user() string { return plan.ManagedUser(1, m.batch.Plan.Base, m.state) }

func (m meddler) platform() string { return m.batch.Plan.Platform }

func (m meddler) admin(method, path string, body any) fakehost.Answer {
	m.t.Helper()
	a := m.host.Do(method, "/api/v1/admin"+path, m.host.AdminKey(), body)
	if a.Status != http.StatusOK {
		m.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
	return a
}

// put changes fields of a resource: "/groups/3" {"status": "inactive"}.
func (m meddler) put(kind string, id int64, fields map[string]any) {
	m.t.Helper()
	m.admin("PUT", fmt.Sprintf("/%s/%d", kind, id), fields)
}

func (m meddler) remove(kind string, id int64) {
	m.t.Helper()
	m.admin("DELETE", fmt.Sprintf("/%s/%d", kind, id), nil)
}

// asUser sends a request with the managed user's own sign-in.
func (m meddler) asUser(method, path string, body any) {
	m.t.Helper()
	password, err := m.vault.Secret(plan.UserSecret(m.batch.Host, m.user()))
	if err != nil {
		m.t.Fatal(err)
	}
	if a := m.host.Do(method, "/api/v1"+path, m.host.SignIn(m.user(), password), body); a.Status != http.StatusOK {
		m.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
}

// refuse makes an upstream refuse the first key and sends the gateway there: the other one fails in a way that a
// host doesn't note.
func (m meddler) refuse(behaviour string) {
	m.t.Helper()
	m.provider.SetBehaviour("sk-ok-1", behaviour)
	m.provider.SetBehaviour("sk-ok-2", "500")
	value, err := m.vault.Secret(m.batch.Access.KeySecret)
	if err != nil {
		m.t.Fatal(err)
	}
	m.host.Do("POST", "/v1/chat/completions", value, map[string]any{"model": "flash", "messages": []any{map[string]any{"role": "user", "content": behaviour}}})
}

// channel is the recorded channel's field, as the host has it.
func (m meddler) channel(field string) any {
	return m.admin("GET", fmt.Sprintf("/channels/%d", m.id("channel")), nil).Data()[field]
}

func (m meddler) prices(change func(rows []any) []any) {
	m.t.Helper()
	rows, _ := m.channel("model_pricing").([]any)
	m.put("channels", m.id("channel"), map[string]any{"model_pricing": change(rows)})
}

func row(rows []any, model string) map[string]any {
	for _, r := range rows {
		if fmt.Sprint(r.(map[string]any)["models"]) == "["+model+"]" {
			return r.(map[string]any)
		}
	}
	return nil
}

func (m meddler) credentials(change func(c map[string]any)) {
	m.t.Helper()
	c := m.admin("GET", fmt.Sprintf("/accounts/%d", m.account(0)), nil).Data()["credentials"].(map[string]any)
	c["api_key"] = "sk-ok-1"
	change(c)
	m.put("accounts", m.account(0), map[string]any{"credentials": c})
}

// told is a finding as the tables below write it: type, kind, and the fields that changed.
func (m meddler) told(findings []core.DriftFinding) []string {
	var out []string
	for _, f := range findings {
		line := string(f.Type) + " " + string(f.Ref.Kind)
		for _, c := range f.Changes {
			line += " " + strings.Replace(c.Field, "."+m.platform()+".", ".openai.", 1)
		}
		out = append(out, strings.TrimSpace(line))
	}
	slices.Sort(out)
	return out
}

func (l *lab) reconcile(spec engine.ReconcileSpec) []core.DriftRun {
	l.t.Helper()
	if spec.Host == "" && spec.Batch == "" {
		spec.Host = "lab"
	}
	runs, err := l.Reconcile(l.t.Context(), spec)
	if err != nil {
		l.t.Fatal(err)
	}
	return runs
}

// drifts is one thing that somebody did to a host, and what has to be found: that and nothing else.
type drifts struct {
	name string
	do   func(m meddler)
	want []string
	// stays tells what importing again doesn't put right.
	stays bool
}

func drift(name string, do func(m meddler), want ...string) drifts {
	return drifts{name: name, do: do, want: want}
}

func (d drifts) yet() drifts { d.stays = true; return d }

// onSubscription are drifts of an import for subscribers.
var onSubscription = []drifts{
	drift("nothing", func(meddler) {}),
	drift("group gone", func(m meddler) { m.remove("groups", m.id("group")) }, "missing group"),
	drift("group renamed", func(m meddler) { m.put("groups", m.id("group"), map[string]any{"name": "theirs"}) }, "changed group name").yet(),
	drift("group inactive", func(m meddler) { m.put("groups", m.id("group"), map[string]any{"status": "inactive"}) }, "changed group status"),
	drift("group's multiplier", func(m meddler) { m.put("groups", m.id("group"), map[string]any{"rate_multiplier": 2}) }, "changed group rate_multiplier"),
	drift("group made public", func(m meddler) { m.put("groups", m.id("group"), map[string]any{"is_exclusive": false}) }, "changed group is_exclusive").yet(),
	drift("group's platform", func(m meddler) { m.put("groups", m.id("group"), map[string]any{"platform": "gemini"}) }, "changed group platform").yet(),
	drift("group's type", func(m meddler) {
		m.put("groups", m.id("group"), map[string]any{"subscription_type": "standard"})
	}, "changed group subscription_type").yet(),
	drift("group's marker", func(m meddler) { m.put("groups", m.id("group"), map[string]any{"description": "mine"}) }, "changed group description").yet(),
	drift("group's limits are its owner's", func(m meddler) { m.put("groups", m.id("group"), map[string]any{"daily_limit_usd": 5}) }),

	drift("channel gone", func(m meddler) { m.remove("channels", m.id("channel")) }, "missing channel"),
	drift("channel renamed", func(m meddler) { m.put("channels", m.id("channel"), map[string]any{"name": "theirs"}) }, "changed channel name").yet(),
	drift("channel disabled", func(m meddler) { m.put("channels", m.id("channel"), map[string]any{"status": "disabled"}) }, "changed channel status"),
	drift("channel without its group", func(m meddler) { m.put("channels", m.id("channel"), map[string]any{"group_ids": []any{}}) }, "changed channel group_ids"),
	drift("channel unrestricted", func(m meddler) { m.put("channels", m.id("channel"), map[string]any{"restrict_models": false}) }, "changed channel restrict_models"),
	drift("channel bills otherwise", func(m meddler) {
		m.put("channels", m.id("channel"), map[string]any{"billing_model_source": "requested"})
	}, "changed channel billing_model_source"),
	drift("channel's marker", func(m meddler) { m.put("channels", m.id("channel"), map[string]any{"description": ""}) }, "changed channel description").yet(),
	drift("a price", func(m meddler) {
		m.prices(func(rows []any) []any { row(rows, "flash")["input_price"] = 9e-6; return rows })
	}, "changed channel model_pricing.openai.flash.input_price"),
	drift("two prices of two models", func(m meddler) {
		m.prices(func(rows []any) []any {
			row(rows, "flash")["output_price"], row(rows, "pro")["input_price"] = 9e-6, 9e-6
			return rows
		})
	}, "changed channel model_pricing.openai.flash.output_price model_pricing.openai.pro.input_price"),
	drift("a model without a price", func(m meddler) {
		m.prices(func(rows []any) []any {
			return slices.DeleteFunc(rows, func(r any) bool { return fmt.Sprint(r.(map[string]any)["models"]) == "[pro]" })
		})
	}, "changed channel model_pricing.openai.pro"),
	drift("a price of a model that isn't ours", func(m meddler) {
		m.prices(func(rows []any) []any {
			return append(rows, map[string]any{"platform": m.platform(), "models": []any{"other"}, "billing_mode": "token", "input_price": 1e-6, "output_price": 1e-6})
		})
	}, "changed channel model_pricing.openai.other"),
	drift("an alias", func(m meddler) {
		m.put("channels", m.id("channel"), map[string]any{"model_mapping": map[string]any{m.platform(): map[string]any{"flash": "flash", "pro": "pro", "acme-chat": "pro"}}})
	}, "changed channel model_mapping.openai.acme-chat"),
	drift("an alias is gone and another there", func(m meddler) {
		m.put("channels", m.id("channel"), map[string]any{"model_mapping": map[string]any{m.platform(): map[string]any{"flash": "flash", "pro": "pro", "x": "pro"}}})
	}, "changed channel model_mapping.openai.acme-chat model_mapping.openai.x"),

	drift("account gone", func(m meddler) { m.remove("accounts", m.account(0)) }, "missing account"),
	drift("account renamed", func(m meddler) { m.put("accounts", m.account(0), map[string]any{"name": "acme-theirs"}) }, "changed account name").yet(),
	drift("account out of the group", func(m meddler) { m.put("accounts", m.account(0), map[string]any{"group_ids": []any{}}) }, "changed account group_ids"),
	drift("account in another group, too", func(m meddler) {
		m.put("accounts", m.account(0), map[string]any{"group_ids": []int64{m.id("group"), 1}})
	}),
	drift("account's priority", func(m meddler) { m.put("accounts", m.account(0), map[string]any{"priority": 1}) }, "changed account priority").yet(),
	drift("account's marker", func(m meddler) { m.put("accounts", m.account(0), map[string]any{"notes": "mine"}) }, "changed account notes").yet(),
	drift("account's platform", func(m meddler) { m.put("accounts", m.account(0), map[string]any{"platform": "gemini"}) }, "changed account platform"),
	drift("account's type", func(m meddler) { m.put("accounts", m.account(0), map[string]any{"type": "upstream"}) }, "changed account type").yet(),
	drift("account's address", func(m meddler) {
		m.credentials(func(c map[string]any) { c["base_url"] = "https://elsewhere.example/v1" })
	}, "changed account credentials.base_url"),
	drift("account's mapping", func(m meddler) {
		m.credentials(func(c map[string]any) { c["model_mapping"].(map[string]any)["flash"] = "pro" })
	}, "changed account credentials.model_mapping.flash"),
	drift("account maps one model more", func(m meddler) {
		m.credentials(func(c map[string]any) { c["model_mapping"].(map[string]any)["other"] = "other" })
	}, "changed account credentials.model_mapping.other"),
	drift("account switched off", func(m meddler) {
		m.admin("POST", fmt.Sprintf("/accounts/%d/schedulable", m.account(0)), map[string]any{"schedulable": false})
	}, "out_of_traffic account").yet(),
	drift("account inactive", func(m meddler) { m.put("accounts", m.account(0), map[string]any{"status": "inactive"}) }, "out_of_traffic account"),
	drift("account refused with 401", func(m meddler) { m.refuse("401") }, "out_of_traffic account"),
	drift("account refused with 402", func(m meddler) { m.refuse("402") }, "out_of_traffic account"),
	drift("account refused with 403", func(m meddler) { m.refuse("403quota") }, "out_of_traffic account").yet(),
	drift("account refused with 429", func(m meddler) { m.refuse("429") }, "out_of_traffic account").yet(),

	drift("plan gone", func(m meddler) { m.remove("payment/plans", m.id("plan")) }, "missing plan"),
	drift("plan renamed", func(m meddler) { m.put("payment/plans", m.id("plan"), map[string]any{"name": "theirs"}) }, "changed plan name").yet(),
	drift("plan's price", func(m meddler) { m.put("payment/plans", m.id("plan"), map[string]any{"price": 5}) }, "changed plan price"),
	drift("plan for sale", func(m meddler) { m.put("payment/plans", m.id("plan"), map[string]any{"for_sale": true}) }, "changed plan for_sale"),
	drift("plan's term", func(m meddler) { m.put("payment/plans", m.id("plan"), map[string]any{"validity_days": 7}) }, "changed plan validity_days"),
	drift("plan's unit", func(m meddler) { m.put("payment/plans", m.id("plan"), map[string]any{"validity_unit": "week"}) }, "changed plan validity_unit"),
	drift("plan of another group", func(m meddler) { m.put("payment/plans", m.id("plan"), map[string]any{"group_id": 1}) }, "changed plan group_id"),
	drift("plan's marker", func(m meddler) { m.put("payment/plans", m.id("plan"), map[string]any{"description": "buy me"}) }, "changed plan description").yet(),

	drift("user gone", func(m meddler) { m.remove("users", m.id("user/"+m.user())) }, "missing user"),
	drift("user disabled", func(m meddler) { m.put("users", m.id("user/"+m.user()), map[string]any{"status": "disabled"}) }, "changed user status").yet(),
	drift("user's e-mail", func(m meddler) { m.put("users", m.id("user/"+m.user()), map[string]any{"email": "other@b.c"}) }, "changed user name"),
	drift("user's name", func(m meddler) { m.put("users", m.id("user/"+m.user()), map[string]any{"username": "x"}) }, "changed user username").yet(),
	drift("user's marker", func(m meddler) { m.put("users", m.id("user/"+m.user()), map[string]any{"notes": "x"}) }, "changed user notes").yet(),
	drift("a subscriber's balance is nobody's business", func(m meddler) {
		m.admin("POST", fmt.Sprintf("/users/%d/balance", m.id("user/"+m.user())), map[string]any{"balance": 50, "operation": "add"})
	}),

	drift("subscription revoked", func(m meddler) { m.remove("subscriptions", m.id("subscription/"+m.user())) }, "missing subscription"),
	drift("subscription with five days left", func(m meddler) {
		m.admin("POST", fmt.Sprintf("/subscriptions/%d/extend", m.id("subscription/"+m.user())), map[string]any{"days": -360})
	}, "expiring subscription").yet(),
	drift("subscription over", func(m meddler) {
		m.admin("POST", fmt.Sprintf("/subscriptions/%d/extend", m.id("subscription/"+m.user())), map[string]any{"days": -370})
	}, "expiring subscription").yet(),

	drift("key gone", func(m meddler) { m.asUser("DELETE", fmt.Sprintf("/keys/%d", m.id("key/"+m.user())), nil) }, "missing api_key"),
	drift("key disabled", func(m meddler) {
		m.asUser("PUT", fmt.Sprintf("/keys/%d", m.id("key/"+m.user())), map[string]any{"status": "inactive"})
	}, "changed api_key status"),
	drift("key renamed", func(m meddler) {
		m.asUser("PUT", fmt.Sprintf("/keys/%d", m.id("key/"+m.user())), map[string]any{"name": "x"})
	}, "changed api_key name").yet(),
	drift("key unbound", func(m meddler) { m.put("api-keys", m.id("key/"+m.user()), map[string]any{"group_id": 0}) }, "unbound api_key group_id"),
	drift("key bound to another group", func(m meddler) { m.put("api-keys", m.id("key/"+m.user()), map[string]any{"group_id": 1}) }, "unbound api_key group_id"),

	drift("everything restored from another moment", func(m meddler) { m.host.ResetIDs(false) },
		"identity_changed account created_at", "identity_changed account created_at", "identity_changed api_key created_at", "identity_changed channel created_at",
		"identity_changed group created_at", "identity_changed plan created_at", "identity_changed subscription created_at", "identity_changed user created_at"),
	drift("a stranger's account in the group", func(m meddler) { m.stranger("other", m.id("group")) }, "extra account").yet(),
	drift("an old account serves in the group", func(m meddler) { m.stranger("acme-old", m.id("group")) }, "stale_in_traffic account").yet(),
	drift("an old account stands in the group and doesn't serve", func(m meddler) {
		m.put("accounts", m.stranger("acme-old", m.id("group")), map[string]any{"status": "inactive"})
	}),
	drift("an old account elsewhere", func(m meddler) { m.stranger("acme-old", 1) }),
	drift("strangers' users subscribe and have keys", func(m meddler) {
		id := m.host.Seed("users", map[string]any{"email": "customer@b.c", "password": "secret-1"})
		m.admin("POST", "/subscriptions/assign", map[string]any{"user_id": id, "group_id": m.id("group"), "validity_days": 30})
		m.host.SeedKey("customer@b.c", "secret-1", "own", m.id("group"))
	}),
}

// onSelfService are drifts of what only an import for self-service has.
var onSelfService = []drifts{
	drift("nothing", func(meddler) {}),
	drift("group gone", func(m meddler) { m.remove("groups", m.id("group")) }, "missing group"),
	drift("balance all but gone", func(m meddler) {
		m.admin("POST", fmt.Sprintf("/users/%d/balance", m.id("user/"+m.user())), map[string]any{"balance": 0.05, "operation": "set"})
	}, "low_balance user").yet(),
	drift("balance used by half", func(m meddler) {
		m.admin("POST", fmt.Sprintf("/users/%d/balance", m.id("user/"+m.user())), map[string]any{"balance": 0.5, "operation": "set"})
	}),
	drift("user not allowed in the group", func(m meddler) {
		m.put("users", m.id("user/"+m.user()), map[string]any{"allowed_groups": []any{}})
	}, "changed user allowed_groups"),
	drift("key unbound", func(m meddler) { m.put("api-keys", m.id("key/"+m.user()), map[string]any{"group_id": 0}) }, "unbound api_key group_id"),
}

// stranger makes an account as somebody else would.
func (m meddler) stranger(name string, group int64) int64 {
	m.t.Helper()
	return m.host.Seed("accounts", map[string]any{"name": name, "platform": m.platform(), "type": "apikey", "group_ids": []int64{group},
		"credentials": map[string]any{"api_key": "sk-ok-x", "base_url": m.pack.Endpoints[0].Base}})
}

// someVersions are all, or one where the race detector makes everything slow.
func someVersions() []string {
	if testing.Short() {
		return versions[1:2]
	}
	return versions
}

// Every kind of drift is found, in the right field, and nothing else is.
func TestDriftIsFound(t *testing.T) {
	for access, table := range map[core.AccessMode][]drifts{core.AccessSubscription: onSubscription, core.AccessSelfService: onSelfService} {
		for _, v := range someVersions() {
			for _, c := range table {
				t.Run(v+"/"+string(access)+"/"+c.name, func(t *testing.T) {
					t.Parallel()
					l := newLab(t, fakehost.Options{Version: v})
					d := l.run(spec(access, "sk-ok-1", "sk-ok-2"))
					m := meddler{l, d}
					c.do(m)
					run := l.reconcile(engine.ReconcileSpec{})[0]
					if got := m.told(run.Findings); !slices.Equal(got, c.want) {
						raw, _ := json.MarshalIndent(run.Findings, "", " ")
						t.Errorf("found %q, want %q\n%s", got, c.want, raw)
					}
				})
			}
		}
	}
}

// What importing again puts right is found no more, for the batch that made it either; the rest is still found.
func TestImportingAgainMends(t *testing.T) {
	for access, table := range map[core.AccessMode][]drifts{core.AccessSubscription: onSubscription, core.AccessSelfService: onSelfService} {
		for _, c := range table {
			t.Run(string(access)+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				l := newLab(t, fakehost.Options{})
				s := spec(access, "sk-ok-1", "sk-ok-2")
				m := meddler{l, l.run(s)}
				c.do(m)
				m.provider.SetBehaviour("sk-ok-1")
				m.provider.SetBehaviour("sk-ok-2")
				p, err := l.PreviewImport(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				if !p.Plan.Blocked() {
					l.run(s)
				}
				for _, run := range l.reconcile(engine.ReconcileSpec{}) {
					want := c.want
					if !c.stays {
						want = nil
					}
					if got := m.told(run.Findings); !slices.Equal(got, want) {
						t.Errorf("%s: %q, want %q", run.ID, got, want)
					}
				}
			})
		}
	}
}
