package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
)

// A reviewed plan of a replacement is refused when anything that it was made from has changed, with what changed.
func TestStalePlanIsRefused(t *testing.T) {
	cases := []struct {
		name   string
		change func(l *lab)
		want   string // one of the differences
	}{
		{"nothing", func(*lab) {}, ""},
		{"the pack", func(l *lab) { l.pack.Digest = "sha256:2" }, "pack: sha256:1 → sha256:2"},
		{"the pack's prices", func(l *lab) {
			l.pack.Models = slices.Clone(l.pack.Models)
			l.pack.Models[0].Prices = []core.Price{{Currency: "USD", Input: 7, Output: 8}}
		}, "channel acme-sub verb: leave → update"},
		{"a group's multiplier", func(l *lab) { l.put("groups/2", map[string]any{"rate_multiplier": 3}) }, "group acme-sub rate_multiplier: 1 → 3"},
		{"a channel's restriction", func(l *lab) { l.put("channels/1", map[string]any{"restrict_models": false}) }, "channel acme-sub restrict_models: true → false"},
		{"the old account is gone", func(l *lab) { l.host.Do("DELETE", "/api/v1/admin/accounts/1", l.host.AdminKey(), nil) }, "account acme-old verb: delete → <nil>"},
		{"the old account serves another group", func(l *lab) {
			g := l.host.Seed("groups", map[string]any{"name": "theirs", "platform": "openai", "rate_multiplier": 1})
			l.put("accounts/1", map[string]any{"group_ids": []int64{2, g}})
		}, "account acme-old group_ids: [] → [3]"},
		{"the group was made anew", func(l *lab) {
			l.host.Do("DELETE", "/api/v1/admin/groups/2", l.host.AdminKey(), nil)
			l.host.Seed("groups", map[string]any{"name": "acme-sub", "platform": "openai", "rate_multiplier": 1, "subscription_type": "subscription"})
		}, "group acme-sub id: 2 → 3"},
		{"the database was restored", func(l *lab) { l.host.ResetIDs(false) }, "group acme-sub made"},
		{"the user is gone", func(l *lab) { l.host.Do("DELETE", "/api/v1/admin/users/2", l.host.AdminKey(), nil) }, "user managed-1.acme-sub.state001@cnrelay.local verb: leave → create"},
		{"the host", func(l *lab) { l.host.ResetIDs(true) }, "this is not the host that was registered"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newVirtual(t, fakehost.Options{}, core.AuthAdminKey)
				old := spec(core.AccessSubscription, "sk-ok-1")
				old.Keys[0].Name = "old"
				l.run(old)
				s := spec(core.AccessSubscription, "sk-ok-2")
				s.Mode = core.Replace
				p, err := l.PreviewImport(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				s.Reviewed = &p.Plan
				c.change(l)
				l.host.ForgetLog()
				_, done, err := l.StartImport(t.Context(), s)
				if err == nil {
					err = <-done
				}
				if c.want == "" {
					if err != nil {
						t.Errorf("refused though nothing changed: %v", err)
					}
					return
				}
				if core.CodeOf(err) != core.CodeStopped || len(l.writes()) > 0 {
					t.Errorf("error %v, sent %v", err, l.writes())
				}
				if told := differences(err); !slices.ContainsFunc(told, func(d string) bool { return len(d) >= len(c.want) && d[:len(c.want)] == c.want }) {
					t.Errorf("not told %q, but %q", c.want, told)
				}
			})
		})
	}
	figures.Print(t, "Stale plan", "%d kinds of change: refused with the difference, 0 writes", len(cases)-1)
}

// differences are what a refusal tells, in one line each.
func differences(err error) []string {
	stale, ok := errors.AsType[*engine.StaleError](err)
	if !ok {
		e, _ := errors.AsType[*core.Error](err)
		return []string{e.What}
	}
	var out []string
	for _, d := range stale.Differences {
		of := ""
		if d.Kind != "" {
			of = fmt.Sprintf("%s %s ", d.Kind, drawn.ReplaceAllString(d.Name, ""))
			if d.Kind == core.Account {
				of = "account acme-old "
			}
		}
		out = append(out, fmt.Sprintf("%s%s: %v → %v", of, d.About, d.Was, d.Is))
	}
	return out
}

// Whatever makes two plans of a request differ, something is told.
func TestDifferencesAreNeverSilent(t *testing.T) {
	a := core.ImportPlan{Seen: "1", Steps: []core.Step{{ID: "group", Kind: core.Group, Reason: "x"}}}
	b := core.ImportPlan{Seen: "2", Steps: []core.Step{{ID: "group", Kind: core.Group, Reason: "y"}}}
	c := core.ImportPlan{Seen: "3"}
	for _, pair := range [][2]core.ImportPlan{{a, b}, {b, a}, {a, c}, {c, a}, {c, {Seen: "4"}}} {
		if len(plan.Differences(pair[0], pair[1])) == 0 {
			t.Errorf("silent about %v and %v", pair[0], pair[1])
		}
	}
}
