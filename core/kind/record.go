package kind

import (
	"maps"
	"slices"
	"strings"

	"cnrelay/core"
)

// Changed lists what is no longer as a record's fields set it: Want is what was set, Have what a read gave. Of
// what cnrelay made the name and the marker count too. Groups that the ledger holds no more, and what a host
// changes by itself, don't count. held are the records of the host.
func Changed(r core.Resource, o core.Object, set core.Fields, held []core.Resource) []core.Change {
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
		set["group_ids"] = slices.DeleteFunc(slices.Clone(ids), func(id any) bool { return !Holds(held, id) })
	}
	changes, _ := spec.Diff(set, o.Fields, r.Origin == core.Created)
	for _, c := range changes {
		if field, _, _ := strings.Cut(c.Field, "."); !slices.Contains(spec.Volatile, field) {
			out = append(out, c)
		}
	}
	return out
}

// Holds tells whether the ledger holds a group: one that it doesn't is a stranger's, or is rolled back already.
func Holds(held []core.Resource, group any) bool {
	return slices.ContainsFunc(held, func(r core.Resource) bool {
		return r.Ref.Kind == core.Group && Equal(group, float64(r.Ref.ID))
	})
}
