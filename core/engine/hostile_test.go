package engine_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
	"cnrelay/state/statetest"
)

// turncoat is a host that is honest until an import has begun to write, and then answers some requests in a hostile
// way.
type turncoat struct {
	honest http.Handler
	armed  atomic.Bool
	to     *regexp.Regexp
	answer http.HandlerFunc
}

func (h *turncoat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && r.URL.Path == "/api/v1/admin/groups" {
		h.armed.Store(true)
	}
	if h.armed.Load() && h.to.MatchString(r.Method+" "+r.URL.Path) {
		_, _ = io.Copy(io.Discard, r.Body) // until then a server doesn't notice that its client has left
		h.answer(w, r)
		return
	}
	h.honest.ServeHTTP(w, r)
}

// TestHostileHostProvesNothing: a host that turns hostile in the middle of an import makes it fail or stop. Whatever
// it answers to an account's test, no account has passed; whatever its gateway answers, access is not ready; and
// the ledger holds nothing that wasn't made.
func TestHostileHostProvesNothing(t *testing.T) {
	var astray atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { astray.Add(1) }))
	defer elsewhere.Close()
	upstream, stop := fakehost.NewProvider("flash", "pro").Start()
	defer stop()
	var mu sync.Mutex
	states := map[core.BatchState]int{}
	var all errgroup.Group
	all.SetLimit(16) // they wait, most of the time
	for i, b := range fakehost.Behaviours(elsewhere.URL) {
		if b.To != "" || testing.Short() && i%25 > 0 {
			continue
		}
		for stage, to := range map[string]string{"account test": `^POST /api/v1/admin/accounts/\d+/test$`, "gateway": `^\w+ /v1/`, "new account": `^POST /api/v1/admin/accounts$`} {
			all.Go(func() error {
				d, held := betrayed(t, upstream, &turncoat{answer: b.Answer, to: regexp.MustCompile(to)})
				mu.Lock()
				defer mu.Unlock()
				states[d.State]++
				passed := verdicts(d)[core.Passed]
				switch {
				case d.State == core.BatchSucceeded, d.State == core.BatchRunning, d.Access.State == core.SubscriptionReady:
					t.Errorf("%s at the %s: batch %s, access %s", b.Name, stage, d.State, d.Access.State)
				case stage != "gateway" && passed > 0:
					t.Errorf("%s at the %s: an account passed", b.Name, stage)
				case stage == "new account" && held[core.Account] > 0:
					t.Errorf("%s at the %s: the ledger holds an account that was never made", b.Name, stage)
				}
				return nil
			})
		}
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := astray.Load(); n > 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
	figures.Print(t, "Hosts that turn hostile", "batches: %v; 0 succeeded", states)
}

// betrayed imports at a host that turns hostile once the import has begun. It gives the batch, and how many
// resources of each kind the ledger holds.
func betrayed(t *testing.T, upstream string, h *turncoat) (engine.BatchDetail, map[core.Kind]int) {
	host := fakehost.New(fakehost.Options{})
	h.honest = host
	server := httptest.NewServer(h)
	defer server.Close()
	defer server.CloseClientConnections()
	store, vault := statetest.NewMemory()
	dialer := hostclient.New("test")
	l := &dialer.Limits
	l.Write, l.Models, l.Completion = time.Second, 300*time.Millisecond, 300*time.Millisecond
	l.TestIdle, l.TestTotal, l.RetryPause, l.Throttled, l.RetryAfter, l.SignInEvery = 150*time.Millisecond, 400*time.Millisecond, time.Millisecond, time.Millisecond, time.Millisecond, time.Millisecond
	e, err := engine.New(t.Context(), engine.Deps{Store: store, Vault: vault, Dialer: dialer, State: "state001", Packs: onePack{&lab{pack: acme(upstream)}}})
	if err != nil {
		t.Error(err)
		return engine.BatchDetail{}, nil
	}
	defer e.Close()
	registered, err := e.AddHost(t.Context(), engine.HostSpec{Secret: host.AdminKey(), Host: core.Host{Name: "lab", URL: server.URL, Auth: core.AuthAdminKey, Concurrency: 4}})
	if err != nil {
		t.Error(err)
		return engine.BatchDetail{}, nil
	}
	s := spec(core.AccessSubscription, "sk-ok-1")
	preview, err := e.PreviewImport(t.Context(), s)
	if err != nil {
		t.Error(err)
	}
	s.Reviewed = &preview.Plan
	id, done, err := e.StartImport(t.Context(), s)
	if err != nil {
		t.Error(err)
		return engine.BatchDetail{}, nil
	}
	<-done
	d, err := e.Batch(t.Context(), id)
	if err != nil {
		t.Error(err)
	}
	held := map[core.Kind]int{}
	resources, err := e.Resources(t.Context(), registered.ID)
	if err != nil {
		t.Error(err)
	}
	for _, r := range resources {
		held[r.Ref.Kind]++
	}
	return d, held
}
