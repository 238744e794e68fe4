package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/tui/keys"
)

// TestTheManualsExample: what docs/console.md shows can be used as it stands.
func TestTheManualsExample(t *testing.T) {
	raw, err := os.ReadFile("../../../../docs/console.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "```toml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("there is no example")
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if c.Lang != "zh" || c.Theme != "light" || !c.Mouse || len(c.Rates()) != 1 || c.Rates()[0].USD != 0.14 {
		t.Errorf("read as %+v", c)
	}
	m, err := keys.New(c.Keys)
	if err != nil {
		t.Fatal(err)
	}
	if action, _ := m.Resolve("I", keys.Hosts); action != keys.HostImport {
		t.Errorf("I does %q", action)
	}
}

// TestFaultsAreSaidWithTheirLine, before anything else happens.
func TestFaultsAreSaidWithTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"lang = \"fr\"\n":              ":1: lang must be",
		"\ntheme = \"pink\"\n":         ":2: theme must be",
		"colour = 1\n":                 ":1: unknown key colour",
		"mouse = yes\n":                ":1: ",
		"[[fx]]\ncurrency = \"cny\"\n": ":2: fx 1: currency must be",
	} {
		path := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path, true); core.CodeOf(err) != core.CodeInput || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
