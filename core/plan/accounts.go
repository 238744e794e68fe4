package plan

import (
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/kind"
)

// Short is the part of a fingerprint that stands in names and step ids.
func Short(fingerprint string) string { return fingerprint[:min(8, len(fingerprint))] }

// AccountStep and AttachStep are the ids of an account's steps.
func AccountStep(fp string) string { return "account/" + Short(fp) }

// AttachStep is the step that puts a tested account into the group.
func AttachStep(fp string) string { return "attach/" + Short(fp) }

// accounts plans each key's account, outside the group, and its way into it; then what happens to
// the accounts of other keys.
func (b *builder) accounts(group target) {
	others := b.otherAccounts(group)
	priority := firstPriority
	if b.in.Request.Mode == core.Replace {
		for _, o := range others {
			priority = min(priority, int(o.Fields.Num("priority"))-1)
		}
		if priority < 0 {
			b.check(false, "priority_exhausted", "lower_priority")
			priority = 0
		}
	}
	for _, key := range b.in.Request.Keys {
		b.account(key, group, priority)
	}
	switch {
	case len(others) == 0:
	case b.in.Request.Mode == core.Replace:
		for _, o := range others {
			b.retire(o, group)
		}
	case b.in.Request.Mode == "":
		names := make([]string, len(others))
		for i, o := range others {
			names[i] = o.Name
		}
		b.check(false, "keys_differ", "replace_or_add", strings.Join(names, ", "))
	}
	b.staleAccounts(group)
}

func (b *builder) account(key core.KeyRef, group target, priority int) {
	mapping := map[string]any{}
	for from, to := range b.mapping() {
		mapping[from] = to
	}
	fields := core.Fields{
		"credentials": map[string]any{
			"api_key": core.SecretRef(core.KeySecret(key.Fingerprint)), "base_url": b.base, "model_mapping": mapping,
		},
		"status": "active",
	}
	if b.plan.Protocol == core.ProtocolChat && b.plan.Platform == "openai" && b.in.Facts.Has(core.FeatureForceChat) {
		fields["extra"] = map[string]any{"openai_responses_mode": "force_chat_completions"}
	}
	found, origin, recorded := b.findAccount(key.Fingerprint)
	name := b.in.Pack.AccountPrefix + Short(key.Fingerprint)
	if key.Name != "" {
		name = b.in.Pack.AccountPrefix + key.Name + "-" + Short(key.Fingerprint)
	}
	step := core.Step{ID: AccountStep(key.Fingerprint), Phase: core.PhaseStage, Kind: core.Account, Name: name, Account: key.Fingerprint}
	if origin == "" {
		delete(fields, "status") // ignored at creation
	} else {
		step.Name = found.Name
	}
	t := b.want(step, fields, core.Fields{
		"platform": b.plan.Platform, "type": "apikey", "priority": float64(priority), "notes": b.marker, "group_ids": []any{},
	}, found, origin, recorded)

	attached := t.exists() && group.exists() && containsID(found.Fields.IDs("group_ids"), group.known.ID)
	attach := core.Step{ID: AttachStep(key.Fingerprint), Phase: core.PhaseAttach, Kind: core.Account, Name: step.Name,
		Account: key.Fingerprint, Target: step.ID, Ref: found.Ref(), CreatedAt: found.CreatedAt}
	if attached {
		attach.Verb = core.Leave
		attach.Fields = core.Fields{"group_ids": anyIDs(found.Fields.IDs("group_ids"))} // for a record that was lost
	} else {
		groups := append(slices.Clone(anyIDs(found.Fields.IDs("group_ids"))), group.id())
		attach.Verb = core.Update
		attach.Fields = core.Fields{"group_ids": groups}
		attach.Before = core.Fields{"group_ids": anyIDs(found.Fields.IDs("group_ids"))}
	}
	b.add(attach)
}

// findAccount goes by the key's fingerprint, never by name: the ledger's, or that of a key which the
// host shows (up to 0.1.125).
func (b *builder) findAccount(fp string) (core.Object, core.Origin, bool) {
	for _, r := range b.in.Recorded {
		if r.Ref.Kind != core.Account || r.Account != fp {
			continue
		}
		// The same key on another platform is another account: it serves other groups by another protocol.
		if o, ok := b.in.Seen.ByID(core.Account, r.Ref.ID); ok && SameIdentity(r, o) && o.Fields.Str("platform") == b.plan.Platform {
			return o, r.Origin, true
		}
	}
	for _, o := range b.in.Seen.Accounts {
		if o.Fields.Str("platform") != b.plan.Platform {
			continue
		}
		if state, _, ok := kind.Account.MarkerOf(o); ok && state == b.in.State && strings.HasSuffix(o.Name, Short(fp)) {
			return o, core.Created, false
		}
		sameBase := strings.TrimRight(o.Fields.Map("credentials").Str("base_url"), "/") == strings.TrimRight(b.base, "/")
		if sameBase && o.Secret != "" && Fingerprint(b.in.Fingerprint, b.plan.Endpoint.Base, o.Secret) == fp {
			return o, b.originOf(o), false
		}
	}
	return core.Object{}, "", false
}

// otherAccounts are the accounts of our ledger that serve the group with other keys.
func (b *builder) otherAccounts(group target) []core.Object {
	if !group.exists() {
		return nil
	}
	var out []core.Object
	for _, r := range b.in.Recorded {
		if r.Ref.Kind != core.Account || r.Origin != core.Created || slices.ContainsFunc(b.in.Request.Keys,
			func(k core.KeyRef) bool { return k.Fingerprint == r.Account }) {
			continue
		}
		o, ok := b.in.Seen.ByID(core.Account, r.Ref.ID)
		if ok && SameIdentity(r, o) && containsID(o.Fields.IDs("group_ids"), group.known.ID) {
			out = append(out, o)
		}
	}
	return out
}

// retire takes a replaced account out of the group; if it serves no other group it is deleted.
func (b *builder) retire(o core.Object, group target) {
	ids := o.Fields.IDs("group_ids")
	rest := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return id == group.known.ID })
	step := core.Step{Phase: core.PhaseRetire, Kind: core.Account, Name: o.Name, Ref: o.Ref(), CreatedAt: o.CreatedAt, Reason: ReasonReplaced}
	for _, r := range b.in.Recorded {
		if SameIdentity(r, o) {
			step.Account, step.Origin = r.Account, r.Origin
		}
	}
	detach := step
	detach.ID, detach.Verb = "detach/"+Count(int(o.ID)), core.Update
	detach.Fields, detach.Before = core.Fields{"group_ids": anyIDs(rest)}, core.Fields{"group_ids": anyIDs(ids)}
	b.add(detach)
	if len(rest) == 0 {
		remove := step
		remove.ID, remove.Verb = "delete/"+Count(int(o.ID)), core.Delete
		b.add(remove)
	}
}

// staleAccounts points out accounts in the group that no ledger knows; they are never touched here.
func (b *builder) staleAccounts(group target) {
	if !group.exists() {
		return
	}
	for _, o := range b.in.Seen.Accounts {
		if !containsID(o.Fields.IDs("group_ids"), group.known.ID) {
			continue
		}
		if !slices.ContainsFunc(b.in.Recorded, func(r core.Resource) bool { return SameIdentity(r, o) }) {
			b.note("stale_account", o.Name, Count(int(o.ID)))
		}
	}
}

func anyIDs(ids []int64) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = float64(id)
	}
	return out
}
