package engine

import (
	"context"

	"cnrelay/core"
	"cnrelay/core/kind"
	"cnrelay/core/plan"
)

// hostImage is what a host held of all that an import can touch.
type hostImage map[core.Ref]core.Object

// image reads the lists: all groups, channels, plans and accounts, and the users that a plan speaks of with their keys
// and subscriptions.
func (e *Engine) image(ctx context.Context, c core.HostClient, req core.ImportRequest, p core.ImportPlan) (hostImage, error) {
	h, err := e.Host(ctx, string(req.Host))
	if err != nil {
		return nil, err
	}
	in := plan.Input{Request: req, Pack: core.Pack{Platform: p.Platform}, State: e.State}
	s, err := e.snapshot(ctx, c, h.Seen, in)
	if err != nil {
		return nil, err
	}
	out := hostImage{}
	for _, list := range [][]core.Object{s.Groups, s.Channels, s.Plans, s.Accounts, s.Users, s.Keys, active(s.Subscriptions)} {
		for _, o := range list {
			out[o.Ref()] = o
		}
	}
	return out, nil
}

// compare tells what a batch left behind or changed for good, and counts what others made, took away or renamed
// meanwhile. A resource of others counts by the fields that the batch set.
func (before hostImage) compare(after hostImage, b BatchDetail) (ours []core.Note, others int) {
	note := func(code string, o core.Object) {
		ours = append(ours, core.Note{Code: code, Args: []string{string(o.Kind), o.Name, plan.Count(int(o.ID))}})
	}
	touched := touchedBy(b)
	for ref, o := range after {
		_, was := before[ref]
		_, batch, marked := kind.Of(ref.Kind).MarkerOf(o)
		_, mine := touched[ref]
		switch {
		case was:
		case mine, marked && batch == b.ID:
			note("left_behind", o)
		default:
			others++
		}
	}
	for ref, o := range before {
		now, there := after[ref]
		fields, mine := touched[ref]
		switch {
		case !there && mine:
			note("gone_for_good", o)
		case !there:
			others++
		case mine && differs(o, now, fields):
			note("changed_for_good", o)
		}
	}
	return ours, others
}

// touchedBy are the resources that a batch's steps were about, with the fields that they set.
func touchedBy(b BatchDetail) map[core.Ref]map[string]bool {
	out := map[core.Ref]map[string]bool{}
	for _, s := range b.Plan.Steps {
		rec := b.Steps[s.ID]
		if rec.Ref.ID == 0 || s.Verb == core.Leave || s.Verb == core.Adopt {
			continue
		}
		if out[rec.Ref] == nil {
			out[rec.Ref] = map[string]bool{}
		}
		for field := range s.Fields {
			out[rec.Ref][field] = true
		}
	}
	return out
}

// differs looks both ways: what is missing now, and what is there now that wasn't.
func differs(was, is core.Object, fields map[string]bool) bool {
	spec := kind.Of(was.Kind)
	part := func(f core.Fields) core.Fields {
		out := core.Fields{}
		for field := range fields {
			out[field] = f[field]
		}
		return out
	}
	lost, _ := spec.Diff(part(was.Fields), is.Fields, true)
	gained, _ := spec.Diff(part(is.Fields), was.Fields, true)
	return was.Name != is.Name || len(lost)+len(gained) > 0
}
