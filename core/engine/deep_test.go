package engine_test

import (
	"testing"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
)

// The deeper smoke tells what a gateway breaks though it answers, and whose fault it is (D9).
func TestDeepSmoke(t *testing.T) {
	for _, c := range []struct {
		name     string
		options  fakehost.Options
		behaves  string // the provider, from then on
		stream   core.Verdict
		tools    core.Verdict
		class    core.Class // of the tool turn
		upstream bool       // was asked directly about it
	}{
		{"well", fakehost.Options{}, "ok", core.Passed, core.Passed, core.Ready, false},
		{"a host that drops what the model thought", fakehost.Options{DropsReasoning: true}, "ok", core.Passed, core.Failed, core.HostCompatibilityGap, true},
		{"a model that calls no tools", fakehost.Options{}, "notools", core.Passed, core.Inconclusive, core.Unknown, true},
		{"a provider that refuses", fakehost.Options{}, "402", core.Failed, core.Failed, core.UpstreamKeyQuota, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, c.options)
			d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
			l.provider.SetBehaviour("sk-ok-1", c.behaves)
			reports, err := l.DeepSmoke(t.Context(), "lab", "acme")
			if err != nil || len(reports) != 1 || len(reports[0].Access.Deep) != 2 || reports[0].Batch != d.ID {
				t.Fatalf("%+v %v", reports, err)
			}
			stream, tools := reports[0].Access.Deep[0], reports[0].Access.Deep[1]
			if stream.Kind != core.DeepStream || stream.Verdict != c.stream {
				t.Errorf("stream: %+v", stream)
			}
			if tools.Kind != core.DeepTools || tools.Verdict != c.tools || tools.Finding.Class != c.class || (tools.Direct != nil) != c.upstream {
				t.Errorf("tools: %+v, directly %+v", tools, tools.Direct)
			}
			if c.behaves != "402" { // and stays so when less is asked
				l.must(l.AccessStatus(t.Context(), "lab", "acme"))
			}
			status, err := l.Status(t.Context(), "lab")
			if err != nil || len(status[0].Providers[0].Access[0].Deep) != 2 {
				t.Errorf("it isn't kept: %+v %v", status, err)
			}
		})
	}
}

// A stream that breaks off is no answer, however much of it came.
func TestDeepSmokeOfABrokenStream(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.run(spec(core.AccessSubscription, "sk-ok-1"))
	l.provider.SetBehaviour("sk-ok-1", "dropmid")
	reports, err := l.DeepSmoke(t.Context(), "lab", "acme")
	if err != nil || reports[0].Access.Deep[0].Verdict != core.Failed {
		t.Errorf("%+v %v", reports, err)
	}
}
