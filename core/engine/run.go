package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cnrelay/core"
	"cnrelay/core/plan"
)

// run is one import or rollback under way.
type run struct {
	e      *Engine
	host   core.Host
	client core.HostClient
	tape   *tape

	mu    sync.Mutex
	batch core.Batch
	seq   uint64
	steps map[string]core.StepRecord
	held  map[string][]entry // by account: results that wait for the next intent

	resumed     bool            // its plan was made some time ago
	usageBefore map[string]bool // request ids that the usage record held before a replacement's access check
}

// open prepares the run of a stored batch.
func (e *Engine) open(ctx context.Context, b core.Batch, h core.Host, c core.HostClient) (*run, error) {
	r := &run{e: e, host: h, client: c, batch: b, steps: map[string]core.StepRecord{}, held: map[string][]entry{}}
	err := r.fillGaps(ctx)
	if err != nil {
		return r, err
	}
	err = e.Store.View(ctx, func(rd core.Reader) error {
		return rd.Scan(core.TableStep, string(b.ID)+"/", func(_ string, decode func(any) error) error {
			var s storedStep
			if err := decode(&s); err != nil {
				return err
			}
			r.steps[s.ID] = s.StepRecord
			return nil
		})
	})
	return r, err
}

// fillGaps goes on after the last event. Events are committed side by side, so a process that dies may leave
// a number out; watchers read in order, so it is filled.
func (r *run) fillGaps(ctx context.Context) error {
	events, err := r.e.Events(ctx, r.batch.ID)
	if err != nil {
		return err
	}
	return r.e.Store.Update(ctx, func(tx core.Tx) error {
		r.seq = 0
		for _, ev := range events {
			for r.seq++; r.seq < ev.Seq; r.seq++ {
				lost := core.Event{Run: r.batch.ID, Seq: r.seq, At: ev.At, Host: ev.Host, Type: core.EventPhase}
				if err := tx.Put(core.TableEvent, eventKey(lost.Run, lost.Seq), lost); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// storedStep carries its id, because ids hold slashes and keys are made of them too.
type storedStep struct {
	ID string `json:"id"`
	core.StepRecord
}

// entry is an event with what it means for the store.
type entry struct {
	ev     core.Event
	change func(tx core.Tx) error // nil: nothing more
}

// errLost is a run whose lease another engine took over.
var errLost = errors.New("the lease is another's")

// commit writes events together with what they mean, then lets watchers see them. Several commits may be under
// way at once, so that the store can make them one; watchers read events in the order of their numbers.
func (r *run) commit(entries ...entry) error {
	r.mu.Lock()
	for i := range entries {
		r.seq++
		ev := &entries[i].ev
		ev.Run, ev.Seq, ev.At, ev.Host = r.batch.ID, r.seq, time.Now().UTC(), r.host.ID
	}
	run := r.batch.ID
	r.mu.Unlock()
	err := r.tape.save(context.Background(), r.e.Store, func(tx core.Tx, _ *core.Run) error {
		if held, err := r.e.holds(tx, r.host.ID, run); err != nil {
			return err
		} else if !held {
			return errLost
		}
		for _, e := range entries {
			if e.change != nil {
				if err := e.change(tx); err != nil {
					return err
				}
			}
			if err := tx.Put(core.TableEvent, eventKey(run, e.ev.Seq), e.ev); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errLost) {
		return &core.Error{Code: core.CodeStopped, Host: r.host.Name, Stage: "journal", Fault: core.FaultOperator,
			What: "another cnrelay took this run over; nothing more was sent", Next: "cnrelay batch show " + string(run), Err: errors.Join(err, core.ErrInterrupted)}
	}
	if err != nil {
		return &core.Error{Code: core.CodeState, Host: r.host.Name, Stage: "journal", Fault: core.FaultOperator,
			What: "the state directory can't be written: " + err.Error(), Next: "nothing more was sent; mend the disk, then cnrelay batch resume " + string(run), Err: err}
	}
	r.e.watchers.wake(run)
	return nil
}

// saveBatch commits an event with the batch as it stands after change.
func (r *run) saveBatch(ev core.Event, change func(b *core.Batch)) error {
	r.mu.Lock()
	change(&r.batch)
	b := r.batch
	r.mu.Unlock()
	if ev.Type == core.EventFinished {
		r.tape.walked(b, ev)
	}
	return r.commit(entry{ev, func(tx core.Tx) error { return putBatch(tx, b) }})
}

func (r *run) record(id string) core.StepRecord {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.steps[id]
}

// step commits what is known of a step, with an event and a change to the ledger.
//
// The end of an account's step waits for the beginning of its next one, which follows at once, and is committed
// with it, or for [run.settled]: before anything else is sent about the account, in half the commits. Lost with the
// process it is an intent without a result, like any other.
func (r *run) step(s core.Step, rec core.StepRecord, ev core.Event, change func(tx core.Tx) error) error {
	rec.At = time.Now().UTC()
	ev.Step, ev.Phase, ev.Kind, ev.Verb, ev.Name, ev.ID, ev.State = s.ID, s.Phase, s.Kind, s.Verb, s.Name, rec.Ref.ID, string(rec.State)
	ev.Text = rec.Error
	e := entry{ev, func(tx core.Tx) error {
		if change != nil {
			if err := change(tx); err != nil {
				return err
			}
		}
		return tx.Put(core.TableStep, string(r.batch.ID)+"/"+s.ID, storedStep{s.ID, rec})
	}}
	r.mu.Lock()
	r.steps[s.ID] = rec
	entries := append(r.held[s.Account], e)
	waits := (s.Phase == core.PhaseStage || s.Phase == core.PhaseAttach) && s.Account != "" && rec.State == core.StepDone
	if r.held[s.Account] = entries; !waits {
		delete(r.held, s.Account)
	}
	r.mu.Unlock()
	if waits {
		return nil
	}
	return r.commit(entries...)
}

// settled commits what still waits of an account.
func (r *run) settled(account string) error {
	r.mu.Lock()
	entries := r.held[account]
	delete(r.held, account)
	r.mu.Unlock()
	if len(entries) == 0 {
		return nil
	}
	return r.commit(entries...)
}

// do takes one step through the journal, unless the journal says that it is done. What it returns has
// no fields if nothing was sent.
func (r *run) do(ctx context.Context, s core.Step) (core.Object, error) {
	ctx = core.AtStep(ctx, s.Phase, s.ID)
	rec := r.record(s.ID)
	switch rec.State {
	case core.StepDone:
		return core.Object{Kind: rec.Ref.Kind, ID: rec.Ref.ID, Owner: rec.Ref.Owner}, nil
	case core.StepIntent, core.StepUnknown:
		o, err := r.resolve(ctx, s, rec, true)
		if err == nil || !errors.Is(err, core.ErrNotFound) {
			return o, err
		}
	}
	switch s.Verb {
	case core.Adopt, core.Leave, core.Forget:
		return r.note(ctx, s)
	}
	return r.send(ctx, s)
}

// note is a step that writes the ledger only.
func (r *run) note(ctx context.Context, s core.Step) (core.Object, error) {
	o := core.Object{Kind: s.Ref.Kind, ID: s.Ref.ID, Owner: s.Ref.Owner, Name: s.Name, CreatedAt: s.CreatedAt}
	if s.Kind == core.APIKey && s.Secret != "" {
		if err := r.keepKey(ctx, s, o); err != nil {
			return o, err
		}
	}
	return o, r.finish(s, o)
}

// send is a step that writes to the host.
func (r *run) send(ctx context.Context, s core.Step) (core.Object, error) {
	if err := interrupted(ctx); err != nil {
		return core.Object{}, err
	}
	if r.resumed {
		o, there, err := r.meanwhile(ctx, &s)
		if err != nil {
			return core.Object{}, r.failed(s, err)
		}
		if there {
			return o, r.finish(s, o)
		}
	}
	w, err := r.write(s)
	if err != nil {
		return core.Object{}, r.failed(s, err)
	}
	amends := s.Phase == core.PhaseUndo || s.Phase == core.PhaseRepair
	if s.Verb == core.Delete || (amends && s.Verb == core.Update && !s.CreatedAt.IsZero()) {
		o, err := r.prove(ctx, s)
		switch {
		case s.Verb == core.Delete && errors.Is(err, core.ErrNotFound):
			return core.Object{Kind: s.Kind, ID: s.Ref.ID}, r.finish(s, core.Object{Kind: s.Kind, ID: s.Ref.ID, Owner: s.Ref.Owner})
		case err != nil:
			return core.Object{}, r.failed(s, err)
		case s.Phase == core.PhaseRetire && len(o.Fields.IDs("group_ids")) > 0: // somebody put it to use elsewhere
			return o, r.step(s, core.StepRecord{State: core.StepSkipped, Ref: s.Ref}, core.Event{Type: core.EventResult}, nil)
		}
	}
	again := r.record(s.ID).State != ""
	var sent time.Time
	w.Ready = func() error {
		if time.Since(sent) < intentHolds {
			return nil
		}
		sent = time.Now().UTC()
		return r.step(s, core.StepRecord{State: core.StepIntent, Ref: w.Ref, Sent: sent}, core.Event{Type: core.EventIntent}, nil)
	}
	if err := w.Ready(); err != nil {
		return core.Object{}, err
	}
	o, err := r.client.Write(ctx, w)
	if err == nil && again && w.Idempotency != "" {
		// The host may only repeat its answer to what was sent before, though that was made and is gone since.
		made := core.Ref{Kind: s.Kind, ID: o.ID}
		switch _, gone := r.client.Get(ctx, made); {
		case errors.Is(gone, core.ErrNotFound):
			w.Idempotency += fmt.Sprint("-", sent.UnixMilli())
			o, err = r.client.Write(ctx, w)
		case gone != nil:
			return o, r.unknown(s, core.StepRecord{Ref: made, Sent: time.Now().UTC()}, gone)
		}
	}
	if core.Uncertain(err) {
		return r.uncertain(ctx, s, w, err)
	}
	if err != nil && !(s.Verb == core.Delete && errors.Is(err, core.ErrNotFound)) {
		return o, errors.Join(r.failed(s, err), interrupted(ctx))
	}
	return r.settle(ctx, s, w, o)
}

// write fills a step's fields in: ids from earlier steps, secrets from the vault.
func (r *run) write(s core.Step) (core.Write, error) {
	w := core.Write{Verb: s.Verb, Ref: s.Ref}
	w.Ref.Kind = s.Kind
	if s.Kind == core.APIKey && s.Target != "" && w.Ref.Owner == 0 {
		owner, err := r.id(s.Target)
		if err != nil {
			return w, err
		}
		w.Ref.Owner = owner
	} else if w.Ref.ID == 0 && s.Verb != core.Create {
		id, err := r.id(s.Target)
		if err != nil {
			return w, err
		}
		w.Ref.ID = id
	}
	if s.Kind == core.User && s.Verb == core.Create {
		if err := r.password(s.Secret); err != nil {
			return w, err
		}
	}
	fields, err := s.Fields.Resolve(r.e.Vault.Secret, r.id)
	if err != nil {
		return w, err
	}
	w.Fields = fields
	if s.Verb == core.Create {
		w.Fields = withName(s, fields)
		if s.Kind == core.Account && r.host.Seen.Has(core.FeatureIdempotency) {
			w.Idempotency = fmt.Sprintf("cnrelay-%s-%s-%s", r.e.State, r.batch.ID, plan.Short(s.Account))
		}
	}
	if s.As != "" {
		password, err := r.e.Vault.Secret(s.As)
		if err != nil {
			return w, fmt.Errorf("password of %s: %w", s.AsEmail, err)
		}
		w.As = &core.Login{Email: s.AsEmail, Password: password}
	}
	return w, nil
}

// withName adds the name under the field that the kind keeps it in.
func withName(s core.Step, fields core.Fields) core.Fields {
	switch s.Kind {
	case core.User:
		fields["email"] = s.Name
	case core.Subscription:
	default:
		fields["name"] = s.Name
	}
	return fields
}

// id is what an earlier step made or found.
func (r *run) id(step string) (int64, error) {
	if rec := r.record(step); rec.Ref.ID != 0 {
		return rec.Ref.ID, nil
	}
	return 0, fmt.Errorf("step %s made nothing that could be used here", step)
}

// settle completes a write that the host answered well: what it made, or took away, is read again where identity
// needs it, and the result is committed. What can't be read again is found by its marker, or its absence, later.
func (r *run) settle(ctx context.Context, s core.Step, w core.Write, o core.Object) (core.Object, error) {
	switch s.Verb {
	case core.Create:
		o.Kind, o.Owner = s.Kind, w.Ref.Owner
		if s.Kind == core.Account {
			break // read when it is attached or judged, to keep to three requests an account
		}
		again, err := r.client.Get(ctx, o.Ref())
		if err == nil && s.Kind == core.APIKey {
			err = r.e.Vault.Put(map[string]string{s.Secret: cmp.Or(again.Secret, o.Secret)})
		}
		if err != nil {
			return o, r.unknown(s, core.StepRecord{Ref: o.Ref(), Sent: time.Now().UTC()}, err)
		}
		o = again
	case core.Delete:
		_, err := r.client.Get(ctx, w.Ref)
		if err == nil {
			return o, r.failed(s, &core.Error{Code: core.CodeHost, Host: r.host.Name, Stage: "delete " + w.Ref.String(), Fault: core.FaultHost,
				What: "the host said deleted, but still has it", Next: "roll back again; if it stays, delete it by hand"})
		}
		if !errors.Is(err, core.ErrNotFound) {
			return o, r.unknown(s, core.StepRecord{Ref: w.Ref, Sent: time.Now().UTC()}, err)
		}
		o = core.Object{Kind: s.Kind, ID: w.Ref.ID, Owner: w.Ref.Owner}
		if err := r.drop(ctx, s, w.Ref); err != nil {
			return o, r.failed(s, err)
		}
	case core.Update:
		o.Kind, o.ID, o.Owner = s.Kind, w.Ref.ID, w.Ref.Owner
		if s.Kind == core.APIKey && s.Secret != "" {
			if err := r.keepKey(ctx, s, o); err != nil {
				return o, err
			}
		}
	}
	return o, r.finish(s, o)
}

// drop forgets a key's value or a user's password, which is worth nothing any more, unless something that was made since
// goes by it: a user of the same e-mail has the same password.
func (r *run) drop(ctx context.Context, s core.Step, gone core.Ref) error {
	if s.Secret == "" {
		return nil
	}
	of := string(r.host.ID) + "/" + string(gone.Kind) + "/"
	heirs, err := scan(ctx, r.e.Store, core.TableResource, of, func(res core.Resource) bool { return res.Ref.ID != gone.ID && res.Secret == s.Secret })
	if err != nil || len(heirs) > 0 {
		return err
	}
	return r.e.Vault.Delete(s.Secret)
}

// finish commits a step's good end, with what it means for the ledger.
func (r *run) finish(s core.Step, o core.Object) error {
	rec := core.StepRecord{State: core.StepDone, Ref: core.Ref{Kind: s.Kind, ID: o.ID, Owner: o.Owner}}
	set, err := s.Fields.Resolve(nil, r.id) // secrets stay references
	if err != nil {
		return err
	}
	return r.step(s, rec, core.Event{Type: core.EventResult}, func(tx core.Tx) error { return r.book(tx, s, o, set) })
}

// failed commits a step's bad end.
func (r *run) failed(s core.Step, cause error) error {
	rec := core.StepRecord{State: core.StepFailed, Error: cause.Error()}
	if s.Phase == core.PhaseUndo || s.Phase == core.PhaseRepair {
		rec.Ref = s.Ref
	}
	if err := r.step(s, rec, core.Event{Type: core.EventResult}, nil); err != nil {
		return err
	}
	return &stepError{s, cause}
}

// stepError names the step in which something went wrong.
type stepError struct {
	step core.Step
	err  error
}

func (e *stepError) Error() string {
	return fmt.Sprintf("%s %s %s: %v", e.step.Verb, e.step.Kind, e.step.Name, e.err)
}
func (e *stepError) Unwrap() error { return e.err }

// prove compares identity before anything is taken away or put back: kind, id and creation time as a
// read gives it.
func (r *run) prove(ctx context.Context, s core.Step) (core.Object, error) {
	o, err := r.client.Get(ctx, s.Ref)
	if err == nil && !plan.SameIdentity(core.Resource{Ref: s.Ref, CreatedAt: s.CreatedAt}, o) {
		err = r.otherIdentity(s, o)
	}
	return o, err
}

func (r *run) otherIdentity(s core.Step, o core.Object) error {
	return &core.Error{Code: core.CodeStopped, Host: r.host.Name, Stage: "identity of " + s.Ref.String(), Fault: core.FaultOperator,
		What: "the host's " + s.Ref.String() + " is not the one that was recorded (made " + o.CreatedAt.Format(time.RFC3339) + ", recorded " + s.CreatedAt.Format(time.RFC3339) + "); nothing was sent",
		Next: "cnrelay resources --host " + r.host.Name, Err: core.ErrIdentityChanged}
}
