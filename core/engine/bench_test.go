package engine_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient"
	"cnrelay/hostclient/fakehost"
	"cnrelay/state"
)

const (
	accounts = 1000
	workers  = 8
	latency  = 20 * time.Millisecond
)

// ofOneAccount are the requests of which there are more the more accounts there are. The others are those of any
// import: the host check, a page of each list, group, channel, plan, user, key and proof.
var ofOneAccount = regexp.MustCompile(`^(POST /api/v1/admin/accounts|[A-Z]+ /api/v1/admin/accounts/\d.*)$`)

// BenchmarkImport imports 1,000 accounts at 20 ms a request with 8 workers, journal on a real store. The floor
// is what as many requests take in a bare loop with all workers busy: the better of two measurements, before and
// after, because a load that comes and goes would flatter the import. ×ideal is over all requests: those of the
// accounts and the others.
func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		l, connections := benchLab(b)
		before := perRequest(b, l)
		s := spec(core.AccessSubscription)
		for i := range accounts {
			s.Keys = append(s.Keys, engine.Key{Value: fmt.Sprintf("sk-ok-%d", i)})
		}
		l.host.ForgetLog()
		connections.Store(0)
		start := time.Now()
		id, done, err := l.StartImport(b.Context(), s)
		if err == nil {
			err = <-done
		}
		took, dialled := time.Since(start), connections.Load()
		if err != nil {
			b.Fatal(err)
		}
		if d := l.detail(id); d.State != core.BatchSucceeded {
			b.Fatalf("ended %s: %v", d.State, d.Findings)
		}
		requests := l.host.Log()
		floor := min(before, perRequest(b, l))
		ideal := time.Duration(len(requests)) * floor / workers
		b.ReportMetric(float64(took)/float64(ideal), "×ideal")
		b.ReportMetric(float64(floor)/float64(time.Millisecond), "ms/bare-request")
		perAccount := 0
		for _, r := range requests {
			if ofOneAccount.MatchString(r.Method + " " + r.Path) {
				perAccount++
			}
		}
		b.ReportMetric(float64(perAccount)/accounts, "requests/account")
		b.ReportMetric(float64(len(requests)-perAccount), "other-requests/import")
		b.ReportMetric(float64(dialled)/workers, "connections/worker")

		l.host.ForgetLog()
		start = time.Now()
		if _, err := l.PreviewImport(b.Context(), s); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(l.host.Log())), "requests/second-preview")
		b.ReportMetric(time.Since(start).Seconds(), "s/second-preview")
	}
}

