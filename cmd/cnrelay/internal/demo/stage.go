// Package demo is the stage of a demonstration: a simulated host and a simulated provider on loopback, in
// this process, and a temporary state directory with the files that the commands read.
package demo

import (
	"errors"
	"os"
	"path/filepath"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
)

// HostVersion is the version of sub2api that is simulated.
const HostVersion = "0.1.133"

// keys are known to the simulated provider only.
const keys = "# two keys of the simulated provider\nfirst = sk-ok-demo-1\nsecond = sk-ok-demo-2\n"

// Stage is a simulated host with a provider behind it.
type Stage struct {
	HostURL  string
	Upstream string // base URL of the provider
	StateDir string
	AdminKey string // files
	Keys     string

	host *fakehost.Host
	dir  string
	stop []func()
}

// Set builds a stage whose provider has the models of a pack. Close it in any case.
func Set(pack core.Pack) (*Stage, error) {
	dir, err := os.MkdirTemp("", "cnrelay-demo-")
	if err != nil {
		return nil, err
	}
	s := &Stage{host: fakehost.New(fakehost.Options{Version: HostVersion}), dir: dir, StateDir: filepath.Join(dir, "state"),
		AdminKey: filepath.Join(dir, "admin.key"), Keys: filepath.Join(dir, "keys.txt")}
	var names []string
	for _, m := range pack.Models {
		names = append(names, m.ID)
	}
	provider, stopProvider := fakehost.NewProvider(names...).Start()
	host, stopHost := s.host.Start()
	s.HostURL, s.Upstream, s.stop = host, provider+"/v1", []func(){stopHost, stopProvider}
	for path, text := range map[string]string{s.AdminKey: s.host.AdminKey(), s.Keys: keys} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Snapshot is everything that the simulated host holds, and how many resources that are.
func (s *Stage) Snapshot() (text string, resources int) {
	for _, rows := range s.host.Snapshot() {
		if kind, ok := rows.(map[string]any); ok {
			resources += len(kind)
		}
	}
	return s.host.JSON(), resources
}

// Close ends the simulation and removes its files.
func (s *Stage) Close() error {
	for _, stop := range s.stop {
		stop()
	}
	s.stop = nil
	return os.RemoveAll(s.dir)
}
