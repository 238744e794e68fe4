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
	InUse: core.Fields{"status": "active"},
}

// mapping compares {platform: {from: to}}. Other platforms are always kept; in a stranger's channel
// so are other names of the same platform.
func mapping(want, have any, owned bool) (changes []core.Change, sent any) {
	w, _ := asMap(want)
	h, _ := asMap(have)
	send := map[string]any{}
	for platform, names := range h {
		send[platform] = names
	}
	for _, platform := range sortedKeys(w) {
		wanted, _ := asMap(w[platform])
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
		changes = append(changes, leaves(platform, merged, there)...)
		send[platform] = merged
	}
	return changes, send
}

// pricing compares price rows model by model: a host gives rows in any order, adds ids and nulls, and
// may hold one row for several models. What is sent keeps the other rows of a stranger's channel,
// without the models that the wanted rows name (a host refuses a model named twice).
func pricing(want, have any, owned bool) (changes []core.Change, sent any) {
	wanted, _ := want.([]any)
	there, _ := have.([]any)
	places, platforms := map[place]bool{}, map[any]bool{}
	for _, w := range wanted {
		row, _ := asMap(w)
		row = bareRow(row) // what a host gave may be wanted back
		platforms[row["platform"]] = true
		for _, model := range models(row) {
			places[place{row["platform"], model}] = true
			changes = append(changes, rowChanges(row, model, there)...)
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
			for _, model := range rest {
				changes = append(changes, core.Change{Field: priced(row, model), Have: bareRow(row)})
			}
		default:
			kept := bareRow(row)
			kept["models"] = rest
			send = append(send, kept)
		}
	}
	return changes, send
}

// rowChanges are the prices of one model that a row states and the host's rows don't have so.
func rowChanges(row map[string]any, model any, there []any) []core.Change {
	path := priced(row, model)
	for _, h := range there {
		other, _ := asMap(h)
		if other["platform"] != row["platform"] || !slices.Contains(models(other), model) {
			continue
		}
		var out []core.Change
		for _, k := range sortedKeys(row) {
			if k != "models" {
				out = append(out, leaves(join(path, k), row[k], other[k])...)
			}
		}
		return out
	}
	return []core.Change{{Field: path, Want: bareRow(row)}}
}

// priced is the path of a model's prices.
func priced(row map[string]any, model any) string {
	platform, _ := row["platform"].(string)
	name, _ := model.(string)
	return join(platform, name)
}

func models(row map[string]any) []any { list, _ := row["models"].([]any); return list }

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
