package core

import (
	"encoding/json"
	"fmt"
	"time"
)

// Kind is one of the kinds of resource that cnrelay makes on a host.
type Kind string

// The kinds, named as the host names them.
const (
	Group        Kind = "group"
	Channel      Kind = "channel"
	Account      Kind = "account"
	Plan         Kind = "plan"
	User         Kind = "user"
	Subscription Kind = "subscription"
	APIKey       Kind = "api_key"
)

// Fields are a resource's values as JSON has them (string, float64, bool, nil, []any,
// map[string]any), under the host's own names. Two markers may stand in for a value that is not
// known or not writable yet: see [SecretRef] and [IDOf].
type Fields map[string]any

// Object is a resource as a host holds it.
type Object struct {
	Kind  Kind  `json:"kind"`
	ID    int64 `json:"id"`
	Owner int64 `json:"owner,omitempty"` // the user of an API key; 0 for every other kind
	// Name is the name, a user's e-mail, or "" for a subscription.
	Name string `json:"name,omitempty"`
	// CreatedAt is the host's creation time as a GET or list gives it. A create answer has
	// nanoseconds that later reads round to microseconds (hosts 0.1.121 to 0.1.179), so
	// an Object from a create is never compared by it. Zero where the host gives none.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// Made is the creation time as a create answer gives it.
	Made time.Time `json:"made,omitzero"`
	// Fields never hold a secret: what a host shows of one is in Secret.
	Fields Fields `json:"fields,omitempty"`
	// Secret is an account's upstream key (hosts up to 0.1.125 show it) or an API key's value. It is
	// for comparing and for use in memory, and is never stored or printed.
	Secret string `json:"-"`
}

// Ref is the address of an Object.
func (o Object) Ref() Ref { return Ref{Kind: o.Kind, ID: o.ID, Owner: o.Owner} }

// Ref addresses one resource on a host. Owner is needed for API keys only: hosts list them by user.
type Ref struct {
	Kind  Kind  `json:"kind"`
	ID    int64 `json:"id"`
	Owner int64 `json:"owner,omitempty"`
}

func (r Ref) String() string { return fmt.Sprintf("%s %d", r.Kind, r.ID) }

// Query narrows a list. The zero value lists all. A host filters by substring or not at all, so
// whoever asks checks equality again.
type Query struct {
	Search string // name, or e-mail of users
	User   int64  // subscriptions, API keys
	Group  int64  // accounts, subscriptions, API keys
}

// Verb is what a step does to a resource.
type Verb string

// The verbs. Create, Update, Delete and Test are remote writes (an account test clears errors or
// takes the account out of traffic); Adopt and Leave are written in the ledger only.
const (
	Create Verb = "create"
	Update Verb = "update"
	Delete Verb = "delete"
	Test   Verb = "test"
	Adopt  Verb = "adopt"
	Leave  Verb = "leave"
	Forget Verb = "forget"
)

// Login is an ordinary user's sign-in, for the writes that a host takes from the user only.
type Login struct{ Email, Password string }

// Write is one remote write: the only way in which anything on a host is changed.
type Write struct {
	Verb   Verb
	Ref    Ref    // Kind always; ID for update and delete
	Fields Fields // create and update; secrets and ids already filled in
	As     *Login // API keys are made and deleted as their user
	// Idempotency is sent as Idempotency-Key where the host was seen to honour it (accounts,
	// from 0.1.121), and nowhere else: net/http replays a POST that carries it.
	Idempotency string
	// Ready, if set, is called each time the request is about to leave, after whatever it had to wait for: its turn,
	// the host's rate, a host that throttles. Its error keeps the request from leaving, and is that of the write.
	Ready func() error
}

// Change is one field that differs.
type Change struct {
	Field string `json:"field"` // dotted path: "credentials.base_url"
	Have  any    `json:"have"`
	Want  any    `json:"want"`
}

const (
	secretMark = "$secret"
	idMark     = "$id"
)

// SecretRef is a field value that stands for a secret in the vault. Plans and journals hold it;
// [Fields.Resolve] puts the secret in just before a request is sent.
func SecretRef(ref string) map[string]any { return map[string]any{secretMark: ref} }

// IDOf is a field value that stands for the id of the resource that a step makes.
func IDOf(step string) map[string]any { return map[string]any{idMark: step} }

// Resolve returns a copy with every [SecretRef] and [IDOf] replaced. With a nil secret the secret
// references stay: that is what the ledger keeps.
func (f Fields) Resolve(secret func(ref string) (string, error), id func(step string) (int64, error)) (Fields, error) {
	out, err := resolver{secret, id}.value(map[string]any(f))
	if err != nil {
		return nil, err
	}
	return Fields(out.(map[string]any)), nil
}

type resolver struct {
	secret func(ref string) (string, error)
	id     func(step string) (int64, error)
}

func (r resolver) value(v any) (any, error) {
	switch v := v.(type) {
	case Fields:
		return r.value(map[string]any(v))
	case map[string]any:
		if ref, ok := v[secretMark].(string); ok && len(v) == 1 {
			if r.secret == nil {
				return v, nil
			}
			return r.secret(ref)
		}
		if step, ok := v[idMark].(string); ok && len(v) == 1 {
			n, err := r.id(step)
			return float64(n), err
		}
		out := make(map[string]any, len(v))
		for k, x := range v {
			y, err := r.value(x)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
			out[k] = y
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			y, err := r.value(x)
			if err != nil {
				return nil, err
			}
			out[i] = y
		}
		return out, nil
	}
	return v, nil
}

// FieldsOf turns a struct or map into Fields through JSON.
func FieldsOf(v any) (Fields, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var f Fields
	return f, json.Unmarshal(raw, &f)
}

// Str is the string at key, or "".
func (f Fields) Str(key string) string { s, _ := f[key].(string); return s }

// Bool is the bool at key, or false.
func (f Fields) Bool(key string) bool { b, _ := f[key].(bool); return b }

// Num is the number at key, or 0.
func (f Fields) Num(key string) float64 { n, _ := f[key].(float64); return n }

// Map is the object at key, or nil.
func (f Fields) Map(key string) Fields {
	switch m := f[key].(type) {
	case map[string]any:
		return m
	case Fields:
		return m
	}
	return nil
}

// IDs are the whole numbers in the array at key.
func (f Fields) IDs(key string) []int64 {
	list, _ := f[key].([]any)
	out := make([]int64, 0, len(list))
	for _, v := range list {
		if n, ok := v.(float64); ok {
			out = append(out, int64(n))
		}
	}
	return out
}

// Time is the RFC 3339 time at key, or zero.
func (f Fields) Time(key string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, f.Str(key))
	return t
}
