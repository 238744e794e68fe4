package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/drift"
	"cnrelay/core/plan"
)

// Desk is the engine as one operator has it: what their role allows, done in their name. Both faces work at a
// desk; whatever isn't here, no operator can do.
type Desk struct {
	reading
	e       *Engine
	by      core.Operator
	refused error // why nothing may be changed, whatever the role
}

// reading is what every role may do. A look at a host is kept in the ledger, and changes nothing on the host.
type reading interface {
	Hosts(ctx context.Context) ([]core.Host, error)
	Host(ctx context.Context, name string) (core.Host, error)
	CheckHost(ctx context.Context, name string) (core.Host, error)
	Removable(ctx context.Context, name string) (core.Host, error)
	Status(ctx context.Context, host string) ([]HostStatus, error)
	Resources(ctx context.Context, host core.HostID) ([]core.Resource, error)
	PackList() []ListedPack
	BatchLines(ctx context.Context) ([]BatchLine, error)
	Batches(ctx context.Context, f BatchFilter) ([]core.Batch, error)
	Batch(ctx context.Context, id core.BatchID) (BatchDetail, error)
	LiveBatches(ctx context.Context, host core.HostID, provider string) ([]core.Batch, error)
	Events(ctx context.Context, run core.BatchID) ([]core.Event, error)
	Watch(run core.BatchID, after uint64) Follower
	DriftRuns(ctx context.Context, f DriftFilter) ([]core.DriftRun, error)
	DriftRun(ctx context.Context, id string) (core.DriftRun, error)
	DriftHistory(ctx context.Context, id core.BatchID) (drift.History, error)
	History(ctx context.Context, f RunFilter) ([]Entry, error)
	Alerts(ctx context.Context, all bool) ([]core.Alert, error)
	Silences(ctx context.Context) ([]core.Silence, error)
	Watched(ctx context.Context) ([]core.Watched, error)
	Receivers(ctx context.Context) ([]core.Receiver, map[string]int, error)
	Monitoring() bool
	Acts(ctx context.Context, limit int) ([]core.Act, error)
	Changes(ctx context.Context, seen Revision) (Revision, error)
	Running() []core.BatchID
	Done(id core.BatchID) <-chan struct{}
	Who(ctx context.Context) (Who, error)
}

// Join gives an operator a desk; what they are there for is shown to the others. Leave it when done. If refused
// isn't nil, it is why nothing may be changed there.
func (e *Engine) Join(by core.Operator, what string, refused error) *Desk {
	d := &Desk{reading: e, e: e, by: by, refused: refused}
	e.present.join(d, Present{Operator: by, What: what, Since: time.Now().UTC()})
	return d
}

// Leave ends an operator's presence. Runs that they started go on.
func (d *Desk) Leave() { d.e.present.leave(d) }

// Operator is whose desk it is.
func (d *Desk) Operator() core.Operator { return d.by }

// may tells whether the operator has a role, or more.
func (d *Desk) may(needs core.Role) error {
	if d.refused != nil {
		return d.refused
	}
	if slices.Index(core.Roles, d.by.Role) >= slices.Index(core.Roles, needs) {
		return nil
	}
	return denied(fmt.Sprintf("%s is on as %s; this needs the role %s", d.by.Name, d.by.Role, needs), "ask someone who has it: cnrelay who")
}

func denied(what, next string) error {
	return &core.Error{Code: core.CodeDenied, Fault: core.FaultOperator, What: what + "; nothing was sent", Next: next}
}

// ask does what a role may, in the operator's name.
func ask[T any](ctx context.Context, d *Desk, needs core.Role, do func(ctx context.Context) (T, error)) (T, error) {
	if err := d.may(needs); err != nil {
		var none T
		return none, err
	}
	return do(core.WithOperator(ctx, d.by))
}

// act does what a role may, and writes it down.
func act[T any](ctx context.Context, d *Desk, needs core.Role, a core.Act, do func(ctx context.Context, a *core.Act) (T, error)) (T, error) {
	return ask(ctx, d, needs, func(ctx context.Context) (T, error) {
		v, err := do(ctx, &a)
		a.By = d.by
		return v, d.e.record(a, err)
	})
}

