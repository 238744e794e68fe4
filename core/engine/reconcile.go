package engine

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
	"cnrelay/core/drift"
)

// ReconcileSpec says what is compared with its host.
type ReconcileSpec struct {
	Host     string       // name or id; "" is the host of Batch
	Provider string       // "" means all
	Batch    core.BatchID // "" means every live one
	// Completion asks the gateway with the batch's key and, if that is well, the provider directly, too. That costs
	// a completion each; everything else is free.
	Completion bool

	monitor *look // of the schedule; it has the last word on what is asked and kept
}

// Reconcile compares what is recorded on a host with what it holds, and looks whether it works. It writes nothing to
// the host, and asks for each list once. Every live batch in scope gets a run of its own, newest first, which is
// stored. A host that can't be read gives unknown runs; an error means that nothing was compared.
func (e *Engine) Reconcile(ctx context.Context, spec ReconcileSpec) ([]core.DriftRun, error) {
	r, err := e.reconciliation(ctx, spec)
	if err != nil {
		return nil, err
	}
	r.monitor = spec.monitor
	var t *tape // of what somebody asked for: the monitor looks once a minute, and nothing would bound what is kept
	if r.monitor == nil {
		ctx, t = e.recorded(ctx, core.RunDrift)
		ctx = core.AtStep(ctx, "", "compare")
	}
	unreachable := r.identify(ctx)
	if c, ok := r.client.(io.Closer); ok { // a thousand hosts' idle connections are many
		defer c.Close()
	}
	switch {
	case unreachable == nil:
		// The gateway first: what it finds out about accounts shows in the lists.
		if spec.Completion || r.monitor != nil {
			if err := r.prove(ctx); err != nil {
				return nil, err
			}
		}
		r.read(ctx)
	case !hostsFault(unreachable):
		return nil, unreachable
	}
	if err := interrupted(ctx); err != nil {
		return nil, err
	}
	if err := r.undisturbed(ctx); err != nil {
		return nil, err
	}
	runs := make([]core.DriftRun, len(r.batches))
	for i, b := range r.batches {
		runs[i] = r.judge(b, unreachable)
		drift.Settle(&runs[i])
		runs[i].Took = time.Since(r.started)
	}
	return runs, e.keepDrift(ctx, r, runs, t, unreachable)
}

// reconciliation is one reading of a host.
type reconciliation struct {
	e       *Engine
	host    core.Host
	turn    uint64          // of the host's lease, before
	batches []core.Batch    // in scope, newest first
	held    []core.Resource // of the host; Batches are live ones
	client  core.HostClient
	started time.Time
	answers map[string]asked // of the gateway and the provider, by the keys that they were asked with
	seen    *drift.Seen
	unread  []string // what could not be read, for operators
	monitor *look    // nil: somebody asked
}

// reconciliation finds what there is to compare, in the ledger.
func (e *Engine) reconciliation(ctx context.Context, spec ReconcileSpec) (*reconciliation, error) {
	name := spec.Host
	if name == "" && spec.Batch != "" {
		b, err := e.Batch(ctx, spec.Batch)
		if err != nil {
			return nil, err
		}
		name = string(b.Host)
	}
	h, err := e.Host(ctx, name)
	if err != nil {
		return nil, err
	}
	r := &reconciliation{e: e, host: h, started: time.Now(), answers: map[string]asked{}, seen: drift.NewSeen()}
	if r.turn, err = e.quiet(ctx, h); err != nil { // before the ledger is read, and again when the host has been
		return nil, err
	}
	if r.held, err = e.Resources(ctx, h.ID); err != nil {
		return nil, err
	}
	alive := map[core.BatchID]bool{}
	for _, id := range batchesOf(r.held) {
		b, found, err := e.whole(ctx, id)
		if err != nil {
			return nil, err
		}
		if !found || !live(b) {
			continue
		}
		alive[id] = true
		if (spec.Provider == "" || b.Provider == spec.Provider) && (spec.Batch == "" || id == spec.Batch) {
			r.batches = append(r.batches, b)
		}
	}
	for i := range r.held {
		r.held[i].Batches = slices.DeleteFunc(r.held[i].Batches, func(id core.BatchID) bool { return !alive[id] })
	}
	slices.SortStableFunc(r.batches, func(a, b core.Batch) int { return b.Started.Compare(a.Started) })
	if len(r.batches) == 0 {
		nothing := core.Input("nothing that fits is recorded on "+h.Name, "cnrelay status --host "+h.Name)
		nothing.Err = errNothingRecorded
		return nil, nothing
	}
	return r, nil
}

var errNothingRecorded = errors.New("nothing is recorded")

