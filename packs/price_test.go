package packs

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
)

func TestParsePrices(t *testing.T) {
	got, err := ParsePrices("prices.toml", []byte(`
[[model]]
id = "a"
currency = "USD"
input = 0.35
output = 1
cache_read = 0
source = "relay"
date = "2026-11"

[[model]]
id = "B/b"
currency = "CNY"
input = 2
output = 8.5
cache_write = 3
source = "relay"
date = "2026-11-20"
uncertain = true
lost = "nights"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]core.Price{
		"a":   {Currency: "USD", Input: 0.35, Output: 1, CacheRead: new(0.0), Source: "relay", Date: "2026-11"},
		"B/b": {Currency: "CNY", Input: 2, Output: 8.5, CacheWrite: new(3.0), Source: "relay", Date: "2026-11-20", Uncertain: true, Lost: "nights"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v (%v)", got, slices.Sorted(maps.Keys(got)))
	}
}

func TestParseFX(t *testing.T) {
	got, err := ParseFX("fx.toml", []byte("fx = [{ currency = \"CNY\", usd = 0.1388, source = \"PBoC\", date = \"2026-11-20\" }, "+
		"{ currency = \"EUR\", usd = 1, source = \"ECB\", date = \"2026-11-20\" }]"))
	want := []core.Rate{
		{Currency: "CNY", USD: 0.1388, Date: "2026-11-20", Source: "PBoC"},
		{Currency: "EUR", USD: 1, Date: "2026-11-20", Source: "ECB"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestPriceAndRateFaults(t *testing.T) {
	prices := func(src string) error { _, err := ParsePrices("x.toml", []byte(src)); return err }
	rates := func(src string) error { _, err := ParseFX("x.toml", []byte(src)); return err }
	tests := []struct {
		name string
		load func(string) error
		src  string
		want string
	}{
		{"no prices", prices, "", "1:1: model: is missing"},
		{"an empty list", prices, "model = []", "1:1: model: is empty"},
		{"not tables", prices, "model = [1]", "1:10: model[0]: must be a table, not a whole number"},
		{"a model twice", prices, strings.Repeat("[[model]]\nid = \"a\"\ncurrency = \"CNY\"\ninput = 1\noutput = 1\nsource = \"s\"\ndate = \"2026-11\"\n", 2),
			`9:1: model[1].id: "a" is taken by model[0].id`},
		{"all that is missing", prices, "[[model]]\nid = \"a\"\ninput = 1", `1:3: model[0].currency: is missing
1:3: model[0].output: is missing
1:3: model[0].source: is missing
1:3: model[0].date: is missing`},
		{"a pack", prices, minimal, "1:1: id: unknown key; here belong: model"},
		{"no rates", rates, "fx = 1", "1:1: fx: must be an array of tables, not a whole number"},
		{"a rate of nothing", rates, "[[fx]]\ncurrency = \"CNY\"\nusd = 0\nsource = \"s\"\ndate = \"2026-11-20\"", "3:1: fx[0].usd: must be USD for one unit, above 0 and up to 1000, not 0"},
		{"a rate without end", rates, "[[fx]]\ncurrency = \"CNY\"\nusd = inf\nsource = \"s\"\ndate = \"2026-11-20\"", "3:1: fx[0].usd: must be USD"},
		{"dollars in dollars", rates, "[[fx]]\ncurrency = \"USD\"\nusd = 1\nsource = \"s\"\ndate = \"2026-11-20\"", "2:1: fx[0].currency: needs no rate"},
		{"another table", rates, "[[fx]]\ncurrency = \"CNY\"\nusd = 1\nsource = \"s\"\ndate = \"2026-11-20\"\n[hosts]", "6:2: hosts: unknown key; here belong: fx"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.load(tt.src)
			if err == nil || !strings.HasPrefix(strings.ReplaceAll(err.Error(), "x.toml:", ""), tt.want) || core.CodeOf(err) != core.CodeInput {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}
