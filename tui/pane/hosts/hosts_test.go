package hosts

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
)

func shown(t *testing.T, list ...engine.HostStatus) *Pane {
	t.Helper()
	m, err := keys.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := New(&pane.Session{Context: t.Context(), Words: text.For(text.EN), Keys: m, Theme: theme.New(io.Discard, theme.Options{}), Now: time.Now})
	p.Update(loaded{list: list})
	return p
}

// TestTheWorstProviderStandsFirst: a narrow column shows it.
func TestTheWorstProviderStandsFirst(t *testing.T) {
	status := func(name string, s engine.ProviderState) engine.ProviderStatus {
		return engine.ProviderStatus{Provider: name, State: s}
	}
	p := shown(t, engine.HostStatus{Host: core.Host{Name: "lab"}, Providers: []engine.ProviderStatus{
		status("alpha", engine.ProviderActive), status("beta", engine.ProviderImporting), status("gamma", engine.ProviderBroken), status("delta", engine.ProviderDegraded)}})
	line := strings.Join(p.View(200, 10), "\n")
	at := 0
	for _, name := range []string{"gamma", "delta", "beta", "alpha"} {
		i := strings.Index(line, name)
		if i < at {
			t.Errorf("%s stands too early:\n%s", name, line)
		}
		at = i
	}
}

// TestTroubleLeavesTheDetailItsRoom: where only the detail fits, it has the whole screen.
func TestTroubleLeavesTheDetailItsRoom(t *testing.T) {
	p := shown(t, engine.HostStatus{Host: core.Host{Name: "lab"}, Providers: []engine.ProviderStatus{
		{Provider: "acme", State: engine.ProviderBroken, Findings: []core.Finding{{Class: core.UpstreamKeyQuota, About: "key-1"}}}}})
	const head = "lab acme: broken"
	if view := strings.Join(p.View(80, 20), "\n"); !strings.Contains(view, head) {
		t.Errorf("the list doesn't say what is wrong:\n%s", view)
	}
	p.Do(keys.Open)
	if view := strings.Join(p.View(80, 20), "\n"); strings.Contains(view, head) {
		t.Errorf("it stands over the detail:\n%s", view)
	}
	if view := strings.Join(p.View(120, 20), "\n"); !strings.Contains(view, head) {
		t.Errorf("side by side there is room for it:\n%s", view)
	}
}

// proving is a service whose gateway answers for one provider and not for the other.
type proving struct{ pane.Service }

func (proving) AccessStatus(_ context.Context, _, provider string) ([]engine.AccessReport, error) {
	state := core.SubscriptionReady
	if provider == "beta" {
		state = core.AccessBroken
	}
	return []engine.AccessReport{{Access: core.AccessResult{State: state}}}, nil
}

// TestProofNamesTheProvider: what is ready and what is broken is said by name.
func TestProofNamesTheProvider(t *testing.T) {
	p := shown(t, engine.HostStatus{Host: core.Host{Name: "lab"}, Providers: []engine.ProviderStatus{
		{Provider: "alpha", State: engine.ProviderActive}, {Provider: "gone", State: engine.ProviderAbsent}, {Provider: "beta", State: engine.ProviderActive}}})
	p.S.Service = proving{}
	m := p.Do(keys.HostProve)().(proven)
	if got, want := strings.Join(m.said, "|"), "alpha subscription ready|beta broken"; got != want || m.host != "lab" {
		t.Errorf("said %q, want %q", got, want)
	}
}
