package engine_test

import (
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

// TestFirstImportUnderWayIsNotBroken: while nobody has asked the gateway yet, nothing is said to be broken.
func TestFirstImportUnderWayIsNotBroken(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	_, done, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-hang-1"))
	if err != nil {
		t.Fatal(err)
	}
	state := func() engine.ProviderState {
		list, err := l.Status(t.Context(), "lab")
		if err != nil {
			t.Fatal(err)
		}
		return list[0].Providers[0].State
	}
	if got := state(); got != engine.ProviderImporting {
		t.Errorf("while it runs: %s", got)
	}
	l.must(nil, l.Cancel(l.Running()[0], "enough"))
	<-done
	if got := state(); got != engine.ProviderBroken {
		t.Errorf("once it was interrupted: %s", got)
	}
}
