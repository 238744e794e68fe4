package engine_test

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient"
	"cnrelay/hostclient/fakehost"
	"cnrelay/state/statetest"
)

// lab is an engine in front of a simulated host and a simulated provider.
type lab struct {
	*engine.Engine
	t        tb
	net      *fakehost.Net // nil is loopback
	host     *fakehost.Host
	provider *fakehost.Provider
	url      string
	state    string
	store    core.Store
	vault    core.Vault
	pack     core.Pack
	auth     core.AuthKind
	workers  int
	look     func() map[core.Ref]core.Object // at a host that isn't simulated
	notify   core.Notifier                   // nil is none
	around   func(core.Dialer) core.Dialer   // a dialer around the real one
	// life, if there is one, is that of the processes that boot from now on; watch is told of their writes.
	life  *life
	watch func(w core.Write, send func() error) error
}

// tb is a test, a benchmark or a [rapid.T].
type tb interface {
	rapid.TB
	Context() context.Context
	Cleanup(func())
}

type onePack struct{ *lab }

func (p onePack) Pack(id string) (core.Pack, error) {
	if id != p.pack.ID {
		return core.Pack{}, core.Input("no pack "+id, "")
	}
	return p.pack, nil
}
func (p onePack) Packs() []core.ListedPack { return []core.ListedPack{{Pack: p.pack}} }

func newLab(t tb, o fakehost.Options) *lab {
	t.Helper()
	l := stateless(t, o)
	l.newState("state001")
	return l
}

// stateless is a lab without an engine yet. On a network inside the process its clients have the limits of production:
// waiting costs nothing there.
func stateless(t tb, o fakehost.Options) *lab {
	l := &lab{t: t, host: fakehost.New(o), provider: fakehost.NewProvider("flash", "pro"), net: o.Net, auth: core.AuthAdminKey}
	l.provider.Net = o.Net
	hostURL, stopHost := l.host.Start()
	upstream, stopProvider := l.provider.Start()
	t.Cleanup(stopHost)
	t.Cleanup(stopProvider)
	l.pack = acme(upstream)
	l.url = hostURL
	return l
}

// newVirtual is a lab for a bubble of testing/synctest.
func newVirtual(t tb, o fakehost.Options, auth core.AuthKind) *lab {
	t.Helper()
	l := virtual(t, o, auth)
	l.newState("state001")
	return l
}

func virtual(t tb, o fakehost.Options, auth core.AuthKind) *lab {
	o.Net = fakehost.NewNet()
	var ticks atomic.Int64 // a bubble's clock stands still, and creation times tell things apart
	o.Now = func() time.Time { return time.Now().Add(time.Duration(ticks.Add(1)) * time.Microsecond) }
	l := stateless(t, o)
	l.auth = auth
	return l
}

// acme is a provider at a simulated upstream.
func acme(upstream string) core.Pack {
	price := []core.Price{{Currency: "USD", Input: 1, Output: 2, Source: "test", Date: "2026-11-01"}}
	return core.Pack{ID: "acme", Digest: "sha256:1", Platform: "openai", AccountPrefix: "acme-",
		Endpoints: []core.Endpoint{{ID: "cn", Region: "cn", Product: "payg", Base: upstream + "/v1", Chat: upstream + "/v1/chat/completions",
			Models: upstream + "/v1/models", Anthropic: upstream + "/anthropic", Sisters: []string{"intl"}, Speaks: []core.Protocol{core.ProtocolChat}},
			{ID: "intl", Region: "intl", Product: "payg", Base: upstream + "/intl/v1", Chat: upstream + "/intl/v1/chat/completions",
				Models: upstream + "/intl/v1/models", Speaks: []core.Protocol{core.ProtocolChat}}},
		Models: []core.Model{{ID: "flash", Prices: price}, {ID: "pro", Prices: price}}, Mapping: map[string]string{"acme-chat": "flash"},
		Rules: []core.Rule{{Status: 429, Code: "1113", Class: core.UpstreamKeyQuota}},
		Smoke: core.Smoke{Model: "flash", Prompt: "Reply with the single word: pong", MaxTokens: 1024}}
}

// newState begins with an empty state directory.
func (l *lab) newState(id string) {
	l.t.Helper()
	l.state = id
	l.store, l.vault = statetest.NewMemory()
	l.boot()
	h := engine.HostSpec{Secret: l.host.AdminKey(),
		Host: core.Host{Name: "lab", URL: l.url, PublicURL: "https://gateway.example", Auth: l.auth, Concurrency: cmp.Or(l.workers, 4)}}
	if l.auth == core.AuthPassword {
		h.Email, h.Secret = "admin@fake.test", "fake-admin-password"
	}
	l.must(l.AddHost(l.t.Context(), h))
}

