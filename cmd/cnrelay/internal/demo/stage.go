// Package demo is the stage of a demonstration: simulated hosts and a simulated provider, in this process, and a
// temporary directory for everything that is written.
package demo

import (
	"os"
	"path/filepath"
	"time"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
)

// Stage is a simulated provider, the hosts that were raised before it, and a directory.
type Stage struct {
	Upstream string // base URL of the provider
	StateDir string
	// Concurrency is how many requests at once the seeded hosts get; one makes the order of everything certain.
	Concurrency int
	DriftLater  bool            // Seed leaves out Drift, whose reads go side by side and so in no fixed order
	Packs       core.PackSource // whose endpoints all lead to the provider
	Rates       []core.Rate     // made up, for packs that state no price in USD

	net      *fakehost.Net
	provider *fakehost.Provider
	hosts    map[string]*Host
	dir      string
	stop     []func()
}

// Host is a simulated host.
type Host struct {
	*fakehost.Host
	Name, URL string
	Stop      func() // it can't be reached any more
}

// Set builds a stage on a network, nil for loopback. Its provider serves the models of every pack. Close it in
// any case.
func Set(packs core.PackSource, network *fakehost.Net) (*Stage, error) {
	dir, err := os.MkdirTemp("", "cnrelay-demo-")
	if err != nil {
		return nil, err
	}
	provider := fakehost.NewProvider(models(packs.Packs())...)
	provider.Net, provider.Slow = network, slow
	url, stop := provider.Start()
	return &Stage{Upstream: url + "/v1", StateDir: filepath.Join(dir, "state"), Concurrency: 2, Packs: packsAt{packs, url}, net: network,
		Rates:    []core.Rate{{Currency: "CNY", USD: 0.14, Date: "2026-11-24", Source: "made up for the simulation"}},
		provider: provider, hosts: map[string]*Host{}, dir: dir, stop: []func(){stop}}, nil
}

// Raise starts a simulated host of a version of sub2api that takes its time before every answer.
func (s *Stage) Raise(name, version string, latency time.Duration) *Host {
	h := &Host{Host: fakehost.New(fakehost.Options{Version: version, Latency: latency, Net: s.net}), Name: name}
	h.URL, h.Stop = h.Start()
	s.hosts[name] = h
	s.stop = append([]func(){h.Stop}, s.stop...) // before the provider, which it may be asking
	return h
}

// File writes a file of the stage.
func (s *Stage) File(name, text string) (path string, err error) {
	path = filepath.Join(s.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// Snapshot is everything that a simulated host holds, and how many resources that are.
func (h *Host) Snapshot() (text string, resources int) {
	for _, rows := range h.Host.Snapshot() {
		if kind, ok := rows.(map[string]any); ok {
			resources += len(kind)
		}
	}
	return h.JSON(), resources
}

// Close ends the simulation and removes its files.
func (s *Stage) Close() error {
	for _, stop := range s.stop {
		stop()
	}
	s.stop = nil
	return os.RemoveAll(s.dir)
}

// Remove removes the stage's files under whoever uses them: the process is about to end.
func (s *Stage) Remove() { _ = os.RemoveAll(s.dir) }