// PreviewImport is [Engine.PreviewImport].
func (d *Desk) PreviewImport(ctx context.Context, spec ImportSpec) (Preview, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) (Preview, error) { return d.e.PreviewImport(ctx, spec) })
}

// StartImport is [Engine.StartImport]. A hook runs on the machine, so only who is there can give one.
func (d *Desk) StartImport(ctx context.Context, spec ImportSpec) (core.BatchID, <-chan error, error) {
	if err := d.hooked(spec); err != nil {
		return "", nil, err
	}
	var done <-chan error
	id, err := act(ctx, d, core.RoleOperator, core.Act{What: core.DeedImport, Host: spec.HostName, Detail: spec.Provider}, func(ctx context.Context, a *core.Act) (id core.BatchID, err error) {
		id, done, err = d.e.StartImport(ctx, spec)
		a.Batch = id
		return id, err
	})
	return id, done, err
}

func (d *Desk) hooked(spec ImportSpec) error {
	if spec.Hook == "" || !d.by.Remote() {
		return nil
	}
	return denied("a hook is a command for the machine that cnrelay runs on, and "+d.by.Name+" isn't there", "import without --hook, or do it on the machine")
}

// ResumeImport is [Engine.ResumeImport].
func (d *Desk) ResumeImport(ctx context.Context, id core.BatchID) (<-chan error, error) {
	return act(ctx, d, core.RoleOperator, core.Act{What: core.DeedResume, Batch: id}, func(ctx context.Context, _ *core.Act) (<-chan error, error) {
		return d.e.ResumeImport(ctx, id)
	})
}

// PreviewRollback is [Engine.PreviewRollback].
func (d *Desk) PreviewRollback(ctx context.Context, id core.BatchID, o RollbackOptions) (RollbackPreview, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) (RollbackPreview, error) { return d.e.PreviewRollback(ctx, id, o) })
}

// StartRollback is [Engine.StartRollback].
func (d *Desk) StartRollback(ctx context.Context, id core.BatchID, o RollbackOptions) (<-chan error, error) {
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedRollback, Batch: id}, func(ctx context.Context, _ *core.Act) (<-chan error, error) {
		return d.e.StartRollback(ctx, id, o)
	})
}

// Cancel is [Engine.Cancel], for who asked for what runs, and for an admin.
func (d *Desk) Cancel(id core.BatchID, reason string) error {
	by, running := d.e.controls.startedBy(id)
	needs := core.RoleOperator
	if running && !by.Is(d.by) {
		needs = core.RoleAdmin
	}
	_, err := act(context.Background(), d, needs, core.Act{What: core.DeedCancel, Batch: id, Detail: reason}, func(context.Context, *core.Act) (any, error) {
		return nil, d.e.cancel(id, &Cancelled{Reason: reason, By: d.by})
	})
	if core.CodeOf(err) == core.CodeDenied && d.may(core.RoleOperator) == nil {
		return denied(string(id)+" was started by "+by.Name, "ask "+by.Name+" or an admin to stop it")
	}
	return err
}

// Adopt is [Engine.Adopt]: everybody who imports may look, an admin applies.
func (d *Desk) Adopt(ctx context.Context, host, provider string, apply bool) (AdoptReport, error) {
	if !apply {
		return ask(ctx, d, core.RoleOperator, func(ctx context.Context) (AdoptReport, error) { return d.e.Adopt(ctx, host, provider, false) })
	}
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedAdopt, Host: host, Detail: provider}, func(ctx context.Context, a *core.Act) (AdoptReport, error) {
		r, err := d.e.Adopt(ctx, host, provider, true)
		a.Batch = r.Batch
		return r, err
	})
}

// AccessPreview is [Engine.AccessPreview].
func (d *Desk) AccessPreview(ctx context.Context, host, provider string) ([]core.AccessPlan, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) ([]core.AccessPlan, error) { return d.e.AccessPreview(ctx, host, provider) })
}

// AccessStatus is [Engine.AccessStatus].
func (d *Desk) AccessStatus(ctx context.Context, host, provider string) ([]AccessReport, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) ([]AccessReport, error) { return d.e.AccessStatus(ctx, host, provider) })
}

