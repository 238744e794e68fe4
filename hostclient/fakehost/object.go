package fakehost

import (
	"encoding/json"
	"maps"
	"time"
)

// object is a JSON object as encoding/json decodes it.
type object map[string]any

func (o object) str(key string) string  { s, _ := o[key].(string); return s }
func (o object) flag(key string) bool   { b, _ := o[key].(bool); return b }
func (o object) num(key string) float64 { return number(o[key]) }
func (o object) ref(key string) int64   { return int64(number(o[key])) }

// has tells whether key is there with another value than null.
func (o object) has(key string) bool { return o[key] != nil }

func (o object) obj(key string) object { return asObject(o[key]) }

func (o object) list(key string) []any { l, _ := o[key].([]any); return l }

func (o object) ids(key string) []int64 {
	var out []int64
	switch l := o[key].(type) {
	case []int64:
		return l
	case []any:
		for _, v := range l {
			out = append(out, int64(number(v)))
		}
	}
	return out
}

// time is the instant at key, or zero.
func (o object) time(key string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, o.str(key))
	return t
}

// strings is the object at key with its string values only: a model mapping.
func (o object) strings(key string) map[string]string {
	out := map[string]string{}
	for k, v := range o.obj(key) {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

// only is a copy of the given keys.
func (o object) only(keys []string) object {
	out := object{}
	for _, k := range keys {
		if v, ok := o[k]; ok {
			out[k] = v
		}
	}
	return out
}

// without is a copy that lacks the given keys.
func (o object) without(keys ...string) object {
	out := maps.Clone(o)
	for _, k := range keys {
		delete(out, k)
	}
	return out
}

func asObject(v any) object {
	switch v := v.(type) {
	case object:
		return v
	case map[string]any:
		return v
	}
	return nil
}

func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	case int:
		return float64(v)
	}
	return 0
}

// clone is a deep copy, in the types that JSON is decoded to.
func clone(o object) object {
	out := make(object, len(o))
	for k, v := range o {
		out[k] = plain(v)
	}
	return out
}

func plain(v any) any {
	switch v := v.(type) {
	case nil, bool, string, float64:
		return v
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case object:
		if v != nil {
			return map[string]any(clone(v))
		}
	case map[string]any:
		if v != nil {
			return map[string]any(clone(v))
		}
	case []any:
		return plainList(v)
	case []object:
		return plainList(v)
	case []string:
		return plainList(v)
	case []int64:
		return plainList(v)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err) // objects hold nothing but JSON values
		}
		var out any
		if err := json.Unmarshal(raw, &out); err != nil {
			panic(err)
		}
		return out
	}
	return nil
}

func plainList[T any](list []T) any {
	if list == nil {
		return nil
	}
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = plain(v)
	}
	return out
}

// instant writes a time as hosts do.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
