package core_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cnrelay/core"
)

func TestUSDPerToken(t *testing.T) {
	cny := core.Price{Currency: "CNY", Input: 2, Output: 8, CacheRead: new(0.04), Source: "vendor", Date: "2026-11-15"}
	usd := core.Price{Currency: "USD", Input: 0.30, Output: 1.20, CacheRead: new(0.006), CacheWrite: new(0.375)}
	eur := core.Price{Currency: "EUR", Input: 1, Output: 1}
	rate := core.Rate{Currency: "CNY", USD: 0.1388, Date: "2026-11-20", Source: "PBoC"}
	tests := []struct {
		name   string
		prices []core.Price
		fx     []core.Rate
		want   core.ModelPrice
		err    string
	}{
		{"own USD price wins over a conversion", []core.Price{cny, usd}, []core.Rate{rate},
			core.ModelPrice{Input: 3e-7, Output: 1.2e-6, CacheRead: new(6e-9), CacheWrite: new(3.75e-7), From: usd}, ""},
		{"converted with the stated rate", []core.Price{cny}, []core.Rate{rate},
			core.ModelPrice{Input: 2.776e-7, Output: 1.1104e-6, CacheRead: new(5.552e-9), Rate: &rate, From: cny}, ""},
		{"first price that a rate converts", []core.Price{eur, cny}, []core.Rate{rate},
			core.ModelPrice{Input: 2.776e-7, Output: 1.1104e-6, CacheRead: new(5.552e-9), Rate: &rate, From: cny}, ""},
		{"free is a price", []core.Price{{Currency: "USD"}}, nil, core.ModelPrice{From: core.Price{Currency: "USD"}}, ""},
		{"no price", nil, []core.Rate{rate}, core.ModelPrice{}, "model m has no price"},
		{"no rate", []core.Price{cny, eur}, nil, core.ModelPrice{}, "in CNY, EUR only, and no rate to USD"},
		{"a rate of nothing is no rate", []core.Price{cny}, []core.Rate{{Currency: "CNY"}}, core.ModelPrice{}, "in CNY only"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := core.USDPerToken(core.Model{ID: "m", Prices: tt.prices}, tt.fx)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || core.CodeOf(err) != core.CodeInput {
					t.Fatalf("error %v, want %q as bad input", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if show(got) != show(tt.want) {
				t.Errorf("got  %s\nwant %s", show(got), show(tt.want))
			}
		})
	}
}

func show(p core.ModelPrice) string {
	num := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	rate := "none"
	if p.Rate != nil {
		rate = p.Rate.Date + " " + num(&p.Rate.USD)
	}
	return strings.Join([]string{num(&p.Input), num(&p.Output), num(p.CacheRead), num(p.CacheWrite), rate, p.From.Currency}, " ")
}

// A host stores twelve decimals: a price that had more would read back as drift.
func TestUSDPerTokenSurvivesTheHost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := core.Price{Currency: "CNY", Input: rapid.Float64Range(0, 1000).Draw(t, "input")}
		fx := []core.Rate{{Currency: "CNY", USD: rapid.Float64Range(0.001, 10).Draw(t, "usd")}}
		got, err := core.USDPerToken(core.Model{ID: "m", Prices: []core.Price{price}}, fx)
		if err != nil {
			t.Fatal(err)
		}
		stored, _ := strconv.ParseFloat(strconv.FormatFloat(got.Input, 'f', 12, 64), 64)
		if stored != got.Input {
			t.Fatalf("sent %v, the host keeps %v", got.Input, stored)
		}
		if exact := price.Input * fx[0].USD / 1e6; math.Abs(exact-got.Input) > 0.51e-12 {
			t.Fatalf("%v is not %v in twelve decimals", got.Input, exact)
		}
	})
}
