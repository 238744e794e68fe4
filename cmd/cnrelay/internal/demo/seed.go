package demo

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// slow is how long the provider takes to answer a key of the kind sk-slow-…
const slow = 5 * time.Second

// Seed registers hosts and imports providers, so that every pane has something to show. Nothing is made up: it is
// the engine's work that is seen. The hosts are there when it returns; whatever is imported comes in the
// background, and goes on until ctx ends. done gives what went wrong.
func (s *Stage) Seed(ctx context.Context, e *engine.Engine) (done <-chan error, err error) {
	for _, host := range []struct {
		name, version string
		latency       time.Duration
	}{{"lab", HostVersion, 4 * time.Millisecond}, {"prod", "0.1.179", 9 * time.Millisecond}, {"spare", "0.1.121", 15 * time.Millisecond}} {
		h := s.Raise(host.name, host.version, host.latency)
		spec := engine.HostSpec{Host: core.Host{Name: h.Name, URL: h.URL, PublicURL: h.URL, Auth: core.AuthAdminKey, Concurrency: s.Concurrency}, Secret: h.AdminKey()}
		if _, err := e.AddHost(ctx, spec); err != nil {
			return nil, err
		}
	}
	ended := make(chan error, 1)
	go func() {
		seeds := []func(context.Context, *engine.Engine) error{s.seedProd, s.seedSpare, s.seedLab, s.Drift}
		if s.DriftLater {
			seeds = seeds[:3]
		}
		for _, seed := range seeds {
			if err := seed(ctx, e); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	return ended, nil
}

// seedProd starts an import that goes on for a minute, because its keys are slow. It returns when the host tells of
// the first test.
func (s *Stage) seedProd(ctx context.Context, e *engine.Engine) error {
	keys := make([]string, 12)
	for i := range keys {
		keys[i] = fmt.Sprintf("key-%d = sk-slow-%d", i+1, i+1)
	}
	id, _, err := s.start(ctx, e, "prod", "qwen", keys...)
	if err != nil {
		return err
	}
	watch := e.Watch(id, 0)
	defer watch.Close()
	for {
		switch ev, err := watch.Next(ctx); {
		case err != nil, ev.Type == core.EventProgress, ev.Type == core.EventVerdict, ev.Type == core.EventFinished:
			return err
		}
	}
}

// seedSpare imports a provider on a host that then goes down.
func (s *Stage) seedSpare(ctx context.Context, e *engine.Engine) error {
	if err := s.imported(ctx, e, "spare", "deepseek", "main = sk-ok-1"); err != nil {
		return err
	}
	s.hosts["spare"].Stop()
	if _, err := e.CheckHost(ctx, "spare"); core.CodeOf(err) != core.CodeNetwork {
		return err
	}
	return nil
}

// seedLab imports four providers: one that is well, one with an empty key, one whose channel somebody changes
// afterwards, and one whose only key runs out of balance.
func (s *Stage) seedLab(ctx context.Context, e *engine.Engine) error {
	if err := s.imported(ctx, e, "lab", "deepseek", "main = sk-ok-1", "second = sk-ok-2"); err != nil {
		return err
	}
	if err := s.imported(ctx, e, "lab", "glm", "main = sk-ok-glm"); err != nil {
		return err
	}
	s.provider.SetBehaviour("sk-ok-glm", "429glm")
	if _, err := e.AccessStatus(ctx, "lab", "glm"); err != nil {
		return err
	}
	if err := s.imported(ctx, e, "lab", "minimax", "main = sk-ok-3", "second = sk-ok-4", "old = sk-402minimax-1"); err != nil {
		return err
	}
	return s.imported(ctx, e, "lab", "kimi", "main = sk-ok-5")
}

// Drift compares what a host holds before and after somebody changes a channel there. It is the last part of Seed,
// unless that leaves it out.
func (s *Stage) Drift(ctx context.Context, e *engine.Engine) error {
	if err := compare(ctx, e, "lab"); err != nil {
		return err
	}
	if err := s.meddle(ctx, e, "lab", "kimi"); err != nil {
		return err
	}
	return compare(ctx, e, "lab")
}

// compare looks for drift, unless the operator is writing to the host meanwhile.
func compare(ctx context.Context, e *engine.Engine, host string) error {
	if _, err := e.Reconcile(ctx, engine.ReconcileSpec{Host: host}); err != nil && core.CodeOf(err) != core.CodeStopped {
		return err
	}
	return nil
}

// meddle changes a provider's channel on its host as another administrator would: nobody tells cnrelay.
func (s *Stage) meddle(ctx context.Context, e *engine.Engine, name, provider string) error {
	h, err := e.Host(ctx, name)
	if err != nil {
		return err
	}
	held, err := e.Resources(ctx, h.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(held, func(r core.Resource) bool { return r.Ref.Kind == core.Channel && r.Provider == provider })
	if i < 0 {
		return fmt.Errorf("%s has no channel of %s", name, provider)
	}
	host := s.hosts[name]
	answer := host.Do(http.MethodPut, fmt.Sprintf("/api/v1/admin/channels/%d", held[i].Ref.ID), host.AdminKey(), map[string]any{"restrict_models": false})
	if answer.Status != http.StatusOK {
		return fmt.Errorf("%s: HTTP %d", name, answer.Status)
	}
	return nil
}

// imported imports a provider and waits for its end.
func (s *Stage) imported(ctx context.Context, e *engine.Engine, host, provider string, keys ...string) error {
	_, done, err := s.start(ctx, e, host, provider, keys...)
	if err != nil {
		return err
	}
	return <-done
}

func (s *Stage) start(ctx context.Context, e *engine.Engine, host, provider string, keys ...string) (core.BatchID, <-chan error, error) {
	return e.StartImport(ctx, engine.ImportSpec{HostName: host, FX: s.Rates, Keys: engine.ParseKeys(strings.Join(keys, "\n")).Keys,
		ImportRequest: core.ImportRequest{Provider: provider, Access: core.AccessSubscription, Managed: 1}})
}
