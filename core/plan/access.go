package plan

import (
	"strings"

	"cnrelay/core"
	"cnrelay/core/kind"
)

// UserSecret is the vault reference of a managed user's password, KeyValue that of an API key's
// value for a base name. Both are stored before the request that makes them known is sent.
func UserSecret(host core.HostID, email string) string { return "user/" + string(host) + "/" + email }

// KeyValue is the vault reference of a user's API key for a group.
func KeyValue(host core.HostID, email, base string) string {
	return "api_key/" + string(host) + "/" + email + "/" + base
}

// GivenKey is the vault reference of a user key that the operator gave, by its fingerprint.
func GivenKey(fp string) string { return "user_key/" + fp }

// Users are the e-mails that a request's selector means.
func Users(req core.ImportRequest, base, state string) []string {
	if len(req.Users) > 0 {
		return req.Users
	}
	var out []string
	for n := 1; n <= max(1, req.Managed); n++ {
		out = append(out, ManagedUser(n, base, state))
	}
	return out
}

func (b *builder) access(group target) {
	if b.in.Request.Access == core.AccessSubscription {
		b.salesPlan(group)
	}
	for _, email := range Users(b.in.Request, b.plan.Base, b.in.State) {
		b.user(email, group)
	}
}

// salesPlan is the payment plan of a subscription group; it is for sale only if asked. A host wants a
// price above zero all the same.
func (b *builder) salesPlan(group target) {
	if !b.in.Facts.Has(core.FeaturePlans) {
		b.note("plans_missing", b.in.Facts.Version)
		return
	}
	req := b.in.Request
	price := req.Price
	if price == 0 {
		price = 1
	}
	found, origin, recorded := b.find(core.Plan, b.plan.Base)
	if origin == core.Adopted && (!group.exists() || found.Fields.Num("group_id") != float64(group.known.ID)) {
		found, origin = core.Object{}, "" // names aren't unique: a stranger's plan of another group
	}
	fields := core.Fields{"group_id": group.id(), "for_sale": req.ForSale, "price": price,
		"validity_days": float64(req.Days), "validity_unit": "day"}
	if origin == core.Adopted {
		fields = core.Fields{"group_id": group.id()} // its price and sale are its owner's
	}
	b.want(core.Step{ID: "plan", Phase: core.PhaseAccess, Kind: core.Plan, Name: b.plan.Base},
		fields, core.Fields{"description": b.marker}, found, origin, recorded)
}

func (b *builder) user(email string, group target) {
	req := b.in.Request
	found, origin, recorded := b.find(core.User, email)
	ours := origin == "" || origin == core.Created
	if origin == "" {
		b.note("user_made", email)
	}
	if ours && !b.in.Facts.Has(core.FeatureSignIn) {
		b.check(false, "sign_in_blocked", "give_user_key", email, blocks(b.in.Facts))
	}
	standard := req.Access == core.AccessSelfService
	fields := core.Fields{}
	if standard && ours {
		fields["allowed_groups"] = []any{group.id()}
		fields["balance"] = b.balance()
	}
	step := core.Step{ID: "user/" + email, Phase: core.PhaseAccess, Kind: core.User, Name: email}
	if ours {
		step.Secret = UserSecret(b.in.Host.ID, email)
	}
	var user target
	if origin == "" {
		user = b.want(step, fields, core.Fields{
			"password": core.SecretRef(step.Secret), "username": strings.SplitN(email, "@", 2)[0], "notes": b.marker,
		}, found, origin, recorded)
	} else {
		// Balance has a route of its own, so it is a step of its own; allowed groups are compared here.
		delete(fields, "balance")
		user = b.want(step, fields, nil, found, origin, recorded)
		if standard {
			b.topUp(email, user, ours)
		}
	}
	if !standard {
		b.subscription(email, user, group)
	}
	b.key(email, user, group, ours)
}

// balance is what a self-service user needs at least; a request refused at balance 0 proves nothing.
func (b *builder) balance() float64 {
	if b.in.Request.Balance > 0 {
		return b.in.Request.Balance
	}
	return 1
}

