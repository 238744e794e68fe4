package kind

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cnrelay/core"
)

func parse(t *testing.T, text string) core.Fields {
	t.Helper()
	var f core.Fields
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name       string
		spec       *Spec
		want, have string
		owned      bool
		send       string // "{}" if nothing differs
	}{
		{"equal", &Group, `{"rate_multiplier":1}`, `{"rate_multiplier":1,"status":"active"}`, true, `{}`},
		{"a number in another form", &Group, `{"rate_multiplier":0.1}`, `{"rate_multiplier":0.10000000000000002}`, true, `{}`},
		{"absent is zero", &Plan, `{"for_sale":false}`, `{}`, true, `{}`},
		{"the marker is never compared", &Group, `{"description":"cnrelay:a:b"}`, `{"description":"mine"}`, true, `{}`},
		{"a secret can't be", &Account, `{"credentials":{"api_key":{"$secret":"k"},"base_url":"x"}}`, `{"credentials":{"base_url":"x"}}`, true, `{}`},
		{"but goes along with an update", &Account, `{"credentials":{"api_key":{"$secret":"k"},"base_url":"y"}}`, `{"credentials":{"base_url":"x","theirs":1}}`, true,
			`{"credentials":{"api_key":{"$secret":"k"},"base_url":"y","theirs":1}}`},
		{"a model that is mapped and shouldn't be", &Account, `{"credentials":{"model_mapping":{"a":"a"}}}`, `{"credentials":{"model_mapping":{"a":"a","b":"b"}}}`, true,
			`{"credentials":{"model_mapping":{"a":"a"}}}`},
		{"other groups stay", &Account, `{"group_ids":[2]}`, `{"group_ids":[1]}`, true, `{"group_ids":[1,2]}`},
		{"in the group already", &Channel, `{"group_ids":[2]}`, `{"group_ids":[1,2]}`, true, `{}`},
		{"half made: no prices", &Channel, `{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1e-6}]}`, `{"model_pricing":[]}`, true,
			`{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1e-6}]}`},
		{"the host's additions to a row", &Channel, `{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1e-6}]}`,
			`{"model_pricing":[{"id":7,"platform":"openai","models":["a"],"input_price":0.000001,"cache_read_price":null,"intervals":[]}]}`, true, `{}`},
		{"one row for several models", &Channel, `{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1e-6}]}`,
			`{"model_pricing":[{"platform":"openai","models":["a","b"],"input_price":1e-6}]}`, false, `{}`},
		{"a stranger's other prices stay", &Channel, `{"model_pricing":[{"platform":"openai","models":["a"],"input_price":2}]}`,
			`{"model_pricing":[{"id":1,"platform":"openai","models":["a","b"],"input_price":1},{"id":2,"platform":"gemini","models":["a"],"input_price":3}]}`, false,
			`{"model_pricing":[{"platform":"openai","models":["a"],"input_price":2},{"platform":"openai","models":["b"],"input_price":1},{"platform":"gemini","models":["a"],"input_price":3}]}`},
		{"our own channel holds our prices only", &Channel, `{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1}]}`,
			`{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1},{"platform":"openai","models":["old"],"input_price":1}]}`, true,
			`{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1}]}`},
		{"a stranger's mapping stays", &Channel, `{"model_mapping":{"openai":{"a":"a"}}}`, `{"model_mapping":{"openai":{"x":"y"},"gemini":{"g":"g"}}}`, false,
			`{"model_mapping":{"openai":{"a":"a","x":"y"},"gemini":{"g":"g"}}}`},
		{"a balance that is more than asked", &User, `{"balance":1}`, `{"balance":5}`, true, `{}`},
		{"a balance that is less", &User, `{"balance":1}`, `{"balance":0.5}`, true, `{"balance":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			changes, send := c.spec.Diff(parse(t, c.want), parse(t, c.have), c.owned)
			if !Equal(map[string]any(send), map[string]any(parse(t, c.send))) || len(send) != len(parse(t, c.send)) {
				raw, _ := json.Marshal(send)
				t.Errorf("sends %s, want %s", raw, c.send)
			}
			if (len(changes) == 0) != (len(send) == 0) {
				t.Errorf("changes %v but sends %v", changes, send)
			}
		})
	}
}

// A difference is named by the smallest part that differs.
func TestDiffNamesTheParts(t *testing.T) {
	for _, c := range []struct {
		spec       *Spec
		want, have string
		owned      bool
		fields     string
	}{
		{&Group, `{"rate_multiplier":1,"status":"active"}`, `{"rate_multiplier":2,"status":"inactive"}`, true, "rate_multiplier status"},
		{&Account, `{"credentials":{"base_url":"x","model_mapping":{"a":"a","b":"b"}}}`, `{"credentials":{"base_url":"x","model_mapping":{"a":"b","c":"c"}}}`, true,
			"credentials.model_mapping.a credentials.model_mapping.b credentials.model_mapping.c"},
		{&Account, `{"credentials":{"model_mapping":{"a":"a"}}}`, `{"credentials":{}}`, true, "credentials.model_mapping"},
		{&Account, `{"extra":{"openai_responses_mode":"force_chat_completions"}}`, `{"extra":{"openai_responses_mode":"auto","openai_responses_supported":false}}`, true, "extra.openai_responses_mode"},
		{&Account, `{"group_ids":[1,2,3]}`, `{"group_ids":[2,9]}`, true, "group_ids group_ids"},
		{&Channel, `{"model_mapping":{"openai":{"a":"a"}}}`, `{"model_mapping":{"openai":{"a":"b","c":"c"}}}`, true, "model_mapping.openai.a model_mapping.openai.c"},
		{&Channel, `{"model_mapping":{"openai":{"a":"a"}}}`, `{"model_mapping":{"openai":{"a":"b","c":"c"}}}`, false, "model_mapping.openai.a"},
		{&Channel, `{"model_pricing":[{"platform":"openai","models":["a"],"input_price":1,"output_price":2},{"platform":"openai","models":["b"]}]}`,
			`{"model_pricing":[{"platform":"openai","models":["a","c"],"input_price":1,"output_price":3}]}`, true,
			"model_pricing.openai.a.output_price model_pricing.openai.b model_pricing.openai.c"},
	} {
		changes, _ := c.spec.Diff(parse(t, c.want), parse(t, c.have), c.owned)
		var fields []string
		for _, x := range changes {
			fields = append(fields, x.Field)
		}
		if got := strings.Join(fields, " "); got != c.fields {
			t.Errorf("%s: %q, want %q", c.have, got, c.fields)
		}
	}
}

// Whatever an update sends makes the next comparison find nothing: repairs converge.
func TestDiffConverges(t *testing.T) {
	value := rapid.OneOf(rapid.Just(any(nil)), rapid.Map(rapid.Float64Range(0, 3), func(f float64) any { return f }), rapid.Map(rapid.StringN(0, 2, 4), func(s string) any { return s }))
	row := rapid.Custom(func(t *rapid.T) any {
		return map[string]any{"platform": rapid.SampledFrom([]any{"openai", "gemini"}).Draw(t, "platform"),
			"models": []any{rapid.SampledFrom([]any{"a", "b", "c"}).Draw(t, "model")}, "input_price": value.Draw(t, "price")}
	})
	channel := rapid.Custom(func(t *rapid.T) core.Fields {
		rows := rapid.SliceOfNDistinct(row, 0, 4, func(r any) string {
			m := r.(map[string]any)
			return m["platform"].(string) + m["models"].([]any)[0].(string)
		}).Draw(t, "rows")
		names := map[string]any{}
		for _, n := range rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 3).Draw(t, "names") {
			names[n] = value.Draw(t, n)
		}
		return core.Fields{"model_pricing": rows, "model_mapping": map[string]any{"openai": names}, "restrict_models": rapid.Bool().Draw(t, "restrict")}
	})
	rapid.Check(t, func(t *rapid.T) {
		want, have := channel.Draw(t, "want"), channel.Draw(t, "have")
		owned := rapid.Bool().Draw(t, "owned")
		_, send := Channel.Diff(want, have, owned)
		for field, v := range send {
			have[field] = v
		}
		if again, _ := Channel.Diff(want, have, owned); len(again) > 0 {
			t.Fatalf("still differs: %v", again)
		}
	})
}

func TestMarker(t *testing.T) {
	for _, s := range All {
		field := s.Marker
		o := core.Object{Kind: s.Kind, Name: Marker("state", "batch"), Fields: core.Fields{}}
		if field != "" {
			o.Name, o.Fields[field] = "n", "noted by hand "+Marker("state", "batch")
		}
		if state, batch, ok := s.MarkerOf(o); !ok || state != "state" || batch != "batch" {
			t.Errorf("%s: read %q %q %v", s.Kind, state, batch, ok)
		}
		if _, _, ok := s.MarkerOf(core.Object{Kind: s.Kind, Name: "cnrelay", Fields: core.Fields{}}); ok {
			t.Errorf("%s: a marker is seen where there is none", s.Kind)
		}
	}
	if len(All) != len(Undo) {
		t.Errorf("%d kinds are made, %d undone", len(All), len(Undo))
	}
}
