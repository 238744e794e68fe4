package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/kind"
)

// Why a repair does a step; their words are in tui/text.
const (
	ReasonRecorded = "as_recorded"
	ReasonFound    = "as_found"
	ReasonStale    = "stale"
	ReasonAnswers  = "upstream_answers"
)

// Why a repair leaves a finding.
const (
	LeftMissing  = "made_by_import"
	LeftIdentity = "not_ours_any_more"
	LeftStranger = "strangers_account"
	LeftUsersOwn = "no_such_update"
	LeftInUse    = "wanted_in_use"
	LeftProvider = "providers_affair"
	LeftTerm     = "term_ends"
	LeftMoney    = "balance_used"
	LeftOut      = "upstream_refuses"
	LeftUnasked  = "upstream_unknown"
	LeftOff      = "switched_off"
	LeftCools    = "cools_until"
	LeftBilled   = "billed_by_others"
	LeftUntested = "never_passed"
)

// RepairInput is everything that a repair is planned from.
type RepairInput struct {
	Batch core.Batch
	Host  core.HostFacts
	// Findings are those of the batch's run that are to be repaired.
	Findings []core.DriftFinding
	Recorded []core.Resource // of the host
	// Seen is what the lists showed of an address, when the findings were made.
	Seen func(core.Ref) (core.Object, bool)
	// Accept takes what the host has into the ledger. Otherwise the host is made as the ledger says.
	Accept bool
	// Named tells that the operator named the findings one by one: then a stranger's account is taken out of the group,
	// and one that somebody switched off is switched on.
	Named bool
	// Answers are what the upstream answered, now and asked directly, with the keys of accounts that are out of traffic.
	Answers map[core.Ref]core.Completion
	// Secret tells whether the vault has a secret.
	Secret func(ref string) bool
}

// RepairPlan is the repair of what one reconcile run found, as data.
type RepairPlan struct {
	Steps []core.Step `json:"steps"`
	Left  []core.Kept `json:"left"` // findings that nothing is done about, and why
	// Seen is the digest of what would be done to what: a reviewed plan whose Seen has changed is refused.
	Seen string `json:"seen"`
}

// Import is the plan as [Differences] compares plans.
func (p RepairPlan) Import() core.ImportPlan { return core.ImportPlan{Steps: p.Steps, Seen: p.Seen} }

// Repair plans what the console can do about each finding. It deletes nothing on a host.
func Repair(in RepairInput) RepairPlan {
	p := &repair{RepairInput: in, groups: kind.Groups{}}
	for _, r := range in.Recorded {
		if _, there := in.Seen(r.Ref); r.Ref.Kind == core.Group && there {
			p.groups[r.Ref.ID] = true
		}
	}
	for _, spec := range kind.All {
		for _, f := range in.Findings {
			if f.Ref.Kind == spec.Kind {
				p.finding(f)
			}
		}
	}
	for _, f := range in.Findings {
		if f.Ref.Kind == "" {
			p.leave(f, LeftProvider, "")
		}
	}
	raw, err := json.Marshal(struct {
		Host  string
		Batch core.BatchID
		Steps []core.Step
	}{in.Host.Fingerprint, in.Batch.ID, p.plan.Steps})
	if err != nil {
		panic(err) // plans are JSON values
	}
	sum := sha256.Sum256(raw)
	p.plan.Seen = hex.EncodeToString(sum[:])
	return p.plan
}

type repair struct {
	RepairInput
	groups kind.Groups // recorded, and there
	plan   RepairPlan
}

func (p *repair) leave(f core.DriftFinding, reason, detail string) {
	p.plan.Left = append(p.plan.Left, core.Kept{Ref: f.Ref, Name: f.Name, Reason: reason, Detail: detail})
}

// record is that of a finding's resource, or what stands for one where there is none.
func (p *repair) record(ref core.Ref) core.Resource {
	i := slices.IndexFunc(p.Recorded, func(r core.Resource) bool { return r.Ref == ref })
	if i < 0 {
		return core.Resource{Ref: ref}
	}
	return p.Recorded[i]
}

