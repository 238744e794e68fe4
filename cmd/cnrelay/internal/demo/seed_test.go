package demo

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
	"cnrelay/packs"
)

// TestEveryPaneHasSomethingToShow: what the demonstration promises is there, by the engine's own word, and nothing
// of it is left at the end.
func TestEveryPaneHasSomethingToShow(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		network := fakehost.NewNet()
		stage, err := Set(packs.Source{}, network)
		if err != nil {
			t.Fatal(err)
		}
		s, err := wire.Open(t.Context(), wire.Options{Dir: stage.StateDir, Packs: stage.Packs, Dial: network.Dial})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		seeded, err := stage.Seed(t.Context(), s.Engine)
		if err != nil {
			t.Fatal(err)
		}
		if err := <-seeded; err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took > 4*time.Second {
			t.Errorf("the hosts took %v to answer all of it", took)
		}
		looksSeeded(t, s.Engine, stage)
		for _, id := range s.Running() {
			if err := s.Cancel(id, "the test has seen enough"); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := stage.Close(); err != nil {
			t.Error(err)
		}
	})
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func looksSeeded(t *testing.T, e *engine.Engine, stage *Stage) {
	list, err := e.Status(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]engine.ProviderStatus{}
	for _, h := range list {
		if down := !h.Host.Lost.At.IsZero(); down != (h.Host.Name == "spare") {
			t.Errorf("%s: down is %v", h.Host.Name, down)
		}
		for _, p := range h.Providers {
			states[h.Host.Name+" "+p.Provider] = p
		}
	}
	for name, want := range map[string]engine.ProviderState{"lab deepseek": engine.ProviderActive, "lab kimi": engine.ProviderActive,
		"lab minimax": engine.ProviderDegraded, "lab glm": engine.ProviderBroken, "spare deepseek": engine.ProviderActive, "prod qwen": engine.ProviderImporting} {
		if states[name].State != want {
			t.Errorf("%s is %q, want %s", name, states[name].State, want)
		}
	}
	for _, name := range []string{"lab minimax", "lab glm"} {
		if f := states[name].Findings; len(f) == 0 || f[0].Class != core.UpstreamKeyQuota || f[0].Fault != core.FaultUpstream {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if len(e.Running()) != 1 {
		t.Errorf("%d imports are running", len(e.Running()))
	}
	lab := stage.hosts["lab"]
	for _, c := range lab.Do("GET", "/api/v1/admin/channels", lab.AdminKey(), nil).Data()["items"].([]any) {
		channel := c.(map[string]any)
		if drifted := channel["restrict_models"] == false; drifted != (channel["name"] == "kimi-sub") {
			t.Errorf("channel %s: restrict_models is %v", channel["name"], channel["restrict_models"])
		}
	}
}

// TestEveryPackIsServed: with a key as the banner names it, a newcomer can import any built-in pack; and one
// without balance is refused with that reason.
func TestEveryPackIsServed(t *testing.T) {
	list := packs.Source{}.Packs()
	synctest.Test(t, func(t *testing.T) {
		network := fakehost.NewNet()
		stage, err := Set(packs.Source{}, network)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stage.Close() }()
		s, err := wire.Open(t.Context(), wire.Options{Dir: stage.StateDir, Packs: stage.Packs, Dial: network.Dial})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		h := stage.Raise("lab", HostVersion, 0)
		if _, err := s.AddHost(t.Context(), engine.HostSpec{Host: core.Host{Name: "lab", URL: h.URL, Auth: core.AuthAdminKey}, Secret: h.AdminKey()}); err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			for i := range p.Endpoints {
				if testing.Short() && i > 0 {
					break
				}
				spec := engine.ImportSpec{HostName: "lab", FX: stage.Rates, Keys: []engine.Key{{Value: fmt.Sprintf("sk-ok-%d", i)}, {Value: fmt.Sprintf("sk-402-%d", i)}}}
				spec.Provider, spec.Access, spec.Managed, spec.Mode, spec.Endpoint = p.ID, core.AccessSubscription, 1, core.Add, p.Endpoints[i].ID
				id, done, err := s.StartImport(t.Context(), spec)
				if err != nil {
					t.Errorf("%s %s: %v", p.ID, spec.Endpoint, err)
					continue
				}
				<-done
				if b, err := s.Batch(t.Context(), id); err != nil || b.State != core.BatchPartial || b.Passed != 1 || b.Access.State != core.SubscriptionReady {
					t.Errorf("%s %s: %s, %d passed, %s, %v", p.ID, spec.Endpoint, b.State, b.Passed, b.Access.State, err)
				}
			}
		}
	})
}
