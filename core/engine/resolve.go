package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/kind"
)

const (
	// An intent is good for this long; a write that leaves later, because it had to wait, is written down anew.
	intentHolds = 20 * time.Second
	// How long a write may still take effect on a host after its intent, if no answer came: as long as the intent
	// holds, the client's own deadline for a write (60 s) and some more.
	writeSettles = 90 * time.Second
)

// uncertain handles a write whose outcome the answer leaves open. If the host answered at all, its
// handler has ended: what it made is there to be seen now. If it didn't, an effect may still come;
// then the step is unknown, and the run stops rather than guess.
func (r *run) uncertain(ctx context.Context, s core.Step, w core.Write, rec core.StepRecord, cause error) (core.Object, error) {
	if s.Verb == core.Update {
		return r.again(ctx, s, w, rec, cause)
	}
	for wait := 200 * time.Millisecond; ; wait *= 2 {
		o, err := r.find(ctx, s, rec.Ref)
		switch {
		case err == nil:
			return r.settle(ctx, s, w, o)
		case errors.Is(err, core.ErrNotFound) && answered(cause):
			return core.Object{}, r.failed(s, cause)
		case !errors.Is(err, core.ErrNotFound) && core.CodeOf(err) == core.CodeStopped:
			return core.Object{}, r.failed(s, err)
		}
		if wait > 2*time.Second || pause(ctx, wait) != nil {
			break
		}
	}
	return core.Object{}, r.unknown(s, rec, cause)
}

// again sends an update whose outcome is open once more: it sets what it set, so it may be sent twice, and a
// look wouldn't tell, because what is there may be more than what was asked for.
func (r *run) again(ctx context.Context, s core.Step, w core.Write, rec core.StepRecord, cause error) (core.Object, error) {
	var refused *core.Error
	for wait := 200 * time.Millisecond; wait < 2*time.Second && pause(ctx, wait) == nil; wait *= 3 {
		o, err := r.client.Write(context.WithoutCancel(ctx), w)
		if err == nil {
			return r.settle(ctx, s, w, o)
		}
		if cause = err; !core.Uncertain(err) {
			return o, r.failed(s, err)
		}
		errors.As(err, &refused)
	}
	if refused != nil && refused.Status >= 400 {
		return core.Object{}, r.failed(s, cause)
	}
	return core.Object{}, r.unknown(s, rec, cause)
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

// resolve settles an intent that an earlier process left without a result. [core.ErrNotFound] means that
// it never took effect and may be sent again.
func (r *run) resolve(ctx context.Context, s core.Step, rec core.StepRecord) (core.Object, error) {
	for {
		o, err := r.find(ctx, s, rec.Ref)
		if err == nil {
			return r.settle(ctx, s, core.Write{Verb: s.Verb, Ref: rec.Ref}, o)
		}
		if !errors.Is(err, core.ErrNotFound) {
			return o, err
		}
		if s.Verb != core.Create { // updates and deletions may be sent twice
			return o, err
		}
		left := time.Until(rec.Sent.Add(writeSettles))
		if left <= 0 {
			return o, err
		}
		if err := pause(ctx, min(left, 2*time.Second)); err != nil {
			return o, err
		}
	}
}

// find looks for the effect of a step on the host: for what a create made, by name and marker; for a deletion, by
// absence. An update is not looked for but sent again.
func (r *run) find(ctx context.Context, s core.Step, ref core.Ref) (core.Object, error) {
	ctx = context.WithoutCancel(ctx)
	switch s.Verb {
	case core.Delete:
		_, err := r.client.Get(ctx, ref)
		if errors.Is(err, core.ErrNotFound) {
			return core.Object{Kind: s.Kind, ID: ref.ID, Owner: ref.Owner}, nil
		}
		if err == nil {
			return core.Object{}, core.ErrNotFound
		}
		return core.Object{}, err
	case core.Create:
		return r.findMade(ctx, s, ref)
	}
	return core.Object{}, core.ErrNotFound
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
	var found []core.Object
	for _, o := range list {
		spec := kind.Of(s.Kind)
		sameName := s.Kind == core.Subscription || strings.EqualFold(o.Name, s.Name)
		sameGroup := s.Kind != core.APIKey || kind.Equal(want["group_id"], o.Fields["group_id"])
		sameMarker := spec.Marker == "" || kind.Equal(want[spec.Marker], o.Fields[spec.Marker])
		if state, _, marked := spec.MarkerOf(o); marked && state == r.e.State && sameName && sameGroup && sameMarker {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return core.Object{}, core.ErrNotFound
	case 1:
		return found[0], nil
	}
	return core.Object{}, &core.Error{Code: core.CodeStopped, Host: r.host.Name, Stage: "look up " + s.Name, Fault: core.FaultHost,
		What: fmt.Sprintf("%d resources carry this batch's marker where one was made", len(found)), Next: "look at them on the host; nothing was touched"}
}
