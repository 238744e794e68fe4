package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
)

// repair plans and does all of a kind that can be done for the lab's only batch, and gives the plan.
func (m meddler) repair(spec engine.RepairSpec) plan.RepairPlan {
	m.t.Helper()
	spec.Batch = m.batch.ID
	previews, err := m.PreviewRepair(m.t.Context(), spec)
	if err != nil {
		m.t.Fatal(err)
	}
	p := previews[0].Plan
	if len(p.Steps) == 0 {
		return p
	}
	done, err := m.StartRepair(m.t.Context(), spec, p)
	if err == nil {
		err = <-done
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return p
}

// left is what is still found afterwards.
func (m meddler) left() []string {
	m.t.Helper()
	return m.told(m.reconcile(engine.ReconcileSpec{})[0].Findings)
}

// Which drifts neither way of a repair settles, by how they begin, and by their own names.
var (
	leftByMending   = []string{"missing", "identity_changed", "expiring", "extra", "changed api_key", "changed subscription"}
	leftByAccepting = []string{"expiring", "low_balance", "out_of_traffic"}
	staysMending    = []string{"account switched off", "account inactive", "account refused with 403", "account refused with 429"}
	staysAccepting  = []string{"group inactive", "channel disabled", "user disabled", "key disabled"}
)

// What a repair can do is found no more; what it leaves it names, and that is still found.
func TestRepair(t *testing.T) {
	for access, table := range map[core.AccessMode][]drifts{core.AccessSubscription: onSubscription, core.AccessSelfService: onSelfService} {
		for i, c := range table {
			if len(c.want) == 0 || testing.Short() && i%8 != 0 {
				continue
			}
			for way, no := range map[string]struct{ begins, names []string }{"mend": {leftByMending, staysMending}, "accept": {leftByAccepting, staysAccepting}} {
				t.Run(string(access)+"/"+way+"/"+c.name, func(t *testing.T) {
					t.Parallel()
					l := newLab(t, fakehost.Options{})
					m := meddler{l, l.run(spec(access, "sk-ok-1", "sk-ok-2"))}
					c.do(m)
					m.provider.SetBehaviour("sk-ok-1")
					m.provider.SetBehaviour("sk-ok-2")
					writes := len(m.host.Log())
					p := m.repair(engine.RepairSpec{Accept: way == "accept"})
					var want []string
					if slices.Contains(no.names, c.name) || slices.ContainsFunc(no.begins, func(s string) bool { return strings.HasPrefix(c.want[0], s) }) {
						want = c.want
					}
					if all := len(want) > 0; all != (len(p.Left) > 0) || all == (len(p.Steps) > 0) {
						t.Errorf("%d steps, left %v", len(p.Steps), p.Left)
					}
					for _, r := range m.host.Log()[writes:] {
						if r.Method == "DELETE" || r.Write && way == "accept" {
							t.Errorf("sent %s %s", r.Method, r.Path)
						}
					}
					if len(want) == 0 && len(m.resources()) == 0 {
						return // all was forgotten
					}
					if got := m.left(); !slices.Equal(got, want) {
						t.Errorf("still found: %q, want %q", got, want)
					}
				})
			}
		}
	}
}

func (m meddler) resources() []core.Resource {
	m.t.Helper()
	held, err := m.Resources(m.t.Context(), m.batch.Host)
	if err != nil {
		m.t.Fatal(err)
	}
	return held
}

// A repair of something that changed since its plan was reviewed sends nothing, and says what changed.
func TestRepairOfAnotherStateIsRefused(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	m.put("channels", m.id("channel"), map[string]any{"restrict_models": false})
	s := engine.RepairSpec{Batch: m.batch.ID}
	previews, err := l.PreviewRepair(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	m.prices(func(rows []any) []any { row(rows, "flash")["input_price"] = 9e-6; return rows })
	l.host.ForgetLog()
	_, err = l.StartRepair(t.Context(), s, previews[0].Plan)
	stale, ok := errors.AsType[*engine.StaleError](err)
	if !ok || len(stale.Differences) == 0 || !strings.Contains(fmt.Sprint(stale.Differences), "input_price") {
		t.Errorf("%v: %+v", err, stale)
	}
	for _, r := range l.host.Log() {
		if r.Write {
			t.Errorf("sent %s %s", r.Method, r.Path)
		}
	}
	if got := m.left(); len(got) != 1 { // and the host is free again
		t.Errorf("found %q", got)
	}
}

// A stranger's account is taken out of the group only if it is named, and never deleted; a rollback takes back the rest.
func TestRepairOfNamedFindings(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.shape()
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	other := m.stranger("other", m.id("group"))
	m.put("groups", m.id("group"), map[string]any{"rate_multiplier": 2})
	if p := m.repair(engine.RepairSpec{Only: []core.Ref{{Kind: core.Account, ID: other}}}); len(p.Steps) != 1 || p.Steps[0].Verb != core.Update {
		t.Errorf("%+v", p)
	}
	if got := m.left(); !slices.Equal(got, []string{"changed group rate_multiplier"}) {
		t.Errorf("still found: %q", got)
	}
	m.repair(engine.RepairSpec{})
	l.rollback(m.batch.ID)
	m.remove("accounts", other)
	if diff := difference(l.shape(), before); diff != "" {
		t.Errorf("the host is not as before:\n%s", diff)
	}
}

// An account that its upstream's refusal put out of traffic comes back once the upstream answers, and not before.
func TestRecovery(t *testing.T) {
	for _, v := range someVersions() {
		for _, refusal := range []string{"401", "402"} {
			t.Run(v+"/"+refusal, func(t *testing.T) {
				t.Parallel()
				l := newLab(t, fakehost.Options{Version: v})
				m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))}
				m.refuse(refusal)
				m.provider.SetBehaviour("sk-ok-2")
				if got := m.left(); !slices.Equal(got, []string{"out_of_traffic account"}) {
					t.Fatalf("found %q", got)
				}
				p := m.repair(engine.RepairSpec{})
				if len(p.Steps) != 0 || len(p.Left) != 1 || p.Left[0].Reason != plan.LeftOut || !strings.Contains(p.Left[0].Detail, "HTTP "+refusal) {
					t.Errorf("while it refuses: %+v", p)
				}
				m.provider.SetBehaviour("sk-ok-1")
				if p = m.repair(engine.RepairSpec{}); len(p.Left) != 0 {
					t.Errorf("left %+v", p.Left)
				}
				if got := m.left(); len(got) != 0 {
					t.Errorf("still found: %q", got)
				}
			})
		}
	}
}

