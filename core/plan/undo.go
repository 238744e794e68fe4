package plan

import (
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/kind"
)

// Reasons why a rollback leaves something; their words are in tui/text.
const (
	KeptShared    = "shared"            // another live batch uses it
	KeptIdentity  = "identity_changed"  // the id now belongs to something else
	KeptChanged   = "changed_by_others" // name, marker or fields differ from what was set
	KeptDepended  = "depended_on"       // something that isn't ours hangs on it
	KeptBalance   = "balance_given"     // money that was spent can't be taken back
	KeptKeyLost   = "key_lost"          // putting it back would need a key that the vault no longer has
	KeptFailed    = "failed"            // the host refused
	KeptWaits     = "waits"             // it would take what the host refused to take back with it
	ReasonGone    = "gone"
	ReasonRestore = "restored"
)

// UndoInput is everything that a rollback is planned from.
type UndoInput struct {
	Batch    core.Batch
	Recorded []core.Resource // of the host
	// Steps is the batch's journal.
	Steps map[string]core.StepRecord
	// Read are the objects of the batch's resources, and of the accounts that it replaced, as just read; one
	// that is gone is absent.
	Read map[core.Ref]core.Object
	// Keys, Subscriptions and Accounts are all those of the batch's groups and users, whoever made them.
	Keys, Subscriptions, Accounts []core.Object
	// Secret tells whether the vault still has a secret.
	Secret func(ref string) bool
	// Force takes back what others changed or hang on; identity is never forced.
	Force bool
}

// UndoPlan is a rollback as data.
type UndoPlan struct {
	Steps []core.Step
	Kept  []core.Kept
	// Lost are replaced accounts that can't be brought back: their keys are gone from the vault.
	Lost []string
}

// Undo plans the rollback of a batch: what it alone uses is undone by its origin, what others use
// too is handed over, and what is not provably ours is kept.
func Undo(in UndoInput) UndoPlan {
	u := &undo{in: in, groups: kind.GroupsOf(in.Recorded)}
	u.bringBack()
	for _, k := range kind.Undo {
		for _, r := range slices.Backward(in.Recorded) {
			if r.Ref.Kind == k && slices.Contains(r.Batches, in.Batch.ID) {
				u.resource(r)
			}
		}
	}
	return u.plan
}

type undo struct {
	in     UndoInput
	groups kind.Groups
	plan   UndoPlan
}

func (u *undo) add(s core.Step) {
	s.Phase = core.PhaseUndo
	u.plan.Steps = append(u.plan.Steps, s)
}

func (u *undo) keep(r core.Resource, reason, detail string) {
	u.plan.Kept = append(u.plan.Kept, core.Kept{Ref: r.Ref, Name: r.Name, Reason: reason, Detail: detail})
}

func (u *undo) resource(r core.Resource) {
	step := core.Step{ID: "undo/" + string(r.Ref.Kind) + "/" + Count(int(r.Ref.ID)), Kind: r.Ref.Kind, Name: r.Name,
		Ref: r.Ref, CreatedAt: r.CreatedAt, Origin: r.Origin, Account: r.Account}
	forget := step
	forget.Verb = core.Forget
	o, there := u.in.Read[r.Ref]
	switch {
	case !there:
		forget.Reason = ReasonGone
		u.add(forget)
		return
	case !SameIdentity(r, o):
		u.keep(r, KeptIdentity, o.Name)
		return
	case len(r.Batches) > 1:
		// Only the newest user's change is on top; an older one's is what the newer ones stand on.
		if r.Batches[len(r.Batches)-1] == u.in.Batch.ID {
			u.restore(step, u.ownChange(r), r, o)
		}
		u.keep(r, KeptShared, otherBatches(r, u.in.Batch.ID))
		u.add(forget)
		return
	}
	switch r.Origin {
	case core.Adopted:
		u.add(forget)
	case core.Corrected:
		if u.restore(step, r.Before, r, o) {
			u.add(forget)
		}
	case core.Created:
		u.remove(step, r, o)
	}
}

func (u *undo) remove(step core.Step, r core.Resource, o core.Object) {
	if diff := u.changedByOthers(r, o, r.Fields); diff != "" && !u.in.Force {
		u.keep(r, KeptChanged, diff)
		return
	}
	if step.CreatedAt.IsZero() {
		step.CreatedAt = o.CreatedAt // proven by name and marker; compared once more before the deletion
	}
	step.Secret = r.Secret
	if who := u.dependents(r, o); who != "" && !u.in.Force {
		u.keep(r, KeptDepended, who)
		return
	}
	if r.Ref.Kind == core.Account && len(o.Fields.IDs("group_ids")) > 0 {
		detach := step
		detach.ID, detach.Verb = step.ID+"/detach", core.Update
		detach.Fields, detach.Before = core.Fields{"group_ids": []any{}}, core.Fields{"group_ids": o.Fields["group_ids"]}
		u.add(detach)
	}
	step.Verb = core.Delete
	if r.Ref.Kind == core.APIKey {
		for _, user := range u.in.Recorded {
			if user.Ref.Kind == core.User && user.Ref.ID == r.Ref.Owner {
				step.As, step.AsEmail = user.Secret, user.Name
			}
		}
	}
	u.add(step)
}

