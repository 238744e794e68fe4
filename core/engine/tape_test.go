package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

// ran are the runs about a batch, oldest first.
func (l *lab) ran(id core.BatchID) []core.Run {
	l.t.Helper()
	runs, err := l.Runs(l.t.Context(), engine.RunFilter{Batch: id})
	if err != nil {
		l.t.Fatal(err)
	}
	slices.Reverse(runs)
	return runs
}

func (l *lab) exchanges(run core.Run) []core.Exchange {
	l.t.Helper()
	var out []core.Exchange
	l.must(nil, l.Exchanges(l.t.Context(), run.ID, func(x core.Exchange) error {
		out = append(out, x)
		return nil
	}))
	if len(out) != run.Exchanges {
		l.t.Errorf("%s: %d exchanges are kept, %d counted", run.Kind, len(out), run.Exchanges)
	}
	return out
}

// What a run exchanged is what the host and the provider saw of it, request by request.
func TestEveryExchangeOfARunIsKept(t *testing.T) {
	for _, v := range someVersions() {
		t.Run(v, func(t *testing.T) {
			l := newLab(t, fakehost.Options{Version: v})
			var d engine.BatchDetail
			for _, part := range []struct {
				kind core.RunKind
				do   func()
			}{
				{core.RunImport, func() { d = l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-402-2")) }},
				{core.RunAccessPreview, func() { l.must(l.AccessPreview(t.Context(), "lab", "acme")) }},
				{core.RunAccess, func() { l.must(l.AccessStatus(t.Context(), "lab", "acme")) }},
				{core.RunDrift, func() { l.reconcile(engine.ReconcileSpec{Batch: d.ID, Completion: true}) }},
				{core.RunRollback, func() { l.rollback(d.ID) }},
			} {
				l.host.ForgetLog()
				l.provider.Forget()
				part.do()
				runs := l.ran(d.ID)
				run := runs[len(runs)-1]
				if run.Kind != part.kind || run.Ended.IsZero() || run.HostName != "lab" || run.Seen.Fingerprint == "" || run.Provider != "acme" {
					t.Fatalf("%s: the run is %+v", part.kind, run)
				}
				var kept, seen []string
				for _, x := range l.exchanges(run) {
					if x.Side != core.SideUpstream {
						kept = append(kept, fmt.Sprintf("%s %s %d", x.Method, strings.TrimPrefix(x.URL, l.url), x.Status))
					} else {
						kept = append(kept, x.Method+" upstream")
					}
				}
				for _, r := range l.host.Log() {
					if r.Query != "" {
						r.Path += "?" + r.Query
					}
					seen = append(seen, fmt.Sprintf("%s %s %d", r.Method, r.Path, r.Status))
				}
				asked := len(kept)
				kept = slices.DeleteFunc(kept, func(s string) bool { return strings.HasSuffix(s, " upstream") })
				if direct := asked - len(kept); direct != l.directly() {
					t.Errorf("%s: %d questions to the upstream are kept, it got %d", part.kind, direct, l.directly())
				}
				slices.Sort(kept)
				slices.Sort(seen)
				if strings.Join(kept, "\n") != strings.Join(seen, "\n") {
					t.Errorf("%s\nkept\n%s\nseen by the host\n%s", part.kind, strings.Join(kept, "\n"), strings.Join(seen, "\n"))
				}
			}
		})
	}
}

// directly counts the questions that the provider got from the console: those of the host are others'.
func (l *lab) directly() int {
	n := 0
	for _, r := range l.provider.Log() {
		if strings.HasPrefix(r.Agent, "cnrelay/") {
			n++
		}
	}
	return n
}

// Whose turn it was, how often, and what came back can be read from an exchange.
func TestExchangesTellStepAndTry(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.host.Inject(fakehost.Fault{Method: "GET", Path: "/groups$", Times: 2, Action: fakehost.Status, Status: 503, Body: `{"code":503,"message":"later"}`, Header: jsonHeader})
	d := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	run := l.ran(d.ID)[0]
	var tries []int
	steps := map[string]core.Exchange{}
	for _, x := range l.exchanges(run) {
		if strings.Contains(x.URL, "/admin/groups?") {
			tries = append(tries, x.Try*1000+x.Status)
		}
		if x.Try == 1 && x.Method == http.MethodPost {
			steps[x.Step] = x
		}
	}
	if fmt.Sprint(tries) != "[1503 2503 3200]" {
		t.Errorf("tries %v", tries)
	}
	fp := d.Request.Keys[0].Fingerprint[:8]
	for _, step := range []string{"group", "channel", "account/" + fp, "test/" + fp} {
		x, ok := steps[step]
		if !ok || x.Sent.Body == "" || x.Got.Body == "" || x.Took <= 0 || x.Timings.Wait <= 0 || x.Remote != "127.0.0.1" || x.Got.Header("Content-Type") == "" {
			t.Errorf("%s: %+v", step, x)
		}
		if x.Sent.Header("X-Api-Key") != "[secret]" {
			t.Errorf("%s: how it signed in isn't told: %v", step, x.Sent.Headers)
		}
	}
	if x := steps["prove/"+l.managed(d)]; x.Side != core.SideGateway || !strings.Contains(x.Got.Body, "pong") {
		t.Errorf("the proof: %+v", x)
	}
	if x := steps["account/"+fp]; !strings.Contains(x.Sent.Body, `"api_key":"[secret]"`) {
		t.Errorf("what was sent: %s", x.Sent.Body)
	}
}

func (l *lab) managed(d engine.BatchDetail) string { return meddler{l, d}.user() }

// A process that sends no key itself doesn't keep what a host echoes of it.
func TestKeysOfEarlierProcessesAreHidden(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	const odd = "0f0f0f0f.not-shaped-like-a-key"
	l.provider.SetBehaviour(odd, "ok")
	d := l.run(spec(core.AccessSubscription, odd))
	m := meddler{l, d}
	m.put("accounts", m.account(0), map[string]any{"notes": "refused: " + odd})
	l.boot()
	l.reconcile(engine.ReconcileSpec{})
	l.rollback(d.ID)
	for _, run := range l.ran(d.ID) {
		for _, x := range l.exchanges(run) {
			if raw, _ := json.Marshal(x); strings.Contains(string(raw), odd) {
				t.Errorf("%s %s %s holds the key", run.Kind, x.Method, x.URL)
			}
		}
	}
}

// A host that stays as it is costs no disk: of looks that found the same, the first and the latest are kept.
func TestSameLooksAreThinned(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	for range 4 {
		l.reconcile(engine.ReconcileSpec{})
	}
	m.put("channels", m.id("channel"), map[string]any{"status": "disabled"})
	for range 3 {
		l.reconcile(engine.ReconcileSpec{})
	}
	m.put("channels", m.id("channel"), map[string]any{"restrict_models": false}) // drifted still, in another way
	for range 3 {
		l.reconcile(engine.ReconcileSpec{})
	}
	var kept []string
	for _, run := range l.ran(m.batch.ID)[1:] {
		l.exchanges(run)
		state := run.State + " -"
		if run.Exchanges > 0 {
			state = run.State + " kept"
		} else if run.Dropped == 0 {
			t.Errorf("%s doesn't say that it was thinned", run.ID)
		}
		kept = append(kept, state)
	}
	if got := strings.Join(kept, ", "); got != "in_sync kept, in_sync -, in_sync -, in_sync kept, drifted kept, drifted -, drifted kept, drifted kept, drifted -, drifted kept" {
		t.Errorf("kept: %s", got)
	}
}

// The command that started a run stands in it, without what looks like a secret.
func TestRunsNameTheirCommand(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	ctx := core.WithCommand(t.Context(), "cnrelay import run --hook 'curl -H \"Authorization: Bearer abcdefghijklmnop1234\"'")
	id, done, err := l.StartImport(ctx, spec(core.AccessSubscription, "sk-ok-1"))
	l.must(id, err)
	l.must(nil, <-done)
	if run := l.ran(id)[0]; run.Command != "cnrelay import run --hook 'curl -H \"Authorization: [secret]\"'" {
		t.Errorf("command %q", run.Command)
	}
}

// A failed batch that takes itself back has two runs, so that how the import ended isn't lost.
func TestRollbackOnFailureIsARunOfItsOwn(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	s := spec(core.AccessSubscription, "sk-401-1")
	s.RollbackOnFailure = true
	d := l.run(s)
	runs := l.ran(d.ID)
	if len(runs) != 2 || runs[0].Kind != core.RunImport || runs[0].Class != core.UpstreamKeyInvalid || runs[1].Kind != core.RunRollback || runs[1].State != string(core.BatchRolledBack) {
		t.Fatalf("runs %+v", runs)
	}
	for _, x := range l.exchanges(runs[1]) {
		if x.Phase != core.PhaseUndo {
			t.Errorf("%s %s is of phase %q", x.Method, x.URL, x.Phase)
		}
	}
	l.must(nil, context.Cause(t.Context()))
}

// What is exchanged about many accounts is more than a ledger takes in one commit.
func TestEvidenceOfManyAccountsIsKeptInPieces(t *testing.T) {
	if testing.Short() {
		t.Skip("600 accounts")
	}
	l := newLab(t, fakehost.Options{})
	s := spec(core.AccessSubscription)
	for i := range 600 {
		s.Keys = append(s.Keys, engine.Key{Value: fmt.Sprintf("sk-ok-%d", i)})
	}
	before := l.host.JSON()
	d := l.run(s)
	l.must(l.AccessPreview(t.Context(), "lab", "acme"))
	l.must(l.AccessStatus(t.Context(), "lab", "acme"))
	l.reconcile(engine.ReconcileSpec{})
	if d = l.rollback(d.ID); d.State != core.BatchRolledBack {
		t.Errorf("ended %s", d.State)
	}
	l.asBefore(before)
	runs := l.ran(d.ID)
	if len(runs) != 5 {
		t.Fatalf("runs %+v", runs)
	}
	for _, run := range runs {
		if l.exchanges(run); run.Ended.IsZero() || run.State == "" || run.Dropped > 0 {
			t.Errorf("%s: %+v", run.Kind, run)
		}
	}
}

// refusing is a store that refuses one update.
type refusing struct {
	core.Store
	left atomic.Int32 // that it takes before
}

func (s *refusing) Update(ctx context.Context, fn func(core.Tx) error) error {
	if s.left.Add(-1) == -1 {
		return errors.New("no space left on device")
	}
	return s.Store.Update(ctx, fn)
}

// What a failed commit was to keep comes with the next one, and counts once.
func TestExchangesOfAFailedCommitAreNotLost(t *testing.T) {
	for n := int32(4); n < 18; n += 2 { // all before the end of the import
		l := newLab(t, fakehost.Options{})
		store := &refusing{Store: l.store}
		store.left.Store(math.MaxInt32)
		l.store = store
		l.boot()
		l.host.ForgetLog()
		store.left.Store(n)
		id, done, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-1"))
		l.must(id, err)
		if err := <-done; core.CodeOf(err) != core.CodeState {
			t.Fatalf("the store refused update %d, the import ended with %v", n, err)
		}
		run := l.ran(id)[0]
		direct := 0
		for _, x := range l.exchanges(run) {
			if x.Side == core.SideUpstream {
				direct++
			}
		}
		if asked := len(l.host.Log()); run.Ended.IsZero() || run.Exchanges-direct != asked {
			t.Errorf("update %d refused: %d exchanges are kept, the host got %d requests; ended %v", n, run.Exchanges-direct, asked, run.Ended)
		}
	}
}
