package kind

import (
	"maps"
	"slices"
)

// Reversal takes back what an update changed of a field that others change too: before is how it was, ours what was
// set, have what is there now. What others added or changed since stays.
type Reversal func(before, ours, have any) any

// Revert says what to send for a field so that an update is taken back; ok is false if others changed it since in a
// way that can't be told apart from ours.
func (s *Spec) Revert(field string, before, ours, have any) (send any, ok bool) {
	if r := s.Reverts[field]; r != nil {
		return r(before, ours, have), true
	}
	changes, _ := s.compare(field, ours, have, true)
	return before, len(changes) == 0
}

// Rebase makes the change from before to want on what is there by now: of lists that others add to, what they added
// stays.
func (s *Spec) Rebase(field string, before, want, have any) any {
	if s.Compare[field] == nil || s.Reverts[field] == nil {
		return want
	}
	was, isList := before.([]any)
	set, _ := want.([]any)
	if now, ok := have.([]any); ok && isList {
		out := slices.DeleteFunc(slices.Clone(now), func(id any) bool { return contains(was, id) && !contains(set, id) })
		for _, id := range set {
			if !contains(was, id) && !contains(out, id) {
				out = append(out, id)
			}
		}
		return out
	}
	return want
}

// Joined is what was set of a field once more of it is wanted that is there already: of lists and maps that others add
// to, what was set before is still ours to take back.
func (s *Spec) Joined(field string, set, wanted any) any {
	if s.Compare[field] == nil || s.Reverts[field] == nil || set == nil {
		return wanted
	}
	_, both := s.Compare[field](wanted, set, false)
	return both
}

// withoutAdded takes the ids out that an update added.
func withoutAdded(before, ours, have any) any {
	was, _ := before.([]any)
	set, _ := ours.([]any)
	now, _ := have.([]any)
	return slices.DeleteFunc(slices.Clone(now), func(id any) bool { return contains(set, id) && !contains(was, id) })
}

func contains(list []any, id any) bool {
	return slices.ContainsFunc(list, func(x any) bool { return Equal(x, id) })
}

// mappingBefore puts names back, one by one, that still lead where the update made them lead.
func mappingBefore(before, ours, have any) any {
	was, _ := asMap(before)
	set, _ := asMap(ours)
	now, _ := asMap(have)
	send := maps.Clone(now)
	for platform, names := range set {
		old, _ := asMap(was[platform])
		there, _ := asMap(now[platform])
		wanted, _ := asMap(names)
		send[platform] = backTo(old, wanted, there)
	}
	maps.DeleteFunc(send, func(platform string, names any) bool {
		_, old := was[platform]
		return isZero(names) && !old
	})
	return send
}

// backTo is a map with the values that are still as set put back to what they were.
func backTo(was, set, now map[string]any) map[string]any {
	out := maps.Clone(now)
	for k, v := range set {
		if there, ok := now[k]; !ok || !Equal(there, v) {
			continue
		}
		if old, ok := was[k]; ok {
			out[k] = old
		} else {
			delete(out, k)
		}
	}
	return out
}

// pricingBefore puts prices back, model by model, that are still as the update set them.
func pricingBefore(before, ours, have any) any {
	was, set, now := prices(before), prices(ours), prices(have)
	var send []any
	for _, place := range now.order {
		price := now.of[place]
		if wanted, ok := set.of[place]; ok && Equal(wanted, price) {
			old, there := was.of[place]
			if !there {
				continue
			}
			price = old
		}
		row := maps.Clone(price)
		row["platform"], row["models"] = place.platform, []any{place.model}
		send = append(send, row)
	}
	for _, place := range was.order { // that the update took out
		_, there := now.of[place]
		if _, wanted := set.of[place]; !there && !wanted {
			row := maps.Clone(was.of[place])
			row["platform"], row["models"] = place.platform, []any{place.model}
			send = append(send, row)
		}
	}
	if there := prices(send); maps.EqualFunc(there.of, was.of, func(a, b map[string]any) bool { return Equal(a, b) }) {
		return before // in its own rows
	}
	return send
}

// place is where a price stands: hosts refuse a model named twice on a platform.
type place struct{ platform, model any }

// priceList is a channel's price rows, model by model.
type priceList struct {
	order []place
	of    map[place]map[string]any
}

func prices(rows any) priceList {
	out := priceList{of: map[place]map[string]any{}}
	list, _ := rows.([]any)
	for _, r := range list {
		row, _ := asMap(r)
		price := bareRow(row)
		delete(price, "models")
		delete(price, "platform")
		for _, model := range models(row) {
			p := place{row["platform"], model}
			out.order, out.of[p] = append(out.order, p), price
		}
	}
	return out
}
