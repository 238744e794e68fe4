package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// matrix is a file of acceptance runs: every host with every provider in every mode.
type matrix struct {
	Hosts     []string `toml:"hosts"`  // registered names
	Access    []string `toml:"access"` // subscription, self_service
	Providers []struct {
		ID       string   `toml:"id"`        // a pack's id, or its path
		KeysFile string   `toml:"keys_file"` // from the matrix file on
		BaseURL  string   `toml:"base_url"`
		Region   string   `toml:"region"`
		Protocol string   `toml:"protocol"`
		Models   []string `toml:"models"`
		Users    string   `toml:"users"`
		Prices   string   `toml:"prices"`
		FX       string   `toml:"fx"`
		Hook     string   `toml:"hook"`
		Balance  float64  `toml:"balance"`
		Fix      bool     `toml:"fix"`
	} `toml:"provider"`
}

// matrix reads a file and everything that it names, before anything is sent to any host.
func (a *app) matrix(cmd *cobra.Command, path string) ([]engine.AcceptanceSpec, error) {
	var m matrix
	meta, err := toml.DecodeFile(path, &m)
	var at toml.ParseError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, core.Input("there is no file "+path, "check the path")
	case errors.As(err, &at):
		return nil, faultIn(path, fmt.Sprintf("line %d: %s", at.Position.Line, at.Message))
	case err != nil:
		return nil, faultIn(path, err.Error())
	}
	for _, key := range meta.Undecoded() {
		return nil, faultIn(path, "unknown key "+key.String())
	}
	switch {
	case len(m.Hosts) == 0:
		return nil, faultIn(path, "hosts is missing")
	case len(m.Access) == 0:
		return nil, faultIn(path, "access is missing")
	case len(m.Providers) == 0:
		return nil, faultIn(path, "[[provider]] is missing")
	}
	from := func(file string) string {
		if file == "" || file == "-" || filepath.IsAbs(file) {
			return file
		}
		return filepath.Join(filepath.Dir(path), file)
	}
	var out []engine.AcceptanceSpec
	for _, host := range m.Hosts {
		for _, p := range m.Providers {
			for _, access := range m.Access {
				f := importFlags{host: host, provider: p.ID, keysFile: from(p.KeysFile), access: access, baseURL: p.BaseURL, region: p.Region,
					protocol: p.Protocol, models: p.Models, users: p.Users, prices: from(p.Prices), fx: from(p.FX), hook: p.Hook, balance: p.Balance, fix: p.Fix,
					days: 365, rate: 1, visibility: "exclusive"}
				if f.protocol == "" {
					f.protocol = string(core.ProtocolAuto)
				}
				spec, err := f.spec(a, cmd)
				if err != nil {
					return nil, fmt.Errorf("%s: %s, %s, %s: %w", path, host, p.ID, access, err)
				}
				out = append(out, engine.AcceptanceSpec{ImportSpec: spec})
			}
		}
	}
	return out, nil
}

func faultIn(path, what string) error {
	return core.Input(path+": "+what, "hosts, access, and a [[provider]] with id and keys_file")
}