// restore puts the image before back. It is false if the thing has to stay as it is.
func (u *undo) restore(step core.Step, before core.Fields, r core.Resource, o core.Object) bool {
	if _, money := before["balance"]; money {
		u.keep(r, KeptBalance, "")
		before = merge(before, nil)
		delete(before, "balance")
	}
	if len(before) == 0 {
		return true
	}
	spec, back := kind.Of(r.Ref.Kind), core.Fields{}
	var changed []string
	for field, was := range before {
		switch value, ok := spec.Revert(field, was, r.Fields[field], o.Fields[field]); {
		case ok:
			back[field] = value
		case u.in.Force, slices.Contains(spec.Volatile, field):
			back[field] = was
		default:
			changed = append(changed, field)
		}
	}
	if len(changed) > 0 {
		slices.Sort(changed)
		u.keep(r, KeptChanged, strings.Join(changed, ", "))
		return false
	}
	before = back
	if group, unbound := before["group_id"]; unbound && group == nil {
		before["group_id"] = 0.0 // hosts take null for "no change"
	}
	if credentials := before.Map("credentials"); credentials != nil && r.Account != "" {
		// A read doesn't give the key, and hosts up to 0.1.121 lose what an update leaves out.
		if !u.in.Secret(core.KeySecret(r.Account)) {
			u.keep(r, KeptKeyLost, "")
			return false
		}
		before["credentials"] = map[string]any(merge(credentials, core.Fields{"api_key": core.SecretRef(core.KeySecret(r.Account))}))
	}
	step.Verb, step.Reason = core.Update, ReasonRestore
	put := func(id string, fields core.Fields) {
		s := step
		s.ID, s.Fields = step.ID+id+"/restore", fields
		u.add(s)
	}
	for _, field := range spec.Alone {
		if was, changed := before[field]; changed {
			put("/"+field, core.Fields{field: was})
			delete(before, field)
		}
	}
	if len(before) > 0 {
		put("", before)
	}
	return true
}

// ownChange is the image before of what this batch changed on a resource that others use too.
func (u *undo) ownChange(r core.Resource) core.Fields {
	before := core.Fields{}
	for _, s := range u.in.Batch.Plan.Steps {
		if s.Verb == core.Update && s.Phase != core.PhaseRetire && (s.Ref == r.Ref || u.in.Steps[s.ID].Ref == r.Ref) {
			for field, value := range s.Before {
				before[field] = value
			}
		}
	}
	return before
}

// bringBack puts the accounts back that the batch replaced, before its own go: those that are still there into
// their groups, the deleted ones anew. Into a group that isn't the one it was, nothing is put.
func (u *undo) bringBack() {
	for _, s := range u.in.Batch.Plan.Steps {
		if s.Phase != core.PhaseRetire || s.Verb != core.Update || u.in.Steps[s.ID].State == "" {
			continue
		}
		if o, there := u.in.Read[s.Ref]; there && o.CreatedAt.Equal(s.CreatedAt) && u.sameGroups(s.Before) {
			u.add(core.Step{ID: "back/" + Count(int(s.Ref.ID)), Kind: core.Account, Verb: core.Update, Name: s.Name, Ref: s.Ref,
				CreatedAt: s.CreatedAt, Account: s.Account, Reason: ReasonRestore,
				Fields: core.Fields{"group_ids": kind.Account.Rebase("group_ids", s.Fields["group_ids"], u.stillThere(s.Before), o.Fields["group_ids"])}})
		}
	}
	for _, r := range u.in.Batch.Replaced {
		if o, there := u.in.Read[r.Ref]; there && SameIdentity(r, o) {
			continue
		}
		if o, there := u.sameKey(r); there { // a later batch has made one since
			if rest := kind.Account.Rebase("group_ids", []any{}, u.stillThere(r.Fields), o.Fields["group_ids"]); u.sameGroups(r.Fields) && !kind.Equal(rest, o.Fields["group_ids"]) {
				u.add(core.Step{ID: "back/" + Count(int(o.ID)), Kind: core.Account, Verb: core.Update, Name: o.Name, Ref: o.Ref(),
					CreatedAt: o.CreatedAt, Account: r.Account, Reason: ReasonRestore, Fields: core.Fields{"group_ids": rest}})
			}
			continue
		}
		id := BackStep(r.Account)
		switch made := u.in.Steps[id]; {
		case !u.sameGroups(r.Fields), made.State == core.StepDone && !u.isRecorded(made.Ref):
			u.keep(r, KeptIdentity, "")
			continue
		case made.State != core.StepDone && (!u.in.Secret(core.KeySecret(r.Account)) || r.Fields.Str("platform") == ""):
			u.plan.Lost = append(u.plan.Lost, r.Name)
			continue
		}
		u.add(core.Step{ID: id, Kind: core.Account, Verb: core.Create, Name: r.Name,
			Origin: core.Created, Account: r.Account, Fields: merge(r.Fields, core.Fields{"group_ids": []any{}}), Reason: ReasonRestore})
		u.add(core.Step{ID: id + "/attach", Kind: core.Account, Verb: core.Update, Name: r.Name,
			Account: r.Account, Target: id, Fields: core.Fields{"group_ids": u.stillThere(r.Fields)}, Reason: ReasonRestore})
	}
}

