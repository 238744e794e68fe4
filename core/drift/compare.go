// Package drift compares what the ledger recorded with what lists of a host show: what is missing or changed,
// what doesn't work though nothing changed, and what no record holds. It is pure; the reading, and the second
// look before anything is called missing, are the engine's.
package drift

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/kind"
	"cnrelay/core/plan"
)

// Input is everything that a run is judged from.
type Input struct {
	Batch core.Batch
	State string // id of the state directory
	// Held are the records of the host. Their Batches are live ones only: a record without any is left
	// from a rollback.
	Held []core.Resource
	Seen *Seen
	Now  time.Time
}

// Compare fills a run in with what the lists say of its batch: findings, noise and counts, but no status yet.
func Compare(run *core.DriftRun, in Input) {
	c := &comparison{Input: in, run: run, groups: kind.GroupsOf(in.Held), records: map[core.Ref]core.Resource{}, newest: map[part]int64{}}
	for _, r := range in.Held {
		c.records[r.Ref] = r
	}
	for _, r := range in.Held {
		if _, there, _ := in.Seen.find(r, in.State); there && len(r.Batches) > 0 {
			p := c.part(r)
			c.newest[p] = max(c.newest[p], r.Ref.ID)
		}
	}
	for _, r := range in.Held {
		if slices.Contains(r.Batches, in.Batch.ID) && !c.remade(r) {
			c.record(r)
		}
	}
	c.fold()
	c.unrecorded()
}

type comparison struct {
	Input
	run     *core.DriftRun
	groups  kind.Groups
	records map[core.Ref]core.Resource
	newest  map[part]int64 // the id of what plays each part on the host now
}

func (c *comparison) add(t core.DriftType, r core.Resource, f core.DriftFinding) {
	f.Type, f.Ref, f.Name, f.Origin, f.Batches = t, r.Ref, r.Name, r.Origin, r.Batches
	c.run.Findings = append(c.run.Findings, f)
}

func (c *comparison) record(r core.Resource) {
	o, there, read := c.Seen.find(r, c.State)
	if !read {
		return
	}
	c.run.Checked++
	switch {
	case !there:
		c.add(core.DriftMissing, r, core.DriftFinding{})
		return
	case !sameIdentity(r, o):
		c.add(core.DriftIdentityChanged, r, core.DriftFinding{
			Changes: []core.Change{{Field: "created_at", Have: instant(o.CreatedAt), Want: instant(r.CreatedAt)}}})
		return
	}
	if changes := c.changes(r, o); len(changes) > 0 {
		t := core.DriftChanged
		if r.Ref.Kind == core.APIKey && slices.ContainsFunc(changes, func(x core.Change) bool { return x.Field == "group_id" }) {
			t = core.DriftUnbound
		}
		c.add(t, r, core.DriftFinding{Changes: changes})
	}
	c.health(r, o)
}

// part is what a resource is for: two that play it are the same thing, made twice.
type part struct {
	provider string
	kind     core.Kind
	name     string
}

func (c *comparison) part(r core.Resource) part {
	p := part{r.Provider, r.Ref.Kind, strings.ToLower(r.Name)}
	switch {
	case r.Ref.Kind == core.Account && r.Account != "":
		p.name = r.Account + "/" + r.Fields.Str("platform")
	case r.Ref.Kind == core.Account, r.Ref.Kind == core.APIKey && c.userOf(r) == "": // there is no other
		p.name = r.Ref.String()
	case r.Ref.Kind == core.APIKey:
		p.name = c.userOf(r) + "/" + string(r.Mode)
	}
	return p
}

func (c *comparison) userOf(r core.Resource) string {
	return strings.ToLower(c.records[core.Ref{Kind: core.User, ID: r.Ref.Owner}].Name)
}

// remade tells a record whose resource a later import made anew: that one counts, for both batches.
func (c *comparison) remade(r core.Resource) bool { return c.newest[c.part(r)] > r.Ref.ID }

