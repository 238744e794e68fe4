package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cnrelay/core"
	"cnrelay/core/kind"
	"cnrelay/core/plan"
)

// sameAsLeft refuses to go on with a batch where the host holds something else under the ids that the batch
// recorded, or that its plan was made for: a database that was restored gives ids anew, and what hangs on them now is
// not ours to change. What is only gone shows by itself.
func (e *Engine) sameAsLeft(ctx context.Context, c core.HostClient, h core.Host, b BatchDetail) error {
	held, err := e.Resources(ctx, h.ID)
	if err != nil {
		return err
	}
	known := slices.DeleteFunc(held, func(r core.Resource) bool { return !slices.Contains(r.Batches, b.ID) })
	for _, s := range b.Plan.Steps {
		if s.Ref.ID != 0 && !s.CreatedAt.IsZero() && b.Steps[s.ID].State != core.StepDone {
			known = append(known, core.Resource{Ref: s.Ref, Name: s.Name, CreatedAt: s.CreatedAt})
		}
	}
	read, err := e.readKnown(ctx, c, known)
	if err != nil {
		return err
	}
	for _, r := range known {
		if o, there := read[r.Ref]; there && !plan.SameIdentity(r, o) {
			return &core.Error{Code: core.CodeStopped, Host: h.Name, Stage: "resume", Fault: core.FaultOperator,
				What: fmt.Sprintf("the host's %s is not the %s that this batch knew: its database seems to have been restored; nothing was sent", r.Ref, r.Name),
				Next: "cnrelay batch rollback " + string(b.ID) + " takes back what is still there; then import again", Err: core.ErrIdentityChanged}
		}
	}
	return nil
}

// readKnown reads resources, the accounts by their list: there may be a thousand.
func (e *Engine) readKnown(ctx context.Context, c core.HostClient, known []core.Resource) (map[core.Ref]core.Object, error) {
	isAccount := func(r core.Resource) bool { return r.Ref.Kind == core.Account }
	read, err := e.readAll(ctx, c, refsOf(slices.DeleteFunc(slices.Clone(known), isAccount)))
	if err != nil || !slices.ContainsFunc(known, isAccount) {
		return read, err
	}
	list, err := c.List(ctx, core.Account, core.Query{})
	for _, o := range list {
		read[o.Ref()] = o
	}
	return read, err
}

// meanwhile fits a step of a plan that was made some time ago to what others, or later batches, did since. What the step
// would make may have been made: then it is there, and nothing is sent. What it would change is proven to be what it
// was, and lists that others put something into keep it.
func (r *run) meanwhile(ctx context.Context, s *core.Step) (o core.Object, there bool, err error) {
	switch s.Verb {
	case core.Create:
		o, there, err = r.madeSince(ctx, *s)
		if there {
			s.Verb, s.Ref, s.Fields = core.Leave, o.Ref(), nil
		}
	case core.Update:
		w, err := r.write(*s)
		if err != nil {
			return o, false, err
		}
		set, err := s.Fields.Resolve(nil, r.id)
		if err != nil {
			return o, false, err
		}
		if o, err = r.client.Get(ctx, w.Ref); err != nil {
			return o, false, err
		}
		if !s.CreatedAt.IsZero() && !plan.SameIdentity(core.Resource{Ref: o.Ref(), CreatedAt: s.CreatedAt}, o) {
			return o, false, r.otherIdentity(*s, o)
		}
		before, fields := core.Fields{}, core.Fields{}
		for field, want := range set {
			fields[field] = kind.Of(s.Kind).Rebase(field, s.Before[field], want, o.Fields[field])
			before[field] = o.Fields[field]
		}
		s.Fields, s.Before = fields, before
	}
	return o, there, err
}

// madeSince finds what another batch made, or took up, that a step would make a second time.
func (r *run) madeSince(ctx context.Context, s core.Step) (core.Object, bool, error) {
	held, err := r.e.Resources(ctx, r.host.ID)
	if err != nil {
		return core.Object{}, false, err
	}
	want, err := s.Fields.Resolve(nil, r.id)
	if err != nil {
		return core.Object{}, false, err
	}
	for _, res := range held {
		if res.Ref.Kind != s.Kind || res.Provider != r.batch.Provider || !sameThing(s, want, res) {
			continue
		}
		o, err := r.client.Get(ctx, res.Ref)
		switch {
		case errors.Is(err, core.ErrNotFound):
		case err != nil:
			return o, false, err
		case plan.SameIdentity(res, o) && (s.Kind != core.Account || kind.Equal(o.Fields["platform"], want["platform"])):
			return o, true, nil
		}
	}
	return core.Object{}, false, nil
}

// sameThing tells whether a record is of what a step would make.
func sameThing(s core.Step, want core.Fields, res core.Resource) bool {
	switch s.Kind {
	case core.Account:
		return res.Account == s.Account
	case core.APIKey:
		return res.Secret == s.Secret
	case core.Subscription:
		return res.Name == s.Name && kind.Equal(res.Fields["group_id"], want["group_id"])
	}
	return res.Name == s.Name
}
