package engine_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/kind"
	"cnrelay/core/plan"
)

// shape is what a host holds, without ids, times and what is drawn by lot: two hosts of one shape differ in nothing
// that anybody asked for. It is sorted, a line a resource.
func shape(objects map[core.Ref]core.Object) []string {
	refs := map[string]core.Kind{"group_id": core.Group, "group_ids": core.Group, "allowed_groups": core.Group, "user_id": core.User, "assigned_by": core.User}
	var lines []string
	for _, o := range objects {
		out := map[string]any{"": o.Name}
		for field, value := range o.Fields {
			switch {
			case field == "id", field == "name", field == "email", strings.HasSuffix(field, "_at"), strings.HasSuffix(field, "_usd"), field == "key":
			case refs[field] != "":
				out[field] = named(value, refs[field], objects)
			case field == "model_pricing":
				out[field] = withoutIDs(value)
			default:
				out[field] = value
			}
		}
		raw, err := json.Marshal(out)
		if err != nil {
			panic(err)
		}
		lines = append(lines, string(o.Kind)+" "+drawn.ReplaceAllString(string(raw), "$1…"))
	}
	slices.Sort(lines)
	return lines
}

// drawn are a batch's id and the fingerprint in an account's name.
var drawn = regexp.MustCompile(`(cnrelay:[a-z0-9]+:|acme-)(?:b[a-z0-9]{8}|[0-9a-f]{8})`)

// named puts names in place of ids; an id that nobody has stays a number.
func named(value any, k core.Kind, objects map[core.Ref]core.Object) any {
	switch v := value.(type) {
	case float64:
		if o, ok := objects[core.Ref{Kind: k, ID: int64(v)}]; ok {
			return o.Name
		}
	case []any:
		out := []any{}
		for _, x := range v {
			out = append(out, named(x, k, objects))
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return out
	}
	return value
}

func withoutIDs(rows any) any {
	list, _ := rows.([]any)
	for _, row := range list {
		delete(row.(map[string]any), "id")
		delete(row.(map[string]any), "channel_id")
	}
	return list
}

// shape is that of the lab's host once its background work is done.
func (l *lab) shape() []string {
	l.rest()
	return shape(l.objects())
}

// rest waits until the host does nothing by itself.
func (l *lab) rest() {
	if l.host != nil {
		l.host.WaitProbes()
	}
}

// difference says how two shapes differ, "" if they don't.
func difference(have, want []string) string {
	var out []string
	left := slices.Clone(want)
	for _, line := range have {
		if i := slices.Index(left, line); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			out = append(out, "too much "+line)
		}
	}
	for _, line := range left {
		out = append(out, "lost     "+line)
	}
	return strings.Join(out, "\n")
}

// collections are the kinds as snapshots name them.
var collections = map[core.Kind]string{core.Group: "groups", core.Channel: "channels", core.Plan: "plans", core.Account: "accounts",
	core.User: "users", core.APIKey: "api_keys", core.Subscription: "subscriptions"}

// objects are what the host holds, as its admin API would give them.
func (l *lab) objects() map[core.Ref]core.Object {
	if l.look != nil {
		return l.look()
	}
	out := map[core.Ref]core.Object{}
	snapshot := l.host.Snapshot()
	for k, collection := range collections {
		for _, row := range snapshot[collection].(map[string]any) {
			f := core.Fields(row.(map[string]any))
			o := core.Object{Kind: k, ID: int64(f.Num("id")), Name: f.Str("name"), CreatedAt: f.Time("created_at"), Fields: f}
			if k == core.User {
				o.Name = f.Str("email")
			}
			if k == core.APIKey {
				o.Owner = int64(f.Num("user_id"))
			}
			out[o.Ref()] = o
		}
	}
	return out
}

// books compares the ledger with the host: what carries our marker and is in no record is an orphan, what is
// recorded and isn't there, or isn't as it was set, is a lie. What the journal calls unknown is neither.
func (l *lab) books() []string {
	l.rest()
	var out []string
	objects := l.objects()
	open := l.open()
	host, err := l.Host(l.t.Context(), "lab")
	if err != nil {
		l.t.Fatal(err)
	}
	held, err := l.Resources(l.t.Context(), host.ID)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, r := range held {
		o, there := objects[r.Ref]
		switch {
		case open[string(r.Ref.Kind)+" "+r.Name]:
		case !there:
			out = append(out, fmt.Sprintf("recorded, not there: %s %s", r.Ref, r.Name))
		case !plan.SameIdentity(r, o):
			out = append(out, fmt.Sprintf("recorded as another: %s %s", r.Ref, r.Name))
		default:
			spec := kind.Of(r.Ref.Kind)
			changes, _ := spec.Diff(r.Fields, o.Fields, r.Origin == core.Created)
			for _, c := range changes {
				field, _, _ := strings.Cut(c.Field, ".")
				if !slices.Contains(spec.Volatile, field) && field != "password" {
					out = append(out, fmt.Sprintf("recorded otherwise: %s %s: %s is %v, recorded %v", r.Ref, r.Name, c.Field, c.Have, c.Want))
				}
			}
		}
	}
	out = append(out, l.orphans(objects, held)...)
	slices.Sort(out)
	return out
}

// orphans are the things that carry our marker and are in no record, nor can be what an open step made.
func (l *lab) orphans(objects map[core.Ref]core.Object, held []core.Resource) []string {
	var out []string
	var open map[string]bool
	for ref, o := range objects {
		state, batch, marked := kind.Of(ref.Kind).MarkerOf(o)
		if !marked || state != l.state || slices.ContainsFunc(held, func(r core.Resource) bool { return r.Ref == ref }) {
			continue
		}
		if open == nil {
			open = l.open()
		}
		name := o.Name
		if ref.Kind == core.Subscription {
			name = objects[core.Ref{Kind: core.User, ID: int64(o.Fields.Num("user_id"))}].Name
		}
		if !open[string(ref.Kind)+" "+name] && !open[string(ref.Kind)+" of "+string(batch)] {
			out = append(out, fmt.Sprintf("orphan: %s %s", ref, name))
		}
	}
	return out
}

// open are the resources, by kind and name, of the steps whose outcome the journal doesn't know; and, by kind and
// batch, those that such a step made, whatever they are called now.
func (l *lab) open() map[string]bool {
	out := map[string]bool{}
	batches, err := l.Batches(l.t.Context(), engine.BatchFilter{})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, b := range batches {
		events, err := l.Events(l.t.Context(), b.ID)
		if err != nil {
			l.t.Fatal(err)
		}
		steps := l.detail(b.ID).Steps
		for _, ev := range events {
			if s := steps[ev.Step].State; ev.Step != "" && (s == core.StepIntent || s == core.StepUnknown) {
				out[string(ev.Kind)+" "+ev.Name] = true
				if ev.Verb == core.Create {
					out[string(ev.Kind)+" of "+string(b.ID)] = true
				}
			}
		}
	}
	return out
}
