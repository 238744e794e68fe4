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
	// Keys and Subscriptions are all those of the batch's groups and users, whoever made them.
	Keys, Subscriptions []core.Object
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
	ours := core.Fields{}
	for field := range before {
		ours[field] = r.Fields[field]
	}
	if diff := u.changedByOthers(r, o, ours); diff != "" && !u.in.Force {
		u.keep(r, KeptChanged, diff)
		return false
	}
	before = merge(before, nil)
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
	step.ID += "/restore"
	step.Verb, step.Fields, step.Reason = core.Update, before, ReasonRestore
	u.add(step)
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
// their groups, the deleted ones anew.
func (u *undo) bringBack() {
	for _, s := range u.in.Batch.Plan.Steps {
		if o, there := u.in.Read[s.Ref]; s.Phase == core.PhaseRetire && s.Verb == core.Update && there &&
			u.in.Steps[s.ID].State != "" && o.CreatedAt.Equal(s.CreatedAt) {
			u.add(core.Step{ID: "back/" + Count(int(s.Ref.ID)), Kind: core.Account, Verb: core.Update, Name: s.Name, Ref: s.Ref,
				CreatedAt: s.CreatedAt, Account: s.Account, Fields: s.Before, Reason: ReasonRestore})
		}
	}
	for _, r := range u.in.Batch.Replaced {
		if o, there := u.in.Read[r.Ref]; there && SameIdentity(r, o) {
			continue
		}
		if !u.in.Secret(core.KeySecret(r.Account)) {
			u.plan.Lost = append(u.plan.Lost, r.Name)
			continue
		}
		back := core.Step{ID: "back/" + Short(r.Account), Kind: core.Account, Verb: core.Create, Name: r.Name,
			Origin: core.Created, Account: r.Account, Fields: merge(r.Fields, core.Fields{"group_ids": []any{}}), Reason: ReasonRestore}
		u.add(back)
		u.add(core.Step{ID: "back/" + Short(r.Account) + "/attach", Kind: core.Account, Verb: core.Update, Name: r.Name,
			Account: r.Account, Target: back.ID, Fields: core.Fields{"group_ids": r.Fields["group_ids"]}, Reason: ReasonRestore})
	}
}

// changedByOthers names the fields that are not as cnrelay left them.
func (u *undo) changedByOthers(r core.Resource, o core.Object, set core.Fields) string {
	var fields []string
	for _, c := range kind.Changed(r, o, set, u.groups) {
		fields = append(fields, c.Field)
	}
	return strings.Join(slices.Compact(fields), ", ")
}

// dependents names what isn't ours and hangs on the resource.
func (u *undo) dependents(r core.Resource, o core.Object) string {
	var names []string
	stranger := func(list []core.Object, field string) {
		for _, x := range list {
			if x.Fields.Num(field) == float64(r.Ref.ID) && !slices.ContainsFunc(u.in.Recorded, func(rec core.Resource) bool {
				return SameIdentity(rec, x) && slices.Equal(rec.Batches, []core.BatchID{u.in.Batch.ID})
			}) {
				names = append(names, x.Ref().String())
			}
		}
	}
	switch r.Ref.Kind {
	case core.Group:
		stranger(u.in.Keys, "group_id")
		stranger(u.in.Subscriptions, "group_id")
	case core.User:
		stranger(u.in.Keys, "user_id")
		stranger(u.in.Subscriptions, "user_id")
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