// perRequest is what one of an import's requests costs when all workers are busy with nothing but requests: a bare
// loop of the same three an account, without a journal, a plan or a judgement.
func perRequest(b *testing.B, l *lab) time.Duration {
	b.Helper()
	const each = 15
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	send := func(method, path, body string) []byte {
		req, _ := http.NewRequest(method, l.url+"/api/v1/admin/accounts"+path, strings.NewReader(body))
		req.Header.Set("x-api-key", l.host.AdminKey())
		resp, err := client.Do(req)
		if err != nil {
			b.Error(err)
			return nil
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		return raw
	}
	var g sync.WaitGroup
	start := time.Now()
	for w := range workers {
		g.Go(func() {
			for i := range each {
				var made struct{ Data struct{ ID int64 } }
				_ = json.Unmarshal(send("POST", "", fmt.Sprintf(`{"name":"bare-%d-%d","platform":"openai","type":"apikey","credentials":{"api_key":"sk-ok-bare","base_url":%q,"model_mapping":{"flash":"flash"}},"extra":{"openai_responses_mode":"force_chat_completions"}}`,
					w, i, l.pack.Endpoints[0].Base)), &made)
				path := fmt.Sprintf("/%d", made.Data.ID)
				send("POST", path+"/test", `{"model_id":"flash","prompt":"pong"}`)
				send("PUT", path, `{"group_ids":[]}`)
			}
		})
	}
	g.Wait()
	return time.Since(start) / (3 * each)
}

// benchLab is a lab on a real state directory whose host counts the connections that are opened to it.
func benchLab(b *testing.B) (*lab, *atomic.Int64) {
	b.Helper()
	l := &lab{t: b, host: fakehost.New(fakehost.Options{Latency: latency}), provider: fakehost.NewProvider("flash", "pro"), state: "bench001"}
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(l.host)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	l.url = server.URL
	upstream, stop := l.provider.Start()
	b.Cleanup(server.Close)
	b.Cleanup(stop)
	st, err := state.Open(filepath.Join(b.TempDir(), "state"), state.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	l.pack, l.store, l.vault = acme(upstream), st.Store(), st.Vault()
	dialer := hostclient.New("bench")
	if l.Engine, err = engine.New(b.Context(), engine.Deps{Store: l.store, Vault: l.vault, Dialer: dialer, Packs: onePack{l}, State: l.state}); err != nil {
		b.Fatal(err)
	}
	l.must(l.AddHost(b.Context(), engine.HostSpec{Secret: l.host.AdminKey(),
		Host: core.Host{Name: "lab", URL: server.URL, Auth: core.AuthAdminKey, Concurrency: workers}}))
	return l, &connections
}

// BenchmarkReconcile compares 20 hosts with 500 records each, side by side: 50 ms to 1 s a request. The floor is what
// the slowest of them takes alone; the simulated hosts share this process's cores with the engine.
func BenchmarkReconcile(b *testing.B) {
	const hosts, each = 20, 500
	for b.Loop() {
		l, _ := benchLab(b)
		labs := make([]*fakehost.Host, hosts)
		sideBySide := func(work func(n int)) time.Duration {
			var g sync.WaitGroup
			start := time.Now()
			for n := range labs {
				g.Go(func() { work(n) })
			}
			g.Wait()
			return time.Since(start)
		}
		sideBySide(func(n int) { labs[n] = l.recordedHost(b, n, each) })
		start := time.Now()
		l.inSync(b, hosts-1, each)
		alone := time.Since(start)
		for _, h := range labs {
			h.ForgetLog()
		}
		took, requests := sideBySide(func(n int) { l.inSync(b, n, each) }), 0
		for _, h := range labs {
			requests += len(h.Log())
		}
		b.ReportMetric(float64(took)/float64(alone), "×slowest-host")
		b.ReportMetric(float64(alone)/float64(time.Millisecond), "ms/slowest-host")
		b.ReportMetric(float64(requests)/hosts, "requests/host")
	}
}

func (l *lab) inSync(b *testing.B, n, each int) {
	runs, err := l.Reconcile(b.Context(), engine.ReconcileSpec{Host: fmt.Sprint("host-", n)})
	if err != nil || len(runs) != 1 || runs[0].Status != core.InSync || runs[0].Checked != each {
		b.Errorf("host %d: %+v %v", n, runs, err)
	}
}

// recordedHost registers the n-th host, whose latency grows with n, and records a group with accounts on it.
func (l *lab) recordedHost(b *testing.B, n, each int) *fakehost.Host {
	host := fakehost.New(fakehost.Options{Latency: time.Duration(n+1) * 50 * time.Millisecond})
	url, stop := host.Start()
	b.Cleanup(stop)
	h, err := l.AddHost(b.Context(), engine.HostSpec{Secret: host.AdminKey(),
		Host: core.Host{Name: fmt.Sprint("host-", n), URL: url, Auth: core.AuthAdminKey, Concurrency: workers}})
	if err != nil {
		panic(err)
	}
	batch := core.Batch{ID: core.BatchID(fmt.Sprint("b", n)), Host: h.ID, Provider: "acme", Pack: l.pack, State: core.BatchSucceeded}
	group := host.Seed("groups", map[string]any{"name": "acme", "platform": "openai", "rate_multiplier": 1})
	refs := []core.Ref{{Kind: core.Group, ID: group}}
	fields := core.Fields{"platform": "openai", "type": "apikey", "group_ids": []any{float64(group)},
		"credentials": map[string]any{"base_url": "http://127.0.0.1:1", "model_mapping": map[string]any{"flash": "flash", "pro": "pro"}}}
	for i := range each - 1 {
		seeded := map[string]any{"name": fmt.Sprint("acme-", i)}
		maps.Copy(seeded, fields)
		refs = append(refs, core.Ref{Kind: core.Account, ID: host.Seed("accounts", seeded)})
	}
	client, err := hostclient.New("bench").Host(h, l.vault.Secret)
	if err != nil {
		panic(err)
	}
	made := map[core.Ref]core.Object{}
	for _, k := range []core.Kind{core.Group, core.Account} {
		list, err := client.List(b.Context(), k, core.Query{})
		if err != nil {
			panic(err)
		}
		for _, o := range list {
			made[o.Ref()] = o
		}
	}
	err = l.store.Update(b.Context(), func(tx core.Tx) error {
		for _, ref := range refs {
			r := core.Resource{Host: h.ID, Ref: ref, Provider: "acme", Name: made[ref].Name, CreatedAt: made[ref].CreatedAt,
				Origin: core.Created, Batches: []core.BatchID{batch.ID}, Fields: core.Fields{}}
			if ref.Kind == core.Account {
				r.Fields = fields
			}
			if err := tx.Put(core.TableResource, fmt.Sprintf("%s/%s/%d", h.ID, ref.Kind, ref.ID), r); err != nil {
				return err
			}
		}
		return tx.Put(core.TableBatch, string(batch.ID), batch)
	})
	if err != nil {
		panic(err)
	}
	return host
}
