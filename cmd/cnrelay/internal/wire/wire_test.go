package wire

import (
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
	"cnrelay/packs"
)

// A service that is closed leaves nothing behind: no goroutine of a run, a watcher, a connection or the store.
func TestNothingIsLeftAfterClose(t *testing.T) {
	host, provider := fakehost.New(fakehost.Options{}), fakehost.NewProvider()
	hostURL, stopHost := host.Start()
	defer stopHost()
	upstream, stopProvider := provider.Start()
	defer stopProvider()
	before := goleak.IgnoreCurrent()

	s, err := Open(t.Context(), Options{Dir: filepath.Join(t.TempDir(), "state"), What: "test", Packs: packs.Source{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddHost(t.Context(), engine.HostSpec{Secret: host.AdminKey(),
		Host: core.Host{Name: "lab", URL: hostURL, Auth: core.AuthAdminKey, Concurrency: 8}}); err != nil {
		t.Fatal(err)
	}
	spec := engine.ImportSpec{HostName: "lab", ImportRequest: core.ImportRequest{Provider: "deepseek", Access: core.AccessSubscription, BaseURL: upstream + "/v1"}}
	for _, key := range []string{"sk-ok-1", "sk-ok-2", "sk-402-3"} {
		spec.Keys = append(spec.Keys, engine.Key{Value: key})
	}
	id, done, err := s.StartImport(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Watch(id, 0).Close() // one that never reads
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	done, err = s.StartRollback(t.Context(), id, engine.RollbackOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // it waits for the rollback
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	host.WaitProbes()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
	figures.Print(t, "Leaks", "0 goroutines left after import, rollback and close")
}
