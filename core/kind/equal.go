package kind

import (
	"maps"
	"math"
	"slices"

	"cnrelay/core"
)

// Equal compares two values as a host round-trips them: numbers within 1e-9 of each other (prices
// are tiny), an absent value like its zero (hosts omit false, 0, "" and empty lists).
func Equal(a, b any) bool {
	if isZero(a) && isZero(b) {
		return true
	}
	switch a := a.(type) {
	case float64:
		n, ok := b.(float64)
		return ok && math.Abs(a-n) <= 1e-9*math.Max(math.Abs(a), math.Abs(n))
	case []any:
		l, ok := b.([]any)
		return ok && slices.EqualFunc(a, l, Equal)
	}
	if m, ok := asMap(a); ok {
		n, ok := asMap(b)
		if !ok {
			return false
		}
		for k := range n {
			if _, wanted := m[k]; !wanted && !isZero(n[k]) {
				return false
			}
		}
		for k, v := range m {
			if !Equal(v, n[k]) {
				return false
			}
		}
		return true
	}
	return a == b
}

func isZero(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case float64:
		return v == 0
	case []any:
		return len(v) == 0
	}
	m, ok := asMap(v)
	return ok && len(m) == 0
}

// isSecret tells whether a wanted value stands for a secret.
func isSecret(v any) bool {
	m, ok := asMap(v)
	_, marked := m["$secret"]
	return ok && marked
}

func asMap(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, true
	case core.Fields:
		return v, true
	}
	return nil, false
}

func sortedKeys[M ~map[string]any](m M) []string { return slices.Sorted(maps.Keys(m)) }

// leaves lists where two values differ: the value as a whole, or the keys in which two maps do.
func leaves(path string, want, have any) []core.Change {
	if Equal(want, have) {
		return nil
	}
	w, _ := asMap(want)
	h, _ := asMap(have)
	if len(w) == 0 || len(h) == 0 {
		return []core.Change{{Field: path, Have: have, Want: want}}
	}
	both := maps.Clone(h)
	maps.Copy(both, w)
	var out []core.Change
	for _, key := range sortedKeys(both) {
		out = append(out, leaves(join(path, key), w[key], h[key])...)
	}
	return out
}

// join puts two parts of a dotted path together; either may be "".
func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}

// includes compares lists of ids: everything wanted is there. An update sends the union, because
// what else is there belongs to somebody else. Each id that isn't there is a change of its own.
func includes(want, have any, _ bool) (changes []core.Change, send any) {
	w, _ := want.([]any)
	h, _ := have.([]any)
	union := slices.Clone(h)
	for _, id := range w {
		if !slices.ContainsFunc(union, func(x any) bool { return Equal(x, id) }) {
			union = append(union, id)
			changes = append(changes, core.Change{Want: id})
		}
	}
	return changes, union
}