// sameKey finds another recorded account of a replaced one's key, on the same platform.
func (u *undo) sameKey(replaced core.Resource) (core.Object, bool) {
	for _, r := range u.in.Recorded {
		if r.Ref.Kind != core.Account || r.Account != replaced.Account || u.in.Steps[BackStep(r.Account)].Ref == r.Ref {
			continue
		}
		if o, there := u.in.Read[r.Ref]; there && SameIdentity(r, o) && kind.Equal(o.Fields["platform"], replaced.Fields["platform"]) {
			return o, true
		}
	}
	return core.Object{}, false
}

// BackStep is the step that makes a replaced account anew.
func BackStep(fp string) string { return "back/" + Short(fp) }

// isRecorded tells whether what was just read is still what the ledger says.
func (u *undo) isRecorded(ref core.Ref) bool {
	o, there := u.in.Read[ref]
	return there && slices.ContainsFunc(u.in.Recorded, func(r core.Resource) bool { return SameIdentity(r, o) })
}

// sameGroups tells whether those groups in group_ids that the ledger holds are still what it says.
func (u *undo) sameGroups(f core.Fields) bool {
	return !slices.ContainsFunc(u.in.Recorded, func(r core.Resource) bool {
		return r.Ref.Kind == core.Group && containsID(f.IDs("group_ids"), r.Ref.ID) && !u.isRecorded(r.Ref)
	})
}

// stillThere are the groups in group_ids that the host still has: it refuses a list with another.
func (u *undo) stillThere(f core.Fields) []any {
	return slices.DeleteFunc(anyIDs(f.IDs("group_ids")), func(id any) bool {
		_, there := u.in.Read[core.Ref{Kind: core.Group, ID: int64(id.(float64))}]
		return !there
	})
}

// changedByOthers names the fields that are not as cnrelay left them.
func (u *undo) changedByOthers(r core.Resource, o core.Object, set core.Fields) string {
	var fields []string
	for _, c := range kind.Changed(r, o, set, u.groups) {
		fields = append(fields, c.Field)
	}
	return strings.Join(slices.Compact(fields), ", ")
}

// dependents names what hangs on the resource and doesn't go with it: what isn't ours, and what is kept.
func (u *undo) dependents(r core.Resource, o core.Object) string {
	var names []string
	// Keys and subscriptions live and die with what they hang on; an account that another batch uses only leaves it,
	// and one that no batch uses was kept by an earlier rollback.
	hangs := func(list []core.Object, on func(x core.Object) bool) {
		for _, x := range list {
			ours := slices.ContainsFunc(u.in.Recorded, func(rec core.Resource) bool {
				shared := x.Kind == core.Account && len(rec.Batches) > 0
				return SameIdentity(rec, x) && (shared || slices.Equal(rec.Batches, []core.BatchID{u.in.Batch.ID}))
			})
			stays := slices.ContainsFunc(u.plan.Kept, func(k core.Kept) bool { return k.Ref == x.Ref() && k.Reason != KeptShared })
			if on(x) && (!ours || stays) {
				names = append(names, x.Ref().String())
			}
		}
	}
	by := func(field string) func(core.Object) bool {
		return func(x core.Object) bool { return x.Fields.Num(field) == float64(r.Ref.ID) }
	}
	switch r.Ref.Kind {
	case core.Group:
		hangs(u.in.Keys, by("group_id"))
		hangs(u.in.Subscriptions, by("group_id"))
		hangs(u.in.Accounts, func(x core.Object) bool { return containsID(x.Fields.IDs("group_ids"), r.Ref.ID) })
	case core.User:
		hangs(u.in.Keys, by("user_id"))
		hangs(u.in.Subscriptions, by("user_id"))
	case core.Account, core.Channel:
		for _, id := range o.Fields.IDs("group_ids") {
			if !containsID(r.Fields.IDs("group_ids"), id) && !u.groups[id] {
				names = append(names, core.Ref{Kind: core.Group, ID: id}.String())
			}
		}
	}
	return strings.Join(names, ", ")
}

func otherBatches(r core.Resource, not core.BatchID) string {
	var ids []string
	for _, b := range r.Batches {
		if b != not {
			ids = append(ids, string(b))
		}
	}
	return strings.Join(ids, ", ")
}
