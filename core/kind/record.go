package kind

import (
	"maps"
	"slices"
	"strings"

	"cnrelay/core"
)

// Changed lists what is no longer as a record's fields set it: Want is what was set, Have what a read gave. Of
// what cnrelay made the name and the marker count too. Groups that the ledger holds no more, and what a host
// changes by itself, don't count. held are the groups that it does hold.
func Changed(r core.Resource, o core.Object, set core.Fields, held Groups) []core.Change {
	spec := Of(r.Ref.Kind)
	var out []core.Change
	if r.Origin == core.Created {
		if o.Name != r.Name && o.Name != "" { // a subscription has no name on the host
			out = append(out, core.Change{Field: "name", Have: o.Name, Want: r.Name})
		}
		if spec.Marker != "" && set[spec.Marker] != nil && !Equal(set[spec.Marker], o.Fields[spec.Marker]) {
			out = append(out, core.Change{Field: spec.Marker, Have: o.Fields[spec.Marker], Want: set[spec.Marker]})
		}
	}
	if ids, ok := set["group_ids"].([]any); ok {
		set = maps.Clone(set)
		set["group_ids"] = slices.DeleteFunc(slices.Clone(ids), func(id any) bool { return !held.Has(id) })
	}
	changes, _ := spec.Diff(set, o.Fields, r.Origin == core.Created)
	for _, c := range changes {
		if field, _, _ := strings.Cut(c.Field, "."); !slices.Contains(spec.Volatile, field) {
			out = append(out, c)
		}
	}
	return out
}

// Groups are those that the ledger holds on a host: any other is a stranger's, or is rolled back already.
type Groups map[int64]bool

// GroupsOf finds the groups among a host's records.
func GroupsOf(held []core.Resource) Groups {
	g := Groups{}
	for _, r := range held {
		if r.Ref.Kind == core.Group {
			g[r.Ref.ID] = true
		}
	}
	return g
}

// Has tells whether a field's value is one of the groups.
func (g Groups) Has(id any) bool {
	n, ok := id.(float64)
	return ok && g[int64(n)]
}
