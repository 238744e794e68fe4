package drift

import (
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/plan"
	"cnrelay/core/probe"
)

// unrecorded looks at what no live batch records: strangers' accounts in groups that cnrelay made, and what is left
// of this provider from before. Old accounts are noise unless they serve in a group of the batch.
func (c *comparison) unrecorded() {
	for _, k := range []core.Kind{core.Group, core.Channel, core.Plan, core.Account} {
		for _, o := range c.Seen.all(k) {
			if !c.recorded(o) {
				c.unrecordedObject(o)
			}
		}
	}
	for _, f := range c.run.Findings {
		switch f.Type {
		case core.DriftExtra:
			c.run.ExtraCount++
			c.run.RawExtraCount++
		case core.DriftStaleInTraffic:
			c.run.RawExtraCount++
		}
	}
	c.run.StaleNoiseCount = len(c.run.Noise)
	c.run.RawExtraCount += len(c.run.Noise)
}

func (c *comparison) recorded(o core.Object) bool {
	return len(c.records[o.Ref()].Batches) > 0
}

func (c *comparison) unrecordedObject(o core.Object) {
	f := core.DriftFinding{Type: core.DriftStale, Ref: o.Ref(), Name: o.Name}
	inGroup, ours := c.groupsOf(o)
	why, out := "", false
	if o.Kind == core.Account {
		why, out = probe.OutOfTraffic(o, c.Now)
	}
	switch stale := c.stale(o); {
	case stale && inGroup && !out:
		f.Type = core.DriftStaleInTraffic
	case stale:
		f.Why = why
		c.run.Noise = append(c.run.Noise, f)
		return
	case ours:
		f.Type, f.Why = core.DriftExtra, why
	default:
		return
	}
	c.run.Findings = append(c.run.Findings, f)
}

// groupsOf tells whether an account is in a group of the batch, and whether cnrelay made such a group: who else
// serves in a stranger's group is the stranger's affair.
func (c *comparison) groupsOf(o core.Object) (in, ours bool) {
	if o.Kind != core.Account {
		return false, false
	}
	for _, id := range o.Fields.IDs("group_ids") {
		r := c.records[core.Ref{Kind: core.Group, ID: id}]
		if slices.Contains(r.Batches, c.Batch.ID) {
			in, ours = true, ours || r.Origin == core.Created
		}
	}
	return in, ours
}

// stale tells what is of this provider by its name: an account's prefix, the name of a group, channel or plan.
func (c *comparison) stale(o core.Object) bool {
	if o.Kind == core.Account {
		prefix := c.Batch.Pack.AccountPrefix
		return prefix != "" && strings.HasPrefix(o.Name, prefix)
	}
	for _, mode := range []core.AccessMode{core.AccessSubscription, core.AccessSelfService} {
		for _, platform := range []string{c.Batch.Pack.Platform, "anthropic"} {
			if base := c.Batch.Request.Name; base != "" && strings.EqualFold(o.Name, plan.BaseName(base, mode, platform)) {
				return true
			}
		}
	}
	return false
}