// step is one about a finding's resource as it is there; what is for what the id tells from the others about it.
func (p *repair) step(r core.Resource, o core.Object, what string) core.Step {
	s := core.Step{ID: fmt.Sprintf("repair/%s/%d", r.Ref.Kind, r.Ref.ID), Phase: core.PhaseRepair, Kind: r.Ref.Kind, Name: r.Name, Ref: r.Ref,
		CreatedAt: r.CreatedAt, Origin: r.Origin, Account: r.Account}
	if s.Name == "" {
		s.Name = o.Name
	}
	if s.CreatedAt.IsZero() {
		s.CreatedAt = o.CreatedAt
	}
	if what != "" {
		s.ID += "/" + what
	}
	return s
}

func (p *repair) add(s core.Step) { p.plan.Steps = append(p.plan.Steps, s) }

func (p *repair) finding(f core.DriftFinding) {
	r := p.record(f.Ref)
	o, there := p.Seen(f.Ref)
	switch f.Type {
	case core.DriftMissing, core.DriftIdentityChanged:
		p.lost(f, r)
	case core.DriftChanged, core.DriftUnbound:
		if p.Accept {
			p.accept(f, r, o)
		} else {
			p.reapply(f, r, o)
		}
	case core.DriftExtra, core.DriftStaleInTraffic:
		p.strange(f, r, o)
	case core.DriftOutOfTraffic:
		if there {
			p.recover(f, r, o)
		}
	case core.DriftLowBalance:
		p.topUp(f, r, o)
	case core.DriftBilledFree, core.DriftBilledOtherwise:
		p.leave(f, LeftBilled, "")
	case core.DriftExpiring:
		p.leave(f, LeftTerm, "")
	}
}

// lost forgets a record of what is there no more, and of what went with it, if that is wanted. To make it anew is an
// import's task, which tests it before users meet it.
func (p *repair) lost(f core.DriftFinding, r core.Resource) {
	if !p.Accept {
		reason := LeftMissing
		if f.Type == core.DriftIdentityChanged {
			reason = LeftIdentity
		}
		p.leave(f, reason, "")
		return
	}
	for _, ref := range f.Follows {
		if o, there := p.Seen(ref); there {
			p.without(p.record(ref), o)
		} else {
			p.forget(p.record(ref))
		}
	}
	p.forget(r)
}

func (p *repair) forget(r core.Resource) {
	s := p.step(r, core.Object{}, "")
	s.Verb, s.Reason = core.Forget, ReasonGone
	p.add(s)
}

// without takes over which groups a resource has left.
func (p *repair) without(r core.Resource, o core.Object) {
	var changes []core.Change
	for _, field := range []string{"group_id", "group_ids", "allowed_groups"} {
		if set := r.Fields[field]; set != nil {
			changes = append(changes, core.Change{Field: field, Have: o.Fields[field], Want: set})
		}
	}
	p.take(r, o, changes)
}

// reapply makes a resource as its record says. Others' updates of an API key or a subscription can't be taken back:
// hosts have no way to.
func (p *repair) reapply(f core.DriftFinding, r core.Resource, o core.Object) {
	send := kind.Reapply(r, o, f.Changes, p.groups)
	for field := range send {
		switch {
		case r.Ref.Kind == core.Subscription, r.Ref.Kind == core.APIKey && field != "group_id":
			p.leave(f, LeftUsersOwn, field)
			delete(send, field)
		case field == "credentials" && !p.withKey(r, send):
			p.leave(f, KeptKeyLost, field)
			delete(send, field)
		}
	}
	if len(send) == 0 {
		return
	}
	s := p.step(r, o, "")
	s.Verb, s.Fields, s.Before, s.Change, s.Reason = core.Update, send, kind.Of(r.Ref.Kind).Image(send, o.Fields), changesOf(f, send), ReasonRecorded
	p.add(s)
}

