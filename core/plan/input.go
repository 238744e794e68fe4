// Package plan turns what an operator asks for into ordered steps, as data: [Build] for an import,
// [Undo] for a rollback. It is pure: what is on the host and in the ledger comes in as values, so a
// plan can be shown, stored, compared and applied later, and every rule here is a table test.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/kind"
)

// Input is everything that a plan is made from.
type Input struct {
	Request core.ImportRequest
	Pack    core.Pack
	Host    core.Host
	Facts   core.HostFacts
	State   string       // id of the state directory
	Batch   core.BatchID // "" in a preview
	// Recorded are the managed resources of the host, of all providers.
	Recorded []core.Resource
	Seen     Snapshot
	// Fingerprint is the vault's, for accounts whose key the host shows.
	Fingerprint func(parts ...string) string
	// Speaks is what the endpoint was seen to speak, when BaseURL was given by hand and the host
	// can't be told to use chat completions. Empty: not asked.
	Speaks []core.Protocol
	// Prices replaces the pack's, by model id (--prices).
	Prices map[string]core.Price
	FX     []core.Rate
}

// Snapshot is what lists of the host showed.
type Snapshot struct {
	Groups        []core.Object
	Channels      []core.Object
	Plans         []core.Object
	Accounts      []core.Object
	Users         []core.Object // those asked for
	Subscriptions []core.Object
	Keys          []core.Object // of those users
}

// Of are the objects of a kind.
func (s Snapshot) Of(k core.Kind) []core.Object {
	switch k {
	case core.Group:
		return s.Groups
	case core.Channel:
		return s.Channels
	case core.Plan:
		return s.Plans
	case core.Account:
		return s.Accounts
	case core.User:
		return s.Users
	case core.Subscription:
		return s.Subscriptions
	case core.APIKey:
		return s.Keys
	}
	return nil
}

// ByID finds an object.
func (s Snapshot) ByID(k core.Kind, id int64) (core.Object, bool) {
	list := s.Of(k)
	i := slices.IndexFunc(list, func(o core.Object) bool { return o.ID == id })
	if i < 0 {
		return core.Object{}, false
	}
	return list[i], true
}

// SameIdentity compares a record with what a read gave: same kind and id, same creation time. What was made and not
// read since has no such time on record yet. Its name and marker stand for it, or, as either may be changed, the time
// that the create answer gave, which reads round (HOST_CONTRACT 2).
func SameIdentity(r core.Resource, o core.Object) bool {
	if r.Ref.Kind != o.Kind || r.Ref.ID != o.ID {
		return false
	}
	if spec := kind.Of(o.Kind); r.CreatedAt.IsZero() && r.Origin == core.Created && spec.Marker != "" {
		marked := r.Name == o.Name && r.Fields.Str(spec.Marker) != "" && r.Fields.Str(spec.Marker) == o.Fields.Str(spec.Marker)
		return marked || (!r.Made.IsZero() && o.CreatedAt.Sub(r.Made).Abs() <= time.Microsecond)
	}
	return r.CreatedAt.Truncate(time.Microsecond).Equal(o.CreatedAt.Truncate(time.Microsecond))
}

// BaseName is the common name of a provider's group, channel and plan on a host: one a mode, because
// a host's group is either standard or for subscriptions, and one a platform.
func BaseName(provider string, mode core.AccessMode, platform string) string {
	name := provider
	if mode == core.AccessSubscription {
		name += "-sub"
	}
	if platform != "openai" {
		name += "-" + platform
	}
	return name
}

// ManagedUser is the e-mail of the n-th user that cnrelay makes for a provider. The state's id is in
// it, so that two consoles never share one.
func ManagedUser(n int, base, state string) string {
	return "managed-" + Count(n) + "." + base + ManagedDomain(state)
}

// ManagedDomain is the end of the e-mail of every user that a console makes.
func ManagedDomain(state string) string { return "." + state + "@cnrelay.local" }

// Fingerprint parts of an account: endpoint and key, so that one key at two endpoints is two accounts.
func Fingerprint(keyed func(parts ...string) string, base, key string) string {
	return keyed("account", strings.TrimRight(base, "/"), key)
}

// digest is what a reviewed plan is bound to: the pack, the host and the steps (without the
// batch's own marker).
func digest(in Input, p core.ImportPlan) string {
	raw, err := json.Marshal(struct {
		Pack, Host string
		Steps      []core.Step
		Checks     []core.Check
	}{in.Pack.Digest, in.Facts.Fingerprint, p.Steps, p.Checks})
	if err != nil {
		panic(err) // plans are JSON values
	}
	text := strings.ReplaceAll(string(raw), `"`+kind.Marker(in.State, in.Batch)+`"`, `"marker"`)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
