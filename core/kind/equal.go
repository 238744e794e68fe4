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

// includes compares lists of ids: everything wanted is there. An update sends the union, because
// what else is there belongs to somebody else.
func includes(want, have any, _ bool) (bool, any) {
	w, _ := want.([]any)
	h, _ := have.([]any)
	union := slices.Clone(h)
	for _, id := range w {
		if !slices.ContainsFunc(h, func(x any) bool { return Equal(x, id) }) {
			union = append(union, id)
		}
	}
	return len(union) == len(h), union
}
