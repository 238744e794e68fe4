package kind

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"cnrelay/core"
)

// Taking an update of a stranger's channel back leaves it as it was; and what the stranger added meanwhile stays.
func TestRevertTakesBackOursOnly(t *testing.T) {
	models := []string{"a", "b", "c"}
	row := func(t *rapid.T, model string) map[string]any {
		return map[string]any{"platform": "openai", "models": []any{model}, "input_price": float64(rapid.IntRange(1, 3).Draw(t, "price"))}
	}
	channel := func(t *rapid.T, label string) core.Fields {
		var rows, groups []any
		names := map[string]any{}
		for _, m := range models {
			if rapid.Bool().Draw(t, label+m) {
				rows = append(rows, row(t, m))
				names[m] = rapid.SampledFrom(models).Draw(t, "to")
				groups = append(groups, float64(rapid.IntRange(1, 4).Draw(t, "group")))
			}
		}
		return core.Fields{"model_pricing": rows, "model_mapping": map[string]any{"openai": names}, "group_ids": distinct(groups)}
	}
	rapid.Check(t, func(t *rapid.T) {
		before, want := channel(t, "before"), channel(t, "want")
		_, sent := Channel.Diff(want, before, false)
		now := maps.Clone(before)
		maps.Copy(now, sent)
		expected := maps.Clone(before)
		if rapid.Bool().Draw(t, "a stranger adds") {
			now["model_pricing"] = append(asList(now["model_pricing"]), row(t, "new"))
			expected["model_pricing"] = append(asList(before["model_pricing"]), asList(now["model_pricing"])[len(asList(now["model_pricing"]))-1])
			now["group_ids"], expected["group_ids"] = append(asList(now["group_ids"]), 9.0), append(asList(before["group_ids"]), 9.0)
			now["model_mapping"], expected["model_mapping"] = with(now["model_mapping"]), with(before["model_mapping"])
		}
		for field := range sent {
			got, ok := Channel.Revert(field, before[field], sent[field], now[field])
			if !ok {
				t.Fatalf("%s can't be taken back", field)
			}
			if fmt.Sprint(unordered(field, got)) != fmt.Sprint(unordered(field, expected[field])) {
				t.Errorf("%s: was %v, set to %v, then %v, taken back to %v", field, before[field], sent[field], now[field], got)
			}
		}
	})
}

func distinct(list []any) []any {
	var out []any
	for _, v := range list {
		if !contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func asList(v any) []any { list, _ := v.([]any); return append([]any(nil), list...) }

func with(mapping any) any {
	m, _ := asMap(mapping)
	names, _ := asMap(m["openai"])
	names = maps.Clone(names)
	names["new"] = "a"
	return map[string]any{"openai": names}
}

// unordered is a value without the order of what has none; maps print in order.
func unordered(field string, v any) any {
	set := map[string]any{}
	switch field {
	case "model_pricing":
		for p, price := range prices(v).of {
			set[fmt.Sprint(p)] = price
		}
	case "group_ids":
		for _, id := range asList(v) {
			set[fmt.Sprint(id)] = true
		}
	default:
		m, _ := asMap(v)
		return m
	}
	return set
}

// What Revert can't take apart it leaves: a scalar that somebody else set since.
func TestRevertOfAChangedScalar(t *testing.T) {
	if _, ok := Channel.Revert("restrict_models", false, true, true); !ok {
		t.Error("as we set it, and yet not ours to take back")
	}
	if v, ok := Group.Revert("rate_multiplier", 1.0, 2.0, 3.0); ok {
		t.Errorf("set to 3 by somebody else, and taken back to %v", v)
	}
}

func TestHolds(t *testing.T) {
	for _, c := range []struct {
		name      string
		spec      *Spec
		set, have string
		holds     bool
	}{
		{"as set", &Group, `{"rate_multiplier":2}`, `{"rate_multiplier":2,"status":"active"}`, true},
		{"not set", &Group, `{"rate_multiplier":2}`, `{"rate_multiplier":1}`, false},
		{"detached", &Account, `{"group_ids":[]}`, `{"group_ids":[]}`, true},
		{"still attached", &Account, `{"group_ids":[]}`, `{"group_ids":[1]}`, false},
		{"the host's own addition", &Account, `{"extra":{"openai_responses_mode":"force_chat_completions"}}`,
			`{"extra":{"openai_responses_mode":"force_chat_completions","openai_responses_supported":true}}`, true},
		{"the key can't be read", &Account, `{"credentials":{"api_key":{"$secret":"k"},"base_url":"x"}}`, `{"credentials":{"base_url":"x"}}`, true},
		{"nothing can be read", &User, `{"password":{"$secret":"k"}}`, `{"username":"u"}`, false},
		{"a balance that was drawn on", &User, `{"balance":1}`, `{"balance":0.9}`, false},
		{"the host's additions to a row", &Channel, `{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1}]}`,
			`{"model_pricing":[{"id":7,"platform":"openai","models":["a"],"input_price":1,"cache_read_price":null,"intervals":[]}]}`, true},
		{"another's prices beside ours", &Channel, `{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1}]}`,
			`{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1},{"platform":"openai","models":["b"],"input_price":1}]}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.spec.Holds(parse(t, c.set), parse(t, c.have)); got != c.holds {
				t.Errorf("holds is %v", got)
			}
		})
	}
}
