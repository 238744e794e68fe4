package engine_test

import (
	"testing"
	"time"

	"cnrelay/core"
	observed "cnrelay/core/drift"
	"cnrelay/core/engine"
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

// In a comparison a part that fails degrades, and is an alert of its own: users do get answers.
func TestDeepReconcile(t *testing.T) {
	l := newLab(t, fakehost.Options{DropsReasoning: true})
	l.run(spec(core.AccessSubscription, "sk-ok-1"))
	run := l.reconcile(engine.ReconcileSpec{Completion: true, Deep: true})[0]
	l.status(run, core.Degraded)
	if run.ProbeFailures != 1 || run.Access.State != core.SubscriptionReady || len(run.Probes) != 0 {
		t.Errorf("%d failures, access %s, probes %v", run.ProbeFailures, run.Access.State, run.Probes)
	}
	for _, o := range observed.Observations([]core.DriftRun{run}) {
		if o.Failed != (o.Kind == core.AlertDeep) {
			t.Errorf("%s failed: %t, %+v", o.Kind, o.Failed, o.Cause)
		}
	}
	l.status(l.reconcile(engine.ReconcileSpec{Completion: true})[0], core.InSync)
}

// By schedule it goes with a paid question, the first one at once, and is counted like one.
func TestMonitorAsksDeeper(t *testing.T) {
	watching(t, engine.MonitorSpec{Every: 10 * time.Minute, Deep: time.Hour}, func(p *post) {
		p.asked()
		told := p.after(3 * time.Hour)
		gateway, direct := p.asked()
		deeper := (gateway - 6) / 3 // the host's place in the hour decides whether the first comes just before another
		if gateway != 6+deeper*3 || deeper != 3 && deeper != 4 || direct != 6 || told != "" {
			t.Errorf("in three hours the gateway was asked %d times, the provider %d times; told %q", gateway, direct, told)
		}
		if w, err := p.Watched(t.Context()); err != nil || w[0].Completions != 12+deeper*6 {
			t.Errorf("counted %+v %v", w, err)
		}
	})
}
