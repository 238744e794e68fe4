package drift

import (
	"slices"
	"testing"
	"time"

	"cnrelay/core"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestSettle(t *testing.T) {
	found := func(types ...core.DriftType) (out []core.DriftFinding) {
		for _, x := range types {
			out = append(out, core.DriftFinding{Type: x})
		}
		return out
	}
	for name, c := range map[string]struct {
		run  core.DriftRun
		want core.DriftStatus
		fail int
	}{
		"nothing":                        {core.DriftRun{}, core.InSync, 0},
		"remarks only":                   {core.DriftRun{Findings: found(core.DriftModelUnlisted, core.DriftModelRenamed), Noise: found(core.DriftStale)}, core.InSync, 0},
		"an account out":                 {core.DriftRun{Findings: found(core.DriftOutOfTraffic)}, core.Degraded, 1},
		"the gateway and a balance":      {core.DriftRun{Findings: found(core.DriftLowBalance), Probes: make([]core.Finding, 1)}, core.Degraded, 2},
		"something gone, something out":  {core.DriftRun{Findings: found(core.DriftMissing, core.DriftExpiring)}, core.Drifted, 1},
		"a list unread":                  {core.DriftRun{Error: "x"}, core.DriftUnknown, 0},
		"a list unread, an account out":  {core.DriftRun{Error: "x", Findings: found(core.DriftOutOfTraffic)}, core.DriftUnknown, 1},
		"a list unread, another differs": {core.DriftRun{Error: "x", Findings: found(core.DriftUnbound)}, core.Drifted, 0},
	} {
		Settle(&c.run)
		if c.run.Status != c.want || c.run.ProbeFailures != c.fail {
			t.Errorf("%s: %s with %d failures, want %s with %d", name, c.run.Status, c.run.ProbeFailures, c.want, c.fail)
		}
	}
}

// When a subscription and a balance begin to warn.
func TestWarnings(t *testing.T) {
	subscription := func(days, left float64) (core.Resource, core.Object) {
		ref := core.Ref{Kind: core.Subscription, ID: 1}
		starts := now.Add(time.Duration((left - 40) * 24 * float64(time.Hour)))
		return core.Resource{Ref: ref, Origin: core.Created, Fields: core.Fields{"validity_days": days}},
			core.Object{Kind: core.Subscription, ID: 1, Fields: core.Fields{"status": "active", "starts_at": starts.Format(time.RFC3339),
				"expires_at": now.Add(time.Duration(left * 24 * float64(time.Hour))).Format(time.RFC3339)}}
	}
	user := func(given, left float64) (core.Resource, core.Object) {
		return core.Resource{Ref: core.Ref{Kind: core.User, ID: 1}, Origin: core.Created, Fields: core.Fields{"balance": given}},
			core.Object{Kind: core.User, ID: 1, Fields: core.Fields{"status": "active", "balance": left}}
	}
	for name, c := range map[string]struct {
		of          func(a, b float64) (core.Resource, core.Object)
		given, left float64
		want        core.DriftType
	}{
		"a year, eight days":          {subscription, 365, 8, ""},
		"a year, six days":            {subscription, 365, 6, core.DriftExpiring},
		"a week, two days":            {subscription, 7, 2, ""},
		"a week, one day":             {subscription, 7, 1, core.DriftExpiring},
		"over":                        {subscription, 365, -1, core.DriftExpiring},
		"adopted, 40 days, 8 left":    {subscription, 0, 8, ""},
		"adopted, 40 days, 6 left":    {subscription, 0, 6, core.DriftExpiring},
		"a dollar, half":              {user, 1, 0.5, ""},
		"a dollar, next to nothing":   {user, 1, 0.09, core.DriftLowBalance},
		"a hundred dollars, nine":     {user, 100, 9, core.DriftLowBalance},
		"a hundred dollars, eleven":   {user, 100, 11, ""},
		"somebody else's, in the red": {user, 0, -1, core.DriftLowBalance},
	} {
		r, o := c.of(c.given, c.left)
		r.Batches, r.CreatedAt, o.CreatedAt = []core.BatchID{"b"}, now, now
		in := Input{Batch: core.Batch{ID: "b", Request: core.ImportRequest{Access: core.AccessSelfService}}, Held: []core.Resource{r}, Seen: NewSeen(), Now: now}
		in.Seen.Add(SourceOf(r, ""), o)
		var run core.DriftRun
		Compare(&run, in)
		var got core.DriftType
		for _, f := range run.Findings {
			got += f.Type
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// One list a kind, one for all users that this console made, and those of each user.
func TestSources(t *testing.T) {
	held := []core.Resource{
		{Ref: core.Ref{Kind: core.Group, ID: 1}}, {Ref: core.Ref{Kind: core.Group, ID: 2}}, {Ref: core.Ref{Kind: core.Account, ID: 1}},
		{Ref: core.Ref{Kind: core.User, ID: 3}, Name: "managed-1.acme.mine@cnrelay.local"}, {Ref: core.Ref{Kind: core.User, ID: 4}, Name: "managed-2.acme.mine@cnrelay.local"},
		{Ref: core.Ref{Kind: core.User, ID: 5}, Name: "a@b.c"},
		{Ref: core.Ref{Kind: core.APIKey, ID: 1, Owner: 3}}, {Ref: core.Ref{Kind: core.APIKey, ID: 2, Owner: 3}},
		{Ref: core.Ref{Kind: core.Subscription, ID: 1}, Fields: core.Fields{"user_id": 3.0}},
	}
	want := []Source{{Kind: core.Account}, {Kind: core.Group}, {core.User, core.Query{Search: ".mine@cnrelay.local"}}, {core.User, core.Query{Search: "a@b.c"}},
		{core.APIKey, core.Query{User: 3}}, {core.Subscription, core.Query{User: 3}}}
	if got := Sources(held, "mine"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Another name is the same model only where a provider's ids carry dates.
func TestSameModel(t *testing.T) {
	dated := core.Quirks{DatedIDs: true}
	for _, c := range []struct {
		asked, named string
		q            core.Quirks
		same         bool
	}{
		{"flash", "flash", core.Quirks{}, true}, {"flash", "flash-260915", core.Quirks{}, false}, {"flash", "flash-260915", dated, true},
		{"flash-260915", "flash", dated, true}, {"flash", "flashier", dated, false}, {"flash", "pro", dated, false},
	} {
		if sameModel(c.asked, c.named, c.q) != c.same {
			t.Errorf("%s answered as %s: same is %v", c.asked, c.named, !c.same)
		}
	}
}
