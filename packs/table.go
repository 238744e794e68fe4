package packs

import (
	"slices"
	"strings"
	"time"
)

// table is one table while it is read. Each method names a key and what it must hold; a value that
// isn't so is noted and read as nothing. end notes the keys that no method named.
type table struct {
	doc    *document
	path   string
	values map[string]any
	known  []string
}

// check tells what is wrong with a string, "" if nothing is.
type check func(value string) string

func (t *table) fault(key, format string, args ...any) {
	t.doc.fault(t.path, join(t.path, key), format, args...)
}

func (t *table) has(key string) bool {
	_, ok := t.values[key]
	return ok
}

// itself notes what is wrong with the table as a whole.
func (t *table) itself(format string, args ...any) { t.doc.fault(t.path, t.path, format, args...) }

// required notes a key that isn't there; the reading of it follows.
func (t *table) required(key string) *table {
	if !t.has(key) {
		t.fault(key, "is missing")
	}
	return t
}

func (t *table) end() {
	for key := range t.values {
		if !slices.Contains(t.known, key) {
			t.fault(key, "unknown key; here belong: %s", strings.Join(t.known, ", "))
		}
	}
}

// value is a key's value if it is there and a T.
func value[T any](t *table, key, want string) (T, bool) {
	t.known = append(t.known, key)
	v, ok := t.values[key].(T)
	if !ok && t.has(key) {
		t.fault(key, "must be %s, not %s", want, kindOf(t.values[key]))
	}
	return v, ok
}

func (t *table) str(key string, checks ...check) string {
	s, ok := value[string](t, key, "a string in quotes")
	if !ok || !t.passes(join(t.path, key), s, checks...) {
		return ""
	}
	return s
}

// need is a string that must be there.
func (t *table) need(key string, checks ...check) string { return t.required(key).str(key, checks...) }

// passes puts the string at a path to the checks.
func (t *table) passes(path, s string, checks ...check) bool {
	for _, wrong := range append([]check{isPlain}, checks...) {
		if what := wrong(s); what != "" {
			t.doc.fault(t.path, path, "%s", what)
			return false
		}
	}
	return true
}

func (t *table) strs(key string, checks ...check) []string {
	var out []string
	for i, item := range t.items(key, "an array of strings") {
		path := element(join(t.path, key), i)
		if s, ok := item.(string); !ok {
			t.doc.fault(t.path, path, "must be a string in quotes, not %s", kindOf(item))
		} else if slices.Contains(out, s) {
			t.doc.fault(t.path, path, "%q is there twice", s)
		} else if t.passes(path, s, checks...) {
			out = append(out, s)
		}
	}
	return out
}

func (t *table) items(key, want string) []any {
	items, ok := value[[]any](t, key, want)
	if ok && len(items) == 0 {
		t.fault(key, "is empty")
	}
	return items
}

func (t *table) flag(key string) bool {
	b, _ := value[bool](t, key, "true or false")
	return b
}

// whole is a whole number within bounds, or 0.
func (t *table) whole(key string, least, most int64) int {
	n, ok := value[int64](t, key, "a whole number")
	if ok && (n < least || n > most) {
		t.fault(key, "must be between %d and %d, not %d", least, most, n)
		return 0
	}
	return int(n)
}

// number is a number with or without a fraction, nil if there is none.
func (t *table) number(key string) *float64 {
	if n, ok := t.values[key].(int64); ok {
		t.known = append(t.known, key)
		return new(float64(n))
	}
	if f, ok := value[float64](t, key, "a number"); ok {
		return &f
	}
	return nil
}

// table is a table inside this one; ok tells that it is there.
func (t *table) table(key string) (*table, bool) {
	values, ok := value[map[string]any](t, key, "a table")
	return &table{doc: t.doc, path: join(t.path, key), values: values}, ok
}

// tables is an array of tables, written as [[key]] or in line.
func (t *table) tables(key string) []*table {
	path := join(t.path, key)
	inner := func(i int, values map[string]any) *table {
		return &table{doc: t.doc, path: element(path, i), values: values}
	}
	var out []*table
	if list, ok := t.values[key].([]map[string]any); ok {
		t.known = append(t.known, key)
		for i, values := range list {
			out = append(out, inner(i, values))
		}
		return out
	}
	for i, item := range t.items(key, "an array of tables") {
		if values, ok := item.(map[string]any); ok {
			out = append(out, inner(i, values))
		} else {
			t.doc.fault(t.path, element(path, i), "must be a table, not %s", kindOf(item))
		}
	}
	return out
}

// names are those given so far, and where. Two that differ in case only are one to a host.
type names map[string]string

// once notes a name that was given before.
func (n names) once(t *table, key, name string) {
	folded := strings.ToLower(name)
	if first, ok := n[folded]; ok && name != "" {
		t.fault(key, "%q is taken by %s", name, first)
		return
	}
	n[folded] = join(t.path, key)
}

func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case time.Time:
		return "a date without quotes"
	case map[string]any:
		return "a table"
	}
	return "an array"
}
