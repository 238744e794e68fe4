package bundle_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/canary"
	"cnrelay/core/engine"
	"cnrelay/hostclient"
	"cnrelay/hostclient/fakehost"
	"cnrelay/state/statetest"
	"cnrelay/tui/report"
)

// lab is an engine in front of a simulated host and a simulated provider.
type lab struct {
	*engine.Engine
	t        testing.TB
	host     *fakehost.Host
	provider *fakehost.Provider
	vault    *noted
	pack     core.Pack
	hook     string // what a hook prints
}

func (l *lab) Pack(string) (core.Pack, error) { return l.pack, nil }
func (l *lab) Packs() []core.ListedPack       { return []core.ListedPack{{Pack: l.pack}} }

// noted is a vault that tells which secrets it was given.
type noted struct {
	core.Vault
	mu    sync.Mutex
	given map[string]bool
}

func (v *noted) Put(secrets map[string]string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range secrets {
		v.given[s] = true
	}
	return v.Vault.Put(secrets)
}

func (v *noted) known() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Collect(maps.Keys(v.given))
}

func newLab(t testing.TB, o fakehost.Options) *lab {
	t.Helper()
	store, vault := statetest.NewMemory()
	l := &lab{t: t, host: fakehost.New(o), provider: fakehost.NewProvider("flash", "pro"), vault: &noted{Vault: vault, given: map[string]bool{}}}
	hostURL, stopHost := l.host.Start()
	upstream, stopProvider := l.provider.Start()
	t.Cleanup(stopHost)
	t.Cleanup(stopProvider)
	l.pack = core.Pack{ID: "acme", Name: core.Text{EN: "Acme", ZH: "顶点"}, Source: "builtin", Digest: "sha256:0011223344556677", Platform: "openai", AccountPrefix: "acme-",
		Endpoints: []core.Endpoint{{ID: "cn", Base: upstream + "/v1", Chat: upstream + "/v1/chat/completions", Models: upstream + "/v1/models", Speaks: []core.Protocol{core.ProtocolChat}}},
		Models:    []core.Model{{ID: "flash", Prices: []core.Price{{Currency: "USD", Input: 1, Output: 2, Source: "test", Date: "2026-11-01"}}}},
		Smoke:     core.Smoke{Model: "flash", Prompt: "Reply with the single word: pong", MaxTokens: 1024}}
	dialer := hostclient.New("test")
	dialer.Limits.SignInEvery, dialer.Limits.RetryPause = time.Millisecond, time.Millisecond
	dialer.Secrets = l.vault.known
	var err error
	l.Engine, err = engine.New(t.Context(), engine.Deps{Store: store, Vault: l.vault, Dialer: dialer, Packs: l, State: "state001",
		Build: core.Build{Version: "v1", Started: time.Now()}, Hook: func(context.Context, string, []string) (string, int, error) { return dialer.Text(l.hook, 0), 0, nil }})
	l.must(err)
	spec := engine.HostSpec{Secret: l.host.AdminKey(),
		Host: core.Host{Name: "lab", URL: hostURL, PublicURL: "https://gateway.example", Auth: core.AuthAdminKey, Concurrency: 4}}
	if o.AdminPassword != "" {
		spec.Secret, spec.Auth, spec.Email = o.AdminPassword, core.AuthPassword, o.AdminEmail
	}
	_, err = l.AddHost(t.Context(), spec)
	l.must(err)
	return l
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// run imports keys to the end.
func (l *lab) run(change func(s *engine.ImportSpec), keys ...string) core.BatchID {
	l.t.Helper()
	s := engine.ImportSpec{HostName: "lab", ImportRequest: core.ImportRequest{Provider: "acme", Access: core.AccessSubscription}}
	for _, k := range keys {
		s.Keys = append(s.Keys, engine.Key{Value: k})
	}
	if change != nil {
		change(&s)
	}
	ctx := core.WithCommand(l.t.Context(), "cnrelay import run --host lab --provider acme")
	id, done, err := l.StartImport(ctx, s)
	l.must(err)
	if err := <-done; err != nil && core.CodeOf(err) == "" {
		l.t.Fatal(err)
	}
	return id
}

func (l *lab) rollback(id core.BatchID) {
	l.t.Helper()
	done, err := l.StartRollback(l.t.Context(), id, engine.RollbackOptions{})
	l.must(err)
	l.must(<-done)
}

func (l *lab) reconcile(spec engine.ReconcileSpec) {
	l.t.Helper()
	_, err := l.Reconcile(l.t.Context(), spec)
	l.must(err)
}

// repair has a channel that somebody switched off made as it was.
func (l *lab) repair(id core.BatchID) {
	l.t.Helper()
	b, err := l.Batch(l.t.Context(), id)
	l.must(err)
	l.host.Do("PUT", fmt.Sprintf("/api/v1/admin/channels/%d", b.Steps["channel"].Ref.ID), l.host.AdminKey(), `{"status":"disabled"}`)
	spec := engine.RepairSpec{Batch: id}
	previews, err := l.PreviewRepair(l.t.Context(), spec)
	l.must(err)
	done, err := l.StartRepair(l.t.Context(), spec, previews[0].Plan)
	l.must(err)
	l.must(<-done)
}

// memory is a folder in memory.
type memory struct{ fstest.MapFS }

func (m memory) Create(name string) (io.WriteCloser, error) {
	f := &fstest.MapFile{Mode: 0o644}
	m.MapFS[name] = f
	return &writer{f}, nil
}

type writer struct{ f *fstest.MapFile }

func (w *writer) Write(p []byte) (int, error) { w.f.Data = append(w.f.Data, p...); return len(p), nil }
func (w *writer) Close() error                { return nil }

// export gives a batch's bundle as a folder.
func (l *lab) export(id core.BatchID) (memory, bundle.Summary) {
	l.t.Helper()
	m := memory{fstest.MapFS{}}
	w, err := bundle.Write(l.t.Context(), m, l.Engine, id, "v1", report.Documents())
	l.must(err)
	return m, w.Summary
}

// zip gives it as a file.
func (l *lab) zip(id core.BatchID) []byte {
	l.t.Helper()
	var b bytes.Buffer
	z := bundle.NewZip(&b, bundle.Root(id), time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	_, err := bundle.Write(l.t.Context(), z, l.Engine, id, "v1", report.Documents())
	l.must(err)
	l.must(z.Close())
	return b.Bytes()
}

func openZip(t testing.TB, raw []byte) (fs.FS, error) {
	t.Helper()
	folder, sealed, err := bundle.OpenZip(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return folder, sealed
}

func verify(t testing.TB, folder fs.FS, sealed error) []bundle.Fault {
	t.Helper()
	r, err := bundle.Verify(folder, sealed)
	if err != nil {
		t.Fatal(err)
	}
	return r.Faults
}

// secrets are all that was secret in the lab, whoever made it: what the vault was given, and every credential that
// the host and the provider saw.
func (l *lab) secrets() canary.Secrets {
	all := canary.Secrets{}
	add := func(slot, value string) {
		if value != "" {
			all[slot+" "+value[:min(len(value), 6)]+fmt.Sprint(len(all))] = value
		}
	}
	for _, s := range l.vault.known() {
		add("vault", s)
	}
	for _, r := range l.host.Log() {
		add("admin key", r.Header.Get("X-Api-Key"))
		add("token", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		var body map[string]any
		if json.Unmarshal([]byte(r.Body), &body) == nil {
			password, _ := body["password"].(string)
			add("password", password)
		}
	}
	for _, r := range l.provider.Log() {
		add("upstream key", r.Key)
	}
	return all
}

// leaks finds what of the secrets is in a text: of long ones as a canary's scanner does, of short ones the whole.
func (l *lab) leaks() func(text []byte) []canary.Find {
	all := l.secrets()
	if len(all) < 2 {
		l.t.Fatalf("only %d secrets are known", len(all))
	}
	short := canary.Secrets{}
	for slot, value := range all {
		if len(value) <= canary.Part {
			short[slot] = value
			delete(all, slot)
		}
	}
	scanner := canary.New(all)
	return func(text []byte) []canary.Find {
		found := scanner.Scan("", text)
		for slot, value := range short {
			if at := bytes.Index(text, []byte(value)); at >= 0 {
				found = append(found, canary.Find{Offset: at, Slot: slot, Form: canary.Raw})
			}
		}
		return found
	}
}
