package plan

import (
	"fmt"
	"strconv"
	"strings"

	"cnrelay/core"
	"cnrelay/core/kind"
)

// Priority of a first import's accounts; a replacement goes one better (lower is tried first).
const firstPriority = 50

// Reasons and codes that stand in plans; their words are in tui/text.
const (
	ReasonHalfMade = "half_made"
	ReasonLost     = "record_lost"
	ReasonStranger = "stranger"
	ReasonReplaced = "replaced"
	ReasonProven   = "access_proven"
)

// Build makes the plan of an import. A precondition that fails is a [core.Check] in the plan; an
// error is a fault in the request itself.
func Build(in Input) (core.ImportPlan, error) {
	b := &builder{in: in, marker: kind.Marker(in.State, in.Batch)}
	if err := b.route(); err != nil {
		return core.ImportPlan{}, err
	}
	b.hostChecks()
	b.plan.Base = BaseName(in.Request.Name, in.Request.Access, b.plan.Platform)
	group := b.group()
	if err := b.channel(group); err != nil {
		return core.ImportPlan{}, err
	}
	b.accounts(group)
	b.access(group)
	if in.Request.Public {
		b.publish(group)
	}
	b.plan.Pack, b.plan.Host = in.Pack.Digest, in.Facts.Fingerprint
	b.plan.Seen = digest(in, b.plan)
	return b.plan, nil
}

type builder struct {
	in     Input
	marker string
	plan   core.ImportPlan
	base   string // what accounts get as base_url
}

func (b *builder) add(s core.Step) { b.plan.Steps = append(b.plan.Steps, s) }

func (b *builder) check(ok bool, code, next string, args ...string) {
	b.plan.Checks = append(b.plan.Checks, core.Check{Code: code, OK: ok, Args: args, Next: next})
}

func (b *builder) note(code string, args ...string) {
	b.plan.Notes = append(b.plan.Notes, core.Note{Code: code, Args: args})
}

// target is a resource of the plan: there already, or made by a step.
type target struct {
	step  string
	known core.Object // zero if it has to be made
}

func (t target) exists() bool { return t.known.ID != 0 }

// id is the value that other resources' fields hold.
func (t target) id() any {
	if t.exists() {
		return float64(t.known.ID)
	}
	return core.IDOf(t.step)
}

// find looks a resource up: by record, else by name. A record whose identity is gone from the host
// doesn't count. origin is "" if nothing was found.
func (b *builder) find(k core.Kind, name string) (o core.Object, origin core.Origin, recorded bool) {
	for _, r := range b.in.Recorded {
		if r.Ref.Kind != k || r.Name != name || r.Provider != b.in.Request.Provider {
			continue
		}
		if o, ok := b.in.Seen.ByID(k, r.Ref.ID); ok && SameIdentity(r, o) {
			return o, r.Origin, true
		}
	}
	for _, o := range b.in.Seen.Of(k) {
		if strings.EqualFold(o.Name, name) {
			return o, b.originOf(o), false
		}
	}
	return core.Object{}, "", false
}

// standing is how an object came to be there: by its record, else by its marker.
func (b *builder) standing(o core.Object) (origin core.Origin, recorded bool) {
	for _, r := range b.in.Recorded {
		if SameIdentity(r, o) {
			return r.Origin, true
		}
	}
	return b.originOf(o), false
}

// originOf judges an object that no record knows: our marker means that its record was lost on the
// way; another state's marker stops the import; no marker is a stranger's.
func (b *builder) originOf(o core.Object) core.Origin {
	state, _, marked := kind.Of(o.Kind).MarkerOf(o)
	switch {
	case !marked:
		return core.Adopted
	case state == b.in.State:
		return core.Created
	}
	b.check(false, "foreign_marker", "adopt", string(o.Kind), o.Name, state)
	return core.Adopted
}

// want plans one resource: make it with fields and initial, or bring what was found to fields.
// Initial fields are set at creation only and never compared.
func (b *builder) want(s core.Step, fields, initial core.Fields, found core.Object, origin core.Origin, recorded bool) target {
	if origin == "" {
		s.Verb, s.Origin = core.Create, core.Created
		s.Fields = merge(fields, initial)
		b.add(s)
		return target{step: s.ID}
	}
	s.Ref, s.CreatedAt, s.Origin = found.Ref(), found.CreatedAt, origin
	spec := kind.Of(s.Kind)
	changes, send := spec.Diff(fields, found.Fields, origin == core.Created)
	switch {
	case len(changes) > 0:
		s.Verb, s.Change, s.Fields, s.Before = core.Update, changes, send, spec.Image(send, found.Fields)
		if origin != core.Created {
			s.Origin = core.Corrected
		}
	case recorded:
		s.Verb, s.Fields = core.Leave, fields
	default:
		s.Verb, s.Fields = core.Adopt, fields
	}
	if !recorded {
		s.Reason = ReasonStranger
		if origin == core.Created {
			s.Reason = ReasonLost
		}
	}
	b.add(s)
	return target{step: s.ID, known: found}
}