func batchesOf(held []core.Resource) []core.BatchID {
	ids := map[core.BatchID]bool{}
	for _, r := range held {
		for _, id := range r.Batches {
			ids[id] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// hostsFault tells what keeps a host from being read from what is wrong here.
func hostsFault(err error) bool {
	switch core.CodeOf(err) {
	case core.CodeNetwork, core.CodeAuth, core.CodeHost, core.CodeBlocked, core.CodeStopped:
		return true
	}
	return false
}

// identify connects to the host and makes sure that it is the one that was registered. Its features are looked for
// again only if its version changed.
func (r *reconciliation) identify(ctx context.Context) (err error) {
	connect := r.e.client
	if r.monitor != nil {
		connect = r.monitor.m.client
	}
	if r.client, err = connect(r.host); err != nil {
		return err
	}
	seen, err := r.client.Identify(ctx)
	if err != nil {
		if r.monitor != nil && core.CodeOf(err) == core.CodeAuth { // its secret may be another one by now
			r.monitor.m.forget(r.host.ID)
		}
		return err
	}
	if seen.Version != r.host.Seen.Version || r.host.Seen.Features == nil || r.host.Fingerprint == "" {
		_, r.host, err = r.e.connect(ctx, r.host)
		return err
	}
	if err := sameHost(r.host, seen); err != nil {
		return err
	}
	signIn := seen.Features
	seen.Features = maps.Clone(r.host.Seen.Features)
	maps.Copy(seen.Features, signIn)
	r.host.Seen = seen
	return nil
}

// read reads each list in which something is recorded, side by side, and those once more in which something is
// missing: a list may come back short, and absence is not removal.
func (r *reconciliation) read(ctx context.Context) {
	var scope []core.Resource
	for _, res := range r.held {
		if slices.ContainsFunc(r.batches, func(b core.Batch) bool { return slices.Contains(res.Batches, b.ID) }) {
			scope = append(scope, res)
		}
	}
	r.lists(ctx, drift.Sources(scope, r.e.State))
	var again []drift.Source
	for _, res := range r.seen.Missing(scope, r.e.State) {
		from := drift.SourceOf(res, r.e.State)
		if res.Ref.Kind == core.User { // whose e-mail may be another one now
			r.user(ctx, from, res.Ref)
		} else if !slices.Contains(again, from) {
			again = append(again, from)
		}
	}
	r.lists(ctx, again)
}

func (r *reconciliation) lists(ctx context.Context, sources []drift.Source) {
	type answer struct {
		objects []core.Object
		err     error
	}
	answers := make([]answer, len(sources))
	var g errgroup.Group
	g.SetLimit(8)
	for i, s := range sources {
		g.Go(func() error {
			answers[i].err = caught(func() (err error) {
				answers[i].objects, err = r.client.List(ctx, s.Kind, s.Query)
				return err
			})()
			return nil
		})
	}
	_ = g.Wait()
	for i, s := range sources {
		r.took(s, answers[i].objects, answers[i].err)
	}
}

// user looks for a user by id.
func (r *reconciliation) user(ctx context.Context, from drift.Source, ref core.Ref) {
	o, err := r.client.Get(ctx, ref)
	switch {
	case err == nil:
		r.took(from, []core.Object{o}, nil)
	case !errors.Is(err, core.ErrNotFound):
		r.took(from, nil, err)
	}
}

func (r *reconciliation) took(from drift.Source, objects []core.Object, err error) {
	switch {
	case errors.Is(err, core.ErrNotFound) && from.Query.User != 0: // the list of a user who is gone
	case err != nil:
		r.seen.Unread(from)
		if what := err.Error(); !slices.Contains(r.unread, what) {
			r.unread = append(r.unread, what)
		}
		return
	}
	r.seen.Add(from, objects...)
}

// judge makes the run of one batch from what was seen and answered; its status is not settled yet.
func (r *reconciliation) judge(b core.Batch, unreachable error) core.DriftRun {
	run := core.DriftRun{Host: r.host.ID, HostName: r.host.Name, Provider: b.Provider, Batch: b.ID, At: r.started.UTC(), Build: r.e.Build}
	if unreachable != nil {
		run.Error, run.Code = unreachable.Error(), core.CodeOf(unreachable)
		return run
	}
	run.Facts, run.Error = r.host.Seen, strings.Join(r.unread, "; ")
	drift.Compare(&run, drift.Input{Batch: b, State: r.e.State, Held: r.held, Seen: r.seen, Now: time.Now()})
	if got, ok := r.answers[keySecrets(b)]; ok {
		run.Access, run.Probes = got.access, got.findings
		if got.upstream != nil {
			drift.Provider(&run, b, got.account, *got.upstream)
		}
	}
	return run
}

// undisturbed refuses to judge what this console itself wrote into meanwhile: that would look like drift.
func (r *reconciliation) undisturbed(ctx context.Context) error {
	turn, err := r.e.quiet(ctx, r.host)
	if err == nil && turn != r.turn {
		err = &core.Error{Code: core.CodeStopped, Host: r.host.Name, Stage: "reconcile", Fault: core.FaultOperator,
			What: "this console wrote to the host while it was read; nothing was compared", Next: "run it again"}
	}
	return err
}
