package plan

import (
	"cnrelay/core"
)

// pricing makes the channel's price rows, one a model, in USD per token.
func (b *builder) pricing() ([]any, error) {
	var rows []any
	for _, m := range b.models() {
		if p, ok := b.in.Prices[m.ID]; ok {
			m.Prices = []core.Price{p}
		}
		price, err := core.USDPerToken(m, b.in.FX)
		if err != nil {
			return nil, err
		}
		row := map[string]any{
			"platform": b.plan.Platform, "models": []any{m.ID}, "billing_mode": "token",
			"input_price": price.Input, "output_price": price.Output,
		}
		if price.CacheRead != nil {
			row["cache_read_price"] = *price.CacheRead
		}
		if price.CacheWrite != nil {
			row["cache_write_price"] = *price.CacheWrite
		}
		rows = append(rows, row)
		b.priceNotes(m, price)
	}
	if b.in.Request.BaseURL != "" && len(b.in.Prices) == 0 {
		b.note("relay_prices", b.in.Request.BaseURL)
	}
	return rows, nil
}

func (b *builder) priceNotes(m core.Model, p core.ModelPrice) {
	args := []string{m.ID, usd(p.Input), usd(p.Output), p.From.Source, p.From.Date}
	if p.Rate != nil {
		b.note("price_converted", append(args, p.From.Currency, p.Rate.Date, p.Rate.Source, usd(p.Rate.USD/1e6))...)
	} else {
		b.note("price", args...)
	}
	if p.From.Lost != "" {
		b.note("price_lost", m.ID, p.From.Lost)
	}
	if p.From.Uncertain {
		b.note("price_uncertain", m.ID, p.From.Source)
	}
}
