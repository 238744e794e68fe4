package bundle_test

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
)

// Whatever a host echoes, wherever, and whatever is done with it: no secret of any kind is in a bundle.
func TestNoSecretInRandomBundles(t *testing.T) {
	bundles := 15
	switch {
	case figures.Long():
		bundles = 1000
	case testing.Short():
		bundles = 4
	}
	var clean, scanned atomic.Int64
	t.Run("bundles", func(t *testing.T) { noSecretIn(t, bundles, &clean, &scanned) })
	figures.Print(t, "Secrets in bundles", "%d random bundles, %d bytes scanned in ten encodings and under three layers of escapes: 0 hits", clean.Load(), scanned.Load())
}

func noSecretIn(t *testing.T, bundles int, clean, scanned *atomic.Int64) {
	for n := range bundles {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			l, id := wandered(t, uint64(n))
			leaks := l.leaks()
			m, s := l.export(id)
			for name, f := range m.MapFS {
				scanned.Add(int64(len(f.Data)))
				if found := leaks(f.Data); len(found) > 0 {
					t.Errorf("%s: %v\n%s", name, found, f.Data[max(0, found[0].Offset-700):min(len(f.Data), found[0].Offset+300)])
				}
			}
			if faults := verify(t, m, nil); len(faults) > 0 || s.Exchanges == 0 {
				t.Errorf("%d exchanges, faults %v", s.Exchanges, faults)
			}
			folder, sealed := openZip(t, l.zip(id))
			if faults := verify(t, folder, sealed); len(faults) > 0 {
				t.Errorf("zip: %v", faults)
			}
			harSchema(t, m)
			clean.Add(1)
		})
	}
}

// wandered is a lab in which something was done at random, and the batch that came of it.
func wandered(t *testing.T, seed uint64) (*lab, core.BatchID) {
	for try := uint64(0); ; try++ {
		rnd := rand.New(rand.NewPCG(seed, try))
		o := fakehost.Options{Version: []string{"0.1.121", "0.1.133", "0.1.179"}[rnd.IntN(3)]}
		if rnd.IntN(3) == 0 { // a password is anything that somebody types
			o.AdminEmail, o.AdminPassword = "boss@lab.test", fmt.Sprintf(`pass"%06d\<word>&'/more`, rnd.IntN(1e6))
		}
		l := newLab(t, o)
		if id, ok := l.wander(rnd); ok { // not refused before there was a batch
			return l, id
		}
	}
}

// wander imports, looks and rolls back at random, on a host and with a provider that echo secrets.
func (l *lab) wander(rnd *rand.Rand) (core.BatchID, bool) {
	shapes := []string{"sk-ok-%08d-canary", "canary.%08d.without-a-known-shape", "sk-402-%08d", "sk-ok-%d+/=<x>&", "0123456789abcdef.%08dcanary", `key"%08d<of>&\'ours`}
	var keys []engine.Key
	for range 1 + rnd.IntN(3) {
		k := fmt.Sprintf(shapes[rnd.IntN(len(shapes))], rnd.IntN(1e8))
		if rnd.IntN(3) > 0 {
			l.provider.SetBehaviour(k, "ok")
		}
		keys = append(keys, engine.Key{Name: "k", Value: k})
	}
	echo := func() string {
		return strings.Join(append(slices.Sorted(maps.Values(l.secrets())), values(keys)...), " ")
	}
	l.hook = "printed: " + echo()
	for range rnd.IntN(3) {
		l.host.Inject(l.spoilt(rnd, echo))
	}
	s := engine.ImportSpec{HostName: "lab", Keys: keys, ImportRequest: core.ImportRequest{Provider: "acme", Hook: "hook",
		Access: []core.AccessMode{core.AccessSubscription, core.AccessSelfService}[rnd.IntN(2)], RollbackOnFailure: rnd.IntN(4) == 0, Fix: true, Balance: 5}}
	ctx := core.WithCommand(l.t.Context(), "cnrelay import run --hook 'x "+values(keys)[0]+"'")
	id, done, err := l.StartImport(ctx, s)
	if err != nil {
		return "", false
	}
	<-done
	for range rnd.IntN(5) {
		if rnd.IntN(2) == 0 {
			l.host.Inject(l.spoilt(rnd, echo))
		}
		switch rnd.IntN(6) {
		case 0:
			_, _ = l.AccessStatus(l.t.Context(), "lab", "acme")
		case 1:
			_, _ = l.AccessPreview(l.t.Context(), "lab", "acme")
		case 2:
			_, _ = l.Reconcile(l.t.Context(), engine.ReconcileSpec{Batch: id, Completion: rnd.IntN(2) == 0})
		case 3:
			_, _ = l.ProbeAccounts(l.t.Context(), "lab", "acme")
		case 4:
			settle(l.ResumeImport(l.t.Context(), id))
		case 5:
			settle(l.StartRollback(l.t.Context(), id, engine.RollbackOptions{}))
		}
	}
	return id, true
}

func settle(done <-chan error, err error) {
	if err == nil {
		<-done
	}
}

func values(keys []engine.Key) (out []string) {
	for _, k := range keys {
		out = append(out, k.Value)
	}
	return out
}

// spoilt is an answer that echoes what was sent, in one of the shapes that hosts and what stands before them have.
func (l *lab) spoilt(rnd *rand.Rand, echo func() string) fakehost.Fault {
	text := echo()
	quoted, _ := json.Marshal(text)
	status := []int{400, 401, 500, 502, 503}[rnd.IntN(5)]
	bodies := []string{
		fmt.Sprintf(`{"code":%d,"message":%s,"reason":"X"}`, status, quoted),
		fmt.Sprintf(`{"error":{"message":%s,"code":%s}}`, quoted, quoted),
		"<html><p>" + text + "</p></html>",
		"<html><p>" + html.EscapeString(string(quoted)) + "</p></html>",
		fmt.Sprintf(`{"code":%d,"message":"ok","data":{"api_key":%s,"nested":[{"note":%s}]}}`, status, quoted, quoted),
		fmt.Sprintf("data: {\"type\":\"error\",\"error\":%s}\n\n", quoted),
		fmt.Sprintf(`{"message":"said %s"`, strings.ReplaceAll(string(quoted), `"`, `\"`)),
	}
	paths := []string{"/admin/accounts", "/v1/chat/completions", "/v1/models", "/admin/groups", "/test$", "/admin/users", "/api-keys", "/admin/"}
	return fakehost.Fault{Path: paths[rnd.IntN(len(paths))], Nth: 1 + rnd.IntN(6), Times: 1 + rnd.IntN(3), Action: fakehost.Status, Status: status,
		Body: bodies[rnd.IntN(len(bodies))], Header: http.Header{"Content-Type": {[]string{"application/json", "text/html", "text/event-stream"}[rnd.IntN(3)]}, "X-Request-Id": {text}}}
}
