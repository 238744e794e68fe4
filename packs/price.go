package packs

import "cnrelay/core"

// Beyond every real price per million tokens, and every real rate to USD: a unit was mistaken.
const (
	maxPrice = 100_000
	maxRate  = 1000
)

// readPrices reads the root of a prices file, by model id.
func readPrices(root *table) map[string]core.Price {
	out, seen := map[string]core.Price{}, names{}
	for _, t := range root.required("model").tables("model") {
		id := t.need("id", isModelID)
		seen.once(t, "id", id)
		out[id] = readPrice(t)
	}
	return out
}

// readRates reads the root of a rates file.
func readRates(root *table) (out []core.Rate) {
	seen := names{}
	for _, t := range root.required("fx").tables("fx") {
		rate := core.Rate{
			Currency: t.need("currency", isCurrency),
			USD:      orZero(rateOf(t.required("usd"), "usd")),
			Date:     t.need("date", isDate),
			Source:   t.need("source"),
		}
		if rate.Currency == "USD" {
			t.fault("currency", "needs no rate: prices are in USD at the host")
		}
		seen.once(t, "currency", rate.Currency)
		t.end()
		out = append(out, rate)
	}
	return out
}

func readPrice(t *table) core.Price {
	defer t.end()
	return core.Price{
		Currency:   t.need("currency", isCurrency),
		Input:      orZero(amount(t.required("input"), "input")),
		Output:     orZero(amount(t.required("output"), "output")),
		CacheRead:  amount(t, "cache_read"),
		CacheWrite: amount(t, "cache_write"),
		Source:     t.need("source"),
		Date:       t.need("date", isDate),
		Uncertain:  t.flag("uncertain"),
		Lost:       t.str("lost"),
	}
}

// amount is a price, which may be zero.
func amount(t *table, key string) *float64 {
	n := t.number(key)
	if n != nil && !(*n >= 0 && *n <= maxPrice) {
		t.fault(key, "must be a price per million tokens, 0 to %d, not %v", maxPrice, *n)
	}
	return n
}

// rateOf is a rate, which may not.
func rateOf(t *table, key string) *float64 {
	n := t.number(key)
	if n != nil && !(*n > 0 && *n <= maxRate) {
		t.fault(key, "must be USD for one unit, above 0 and up to %d, not %v", maxRate, *n)
	}
	return n
}

func orZero(n *float64) float64 {
	if n == nil {
		return 0
	}
	return *n
}
