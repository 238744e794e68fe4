package drift

import (
	"math"
	"slices"
	"strconv"

	"cnrelay/core"
)

// billedWithin is how far a cost may be from the price, as a share: hosts keep costs to ten decimals.
const billedWithin = 0.01

// Billing fills a run in with what the host charged for its completion, before the group's multiplier, against the
// recorded channel's price of the model. Nothing charged is said apart: a host serves free what it knows no price of.
func Billing(run *core.DriftRun, b core.Batch, held []core.Resource, u core.Usage) {
	run.Billed = &u
	channel, row := priceOf(b, held)
	if row == nil || row.Str("billing_mode") == "per_request" {
		return
	}
	f := core.DriftFinding{Type: core.DriftBilledOtherwise, Ref: channel.Ref, Name: channel.Name, Origin: channel.Origin, Batches: channel.Batches, Why: b.Plan.Smoke.Model}
	for _, part := range []struct {
		field        string
		tokens, cost float64
	}{{"input_price", u.InputTokens, u.InputCost}, {"output_price", u.OutputTokens, u.OutputCost}} {
		want := row.Num(part.field)
		if part.tokens > 0 && math.Abs(part.cost-want*part.tokens) > billedWithin*want*part.tokens+1e-9 {
			f.Changes = append(f.Changes, core.Change{Field: part.field, Have: digits(part.cost / part.tokens), Want: want})
		}
	}
	if u.TotalCost == 0 && row.Num("input_price")+row.Num("output_price") > 0 {
		f.Type, f.Changes = core.DriftBilledFree, nil
	}
	if f.Type == core.DriftBilledFree || len(f.Changes) > 0 {
		run.Findings = append(run.Findings, f)
	}
}

// priceOf is the recorded channel of a batch and its prices of the model that proves access.
func priceOf(b core.Batch, held []core.Resource) (core.Resource, core.Fields) {
	model := b.Plan.Smoke.Model
	if to := b.Pack.Mapping[model]; to != "" {
		model = to
	}
	for _, r := range held {
		if r.Ref.Kind != core.Channel || !slices.Contains(r.Batches, b.ID) {
			continue
		}
		rows, _ := r.Fields["model_pricing"].([]any)
		for _, row := range rows {
			fields, _ := row.(map[string]any)
			if models, _ := fields["models"].([]any); fields["platform"] == b.Plan.Platform && slices.Contains(models, any(model)) {
				return r, fields
			}
		}
	}
	return core.Resource{}, nil
}

// digits rounds a price to what it can be told by: the same price, whatever the number of tokens.
func digits(price float64) float64 {
	out, _ := strconv.ParseFloat(strconv.FormatFloat(price, 'g', 3, 64), 64)
	return out
}
