package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

// post is a monitor at work in a lab whose time is virtual, and what it told.
type post struct {
	meddler
	spec engine.MonitorSpec
	stop func()

	mu   sync.Mutex
	told []string // "09:02 firing drift", minutes since it began
	from time.Time
}

// watching runs a test beside a monitor of an imported provider.
func watching(t *testing.T, spec engine.MonitorSpec, test func(p *post)) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, fakehost.Options{Net: fakehost.NewNet()})
		p := &post{meddler: meddler{l, l.run(keysSpec())}, spec: spec}
		p.begin()
		test(p)
		p.stop()
		time.Sleep(time.Hour) // of the bubble's own time: connections that nobody uses any more end
	})
}

func keysSpec() engine.ImportSpec { return spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2") }

// begin starts a monitor, which looks at once.
func (p *post) begin() {
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan struct{})
	p.from = time.Now()
	s := p.spec
	s.Changed = func(a core.Alert) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.told = append(p.told, fmt.Sprintf("%d %s %s", int(a.Seen.Sub(p.from)/time.Minute), a.State, a.Kind))
	}
	s.Failed = func(host string, err error) { p.t.Errorf("%s: %v", host, err) }
	e := p.Engine
	go func() {
		defer close(done)
		_ = e.Monitor(ctx, s)
	}()
	p.stop = func() { cancel(); <-done }
	time.Sleep(time.Second) // the first look is over: what a test does now is seen by the next one
	synctest.Wait()
}

// after lets time go by and gives what was told meanwhile, in minutes since the monitor began.
func (p *post) after(d time.Duration) string {
	time.Sleep(d)
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	told := strings.Join(p.told, ", ")
	p.told = nil
	return told
}

func (p *post) wants(after time.Duration, want string) {
	p.t.Helper()
	if got := p.after(after); got != want {
		p.t.Errorf("told %q, want %q", got, want)
	}
}

// asked counts the completions that the gateway and the provider got since the last time.
func (p *post) asked() (gateway, direct int) {
	for _, r := range p.host.Log() {
		if r.Path == "/v1/chat/completions" {
			gateway++
		}
	}
	for _, r := range p.provider.Log() {
		if strings.HasSuffix(r.Path, "/chat/completions") {
			direct++
		}
	}
	p.host.ForgetLog()
	p.provider.Forget()
	return gateway, direct - gateway
}

// What free looks can see is told within two minutes, once, with its cause; and that it is over.
func TestMonitorTellsWhatChanged(t *testing.T) {
	watching(t, engine.MonitorSpec{}, func(p *post) {
		p.wants(5*time.Minute+30*time.Second, "")
		p.put("channels", p.id("channel"), map[string]any{"restrict_models": false})
		p.wants(2*time.Minute, "6 pending drift, 7 firing drift")
		alerts, err := p.Alerts(t.Context(), false)
		if err != nil || len(alerts) != 1 {
			t.Fatalf("alerts %+v %v", alerts, err)
		}
		a := alerts[0]
		if a.HostName != "lab" || a.Provider != "acme" || a.Cause.Type != core.DriftChanged || a.Told != core.AlertFiring || time.Since(a.Seen) > time.Minute || time.Since(a.Well) > 3*time.Minute {
			t.Errorf("alert %+v", a)
		}
		if run, err := p.DriftRun(t.Context(), a.Cause.Run); err != nil || run.Status != core.Drifted || run.Looks < 2 {
			t.Errorf("its run %+v %v", run, err)
		}
		p.wants(30*time.Minute, "")
		p.put("channels", p.id("channel"), map[string]any{"restrict_models": true})
		p.wants(3*time.Minute, "39 ok drift")
	})
}

// A host that is down is one alert, tells nothing of its providers, and is asked less often.
func TestMonitorOneHostDownIsOneAlert(t *testing.T) {
	watching(t, engine.MonitorSpec{Completions: -1}, func(p *post) {
		p.after(2*time.Minute + 30*time.Second)
		mend := p.host.Inject(fakehost.Fault{Path: ".*", Times: -1, Action: fakehost.Reset})
		p.wants(10*time.Minute, "3 pending host_down, 4 firing host_down")
		h, err := p.Host(t.Context(), "lab")
		if err != nil || h.Lost.Code != core.CodeNetwork || time.Since(h.Lost.Since) < 9*time.Minute {
			t.Errorf("the host's outage: %+v %v", h.Lost, err)
		}
		p.host.ForgetLog()
		p.after(30 * time.Minute)
		if n := len(p.host.Log()); n == 0 || n > 60 { // of some 9 a look, with the retries
			t.Errorf("%d requests to a host that is down", n)
		}
		mend()
		if told := p.after(8 * time.Minute); !strings.HasSuffix(told, "ok host_down") || strings.Contains(told, ",") {
			t.Errorf("told %q", told)
		}
	})
}