// boot makes the engine, as a process does at its start.
func (l *lab) boot() {
	l.t.Helper()
	dialer := hostclient.New("test")
	if l.net == nil {
		dialer.Limits.SignInEvery = time.Millisecond
		dialer.Limits.Write = 5 * time.Second
		dialer.Limits.RetryPause = time.Millisecond
		dialer.Limits.TestIdle = 5 * time.Second
		dialer.Limits.Completion = 5 * time.Second
	} else {
		dialer.Dial = l.net.Dial
	}
	dialer.Secrets = l.vault.(interface{ Known() []string }).Known
	l.t.Cleanup(dialer.Close)
	deps := engine.Deps{Store: l.store, Vault: l.vault, Dialer: dialer, Packs: onePack{l}, State: l.state, Notify: l.notify,
		Hook: func(context.Context, string, []string) (string, int, error) { return "hooked", 0, nil }}
	if l.around != nil {
		deps.Dialer = l.around(dialer)
	}
	if l.life != nil {
		deps.Store, deps.Vault = mortalStore{l.store, l.life}, mortalVault{l.vault, l.life}
		deps.Dialer = mortalDialer{dialer, l.life, l.watch}
	}
	e, err := engine.New(l.t.Context(), deps)
	if err != nil {
		l.t.Fatal(err)
	}
	l.Engine = e
}

func (l *lab) must(_ any, err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func spec(access core.AccessMode, keys ...string) engine.ImportSpec {
	s := engine.ImportSpec{HostName: "lab", ImportRequest: core.ImportRequest{Provider: "acme", Access: access}}
	for _, k := range keys {
		s.Keys = append(s.Keys, engine.Key{Value: k})
	}
	return s
}

// run imports to the end.
func (l *lab) run(s engine.ImportSpec) engine.BatchDetail {
	l.t.Helper()
	id, done, err := l.StartImport(l.t.Context(), s)
	if err != nil {
		l.t.Fatalf("start: %v%s", err, blocked(err))
	}
	if err := <-done; err != nil {
		l.t.Fatalf("import: %v", err)
	}
	return l.detail(id)
}

func blocked(err error) string {
	if b, ok := err.(*engine.BlockedError); ok {
		raw, _ := json.Marshal(b.Preview.Plan.Checks)
		return " " + string(raw)
	}
	return ""
}

func (l *lab) detail(id core.BatchID) engine.BatchDetail {
	l.t.Helper()
	d, err := l.Batch(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	return d
}

func (l *lab) rollback(id core.BatchID) engine.BatchDetail {
	l.t.Helper()
	done, err := l.StartRollback(l.t.Context(), id, engine.RollbackOptions{})
	if err != nil {
		l.t.Fatal(err)
	}
	if err := <-done; err != nil {
		l.t.Fatal(err)
	}
	return l.detail(id)
}

// asBefore compares the whole host with an earlier look at it, field by field.
func (l *lab) asBefore(before string) {
	l.t.Helper()
	was, is := lines(before), lines(l.host.JSON())
	for _, line := range was {
		if !slices.Contains(is, line) {
			l.t.Errorf("the host lost  %s", strings.TrimSpace(line))
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			l.t.Errorf("the host holds %s", strings.TrimSpace(line))
		}
	}
	if len(was) != len(is) {
		l.t.Errorf("the host has %d lines, had %d", len(is), len(was))
	}
}

// writes are the requests that changed something since the log was last forgotten.
func (l *lab) writes() []string {
	var out []string
	for _, r := range l.host.Writes() {
		if !strings.HasPrefix(r.Path, "/v1/") && !strings.HasSuffix(r.Path, "/auth/login") {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	return out
}

// lines of a snapshot, without the ids of price rows: any update of a channel gives them new ones.
func lines(snapshot string) []string {
	return slices.DeleteFunc(strings.Split(snapshot, "\n"), func(line string) bool {
		return strings.HasPrefix(line, `          `) && strings.Contains(line, `"id":`)
	})
}

func (l *lab) want(d engine.BatchDetail, state core.BatchState, access core.AccessState, classes ...core.Class) {
	l.t.Helper()
	var got []core.Class
	for _, f := range d.Findings {
		got = append(got, f.Class)
	}
	if d.State != state || d.Access.State != access || !slices.Equal(got, classes) {
		raw, _ := json.Marshal(d.Findings)
		l.t.Errorf("state %s access %s findings %v; want %s %s %v\n%s", d.State, d.Access.State, got, state, access, classes, raw)
	}
}

// ready asks the gateway again and wants one mode, in this state.
func (l *lab) ready(state core.AccessState) {
	l.t.Helper()
	reports, err := l.AccessStatus(l.t.Context(), "lab", "acme")
	if err != nil || len(reports) != 1 || reports[0].Access.State != state {
		l.t.Errorf("access now: %+v %v", reports, err)
	}
}

func verdicts(d engine.BatchDetail) map[core.Verdict]int {
	out := map[core.Verdict]int{}
	for _, a := range d.Accounts {
		out[a.Verdict]++
	}
	return out
}

func equal[K, V comparable](a, b map[K]V) bool { return maps.Equal(a, b) }