func (b *builder) group() target {
	req := b.in.Request
	kindOfGroup := "standard"
	if req.Access == core.AccessSubscription {
		kindOfGroup = "subscription"
	}
	found, origin, recorded := b.find(core.Group, b.plan.Base)
	fields := core.Fields{"platform": b.plan.Platform, "subscription_type": kindOfGroup, "status": "active", "rate_multiplier": req.Rate}
	if origin != "" {
		for _, fixed := range []string{"platform", "subscription_type"} {
			if have := found.Fields.Str(fixed); have != fields.Str(fixed) {
				b.check(false, "group_taken", "other_name", b.plan.Base, fixed, have, fields.Str(fixed))
			}
			delete(fields, fixed)
		}
		if origin != core.Created && req.Rate == 1 {
			delete(fields, "rate_multiplier") // a stranger's price is theirs unless the operator names one
		}
	} else {
		delete(fields, "status") // a new group is active; hosts take no status at creation
	}
	initial := core.Fields{"is_exclusive": true, "description": b.marker}
	return b.want(core.Step{ID: "group", Phase: core.PhaseFoundation, Kind: core.Group, Name: b.plan.Base},
		fields, initial, found, origin, recorded)
}

func (b *builder) channel(group target) error {
	prices, err := b.pricing()
	if err != nil {
		return err
	}
	found, origin, recorded := b.find(core.Channel, b.plan.Base)
	if group.exists() && origin == "" {
		// A group belongs to one channel at most: the one that has it is the one to correct.
		for _, c := range b.in.Seen.Channels {
			if containsID(c.Fields.IDs("group_ids"), group.known.ID) {
				found = c
				origin, recorded = b.standing(c)
			}
		}
	}
	names := map[string]any{}
	for from, to := range b.mapping() {
		names[from] = to
	}
	fields := core.Fields{
		"group_ids":            []any{group.id()},
		"model_mapping":        map[string]any{b.plan.Platform: names},
		"model_pricing":        prices,
		"restrict_models":      true,
		"billing_model_source": "channel_mapped",
	}
	name := b.plan.Base
	if found.Name != "" {
		name = found.Name
		fields["status"] = "active"
	}
	b.want(core.Step{ID: "channel", Phase: core.PhaseFoundation, Kind: core.Channel, Name: name},
		fields, core.Fields{"description": b.marker}, found, origin, recorded)
	return nil
}

// publish opens an exclusive group once access is proven.
func (b *builder) publish(group target) {
	if group.exists() && !group.known.Fields.Bool("is_exclusive") {
		return
	}
	b.add(core.Step{ID: "publish", Phase: core.PhasePublish, Kind: core.Group, Verb: core.Update, Name: b.plan.Base,
		Ref: group.known.Ref(), Fields: core.Fields{"is_exclusive": false}, Before: core.Fields{"is_exclusive": true},
		Target: group.step, Reason: ReasonProven})
}

// mapping is what accounts and the channel get: every model by its own name, and the aliases.
func (b *builder) mapping() map[string]string {
	m := map[string]string{}
	for _, model := range b.models() {
		m[model.ID] = model.ID
	}
	for alias, to := range b.in.Pack.Mapping {
		if _, ok := m[to]; ok {
			m[alias] = to
		}
	}
	return m
}

// models are the pack's, or the part that was asked for.
func (b *builder) models() []core.Model {
	if len(b.in.Request.Models) == 0 {
		return b.in.Pack.Models
	}
	var out []core.Model
	for _, id := range b.in.Request.Models {
		if m, ok := b.in.Pack.Model(id); ok {
			out = append(out, m)
		}
	}
	return out
}

func merge(a, b core.Fields) core.Fields {
	out := core.Fields{}
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		out[k] = v
	}
	return out
}

func containsID(ids []int64, id int64) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

// Count writes a number as an argument of a code.
func Count(n int) string { return strconv.Itoa(n) }

func usd(x float64) string { return fmt.Sprintf("%.4g", x*1e6) }
