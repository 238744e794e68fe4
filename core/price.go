package core

import (
	"math"
	"strings"
)

// ModelPrice is what a model costs in a host's unit: USD per single token.
type ModelPrice struct {
	Input, Output         float64
	CacheRead, CacheWrite *float64 // nil: not stated
	Rate                  *Rate    // that it was converted with; nil for a price in USD
	From                  Price    // as the pack or the operator gave it
}

// USDPerToken is a model's price for a host: the vendor's own USD price, else the first one that
// a stated rate converts.
func USDPerToken(m Model, fx []Rate) (ModelPrice, error) {
	for _, p := range m.Prices {
		if p.Currency == "USD" {
			return perToken(p, 1, nil), nil
		}
	}
	var currencies []string
	for _, p := range m.Prices {
		for _, rate := range fx {
			if rate.Currency == p.Currency && rate.USD > 0 {
				return perToken(p, rate.USD, &rate), nil
			}
		}
		currencies = append(currencies, p.Currency)
	}
	if len(currencies) == 0 {
		return ModelPrice{}, Input("model "+m.ID+" has no price", "give one with --prices FILE, or leave the model out")
	}
	return ModelPrice{}, Input("model "+m.ID+" has a price in "+strings.Join(currencies, ", ")+" only, and no rate to USD is stated",
		"state one in [[fx]], or give a price in USD with --prices FILE")
}

func perToken(p Price, usd float64, rate *Rate) ModelPrice {
	optional := func(perMillion *float64) *float64 {
		if perMillion == nil {
			return nil
		}
		v := hostUnit(*perMillion * usd)
		return &v
	}
	return ModelPrice{
		Input: hostUnit(p.Input * usd), Output: hostUnit(p.Output * usd),
		CacheRead: optional(p.CacheRead), CacheWrite: optional(p.CacheWrite),
		Rate: rate, From: p,
	}
}

// hostUnit turns USD per million tokens into USD per token, in the twelve decimals that hosts keep
// (NUMERIC(20,12)): what is sent is what is read back.
func hostUnit(perMillion float64) float64 { return math.Round(perMillion*1e6) / 1e12 }
