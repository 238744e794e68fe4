package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
)

// owner is whose account an import takes up by its key, as it does on hosts that show keys (up to 0.1.125).
type owner struct {
	meddler
	id    int64
	shape []string // of the host, before the import
}

// takenUp is a lab where an import has taken a stranger's account into its group. fits tells that it had nothing else to
// change about it; before is what its owner did with it.
func takenUp(t *testing.T, fits bool, before func(o owner)) owner {
	l := newVirtual(t, fakehost.Options{Version: "0.1.121"}, core.AuthAdminKey)
	credentials := map[string]any{"api_key": "sk-ok-1", "base_url": l.pack.Endpoints[0].Anthropic}
	if fits {
		credentials["model_mapping"] = map[string]any{"flash": "flash", "pro": "pro", "acme-chat": "flash"}
	}
	group := l.host.Seed("groups", map[string]any{"name": "theirs", "platform": "anthropic", "rate_multiplier": 1})
	o := owner{meddler: meddler{lab: l}, id: l.host.Seed("accounts", map[string]any{"name": "their account", "platform": "anthropic", "type": "apikey",
		"group_ids": []int64{group}, "credentials": credentials})}
	if before != nil {
		before(o)
	}
	o.shape = l.shape()
	o.batch = l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))
	l.want(o.batch, core.BatchSucceeded, core.SubscriptionReady)
	if got := o.account(0); got != o.id {
		t.Fatalf("the key's account is %d, not %d", got, o.id)
	}
	return o
}

func (o owner) switchOff() {
	o.admin("POST", fmt.Sprintf("/accounts/%d/schedulable", o.id), map[string]any{"schedulable": false})
}

// recovered is taken out of traffic by its upstream, and put back by a repair when that answers again.
func (o owner) recovered() {
	o.t.Helper()
	o.refuse("402")
	o.provider.SetBehaviour("sk-ok-1")
	o.provider.SetBehaviour("sk-ok-2")
	if p := o.repair(engine.RepairSpec{}); len(p.Steps) != 1 || p.Steps[0].Reason != plan.ReasonAnswers {
		o.t.Errorf("nothing is recovered: %+v", p)
	}
}

func (o owner) rolledBackTo(want []string) {
	o.t.Helper()
	if d := o.rollback(o.batch.ID); d.State != core.BatchRolledBack || len(d.Kept) > 0 {
		o.t.Errorf("%s, kept %v", d.State, d.Kept)
	}
	if diff := difference(o.lab.shape(), want); diff != "" {
		o.t.Errorf("the rollback left\n%s", diff)
	}
}

// A rollback leaves a stranger's account as its owner left it, whatever took it out of traffic and brought it back.
func TestStrangersAccountAsItsOwnerLeftIt(t *testing.T) {
	for _, c := range []struct {
		name   string
		fits   bool
		before func(o owner)
		since  func(o owner)
	}{
		{"recovered", true, nil, owner.recovered},
		{"corrected and recovered", false, nil, owner.recovered},
		{"off, and in traffic by the import", true, owner.switchOff, nil},
		{"off, corrected, and in traffic by the import", false, owner.switchOff, nil},
		{"off, in traffic by the import, and recovered", true, owner.switchOff, owner.recovered},
		{"inactive", true, func(o owner) { o.put("accounts", o.id, map[string]any{"status": "inactive"}) }, owner.recovered},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := takenUp(t, c.fits, c.before)
				if c.since != nil {
					c.since(o)
				}
				o.rolledBackTo(o.shape)
			})
		})
	}
}

// An account that the host refused to put back is put back by the next rollback.
func TestStrangersAccountPutBackAtLast(t *testing.T) {
	for method, path := range map[string]string{"PUT": "^/api/v1/admin/accounts/1$", "POST": "^/api/v1/admin/accounts/1/schedulable$"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := takenUp(t, false, owner.switchOff)
				mend := o.host.Inject(refuse(method, path, -1))
				done, err := o.StartRollback(t.Context(), o.batch.ID, engine.RollbackOptions{})
				if err == nil {
					err = <-done
				}
				if state := o.detail(o.batch.ID).State; err == nil || state != core.BatchInterrupted {
					t.Errorf("%s %v", state, err)
				}
				mend()
				o.rolledBackTo(o.shape)
			})
		})
	}
}

// What its owner switched off since, and the operator switched on by name, is off again after the rollback.
func TestStrangersAccountSwitchedOnByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := takenUp(t, true, nil)
		o.switchOff()
		if p := o.repair(engine.RepairSpec{Only: []core.Ref{{Kind: core.Account, ID: o.id}}}); len(p.Steps) != 1 {
			t.Errorf("it is not switched on: %+v", p)
		}
		i := slices.IndexFunc(o.shape, func(line string) bool { return strings.Contains(line, "their account") })
		o.shape[i] = strings.Replace(o.shape[i], `"schedulable":true`, `"schedulable":false`, 1)
		o.rolledBackTo(o.shape)
	})
}
