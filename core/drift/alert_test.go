package drift

import (
	"strings"
	"testing"
	"time"

	"cnrelay/core"
)

// story feeds outcomes to an alert, a minute apart ('x' fails, '.' is well, '_' is an hour without a look), and gives
// its states, and what was told.
func story(outcomes string, silences ...core.Silence) (states, told string, a core.Alert) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	a = core.Alert{Host: "h1", Provider: "acme", Kind: core.AlertDrift}
	letter := map[core.AlertState]string{core.AlertOK: ".", core.AlertPending: "p", core.AlertFiring: "F", core.AlertFlapping: "~"}
	for _, c := range outcomes {
		if c == '_' {
			now = now.Add(time.Hour)
			continue
		}
		a = Observe(a, now, c == 'x', core.Cause{Name: "x"}, DefaultPatience)
		states += letter[a.State]
		if state, tell := Tell(a, silences, now); tell {
			told += letter[state]
			if a.Told = state; state == core.AlertOK {
				a.Told = ""
			}
		}
		now = now.Add(time.Minute)
	}
	return states, told, a
}

func TestObserve(t *testing.T) {
	for _, c := range []struct{ name, outcomes, states, told string }{
		{"well", "....", "....", ""},
		{"one failure is none", ".x...", ".p...", ""},
		{"two are", ".xx", ".pF", "F"},
		{"told once", "xxxxxxx", "pFFFFFF", "F"},
		{"resolved by two", "xx.x..", "pFFFF.", "F."},
		{"long enough", "x_x", "pF", "F"},
		{"no look says nothing", "xx_", "pF", "F"},
		{"alternating", "x.x.x.x.x.", "p.p.p~~~~~", "~"},
		{"flapping ends well", "x.x.x.x." + strings.Repeat(".", 18), "", "~."},
		{"flapping ends badly", "x.x.x.xx" + strings.Repeat("x", 18), "", "~F"},
	} {
		states, told, _ := story(c.outcomes)
		if c.states != "" && states != c.states || told != c.told {
			t.Errorf("%s: %s → %s, told %q; want %s, %q", c.name, c.outcomes, states, told, c.states, c.told)
		}
	}
}

// However long it alternates, operators hear of it once, and of its name.
func TestAlternatingIsToldOnce(t *testing.T) {
	states, told, a := story(strings.Repeat("x.", 500))
	if told != "~" || a.State != core.AlertFlapping || strings.Contains(states, "F") {
		t.Errorf("told %q, ends %s", told, a.State)
	}
}

// A silence holds back what is told, not what is known; what goes on after it is told then.
func TestSilence(t *testing.T) {
	s := core.Silence{Host: "h1", Until: time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC)}
	if states, told, _ := story("xxxx..", s); states != "pFFFF." || told != "" {
		t.Errorf("within the silence: %s, told %q", states, told)
	}
	if _, told, _ := story("xxxxxxxx..", s); told != "F." {
		t.Errorf("beyond it: told %q", told)
	}
	for _, other := range []core.Silence{{Host: "h2", Until: s.Until}, {Host: "h1", Provider: "other", Until: s.Until}} {
		if _, told, _ := story("xx", other); told != "F" {
			t.Errorf("%+v held back another alert", other)
		}
	}
}

// A host that is down says nothing of its providers, and a look without a completion nothing of access.
func TestObservations(t *testing.T) {
	seen := core.HostFacts{At: time.Now()}
	quota := core.Finding{Class: core.UpstreamKeyQuota, Fault: core.FaultUpstream, Words: "no balance"}
	missing := core.DriftFinding{Type: core.DriftMissing, Name: "group"}
	out := core.DriftFinding{Type: core.DriftOutOfTraffic, Name: "acc", Probe: &quota, Why: "402"}
	for _, c := range []struct {
		name string
		runs []core.DriftRun
		want string
	}{
		{"nothing", nil, ""},
		{"well", []core.DriftRun{{Provider: "a", Facts: seen}}, "host_down drift/a degraded/a"},
		{"down", []core.DriftRun{{Provider: "a", Error: "refused", Code: core.CodeNetwork}, {Provider: "b", Error: "refused"}}, "host_down!host_unreachable"},
		{"partly read", []core.DriftRun{{Provider: "a", Facts: seen, Error: "plans"}}, "host_down"},
		{"partly read, and something found", []core.DriftRun{{Provider: "a", Facts: seen, Error: "plans", Findings: []core.DriftFinding{missing}}}, "host_down drift/a!"},
		{"two batches", []core.DriftRun{{Provider: "a", Facts: seen}, {Provider: "a", Facts: seen, Findings: []core.DriftFinding{out, missing}}}, "host_down drift/a! degraded/a!upstream_key_quota_issue"},
		{"two providers", []core.DriftRun{{Provider: "b", Facts: seen}, {Provider: "a", Facts: seen, Findings: []core.DriftFinding{missing}}}, "host_down drift/a! degraded/a drift/b degraded/b"},
		{"access", []core.DriftRun{{Provider: "a", Facts: seen, Access: core.AccessResult{State: core.SubscriptionReady}}}, "host_down drift/a degraded/a access_broken/a"},
		{"no access", []core.DriftRun{{Provider: "a", Facts: seen, Probes: []core.Finding{quota}}}, "host_down drift/a degraded/a access_broken/a!upstream_key_quota_issue"},
	} {
		var got []string
		for _, o := range Observations(c.runs) {
			s := core.Alert{Kind: o.Kind, Provider: o.Provider}.ID()[1:]
			if o.Failed {
				s += "!" + string(o.Cause.Class)
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}
