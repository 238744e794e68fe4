package config

import (
	"strings"
	"testing"

	"cnrelay/core"
)

func TestParse(t *testing.T) {
	tests := []struct{ name, text, err string }{
		{"all of it", "lang = \"zh\"\ntheme = \"light\"\nascii = true\nmouse = true\n[keys]\nhost_add = [\"n\"]\n[[fx]]\ncurrency = \"CNY\"\nusd = 0.14\ndate = \"2026-11-24\"\nsource = \"PBoC\"\n", ""},
		{"empty", "", ""},
		{"not TOML", "lang = \n", "config.toml:1: expected value"},
		{"unknown key", "\nlanguage = \"zh\"\n", "config.toml:2: unknown key language"},
		{"unknown key in a table", "[[fx]]\ncurrency = \"CNY\"\nrate = 1\n", "config.toml:3: unknown key fx.rate"},
		{"wrong type", "mouse = \"yes\"\n", "config.toml:"},
		{"language", "lang = \"de\"\n", "config.toml:1: lang must be en or zh"},
		{"theme", "\n\ntheme = \"pink\"\n", "config.toml:3: theme must be"},
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
