package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/kind"
	"cnrelay/core/plan"
)

// An intent is good for this long; a write that leaves later, because it had to wait, is written down anew.
const intentHolds = 20 * time.Second

// uncertain handles a write whose outcome the answer leaves open. If the host answered at all, its
// handler has ended: what it made is there to be seen now. If it didn't, an effect may still come;
// then the step is unknown, and the run stops rather than guess.
func (r *run) uncertain(ctx context.Context, s core.Step, w core.Write, cause error) (core.Object, error) {
	for wait := 200 * time.Millisecond; ; wait *= 2 {
		if interrupted(ctx) != nil {
			break
		}
		o, err := r.find(ctx, s, w.Ref)
		switch {
		case err == nil:
			return r.settle(ctx, s, w, o)
		case core.CodeOf(err) == core.CodeStopped:
			return core.Object{}, r.failed(s, err)
		case errors.Is(err, core.ErrNotFound) && answered(cause) && (s.Verb != core.Update || wait > 2*time.Second):
			return core.Object{}, r.failed(s, cause)
		}
		if wait > 2*time.Second || pause(ctx, wait) != nil {
			break
		}
		if s.Verb != core.Update || !errors.Is(err, core.ErrNotFound) {
			continue
		}
		// An update sets what it sets: it may be sent twice.
		if o, err = r.client.Write(ctx, w); err == nil {
			return r.settle(ctx, s, w, o)
		}
		if !core.Uncertain(err) {
			return o, r.failed(s, err)
		}
		cause = err
	}
	return core.Object{}, r.unknown(s, r.record(s.ID), cause) // from its last intent on
}

// unknown commits that nobody can tell yet what became of a step; rec has its address as far as it is known.
func (r *run) unknown(s core.Step, rec core.StepRecord, cause error) error {
	rec.State, rec.Error = core.StepUnknown, cause.Error()
	if err := r.step(s, rec, core.Event{Type: core.EventResult}, nil); err != nil {
		return err
	}
	return &unknownError{s, cause}
}

func answered(err error) bool {
	var e *core.Error
	return errors.As(err, &e) && e.Status != 0
}

// unknownError stops a run: a write was sent and nobody can tell yet whether it took effect.
type unknownError struct {
	step core.Step
	err  error
}

func (e *unknownError) Error() string {
	return fmt.Sprintf("%s %s %s: no answer, and the host doesn't show it: %v", e.step.Verb, e.step.Kind, e.step.Name, e.err)
}
func (e *unknownError) Unwrap() []error { return []error{e.err, core.ErrInterrupted} }

// resolve settles an intent that an earlier process, or an earlier try, left without a result.
// [core.ErrNotFound] means that it never took effect and may be sent again. Whoever does that (resend) need not wait
// until an update can't come into effect any more.
func (r *run) resolve(ctx context.Context, s core.Step, rec core.StepRecord, resend bool) (core.Object, error) {
	for {
		o, err := r.find(ctx, s, rec.Ref)
		if err == nil {
			return r.settle(ctx, s, core.Write{Verb: s.Verb, Ref: rec.Ref}, o)
		}
		left := time.Until(rec.Sent.Add(r.e.Settles))
		if errors.Is(err, core.ErrNotFound) && s.Verb == core.Create && left <= 0 {
			if o, err = r.findRenamed(ctx, s); err == nil {
				return r.settle(ctx, s, core.Write{Verb: s.Verb, Ref: rec.Ref}, o)
			}
		}
		if !errors.Is(err, core.ErrNotFound) || left <= 0 || s.Verb == core.Delete || (s.Verb == core.Update && resend) {
			return o, err
		}
		if err := pause(ctx, min(left, 2*time.Second)); err != nil {
			return o, err
		}
	}
}

// find looks for the effect of a step on the host: for what a create made, by name and marker; for a deletion, by
// absence; for an update, by its values. [core.ErrNotFound] is that there is none.
func (r *run) find(ctx context.Context, s core.Step, ref core.Ref) (core.Object, error) {
	switch s.Verb {
	case core.Create:
		return r.findMade(ctx, s, ref)
	case core.Update, core.Delete:
		o, err := r.client.Get(ctx, ref)
		gone := errors.Is(err, core.ErrNotFound)
		switch {
		case gone && s.Verb == core.Delete:
			return core.Object{Kind: s.Kind, ID: ref.ID, Owner: ref.Owner}, nil
		case err != nil:
			return core.Object{}, err
		case s.Verb == core.Delete:
			return core.Object{}, core.ErrNotFound
		}
		return o, r.holds(ctx, s, o)
	}
	return core.Object{}, core.ErrNotFound
}

