package bundle_test

import (
	"strings"
	"testing"

	"cnrelay/core/bundle"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

func told(list []bundle.Difference) string {
	var out []string
	for _, d := range list {
		out = append(out, d.What+": "+d.Was+" → "+d.Is)
	}
	return strings.Join(out, "\n")
}

// Two runs of a provider differ in what differed, and in nothing else.
func TestDiff(t *testing.T) {
	l := newLab(t, fakehost.Options{Version: "0.1.133"})
	good := l.run(nil, "sk-ok-1")
	_, a := l.export(good)
	l.rollback(good)
	again := l.run(nil, "sk-ok-1")
	_, b := l.export(again)
	for _, s := range []bundle.Summary{a, b} { // how long it took here is chance
		for i := range s.Stages {
			s.Stages[i].Took = 0
		}
	}
	a.Latency, b.Latency = bundle.Latency{Completion: 100}, bundle.Latency{Completion: 140}
	if got := told(bundle.Diff(a, b)); got != "" {
		t.Errorf("the same run twice differs in\n%s", got)
	}
	l.rollback(again)
	bad := l.run(func(s *engine.ImportSpec) { s.Days = 30 }, "sk-402-1", "sk-402-2")
	_, c := l.export(bad)
	for i := range c.Stages {
		c.Stages[i].Took = 0
	}
	c.Latency = bundle.Latency{Completion: 900}
	c.Versions.Host = "0.1.179"
	got := told(bundle.Diff(b, c))
	for _, want := range []string{
		"state: succeeded → failed", "class: ready → upstream_key_quota_issue", "versions.host: 0.1.133 → 0.1.179", "config.keys: 1 → 2", "config.days: 365 → 30",
		"stages.import.result: passed → failed", "stages.gateway_completion.result: passed → not_seen", "accounts.failed: 0 → 2", "latency_ms.gateway_completion: 140 → 900",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, not := range []string{"took_ms", "batch", "\nfrom", "config.platform", "host.fingerprint"} {
		if strings.Contains(got, not) {
			t.Errorf("%q in\n%s", not, got)
		}
	}
	if first, _, _ := strings.Cut(got, ":"); first != "state" {
		t.Errorf("how it came out doesn't stand first:\n%s", got)
	}
}