// The paid question: twice an hour, and once more of the provider alone after a failure; none while accounts cool down.
func TestMonitorSpends(t *testing.T) {
	watching(t, engine.MonitorSpec{}, func(p *post) {
		p.asked()
		p.after(3 * time.Hour)
		if gateway, direct := p.asked(); gateway != 6 || direct != 6 {
			t.Errorf("in three hours the gateway was asked %d times, the provider %d times", gateway, direct)
		}
		w, err := p.Watched(t.Context())
		if err != nil || len(w) != 1 || w[0].Completions != 12 || w[0].Today > 12 {
			t.Errorf("counted %+v %v", w, err)
		}
		p.provider.SetBehaviour("sk-ok-1", "500")
		p.provider.SetBehaviour("sk-ok-2", "500")
		told := p.after(time.Hour)
		gateway, direct := p.asked()
		if !strings.Contains(told, "pending access_broken") || !strings.Contains(told, "firing access_broken") {
			t.Errorf("told %q", told)
		}
		if gateway > 4 { // two questions, each of which fails over once
			t.Errorf("the gateway was asked %d times in an hour (the provider %d times)", gateway, direct)
		}
	})
}

func TestMonitorKeepsToItsCap(t *testing.T) {
	if testing.Short() {
		t.Skip("days of looks: their concurrency is in the other tests")
	}
	watching(t, engine.MonitorSpec{Every: 10 * time.Minute, PerDay: 10}, func(p *post) {
		time.Sleep(time.Until(time.Now().Truncate(24 * time.Hour).Add(24*time.Hour - time.Second)))
		synctest.Wait()
		p.asked()
		p.after(24 * time.Hour)
		if gateway, direct := p.asked(); gateway != 5 || direct != 5 {
			t.Errorf("in a day the gateway was asked %d times, the provider %d times", gateway, direct)
		}
		if w, err := p.Watched(t.Context()); err != nil || w[0].Today != 10 || w[0].Skipped != engine.SkippedCapped {
			t.Errorf("counted %+v %v", w, err)
		}
	})
}

// While accounts cool down nobody is asked to pay.
func TestMonitorPausesWhileAccountsCool(t *testing.T) {
	watching(t, engine.MonitorSpec{}, func(p *post) {
		p.after(2 * time.Minute)
		p.host.Cool(p.account(0), time.Now().Add(3*time.Hour))
		p.after(2 * time.Minute)
		p.asked()
		p.after(2 * time.Hour)
		if gateway, direct := p.asked(); gateway+direct != 0 {
			t.Errorf("asked the gateway %d times, the provider %d times", gateway, direct)
		}
		p.after(2 * time.Hour)
		if gateway, _ := p.asked(); gateway == 0 {
			t.Error("nothing was asked once it was over")
		}
	})
}

// By the operator's rule an account comes back once its upstream answers again, and not before; the tries are few.
func TestMonitorRecovers(t *testing.T) {
	for _, rule := range []bool{true, false} {
		t.Run(fmt.Sprint(rule), func(t *testing.T) {
			watching(t, engine.MonitorSpec{Every: 10 * time.Minute, Recover: rule}, func(p *post) {
				p.refuse("402")
				p.after(time.Hour)
				p.asked()
				p.after(3 * time.Hour)
				if _, direct := p.asked(); direct > 18 { // in each half hour: once, to confirm, and to try
					t.Errorf("in three hours the provider was asked %d times", direct)
				}
				out := p.reconcile(engine.ReconcileSpec{})[0]
				p.provider.SetBehaviour("sk-ok-1")
				p.provider.SetBehaviour("sk-ok-2")
				told := p.after(time.Hour)
				back := p.reconcile(engine.ReconcileSpec{})[0]
				if len(out.Findings) != 1 || (len(back.Findings) == 0) != rule || strings.Contains(told, "ok degraded") != rule {
					t.Errorf("told %q; then found %+v, before %+v", told, back.Findings, out.Findings)
				}
			})
		})
	}
}

// Another process goes on where the one before it was: nothing is told twice, and nothing starts at zero.
func TestMonitorAfterARestart(t *testing.T) {
	watching(t, engine.MonitorSpec{}, func(p *post) {
		p.put("channels", p.id("channel"), map[string]any{"restrict_models": false})
		p.wants(time.Minute, "1 pending drift")
		p.stop()
		p.boot()
		p.begin()
		p.wants(5*time.Minute, "0 firing drift")
		p.stop()
		p.boot()
		p.begin()
		p.wants(5*time.Minute, "")
		p.asked()
		p.stop()
		p.boot()
		p.begin()
		p.after(time.Minute)
		if gateway, _ := p.asked(); gateway > 1 {
			t.Error("a restart costs completions")
		}
	})
}

// This console's own work is no drift, and what it took back isn't watched any more.
func TestMonitorAndImports(t *testing.T) {
	watching(t, engine.MonitorSpec{}, func(p *post) {
		p.put("channels", p.id("channel"), map[string]any{"restrict_models": false})
		p.after(5 * time.Minute)
		p.rollback(p.batch.ID)
		if told := p.after(2 * time.Minute); !strings.HasSuffix(told, "ok drift") {
			t.Errorf("told %q", told)
		}
		p.run(keysSpec())
		p.wants(5*time.Minute, "")
		if all, err := p.Alerts(t.Context(), true); err != nil || len(all) < 3 {
			t.Errorf("watched %+v %v", all, err)
		}
	})
}

