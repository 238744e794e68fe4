package drift

import (
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/plan"
)

// Source is a list of a host: where a resource is looked for. It is comparable.
type Source struct {
	Kind  core.Kind
	Query core.Query
}

// SourceOf is the list that a record is looked for in. The users that this console made share one.
func SourceOf(r core.Resource, state string) Source {
	s := Source{Kind: r.Ref.Kind}
	switch r.Ref.Kind {
	case core.User:
		s.Query.Search = r.Name
		if domain := plan.ManagedDomain(state); strings.HasSuffix(r.Name, domain) {
			s.Query.Search = domain
		}
	case core.APIKey:
		s.Query.User = r.Ref.Owner
	case core.Subscription:
		s.Query.User = int64(r.Fields.Num("user_id"))
	}
	return s
}

// Sources are the lists that records are looked for in, each once, and that of all accounts: whoever serves in a
// recorded group is looked at too.
func Sources(held []core.Resource, state string) []Source {
	out := []Source{{Kind: core.Account}}
	for _, r := range held {
		if s := SourceOf(r, state); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Seen is what lists of a host showed. Absence means something only in a list that was read whole.
type Seen struct {
	lists  map[Source]map[int64]core.Object
	unread map[Source]bool
}

// NewSeen has seen nothing yet.
func NewSeen() *Seen {
	return &Seen{lists: map[Source]map[int64]core.Object{}, unread: map[Source]bool{}}
}

// Add takes what a read of a list gave. Of a list that is read again, what either read showed is there.
func (s *Seen) Add(from Source, objects ...core.Object) {
	list := s.lists[from]
	if list == nil {
		list = map[int64]core.Object{}
		s.lists[from] = list
	}
	for _, o := range objects {
		list[o.ID] = o
	}
}

// Unread notes that a list could not be read, or not be read again: nothing is missing from it.
func (s *Seen) Unread(from Source) { s.unread[from] = true }

// Missing are the records that the lists don't show.
func (s *Seen) Missing(held []core.Resource, state string) []core.Resource {
	return slices.DeleteFunc(slices.Clone(held), func(r core.Resource) bool {
		_, there, read := s.find(r, state)
		return there || !read
	})
}

// find looks a record up. read is false if its list could not be read, so that nothing can be said of it.
func (s *Seen) find(r core.Resource, state string) (o core.Object, there, read bool) {
	from := SourceOf(r, state)
	o, there = s.lists[from][r.Ref.ID]
	if there && o.Fields.Str("status") == "revoked" { // hosts from 0.1.179 go on listing such subscriptions
		there = false
	}
	return o, there, there || !s.unread[from]
}

// Object is what the lists showed of an address.
func (s *Seen) Object(ref core.Ref) (core.Object, bool) {
	for from, list := range s.lists {
		if o, there := list[ref.ID]; there && from.Kind == ref.Kind {
			return o, true
		}
	}
	return core.Object{}, false
}

// all are the objects of a list, by id.
func (s *Seen) all(k core.Kind) []core.Object {
	list := s.lists[Source{Kind: k}]
	out := make([]core.Object, 0, len(list))
	for _, o := range list {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b core.Object) int { return int(a.ID - b.ID) })
	return out
}