// A repair that is cut short is looked after by the next one.
func TestRepairInterrupted(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	m.put("groups", m.id("group"), map[string]any{"rate_multiplier": 2})
	m.put("channels", m.id("channel"), map[string]any{"restrict_models": false})
	s := engine.RepairSpec{Batch: m.batch.ID}
	previews, err := l.PreviewRepair(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l.host.Inject(fakehost.Fault{Method: "PUT", Writes: true, Then: cancel})
	done, err := l.StartRepair(ctx, s, previews[0].Plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, core.ErrInterrupted) {
		t.Errorf("ended with %v", err)
	}
	if b, _ := l.Batch(t.Context(), m.batch.ID); len(b.Repair) != 2 || b.State != core.BatchSucceeded {
		t.Errorf("%s, %d steps", b.State, len(b.Repair))
	}
	m.repair(engine.RepairSpec{})
	if got := m.left(); len(got) != 0 {
		t.Errorf("still found: %q", got)
	}
}

// What a repair put back, or took over, of a stranger's resource that was corrected: a rollback leaves it as it would be
// without cnrelay.
func TestRepairOfWhatWasCorrected(t *testing.T) {
	for _, c := range []struct {
		name   string
		accept bool
		rate   float64 // after the rollback
	}{{"put back", false, 3}, {"taken over", true, 3}} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, fakehost.Options{})
			id := l.host.Seed("groups", map[string]any{"name": "acme-sub", "platform": "openai", "subscription_type": "subscription", "rate_multiplier": 2.0})
			s := spec(core.AccessSubscription, "sk-ok-1")
			s.Rate = 1.5
			m := meddler{l, l.run(s)}
			m.put("groups", id, map[string]any{"rate_multiplier": c.rate})
			if got := m.left(); !slices.Equal(got, []string{"changed group rate_multiplier"}) {
				t.Fatalf("found %q", got)
			}
			m.repair(engine.RepairSpec{Accept: c.accept})
			if got := m.left(); len(got) != 0 {
				t.Errorf("still found: %q", got)
			}
			l.rollback(m.batch.ID)
			if rate := m.admin("GET", fmt.Sprintf("/groups/%d", id), nil).Data()["rate_multiplier"]; rate != c.rate {
				t.Errorf("the multiplier is %v afterwards, want %v", rate, c.rate)
			}
		})
	}
}

