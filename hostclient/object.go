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

// isSensitive asks the expression, which is slow, only of names that have one of its words.
func isSensitive(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"key", "token", "secret", "password", "cookie", "authorization", "assertion", "sso", "private", "service_account"} {
		if strings.Contains(name, word) {
			return sensitive.MatchString(name)
		}
	}
	return false
}

// object turns a host's item into an Object. A created one, as a create answer gives it, lacks
// what only a read gives: its time is not the one that reads will show (HOST_CONTRACT 2), and an
// account's groups are missing from it.
func (l *line) object(k core.Kind, raw json.RawMessage, created bool) (core.Object, error) {
	var f core.Fields
	if err := json.Unmarshal(raw, &f); err != nil {
		return core.Object{}, err
	}
	return l.objectOf(k, f, created)
}

// objectOf is object for a decoded item, which it takes.
func (l *line) objectOf(k core.Kind, f core.Fields, created bool) (core.Object, error) {
	o := core.Object{Kind: k, Fields: f}
	var err error
	if o.ID, err = idAt(f, "id"); err != nil {
		return core.Object{}, err
	}
	if o.ID <= 0 {
		return core.Object{}, errors.New("an item without an id")
	}
	if made := f["created_at"]; made != nil {
		at := &o.CreatedAt
		if created {
			at = &o.Made
		}
		text, _ := made.(string)
		if *at, err = time.Parse(time.RFC3339, text); err != nil {
			return core.Object{}, err
		}
	}
	r := routes[k]
	if r.name != "" {
		name, ok := f[r.name].(string)
		if !ok {
			return core.Object{}, fmt.Errorf("item %d without %s", o.ID, r.name)
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
		o.Secret = f.Str("key")
		if o.Owner, err = idAt(f, "user_id"); err != nil {
			return core.Object{}, err
		}
		if o.Owner <= 0 {
			return core.Object{}, fmt.Errorf("API key %d without its user", o.ID)
		}
	}
	if !tokenLike(o.Secret) { // nobody could use it: it isn't known
		o.Secret = ""
	}
	drop(f, "id", "created_at", r.name)
	drop(f, copies...)
	for _, part := range []core.Fields{f, f.Map("credentials"), f.Map("extra")} {
		maps.DeleteFunc(part, func(name string, v any) bool {
			_, isBool := v.(bool)
			_, isNumber := v.(float64)
			return !isBool && !isNumber && isSensitive(name)
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

// idAt is the whole number at a name, 0 if there is none. Above 2^53 a JSON number is not exact.
func idAt(f core.Fields, name string) (int64, error) {
	v := f[name]
	n, _ := v.(float64)
	if id := int64(n); (v == nil || float64(id) == n && n != 0) && max(n, -n) <= 1<<53 {
		return id, nil
	}
	return 0, fmt.Errorf("%s is not an id: %v", name, v)
}

// objects turns a list's items into Objects, in the host's order.
func (l *line) objects(k core.Kind, items []core.Fields) ([]core.Object, error) {
	out := make([]core.Object, 0, len(items))
	for _, item := range items {
		o, err := l.objectOf(k, item, false)
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
