// Package kind says what each kind of resource on a host is: where its marker stands, which of its
// fields cnrelay compares and how, and what an update has to send. The walks (preview, import,
// reconcile, rollback) go over [All] and touch no kind by name; a new kind is one new file.
//
// It is pure: finding and writing go through [core.HostClient], whose Object is the same for all.
package kind

import (
	"slices"
	"strings"

	"cnrelay/core"
)

// Spec is one kind of resource.
type Spec struct {
	Kind core.Kind
	// Marker is the field that carries the marker, or "" where the name does (API keys).
	Marker string
	// Compare holds the fields whose difference is more than "not equal". A field that isn't here
	// is compared by value; a map is compared key by key, over the keys that are wanted.
	Compare map[string]Comparison
	// Reverts holds the fields of which an update may change a part, that part can be taken back by itself.
	Reverts map[string]Reversal
	// Volatile are fields that the host changes by itself or doesn't give back: that they differ
	// from what was set says nothing about anybody.
	Volatile []string
	// Alone are fields that a host takes in a request of their own only.
	Alone []string
	// InUse are fields that a host takes at no creation, as they are while the resource is in use.
	InUse core.Fields
}

// Comparison compares one field: what differs, by paths below the field ("" is the field itself), and
// what to send so that it becomes as wanted. owned tells whether the resource is cnrelay's own: in a
// stranger's, what the console didn't set is kept.
type Comparison func(want, have any, owned bool) (changes []core.Change, send any)

// All kinds, in the order in which they are made. Undoing has an order of its own: [Undo].
var All = []*Spec{&Group, &Channel, &Account, &Plan, &User, &Subscription, &APIKey}

// Undo is the order of a rollback: who depends goes first.
var Undo = []core.Kind{core.APIKey, core.Subscription, core.Plan, core.Account, core.Channel, core.Group, core.User}

// Of finds the spec of a kind.
func Of(k core.Kind) *Spec {
	for _, s := range All {
		if s.Kind == k {
			return s
		}
	}
	panic("no such kind: " + string(k))
}

// Marker is what stands on everything that a batch makes.
func Marker(state string, batch core.BatchID) string {
	return "cnrelay:" + state + ":" + string(batch)
}

// MarkerOf reads the marker of an object; ok is false if it carries none.
func (s *Spec) MarkerOf(o core.Object) (state string, batch core.BatchID, ok bool) {
	text := o.Name
	if s.Marker != "" {
		text = o.Fields.Str(s.Marker)
	}
	for _, word := range strings.Fields(text) {
		rest, found := strings.CutPrefix(word, "cnrelay:")
		if !found {
			continue
		}
		if st, b, found := strings.Cut(rest, ":"); found && st != "" && b != "" {
			return st, core.BatchID(b), true
		}
	}
	return "", "", false
}

// Diff lists the wanted fields that differ and the fields that an update has to send for them.
// Secrets can't be read back and are not compared; neither is the marker.
func (s *Spec) Diff(want, have core.Fields, owned bool) (changes []core.Change, send core.Fields) {
	send = core.Fields{}
	for _, field := range sortedKeys(want) {
		if field == s.Marker || isSecret(want[field]) {
			continue
		}
		diffs, value := s.compare(field, want[field], have[field], owned)
		if len(diffs) == 0 {
			continue
		}
		for _, d := range diffs {
			d.Field = join(field, d.Field)
			changes = append(changes, d)
		}
		send[field] = value
	}
	return changes, send
}

// Holds tells whether a resource is as an update set it: no less, and no more than that where the host adds nothing
// by itself. It is false where a read can't tell, because all that was set is secret.
func (s *Spec) Holds(set, have core.Fields) bool {
	seen := false
	for field, value := range set {
		if isSecret(value) {
			continue
		}
		seen = true
		if changes, _ := s.compare(field, value, have[field], true); len(changes) > 0 {
			return false
		}
		if c := s.Compare[field]; c != nil && !slices.Contains(s.Volatile, field) {
			if more, _ := c(have[field], value, true); len(more) > 0 {
				return false
			}
		}
	}
	return seen
}

// Image is the part of have that an update with send replaces: what a rollback puts back.
func (s *Spec) Image(send, have core.Fields) core.Fields {
	before := core.Fields{}
	for field := range send {
		before[field] = have[field]
	}
	return before
}

func (s *Spec) compare(field string, want, have any, owned bool) (changes []core.Change, send any) {
	if c := s.Compare[field]; c != nil {
		return c(want, have, owned)
	}
	w, isMap := asMap(want)
	if !isMap {
		return leaves("", want, have), want
	}
	h, _ := asMap(have)
	whole := map[string]any{}
	for k, v := range h {
		whole[k] = v
	}
	for _, key := range sortedKeys(w) {
		whole[key] = w[key]
		if !isSecret(w[key]) {
			changes = append(changes, leaves(key, w[key], h[key])...)
		}
	}
	return changes, whole
}