// Secret reads a secret out of the vault, for the one who asked for it.
func (d *Desk) Secret(ref string) (string, error) {
	return ask(context.Background(), d, core.RoleOperator, func(context.Context) (string, error) { return d.e.Vault.Secret(ref) })
}

// ProbeUpstream is [Engine.ProbeUpstream].
func (d *Desk) ProbeUpstream(ctx context.Context, spec UpstreamSpec) ([]UpstreamReport, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) ([]UpstreamReport, error) { return d.e.ProbeUpstream(ctx, spec) })
}

// ProbeAccounts is [Engine.ProbeAccounts].
func (d *Desk) ProbeAccounts(ctx context.Context, host, provider string) ([]core.AccountState, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) ([]core.AccountState, error) { return d.e.ProbeAccounts(ctx, host, provider) })
}

// Reconcile is [Engine.Reconcile].
func (d *Desk) Reconcile(ctx context.Context, spec ReconcileSpec) ([]core.DriftRun, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) ([]core.DriftRun, error) { return d.e.Reconcile(ctx, spec) })
}

// PreviewRepair is [Engine.PreviewRepair].
func (d *Desk) PreviewRepair(ctx context.Context, spec RepairSpec) ([]RepairPreview, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) ([]RepairPreview, error) { return d.e.PreviewRepair(ctx, spec) })
}

// StartRepair is [Engine.StartRepair].
func (d *Desk) StartRepair(ctx context.Context, spec RepairSpec, reviewed plan.RepairPlan) (<-chan error, error) {
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedRepair, Host: spec.Host, Batch: spec.Batch}, func(ctx context.Context, _ *core.Act) (<-chan error, error) {
		return d.e.StartRepair(ctx, spec, reviewed)
	})
}

// Accept is [Engine.Accept]. It rolls back what it made, which an admin may.
func (d *Desk) Accept(ctx context.Context, spec AcceptanceSpec, told func(core.StageResult)) (core.Acceptance, error) {
	if err := d.hooked(spec.ImportSpec); err != nil {
		return core.Acceptance{}, err
	}
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedAcceptance, Host: spec.HostName, Detail: spec.Provider}, func(ctx context.Context, a *core.Act) (core.Acceptance, error) {
		got, err := d.e.Accept(ctx, spec, told)
		a.Batch = got.Batch
		return got, err
	})
}

// DeepSmoke is [Engine.DeepSmoke].
func (d *Desk) DeepSmoke(ctx context.Context, host, provider string) ([]AccessReport, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) ([]AccessReport, error) { return d.e.DeepSmoke(ctx, host, provider) })
}

// Evidence is [Engine.Evidence].
func (d *Desk) Evidence(ctx context.Context, id core.BatchID) (Evidence, error) {
	return ask(ctx, d, core.RoleOperator, func(ctx context.Context) (Evidence, error) { return d.e.Evidence(ctx, id) })
}

// Exchanges is [Engine.Exchanges].
func (d *Desk) Exchanges(ctx context.Context, run string, visit func(x core.Exchange) error) error {
	_, err := ask(ctx, d, core.RoleOperator, func(ctx context.Context) (struct{}, error) { return struct{}{}, d.e.Exchanges(ctx, run, visit) })
	return err
}

// Exported is [Engine.Exported].
func (d *Desk) Exported(ctx context.Context, b core.Batch, file, digest string) error {
	_, err := ask(ctx, d, core.RoleOperator, func(ctx context.Context) (struct{}, error) { return struct{}{}, d.e.Exported(ctx, b, file, digest) })
	return err
}

// Mask is [Engine.Mask].
func (d *Desk) Mask(text string) string { return d.e.Mask(text) }

// Prune is [Engine.Prune].
func (d *Desk) Prune(ctx context.Context, before time.Time, apply bool) (Pruned, error) {
	if !apply {
		return d.e.Prune(ctx, before, false)
	}
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedPrune}, func(ctx context.Context, _ *core.Act) (Pruned, error) { return d.e.Prune(ctx, before, true) })
}

