package kind

import (
	"slices"

	"cnrelay/core"
)

// Channel gives groups their model mapping and prices. Its name is unique, and a group belongs to
// one channel at most.
var Channel = Spec{
	Kind:   core.Channel,
	Marker: "description",
	Compare: map[string]Comparison{
		"group_ids":     includes,
		"model_mapping": mapping,
		"model_pricing": pricing,
	},
	Reverts: map[string]Reversal{
		"group_ids":     withoutAdded,
		"model_mapping": mappingBefore,
		"model_pricing": pricingBefore,
	},
}

// mapping compares {platform: {from: to}}. Other platforms are always kept; in a stranger's channel
// so are other names of the same platform.
func mapping(want, have any, owned bool) (bool, any) {
	w, _ := asMap(want)
	h, _ := asMap(have)
	send, same := map[string]any{}, true
	for platform, names := range h {
		send[platform] = names
	}
	for platform, names := range w {
		wanted, _ := asMap(names)
		there, _ := asMap(h[platform])
		merged := map[string]any{}
		if !owned {
			for k, v := range there {
				merged[k] = v
			}
		}
		for k, v := range wanted {
			merged[k] = v
		}
		same = same && Equal(merged, there)
		send[platform] = merged
	}
	return same, send
}

// pricing compares price rows model by model: a host gives rows in any order, adds ids and nulls, and
// may hold one row for several models. What is sent keeps the other rows of a stranger's channel,
// without the models that the wanted rows name (a host refuses a model named twice).
func pricing(want, have any, owned bool) (bool, any) {
	wanted, _ := want.([]any)
	there, _ := have.([]any)
	same := true
	places, platforms := map[place]bool{}, map[any]bool{}
	for _, w := range wanted {
		row, _ := asMap(w)
		row = bareRow(row)
		platforms[row["platform"]] = true
		for _, model := range models(row) {
			places[place{row["platform"], model}] = true
			same = same && slices.ContainsFunc(there, func(h any) bool {
				r, _ := asMap(h)
				return r["platform"] == row["platform"] && slices.Contains(models(r), model) && covers(row, r)
			})
		}
	}
	send := slices.Clone(wanted)
	for _, h := range there {
		row, _ := asMap(h)
		var rest []any
		for _, model := range models(row) {
			if !places[place{row["platform"], model}] {
				rest = append(rest, model)
			}
		}
		switch {
		case len(rest) == 0:
		case owned && platforms[row["platform"]]:
			same = false
		default:
			kept := bareRow(row)
			kept["models"] = rest
			send = append(send, kept)
		}
	}
	return same, send
}

func models(row map[string]any) []any { list, _ := row["models"].([]any); return list }

// covers compares the prices that row states.
func covers(row, other map[string]any) bool {
	for k, v := range row {
		if k != "models" && !Equal(v, other[k]) {
			return false
		}
	}
	return true
}

// bareRow is a row without what the host adds to it.
func bareRow(row map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range row {
		switch k {
		case "id", "channel_id", "created_at", "updated_at":
		default:
			if v != nil {
				out[k] = v
			}
		}
	}
	return out
}