// withKey puts an account's key into the credentials that are sent: hosts up to 0.1.121 lose what an update leaves out.
func (p *repair) withKey(r core.Resource, send core.Fields) bool {
	ref := core.KeySecret(r.Account)
	if r.Account == "" || !p.Secret(ref) {
		return false
	}
	send["credentials"] = map[string]any(merge(send.Map("credentials"), core.Fields{"api_key": core.SecretRef(ref)}))
	return true
}

// topOf is the field that a dotted path is within.
func topOf(path string) string {
	field, _, _ := strings.Cut(path, ".")
	return field
}

// changesOf are a finding's changes in the fields that are sent, from what is there to what was recorded.
func changesOf(f core.DriftFinding, send core.Fields) []core.Change {
	return slices.DeleteFunc(slices.Clone(f.Changes), func(c core.Change) bool {
		_, sent := send[topOf(c.Field)]
		return !sent
	})
}

// accept takes over what the host has. What a resource in use has to be like is not the record's to say.
func (p *repair) accept(f core.DriftFinding, r core.Resource, o core.Object) {
	var changes []core.Change
	left := map[string]bool{}
	for _, c := range f.Changes {
		_, fixed := kind.Of(r.Ref.Kind).InUse[topOf(c.Field)]
		attached := r.Ref.Kind == core.Account && c.Field == "group_ids" && c.Want == nil
		switch {
		case fixed:
			left[LeftInUse] = true
		case attached && r.Verdict != core.Passed: // what the ledger has in a group counts as proven
			left[LeftUntested] = true
		default:
			changes = append(changes, c)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(left)) {
		p.leave(f, reason, "")
	}
	p.take(r, o, changes)
}

// take is a step that makes the record as what is there, in the fields that differ.
func (p *repair) take(r core.Resource, o core.Object, changes []core.Change) {
	if len(changes) == 0 {
		return
	}
	s := p.step(r, o, "")
	s.Verb, s.Reason, s.Fields = core.Adopt, ReasonFound, kind.Accept(r, o, changes, p.groups)
	s.Before = kind.Of(r.Ref.Kind).Image(s.Fields, o.Fields)
	for _, c := range changes {
		s.Change = append(s.Change, core.Change{Field: c.Field, Have: c.Want, Want: c.Have})
		if c.Field == "name" {
			s.Name = o.Name
		}
	}
	p.add(s)
}

// strange takes an old account that no live batch records out of the groups of the batch, or into the ledger.
func (p *repair) strange(f core.DriftFinding, r core.Resource, o core.Object) {
	if p.Accept {
		s := p.step(core.Resource{Ref: f.Ref, Origin: core.Adopted}, o, "")
		s.Verb, s.Reason = core.Adopt, ReasonFound
		p.add(s)
		return
	}
	if f.Type == core.DriftExtra && !p.Named {
		p.leave(f, LeftStranger, "")
		return
	}
	rest := slices.DeleteFunc(o.Fields.IDs("group_ids"), func(id int64) bool {
		group := p.record(core.Ref{Kind: core.Group, ID: id})
		return slices.Contains(group.Batches, p.Batch.ID)
	})
	s := p.step(core.Resource{Ref: f.Ref}, o, "detach")
	s.Verb, s.Reason, s.Fields, s.Before = core.Update, ReasonStale, core.Fields{"group_ids": anyIDs(rest)}, core.Fields{"group_ids": o.Fields["group_ids"]}
	if f.Type == core.DriftExtra {
		s.Reason = ReasonStranger
	}
	p.add(s)
}

// topUp gives a managed user the balance again that the import gave.
func (p *repair) topUp(f core.DriftFinding, r core.Resource, o core.Object) {
	given := r.Fields.Num("balance")
	if p.Accept || r.Origin != core.Created || given <= o.Fields.Num("balance") {
		p.leave(f, LeftMoney, "")
		return
	}
	s := p.step(r, o, "balance")
	s.Verb, s.Fields, s.Before, s.Reason = core.Update, core.Fields{"balance": given}, core.Fields{"balance": o.Fields["balance"]}, ReasonRecorded
	p.add(s)
}