// AddHost is [Engine.AddHost].
func (d *Desk) AddHost(ctx context.Context, spec HostSpec) (core.Host, error) {
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedHostAdd, Host: spec.Name}, func(ctx context.Context, a *core.Act) (core.Host, error) {
		h, err := d.e.AddHost(ctx, spec)
		if err == nil { // one that is refused may hold a password
			a.Detail = h.URL
		}
		return h, err
	})
}

// EditHost is [Engine.EditHost].
func (d *Desk) EditHost(ctx context.Context, name string, spec HostSpec) (core.Host, error) {
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedHostEdit, Host: name}, func(ctx context.Context, a *core.Act) (core.Host, error) {
		h, err := d.e.EditHost(ctx, name, spec)
		if err == nil {
			a.Detail = h.URL
		}
		return h, err
	})
}

// RemoveHost is [Engine.RemoveHost].
func (d *Desk) RemoveHost(ctx context.Context, name string) error {
	_, err := act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedHostRemove, Host: name}, func(ctx context.Context, _ *core.Act) (any, error) {
		return nil, d.e.RemoveHost(ctx, name)
	})
	return err
}

// RebindHost is [Engine.RebindHost]: everybody who imports may look, an admin applies.
func (d *Desk) RebindHost(ctx context.Context, name string, apply bool) (Rebind, error) {
	if !apply {
		return ask(ctx, d, core.RoleOperator, func(ctx context.Context) (Rebind, error) { return d.e.RebindHost(ctx, name, false) })
	}
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedHostRebind, Host: name}, func(ctx context.Context, a *core.Act) (Rebind, error) {
		r, err := d.e.RebindHost(ctx, name, true)
		a.Detail = r.New
		return r, err
	})
}

// AcceptCompliance is [Engine.AcceptCompliance].
func (d *Desk) AcceptCompliance(ctx context.Context, name, phrase string) (core.Host, error) {
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedCompliance, Host: name}, func(ctx context.Context, _ *core.Act) (core.Host, error) {
		return d.e.AcceptCompliance(ctx, name, phrase)
	})
}

// Monitor is [Engine.Monitor]. One that recovers accounts by itself changes hosts, which an admin may.
func (d *Desk) Monitor(ctx context.Context, spec MonitorSpec) error {
	needs := core.RoleOperator
	if spec.Recover {
		needs = core.RoleAdmin
	}
	_, err := ask(ctx, d, needs, func(ctx context.Context) (any, error) {
		if spec.Recover && !d.e.Monitoring() {
			if err := d.e.record(core.Act{What: core.DeedRecovery, By: d.by}, nil); err != nil {
				return nil, err
			}
		}
		return nil, d.e.Monitor(ctx, spec)
	})
	return err
}

// Silence is [Engine.Silence].
func (d *Desk) Silence(ctx context.Context, host, provider string, term time.Duration, reason string) (core.Silence, error) {
	return act(ctx, d, core.RoleOperator, core.Act{What: core.DeedSilence, Host: host, Detail: reason}, func(ctx context.Context, _ *core.Act) (core.Silence, error) {
		return d.e.Silence(ctx, host, provider, term, reason)
	})
}

// AddReceiver is [Engine.AddReceiver].
func (d *Desk) AddReceiver(ctx context.Context, r core.Receiver, url, secret string) (core.Receiver, error) {
	return act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedReceiver, Detail: r.Name}, func(ctx context.Context, _ *core.Act) (core.Receiver, error) {
		return d.e.AddReceiver(ctx, r, url, secret)
	})
}

// RemoveReceiver is [Engine.RemoveReceiver].
func (d *Desk) RemoveReceiver(ctx context.Context, name string) error {
	_, err := act(ctx, d, core.RoleAdmin, core.Act{What: core.DeedUnreceive, Detail: name}, func(ctx context.Context, _ *core.Act) (any, error) {
		return nil, d.e.RemoveReceiver(ctx, name)
	})
	return err
}

// TestReceiver is [Engine.TestReceiver].
func (d *Desk) TestReceiver(ctx context.Context, name string) error {
	_, err := ask(ctx, d, core.RoleOperator, func(ctx context.Context) (any, error) { return nil, d.e.TestReceiver(ctx, name) })
	return err
}
