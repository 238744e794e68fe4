package engine

import (
	"context"
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/kind"
	"cnrelay/core/plan"
)

// AdoptReport is what carries the marker of another (lost) state directory for a provider.
type AdoptReport struct {
	Host  core.Host       `json:"host"`
	State string          `json:"state"` // the other state's id, if one was found
	Batch core.BatchID    `json:"batch"` // under which the records were rebuilt; "" in a preview
	Found []core.Resource `json:"found"`
}

// Adopt rebuilds the records of a lost state directory from the markers on a host. Upstream keys and managed
// passwords are gone with that state: the accounts' keys stay unknown until they are replaced, and managed
// users get a new password when apply is set, so that their keys can be taken back as theirs.
func (e *Engine) Adopt(ctx context.Context, host, provider string, apply bool) (AdoptReport, error) {
	batch := core.BatchID(newID("b"))
	release, err := e.claim(ctx, host, core.DeedAdopt, batch)
	if err != nil {
		return AdoptReport{}, err
	}
	defer release()
	client, h, err := e.reach(ctx, host)
	if err != nil {
		return AdoptReport{}, err
	}
	report := AdoptReport{Host: h}
	if err := e.findForeign(ctx, client, provider, &report); err != nil {
		return report, err
	}
	if len(report.Found) == 0 || !apply {
		return report, nil
	}
	report.Batch = batch
	b := core.Batch{ID: report.Batch, Host: h.ID, HostName: h.Name, Provider: provider, State: core.BatchPartial, Phase: "adopt",
		Started: time.Now().UTC(), Ended: time.Now().UTC(), HostSeen: h.Seen, Console: e.Build, By: core.OperatorOf(ctx)}
	for i := range report.Found {
		r := &report.Found[i]
		r.Batches = []core.BatchID{report.Batch}
		if r.Ref.Kind == core.User {
			r.Secret = plan.UserSecret(h.ID, r.Name)
			b.Plan.Steps = append(b.Plan.Steps, core.Step{ID: "password/" + r.Name, Phase: core.PhaseFoundation, Kind: core.User, Verb: core.Update,
				Name: r.Name, Ref: r.Ref, CreatedAt: r.CreatedAt, Origin: core.Created, Secret: r.Secret,
				Fields: core.Fields{"password": core.SecretRef(r.Secret)}})
		}
	}
	r, err := e.open(ctx, b, h, client)
	if err != nil {
		return report, err
	}
	err = r.commit(entry{core.Event{Type: core.EventStarted, Text: "adopt", By: askedBy(ctx)}, func(tx core.Tx) error {
		for _, res := range report.Found {
			if err := tx.Put(core.TableResource, resourceKey(h.ID, res.Ref), res); err != nil {
				return err
			}
		}
		return putBatch(tx, b)
	}})
	if err != nil {
		return report, err
	}
	for _, s := range b.Plan.Steps {
		if err := r.password(s.Secret); err != nil {
			return report, err
		}
		if _, err := r.do(ctx, s); err != nil {
			return report, err
		}
	}
	return report, r.saveBatch(core.Event{Type: core.EventFinished, State: string(b.State)}, func(*core.Batch) {})
}

// findForeign reads what carries another state's marker and belongs to the provider's groups.
func (e *Engine) findForeign(ctx context.Context, c core.HostClient, provider string, report *AdoptReport) error {
	held, err := e.Resources(ctx, report.Host.ID)
	if err != nil {
		return err
	}
	foreign := func(o core.Object) bool {
		state, _, marked := kind.Of(o.Kind).MarkerOf(o)
		if !marked || state == e.State || slices.ContainsFunc(held, func(r core.Resource) bool { return plan.SameIdentity(r, o) }) {
			return false
		}
		report.State = state
		return true
	}
	take := func(o core.Object, mode core.AccessMode, fields ...string) {
		r := core.Resource{Host: report.Host.ID, Ref: o.Ref(), Provider: provider, Mode: mode, Name: o.Name, CreatedAt: o.CreatedAt,
			Origin: core.Created, Fields: core.Fields{}}
		for _, f := range append(fields, kind.Of(o.Kind).Marker) {
			if v, ok := o.Fields[f]; ok {
				r.Fields[f] = v
			}
		}
		report.Found = append(report.Found, r)
	}
	groups, err := c.List(ctx, core.Group, core.Query{})
	if err != nil {
		return err
	}
	for _, g := range groups {
		mode := core.AccessSelfService
		if g.Fields.Str("subscription_type") == "subscription" {
			mode = core.AccessSubscription
		}
		if !foreign(g) || g.Name != plan.BaseName(provider, mode, g.Fields.Str("platform")) {
			continue
		}
		take(g, mode, "platform", "subscription_type")
		if err := e.foreignOf(ctx, c, g, func(o core.Object, fields ...string) {
			if foreign(o) {
				take(o, mode, fields...)
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// foreignOf reads what hangs on a group.
func (e *Engine) foreignOf(ctx context.Context, c core.HostClient, g core.Object, take func(o core.Object, fields ...string)) error {
	inGroup := func(o core.Object) bool {
		return o.Fields.Num("group_id") == float64(g.ID) || slices.Contains(o.Fields.IDs("group_ids"), g.ID)
	}
	_, batch, _ := kind.Group.MarkerOf(g)
	for _, k := range []core.Kind{core.Channel, core.Account, core.Plan} {
		list, err := c.List(ctx, k, core.Query{})
		if err != nil {
			return err
		}
		for _, o := range list {
			_, madeBy, _ := kind.Of(k).MarkerOf(o) // an account that failed stands outside every group
			if inGroup(o) || madeBy == batch {
				take(o, "group_id", "group_ids")
			}
		}
	}
	subs, err := c.List(ctx, core.Subscription, core.Query{Group: g.ID})
	if err != nil {
		return err
	}
	for _, o := range subs {
		take(o, "group_id", "user_id")
	}
	keys, err := c.List(ctx, core.APIKey, core.Query{Group: g.ID})
	if err != nil {
		return err
	}
	users := map[int64]bool{}
	for _, o := range keys {
		take(o, "group_id")
		users[o.Owner] = true
	}
	for id := range users {
		u, err := c.Get(ctx, core.Ref{Kind: core.User, ID: id})
		if err != nil {
			return err
		}
		take(u)
	}
	return nil
}
