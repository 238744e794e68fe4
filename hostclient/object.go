package hostclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
)

// copies are other objects that hosts put into an item. They change under their own ids; kept,
// they would look like changes of this one.
var copies = []string{"user", "group", "groups", "account_groups", "assigned_by_user", "subscriptions"}

// sensitive names of values that are never kept. Hosts from 0.1.126 leave most of them out of
// account credentials, older ones show them.
var sensitive = regexp.MustCompile(`(?i)(^|[_-])(key|token|secret|password|cookie|authorization|assertion|sso|private|service_account)(s|_json)?($|[_-])|password$`)

// object turns a host's item into an Object. A created one, as a create answer gives it, lacks
// what only a read gives: its time is not the one that reads will show (HOST_CONTRACT 2), and an
// account's groups are missing from it.
func (l *line) object(k core.Kind, raw json.RawMessage, created bool) (core.Object, error) {
	var head struct {
		ID      int64     `json:"id"`
		Owner   int64     `json:"user_id"`
		Created time.Time `json:"created_at"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return core.Object{}, err
	}
	if head.ID <= 0 {
		return core.Object{}, errors.New("an item without an id")
	}
	var f core.Fields
	if err := json.Unmarshal(raw, &f); err != nil {
		return core.Object{}, err
	}
	o := core.Object{Kind: k, ID: head.ID, Fields: f}
	if created {
		o.Made = head.Created
	} else {
		o.CreatedAt = head.Created
	}
	r := routes[k]
	if r.name != "" {
		name, ok := f[r.name].(string)
		if !ok {
			return core.Object{}, fmt.Errorf("item %d without %s", head.ID, r.name)
		}
		o.Name = strings.ReplaceAll(l.mask.field(name), "\n", "␊")
	}
	switch k {
	case core.Account:
		o.Secret = f.Map("credentials").Str("api_key")
		if _, ok := f["group_ids"].([]any); !ok && !created {
			f["group_ids"] = []any{}
		}
	case core.APIKey:
		o.Owner, o.Secret = head.Owner, f.Str("key")
		if o.Owner <= 0 {
			return core.Object{}, fmt.Errorf("API key %d without its user", head.ID)
		}
	}
	drop(f, "id", "created_at", r.name)
	drop(f, copies...)
	for _, part := range []core.Fields{f, f.Map("credentials"), f.Map("extra")} {
		maps.DeleteFunc(part, func(name string, v any) bool {
			_, isBool := v.(bool)
			_, isNumber := v.(float64)
			return sensitive.MatchString(name) && !isBool && !isNumber
		})
	}
	for name, v := range r.defaults {
		if _, ok := f[name]; !ok {
			f[name] = v
		}
	}
	// Its secret may stand in its notes or error message as well. It isn't remembered for longer:
	// a list of old hosts shows thousands.
	tidy := l.mask.field
	if len(o.Secret) >= minFieldSecret {
		tidy = func(s string) string { return strings.ReplaceAll(l.mask.field(s), o.Secret, hidden) }
	}
	o.Fields = core.Fields(clean(map[string]any(f), tidy).(map[string]any))
	return o, nil
}

// objects turns a list's items into Objects, in the host's order.
func (l *line) objects(k core.Kind, items []json.RawMessage) ([]core.Object, error) {
	out := make([]core.Object, 0, len(items))
	for _, raw := range items {
		o, err := l.object(k, raw, false)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func drop(f core.Fields, names ...string) {
	for _, name := range names {
		delete(f, name)
	}
}

// clean passes every text in a JSON value through tidy, names of fields included: a model mapping
// has foreign names on both sides.
func clean(v any, tidy func(string) string) any {
	switch v := v.(type) {
	case string:
		return tidy(v)
	case []any:
		for i := range v {
			v[i] = clean(v[i], tidy)
		}
		return v
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out[tidy(name)] = clean(v[name], tidy)
		}
		return out
	}
	return v
}