// holds is nil if an object is the one that a step's update was for, and is as the update set it.
func (r *run) holds(ctx context.Context, s core.Step, o core.Object) error {
	known, recorded, err := get[core.Resource](ctx, r.e.Store, core.TableResource, resourceKey(r.host.ID, o.Ref()))
	if !recorded {
		known = core.Resource{Ref: o.Ref(), CreatedAt: s.CreatedAt}
	}
	if err != nil || ((recorded || !s.CreatedAt.IsZero()) && !plan.SameIdentity(known, o)) {
		return errors.Join(err, r.otherIdentity(s, o))
	}
	set, err := s.Fields.Resolve(nil, r.id)
	if err == nil && !kind.Of(s.Kind).Holds(set, o.Fields) {
		err = core.ErrNotFound
	}
	return err
}

func (r *run) findMade(ctx context.Context, s core.Step, ref core.Ref) (core.Object, error) {
	want, err := s.Fields.Resolve(nil, r.id)
	if err != nil {
		return core.Object{}, err
	}
	q := core.Query{Search: s.Name}
	switch s.Kind {
	case core.APIKey:
		q = core.Query{User: ref.Owner}
	case core.Subscription:
		q = core.Query{User: int64(want.Num("user_id")), Group: int64(want.Num("group_id"))}
	}
	list, err := r.client.List(ctx, s.Kind, q)
	if err != nil {
		return core.Object{}, err
	}
	spec := kind.Of(s.Kind)
	return r.one(s, slices.DeleteFunc(list, func(o core.Object) bool {
		sameName := s.Kind == core.Subscription || strings.EqualFold(o.Name, s.Name)
		sameMarker := spec.Marker == "" || kind.Equal(want[spec.Marker], o.Fields[spec.Marker])
		state, _, marked := spec.MarkerOf(o)
		return !(marked && state == r.e.State && sameName && sameMarker)
	}))
}

// findRenamed looks for what a create made and somebody gave another name to before it was ever recorded: the batch's
// marker on something that is in no record, where only this step's is missing.
func (r *run) findRenamed(ctx context.Context, s core.Step) (core.Object, error) {
	spec := kind.Of(s.Kind)
	if spec.Marker == "" || s.Kind == core.Subscription || s.Kind == core.User {
		return core.Object{}, core.ErrNotFound
	}
	list, err := r.client.List(ctx, s.Kind, core.Query{})
	if err != nil {
		return core.Object{}, err
	}
	held, err := r.e.Resources(ctx, r.host.ID)
	if err != nil {
		return core.Object{}, err
	}
	marker := s.Fields.Str(spec.Marker)
	return r.one(s, slices.DeleteFunc(list, func(o core.Object) bool {
		recorded := slices.ContainsFunc(held, func(rec core.Resource) bool { return rec.Ref == o.Ref() })
		return recorded || o.Fields.Str(spec.Marker) != marker || r.isOpen(s.Kind, o.Name)
	}))
}

// isOpen tells whether another step that makes such a thing is still to be looked for.
func (r *run) isOpen(k core.Kind, name string) bool {
	return slices.ContainsFunc(slices.Concat(r.batch.Plan.Steps, r.batch.Undo), func(s core.Step) bool {
		state := r.record(s.ID).State
		return s.Kind == k && s.Verb == core.Create && strings.EqualFold(s.Name, name) && (state == core.StepIntent || state == core.StepUnknown)
	})
}

// one is the only one of what was found.
func (r *run) one(s core.Step, found []core.Object) (core.Object, error) {
	switch len(found) {
	case 0:
		return core.Object{}, core.ErrNotFound
	case 1:
		return found[0], nil
	}
	return core.Object{}, &core.Error{Code: core.CodeStopped, Host: r.host.Name, Stage: "look up " + s.Name, Fault: core.FaultHost,
		What: fmt.Sprintf("%d resources carry this batch's marker where one was made", len(found)), Next: "look at them on the host; nothing was touched"}
}