// Whatever becomes of any of a repair's requests, before it takes effect or after: another repair, planned anew, ends with
// the host and the ledger as they were.
func TestRepairUnderFaults(t *testing.T) {
	for _, when := range []fakehost.When{fakehost.BeforeSend, fakehost.AfterCommit} {
		for n := 1; n <= 3; n++ {
			t.Run(fmt.Sprint(when, n), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { repairUnderFault(t, when, n) })
			})
		}
	}
}

func repairUnderFault(t *testing.T, when fakehost.When, nth int) {
	l := newLab(t, fakehost.Options{Net: fakehost.NewNet()})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	before := l.shape()
	m.put("groups", m.id("group"), map[string]any{"rate_multiplier": 2})
	m.put("channels", m.id("channel"), map[string]any{"restrict_models": false})
	m.put("api-keys", m.id("key/"+m.user()), map[string]any{"group_id": 0})
	mend := l.host.Inject(fakehost.Fault{Method: "PUT", Nth: nth, When: when, Times: -1, Action: fakehost.Reset})
	s := engine.RepairSpec{Batch: m.batch.ID}
	previews, err := l.PreviewRepair(t.Context(), s)
	if err != nil || len(previews[0].Plan.Steps) != 3 {
		t.Fatalf("%+v %v", previews, err)
	}
	done, err := l.StartRepair(t.Context(), s, previews[0].Plan)
	if err == nil {
		err = <-done
	}
	if (err == nil) != (when == fakehost.AfterCommit) {
		t.Errorf("ended with %v", err)
	}
	mend()
	m.repair(engine.RepairSpec{})
	if got := m.left(); len(got) != 0 {
		t.Errorf("still found: %q", got)
	}
	if diff := difference(l.shape(), before); diff != "" {
		t.Errorf("the host is not as before:\n%s", diff)
	}
	time.Sleep(time.Hour) // of the bubble's own time: connections that nobody uses any more end
}

// An account that failed its test and that somebody put into the group is not accepted there: it would count as proven.
func TestRepairAcceptsNoFailedAccount(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-401-2"))}
	m.put("accounts", m.account(1), map[string]any{"group_ids": []int64{m.id("group")}})
	if p := m.repair(engine.RepairSpec{Accept: true}); len(p.Steps) != 0 || len(p.Left) != 1 || p.Left[0].Reason != plan.LeftUntested {
		t.Errorf("%+v", p)
	}
	m.repair(engine.RepairSpec{})
	if got := m.left(); len(got) != 0 {
		t.Errorf("still found: %q", got)
	}
}

// What a repair sent is evidence, like what an import sent: a run of its own holds it.
func TestRepairIsARunOfItsOwn(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	m.put("channels", m.id("channel"), map[string]any{"status": "disabled"})
	l.host.ForgetLog()
	p := m.repair(engine.RepairSpec{})
	runs := slices.DeleteFunc(l.ran(m.batch.ID), func(r core.Run) bool { return r.Kind != core.RunRepair })
	if len(runs) != 1 || runs[0].State != string(core.BatchSucceeded) || runs[0].Ended.IsZero() || runs[0].Outcome != nil || runs[0].HostName != "lab" || runs[0].Provider != "acme" {
		t.Fatalf("runs %+v", runs)
	}
	var sent []string
	for _, x := range l.exchanges(runs[0]) {
		if x.Phase != core.PhaseRepair {
			t.Errorf("%s %s is of phase %q", x.Method, x.URL, x.Phase)
		}
		if x.Method != "GET" {
			sent = append(sent, x.Method+" "+strings.TrimPrefix(x.URL, l.url))
		}
	}
	if len(p.Steps) != 1 || !slices.Equal(sent, l.writes()) {
		t.Errorf("the run holds %v, the host got %v", sent, l.writes())
	}
	entries, err := l.History(t.Context(), engine.RunFilter{Kind: core.RunRepair})
	if err != nil || len(entries) != 1 {
		t.Errorf("history: %+v %v", entries, err)
	}
}
