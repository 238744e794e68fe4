package bundle

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// notShown says, by rule, what the evidence is no evidence of: the conclusions that somebody might draw from it and
// must not. The codes have their words in tui/text.
func notShown(e engine.Evidence, s Summary, latest core.AccessResult) []core.Note {
	var out []core.Note
	lacks := func(holds bool, code string, args ...string) {
		if holds {
			out = append(out, core.Note{Code: code, Args: args})
		}
	}
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	asked, answered := !latest.Completion.At.IsZero(), latest.Completion.Answered()

	// Time and place.
	lacks(ready(s.Access), "not_ready_today", at(latest.At), s.Host.Name)
	lacks(!ready(s.Access) && s.Class != core.Unknown, "not_failing_today", at(lastFinding(s)), s.Host.Name)
	lacks(true, "not_other_hosts", s.Host.Name, short(s.Host.Fingerprint), s.Versions.Host)
	lacks(len(e.Batch.HostSeen.Features) > 0, "not_compatible", s.Versions.Host, at(e.Batch.HostSeen.At))

	// What was asked.
	lacks(!asked, "access_not_asked")
	lacks(latest.Models.Status == 200 && !answered && asked, "status_200_models")
	lacks(s.Accounts.Passed > 0 && asked && !answered, "tests_passed")
	lacks(latest.Completion.Status == 200 && !answered, "status_200_completion")
	lacks(answered, "one_question", s.Config.Smoke)
	lacks(answered && latest.ServedBy == 0 && s.Accounts.Passed > 1, "served_by_unknown", strconv.Itoa(s.Accounts.Passed))
	lacks(answered, "billing_unchecked")
	lacks(asked && s.Host.Public != "" && s.Host.Public != s.Host.URL && !strings.HasPrefix(latest.Completion.URL, s.Host.Public),
		"public_url_not_asked", s.Host.URL, s.Host.Public)

	// Whose fault it is.
	_, upstream := latestUpstream(e)
	lacks(!ready(s.Access) && asked && upstream.At.IsZero(), "upstream_not_asked")
	lacks(!upstream.At.IsZero(), "upstream_from_here")
	for _, f := range s.Findings {
		for _, missing := range f.Missing {
			if !slices.ContainsFunc(out, func(n core.Note) bool { return n.Code == "evidence_missing" && n.Args[0] == missing }) {
				lacks(true, "evidence_missing", missing)
			}
		}
	}

	// What is on the host besides.
	lacks(len(e.Drift) == 0 && s.State != core.BatchRolledBack, "never_compared")
	lacks(len(e.Drift) > 0, "compared_recorded_only")
	rolledBack := s.State == core.BatchRolledBack
	lacks(rolledBack && noise(e) >= 0, "older_dirt_seen", strconv.Itoa(max(0, noise(e))))
	lacks(rolledBack && noise(e) < 0, "older_dirt")
	lacks(rolledBack && len(e.Batch.Kept) > 0, "kept_by_rollback", strconv.Itoa(len(e.Batch.Kept)))
	lacks(open(e) > 0, "outcomes_unknown", strconv.Itoa(open(e)))

	// What is in the bundle.
	lacks(s.Dropped > 0, "exchanges_dropped", strconv.Itoa(s.Dropped))
	lacks(s.Cut > 0, "bodies_cut", strconv.Itoa(s.Cut))
	lacks(s.Exchanges == 0, "nothing_exchanged")
	return out
}

func short(fingerprint string) string { return fingerprint[:min(12, len(fingerprint))] }

func lastFinding(s Summary) time.Time {
	t := s.Until
	if len(s.Findings) > 0 {
		t = s.Findings[0].At
	}
	return t
}

// noise counts what the latest reconcile run found to be older than the ledger; -1 if none looked.
func noise(e engine.Evidence) int {
	for _, d := range slices.Backward(e.Drift) {
		if d.Status != core.DriftUnknown {
			return d.StaleNoiseCount
		}
	}
	return -1
}

// open counts the steps whose outcome nobody knows.
func open(e engine.Evidence) int {
	n := 0
	for _, rec := range e.Batch.Steps {
		if rec.State == core.StepIntent || rec.State == core.StepUnknown {
			n++
		}
	}
	return n
}
