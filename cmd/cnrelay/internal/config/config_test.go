package config

import (
	"os"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/tui/keys"
)

func TestParse(t *testing.T) {
	tests := []struct{ name, text, err string }{
		{"all of it", "lang = \"zh\"\ntheme = \"light\"\nascii = true\nmouse = true\n[keys]\nhost_add = [\"n\"]\n[[fx]]\ncurrency = \"CNY\"\nusd = 0.14\ndate = \"2026-11-24\"\nsource = \"PBoC\"\n[monitor]\nevery = \"30s\"\ncompletions = \"0s\"\nper_day = 10\nfailures = 3\nfor = \"5m\"\nsuccesses = 1\n", ""},
		{"empty", "", ""},
		{"not TOML", "lang = \n", "config.toml:1: expected value"},
		{"unknown key", "\nlanguage = \"zh\"\n", "config.toml:2: unknown key language"},
		{"unknown key in a table", "[[fx]]\ncurrency = \"CNY\"\nrate = 1\n", "config.toml:3: unknown key fx.rate"},
		{"wrong type", "mouse = \"yes\"\n", "config.toml:"},
		{"language", "lang = \"de\"\n", "config.toml:1: lang must be en or zh"},
		{"theme", "\n\ntheme = \"pink\"\n", "config.toml:3: theme must be"},
		{"too often", "[monitor]\nevery = \"1s\"\n", "config.toml:2: monitor: every must be 5s or more"},
		{"too dear", "[monitor]\ncompletions = \"1s\"\n", "config.toml:2: monitor: completions must be 1m"},
		{"no time", "[monitor]\nevery = \"often\"\n", "config.toml:2:"},
		{"less than nothing", "[monitor]\nper_day = -1\n", "monitor: nothing in it may be below 0"},
		{"no rate", "[[fx]]\ncurrency = \"CNY\"\ndate = \"2026-11-24\"\nsource = \"x\"\n", "usd must be above 0"},
		{"endless rate", "[[fx]]\ncurrency = \"CNY\"\nusd = inf\ndate = \"2026-11-24\"\nsource = \"x\"\n", "usd must be above 0"},
		{"currency", "[[fx]]\ncurrency = \"yuan\"\nusd = 1.0\n", "a code like CNY"},
		{"date", "[[fx]]\ncurrency = \"CNY\"\nusd = 1.0\ndate = \"today\"\nsource = \"x\"\n", "like 2026-11-24"},
		{"source", "[[fx]]\ncurrency = \"CNY\"\nusd = 1.0\ndate = \"2026-11-24\"\n", "source is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("config.toml", tt.text)
			if tt.err == "" && err != nil || tt.err != "" && (core.CodeOf(err) != core.CodeInput || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
		})
	}
}

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
	c, err := Parse("config.toml", example)
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