// Silences end by themselves, or are lifted.
func TestSilences(t *testing.T) {
	watching(t, engine.MonitorSpec{}, func(p *post) {
		for _, bad := range []struct {
			host, reason string
			term         time.Duration
		}{{"nohost", "x", time.Hour}, {"lab", "", time.Hour}, {"lab", "x", -time.Hour}} {
			if _, err := p.Silence(t.Context(), bad.host, "", bad.term, bad.reason); core.CodeOf(err) != core.CodeInput {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		p.must(p.Silence(t.Context(), "lab", "acme", 20*time.Minute, "maintenance"))
		p.put("channels", p.id("channel"), map[string]any{"restrict_models": false})
		p.after(5 * time.Minute)
		told := func() core.AlertState {
			alerts, err := p.Alerts(t.Context(), false)
			if err != nil || len(alerts) != 1 || alerts[0].State != core.AlertFiring {
				t.Fatalf("%+v %v", alerts, err)
			}
			return alerts[0].Told
		}
		if s := told(); s != "" {
			t.Errorf("told %s while it is silenced", s)
		}
		p.after(17 * time.Minute)
		if s := told(); s != core.AlertFiring {
			t.Errorf("told %q after the silence", s)
		}
		if list, err := p.Silences(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("silences %v %v", list, err)
		}
		p.must(p.Silence(t.Context(), "lab", "", time.Hour, "x"))
		p.must(p.Silence(t.Context(), "lab", "", 0, ""))
		if list, err := p.Silences(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("silences %v %v", list, err)
		}
	})
}

// A day of looks at what stays the same is a few runs, each of which says from when to when.
func TestMonitorFoldsWhatStaysTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("days of looks: their concurrency is in the other tests")
	}
	watching(t, engine.MonitorSpec{Every: 5 * time.Minute}, func(p *post) {
		p.after(24 * time.Hour)
		runs, err := p.DriftRuns(t.Context(), engine.DriftFilter{})
		looks := 0
		for _, r := range runs {
			looks += r.Looks
			if r.Status != core.InSync || r.Since.IsZero() || r.At.Sub(r.Since) > time.Hour {
				t.Errorf("run %+v", r)
			}
		}
		if err != nil || len(runs) > 26 || looks < 24*12-2 {
			t.Errorf("%d runs of %d looks, %v", len(runs), looks, err)
		}
		if !slices.ContainsFunc(runs, func(r core.DriftRun) bool { return r.Access.Completion.Answered() }) {
			t.Error("the answers of the paid looks are lost")
		}
	})
}

func TestOneMonitorAtATime(t *testing.T) {
	watching(t, engine.MonitorSpec{}, func(p *post) {
		synctest.Wait()
		if err := p.Monitor(t.Context(), engine.MonitorSpec{}); core.CodeOf(err) != core.CodeStopped || !p.Monitoring() {
			t.Errorf("a second monitor: %v", err)
		}
	})
}

// What is kept of two weeks: every run of the last one, a run a day before that, and what somebody asked for.
func TestMonitorThinsOutWhatIsOld(t *testing.T) {
	if testing.Short() {
		t.Skip("days of looks: their concurrency is in the other tests")
	}
	watching(t, engine.MonitorSpec{Every: 6 * time.Hour, Completions: -1}, func(p *post) {
		p.after(12 * time.Hour)
		asked := p.reconcile(engine.ReconcileSpec{Host: "lab"})[0]
		p.after(14 * 24 * time.Hour)
		runs, err := p.DriftRuns(t.Context(), engine.DriftFilter{})
		old := 0
		for _, r := range runs {
			if time.Since(r.At) > 8*24*time.Hour {
				old++
			}
		}
		if err != nil || old > 9 || old < 7 || len(runs) > 9+8*4 || len(runs) < 7*4 {
			t.Errorf("%d runs, %d of them old, %v", len(runs), old, err)
		}
		if _, err := p.DriftRun(t.Context(), asked.ID); err != nil {
			t.Errorf("what somebody asked for: %v", err)
		}
	})
}

// A host with a password is signed in to once, not once a look; a new password is taken up.
func TestMonitorSignsInOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, fakehost.Options{Net: fakehost.NewNet(), AdminEmail: "boss@lab.test", AdminPassword: "lab-secret-1"})
		p := &post{meddler: meddler{l, l.run(keysSpec())}, spec: engine.MonitorSpec{Completions: -1}}
		h, err := p.Host(t.Context(), "lab")
		if err != nil {
			t.Fatal(err)
		}
		h.Auth, h.Email = core.AuthPassword, "boss@lab.test"
		p.must(p.EditHost(t.Context(), "lab", engine.HostSpec{Host: h, Secret: "lab-secret-1"}))
		p.host.ForgetLog()
		p.begin()
		p.wants(15*time.Minute, "")
		n := 0
		for _, r := range p.host.Log() {
			if strings.HasSuffix(r.Path, "/auth/login") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("signed in %d times", n)
		}
		p.stop()
		time.Sleep(time.Hour)
	})
}