// sameIdentity is [plan.SameIdentity], but takes a renamed account for the one that was made if no creation time
// of it is on record yet and it still carries its marker.
func sameIdentity(r core.Resource, o core.Object) bool {
	marker := kind.Of(r.Ref.Kind).Marker
	return plan.SameIdentity(r, o) ||
		(r.CreatedAt.IsZero() && marker != "" && r.Fields.Str(marker) != "" && r.Fields.Str(marker) == o.Fields.Str(marker))
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// changes are what is not as it was set: the recorded fields, what a resource in use is like, and of our accounts
// the groups that they serve.
func (c *comparison) changes(r core.Resource, o core.Object) []core.Change {
	spec := kind.Of(r.Ref.Kind)
	set := core.Fields{}
	maps.Copy(set, r.Fields)
	for field, v := range spec.InUse {
		if _, given := o.Fields[field]; given && !ended(o, c.Now) {
			set[field] = v
		}
	}
	out := kind.Changed(r, o, set, c.groups)
	if r.Origin == core.Created {
		return append(out, c.otherGroups(r, o)...)
	}
	return slices.DeleteFunc(out, func(x core.Change) bool { return !changedByUs(spec, r, x) })
}

// otherGroups are recorded groups that one of our accounts serves though nobody attached it there: a key that
// failed its test, perhaps.
func (c *comparison) otherGroups(r core.Resource, o core.Object) []core.Change {
	if r.Ref.Kind != core.Account {
		return nil
	}
	var out []core.Change
	for _, id := range o.Fields.IDs("group_ids") {
		if c.groups[id] && !slices.Contains(r.Fields.IDs("group_ids"), id) {
			out = append(out, core.Change{Field: "group_ids", Have: float64(id)})
		}
	}
	return out
}

// changedByUs tells what was set for a stranger from their own affair: of what we corrected, the part that was so
// before is theirs to change.
func changedByUs(spec *kind.Spec, r core.Resource, x core.Change) bool {
	field, _, _ := strings.Cut(x.Field, ".")
	if _, corrected := r.Before[field]; !corrected {
		return true
	}
	ours, _ := spec.Diff(core.Fields{field: r.Fields[field]}, r.Before, false)
	return slices.ContainsFunc(ours, func(y core.Change) bool {
		same := x.Field == y.Field && kind.Equal(x.Want, y.Want)
		return same || strings.HasPrefix(x.Field, y.Field+".") || strings.HasPrefix(y.Field, x.Field+".")
	})
}

// fold leaves what can't be there without a group or a user that is missing to that one finding.
func (c *comparison) fold() {
	gone := func(k core.Kind, id float64) *core.DriftFinding {
		for i, f := range c.run.Findings {
			if f.Type == core.DriftMissing && f.Ref.Kind == k && float64(f.Ref.ID) == id {
				return &c.run.Findings[i]
			}
		}
		return nil
	}
	var kept []int
	for i, f := range c.run.Findings {
		var cause *core.DriftFinding
		switch {
		case f.Type == core.DriftMissing && f.Ref.Kind == core.Subscription:
			r := c.records[f.Ref]
			cause = cmp.Or(gone(core.Group, r.Fields.Num("group_id")), gone(core.User, r.Fields.Num("user_id")))
		case f.Type == core.DriftMissing && f.Ref.Kind == core.APIKey:
			cause = gone(core.User, float64(f.Ref.Owner))
		case f.Type == core.DriftChanged, f.Type == core.DriftUnbound:
			var rest []core.Change
			for _, x := range f.Changes {
				group, _ := x.Want.(float64)
				if by := gone(core.Group, group); by != nil && groupField[x.Field] {
					cause = by
				} else {
					rest = append(rest, x)
				}
			}
			if len(rest) > 0 {
				c.run.Findings[i].Changes, cause = rest, nil
			}
		}
		if cause == nil {
			kept = append(kept, i)
		} else {
			cause.Follows = append(cause.Follows, f.Ref)
		}
	}
	findings := make([]core.DriftFinding, 0, len(kept))
	for _, i := range kept {
		findings = append(findings, c.run.Findings[i])
	}
	c.run.Findings = findings
}

// groupField are the fields that hold groups.
var groupField = map[string]bool{"group_id": true, "group_ids": true, "allowed_groups": true}
