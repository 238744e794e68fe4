package contract

import (
	"crypto/rand"
	"encoding/hex"
	"testing"
	"time"

	"cnrelay/core"
)

// Target is a host to put the cases to.
type Target struct {
	URL      string
	AdminKey string
	// Upstream is the base URL, ending in /v1, by which the host reaches a provider that behaves
	// as fakehost.Provider does.
	Upstream string
	// Client is the typed client under test; nil leaves out the typed cases.
	Client core.HostClient
}

// testCase is one fact, or several that hang together.
type testCase struct {
	name    string
	section string // of HOST_CONTRACT.md
	needs   func(features) bool
	run     func(*env)
}

// Result is how a case went.
type Result struct {
	Name, Section, Outcome string
	Took                   time.Duration
}

// Run puts every case to the target and gives the results. Everything it makes is named
// "contract-<random>-…" and deleted again, and a last case checks that nothing is left.
func Run(t *testing.T, target Target) Report {
	s := newSuite(t, target)
	report := Report{Version: s.has.version, URL: target.URL, Started: time.Now(), Features: s.has.names()}
	var cases []testCase
	for _, group := range [][]testCase{
		surfaceCases, groupCases, channelCases, planCases, accountCases, accountTestCases, userCases, keyCases,
		subscriptionCases, gatewayCases, refusalCases, billingCases, deletionCases,
	} {
		cases = append(cases, group...)
	}
	if target.Client != nil {
		cases = append(cases, typedCases...)
	}
	for _, c := range append(cases, lastCases...) {
		started := time.Now()
		outcome := "not on this host"
		if c.needs == nil || c.needs(s.has) {
			outcome = "failed"
			if t.Run(c.name, func(t *testing.T) { c.run(s.env(t)) }) {
				outcome = "passed"
			}
		}
		report.Results = append(report.Results, Result{c.name, c.section, outcome, time.Since(started)})
	}
	return report
}

// suite is what the cases of one run share.
type suite struct {
	target Target
	prefix string
	has    features
	serial int
	member *member
}

func newSuite(t *testing.T, target Target) *suite {
	t.Helper()
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails
	s := &suite{target: target, prefix: "contract-" + hex.EncodeToString(random)}
	e := s.env(t)
	s.has = detect(e)
	s.member = e.newMember("member", 100)
	return s
}
