package kind

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"cnrelay/core"
)

// Reapply is what to send so that a resource is as its record set it again, in the fields of changes that [Changed] or
// [OtherGroups] named. Of lists, and of maps in what isn't cnrelay's own, what others have put in stays.
func Reapply(r core.Resource, o core.Object, changes []core.Change, held Groups) core.Fields {
	spec, send := Of(r.Ref.Kind), core.Fields{}
	set := maps.Clone(r.Fields)
	maps.Copy(set, spec.InUse)
	if ids, ok := set["group_ids"].([]any); ok {
		set["group_ids"] = held.among(ids)
	}
	_, whole := spec.Diff(set, o.Fields, r.Origin == core.Created)
	for _, c := range changes {
		field, _, _ := strings.Cut(c.Field, ".")
		switch {
		case field == "name" && r.Ref.Kind == core.User:
			send["email"] = r.Name
		case field == "name", field == spec.Marker:
			send[field] = core.Fields{"name": r.Name, spec.Marker: r.Fields[spec.Marker]}[field]
		case field == "group_ids" && c.Want == nil: // one too many
			ids, _ := cmp.Or(send[field], whole[field], o.Fields[field]).([]any)
			send[field] = slices.DeleteFunc(slices.Clone(ids), func(id any) bool { return Equal(id, c.Have) })
		case send[field] == nil:
			send[field] = whole[field]
		}
	}
	return send
}

// Accept is what a record's fields become, in the fields of changes, when it takes over what the host has. Secrets, and
// groups that the ledger doesn't hold, are not taken over.
func Accept(r core.Resource, o core.Object, changes []core.Change, held Groups) core.Fields {
	spec, out := Of(r.Ref.Kind), core.Fields{}
	for _, c := range changes {
		field, _, _ := strings.Cut(c.Field, ".")
		have := o.Fields[field]
		set, isMap := asMap(r.Fields[field])
		switch {
		case field == "name":
		case field == "group_ids":
			ids, _ := have.([]any)
			out[field] = held.among(ids)
		case isMap && spec.Compare[field] == nil:
			there, _ := asMap(have)
			taken := maps.Clone(set)
			for key := range set {
				if !isSecret(set[key]) {
					taken[key] = there[key]
				}
			}
			out[field] = taken
		default:
			out[field] = have
		}
	}
	return out
}

// among leaves out what the ledger doesn't hold.
func (g Groups) among(ids []any) []any {
	return slices.DeleteFunc(slices.Clone(ids), func(id any) bool { return !g.Has(id) })
}