func (b *builder) topUp(email string, user target, ours bool) {
	have := user.known.Fields.Num("balance")
	if have > 0 && have >= b.in.Request.Balance {
		b.check(true, "balance", "", email)
		return
	}
	if !ours && !b.in.Request.Fix {
		b.check(false, "balance", "fix_balance", email)
		return
	}
	b.add(core.Step{ID: "balance/" + email, Phase: core.PhaseAccess, Kind: core.User, Verb: core.Update, Name: email,
		Ref: user.known.Ref(), CreatedAt: user.known.CreatedAt, Target: user.step, Origin: core.Corrected,
		Fields: core.Fields{"balance": b.balance()}, Before: core.Fields{"balance": have},
		Change: []core.Change{{Field: "balance", Have: have, Want: b.balance()}}})
}

func (b *builder) subscription(email string, user, group target) {
	step := core.Step{ID: "subscription/" + email, Phase: core.PhaseAccess, Kind: core.Subscription, Name: email}
	var found core.Object
	var origin core.Origin
	var recorded bool
	for _, o := range b.in.Seen.Subscriptions {
		if user.exists() && group.exists() && o.Fields.Str("status") == "active" &&
			o.Fields.Num("user_id") == float64(user.known.ID) && o.Fields.Num("group_id") == float64(group.known.ID) {
			found = o
			origin, recorded = b.standing(o)
		}
	}
	b.want(step, core.Fields{"user_id": user.id(), "group_id": group.id()},
		core.Fields{"validity_days": float64(b.in.Request.Days), "notes": b.marker}, found, origin, recorded)
}

// key plans the API key that proves access: made as a managed user, or one that a user already has.
func (b *builder) key(email string, user, group target, ours bool) {
	step := core.Step{ID: "key/" + email, Phase: core.PhaseAccess, Kind: core.APIKey, Name: b.marker,
		Target: user.step, Secret: KeyValue(b.in.Host.ID, email, b.plan.Base)}
	found, origin, recorded := b.findKey(user, group, ours)
	fields := core.Fields{"group_id": group.id()}
	switch {
	case origin == "" && ours:
		step.As, step.AsEmail = UserSecret(b.in.Host.ID, email), email
		b.want(step, fields, nil, found, "", false)
	case origin == "":
		b.check(false, "user_key_missing", "give_user_key", email)
	default:
		bound := group.exists() && found.Fields.Num("group_id") == float64(group.known.ID)
		if !bound && !ours && b.in.Request.Access == core.AccessSelfService && !b.in.Request.Fix {
			b.check(false, "key_not_bound", "fix_binding", email, b.plan.Base)
			return
		}
		step.Name = found.Name
		if ours {
			step.As, step.AsEmail = UserSecret(b.in.Host.ID, email), email
		}
		b.want(step, fields, nil, found, origin, recorded)
	}
}

// findKey: the one that the operator gave; of ours the recorded one; of a self-service user one that
// is bound to the group, else one bound to none.
func (b *builder) findKey(user, group target, ours bool) (core.Object, core.Origin, bool) {
	if !user.exists() {
		return core.Object{}, "", false
	}
	var bound, free core.Object
	for _, o := range b.in.Seen.Keys {
		if o.Owner != user.known.ID || (o.Fields.Str("status") != "" && o.Fields.Str("status") != "active") {
			continue
		}
		inGroup := group.exists() && o.Fields.Num("group_id") == float64(group.known.ID)
		given := b.in.Request.UserKey
		if given != "" && (o.Secret == "" || b.in.Fingerprint("user_key", o.Secret) != given) {
			continue
		}
		for _, r := range b.in.Recorded {
			if SameIdentity(r, o) && (inGroup || given != "") {
				return o, r.Origin, true
			}
		}
		switch {
		case given != "":
			return o, core.Adopted, false
		case inGroup && ours:
			if state, _, ok := kind.APIKey.MarkerOf(o); ok && state == b.in.State {
				return o, core.Created, false
			}
		case inGroup:
			bound = o
		case o.Fields.Num("group_id") == 0:
			free = o
		}
	}
	if ours || b.in.Request.Access == core.AccessSubscription {
		return core.Object{}, "", false
	}
	if bound.ID != 0 {
		return bound, core.Adopted, false
	}
	if free.ID != 0 {
		return free, core.Adopted, false
	}
	return core.Object{}, "", false
}

func blocks(f core.HostFacts) string {
	var words []string
	for _, b := range f.Blocks {
		words = append(words, string(b))
	}
	return strings.Join(words, ", ")
}
