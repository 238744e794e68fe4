package demo

import (
	"errors"

	"cnrelay/core"
)

// HostVersion is the version of sub2api that the script's host has.
const HostVersion = "0.1.133"

// keys are known to the simulated provider only.
const keys = "# two keys of the simulated provider\nfirst = sk-ok-demo-1\nsecond = sk-ok-demo-2\n"

// Script is a stage with one host, and the files that commands read.
type Script struct {
	*Stage
	Host           *Host
	AdminKey, Keys string // files
}

// SetScript builds a stage for commands. Close it in any case.
func SetScript(packs core.PackSource) (*Script, error) {
	stage, err := Set(packs, nil)
	if err != nil {
		return nil, err
	}
	s := &Script{Stage: stage, Host: stage.Raise("simulated", HostVersion, 0)}
	if s.AdminKey, err = s.File("admin.key", s.Host.AdminKey()); err == nil {
		s.Keys, err = s.File("keys.txt", keys)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}
