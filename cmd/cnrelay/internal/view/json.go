package view

import (
	"time"

	"cnrelay/core"
	"cnrelay/core/drift"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/packs"
	"cnrelay/state"
	"cnrelay/state/vault"
)

type (
	// JSONHosts is the stream of the host commands.
	JSONHosts JSON
	// JSONPacks is the stream of the pack commands.
	JSONPacks JSON
	// JSONImports is the stream of an import.
	JSONImports struct{ jsonRun }
	// JSONRollbacks is the stream of a rollback.
	JSONRollbacks struct{ jsonRun }
	// JSONRepairs is the stream of a repair.
	JSONRepairs struct{ jsonRun }
	// JSONBatches is the stream of the batch commands.
	JSONBatches JSON
	// JSONAccess is the stream of the access commands.
	JSONAccess JSON
	// JSONProbes is the stream of the probes.
	JSONProbes JSON
	// JSONStatus is the stream of status.
	JSONStatus JSON
	// JSONDrifts is the stream of the drift commands.
	JSONDrifts JSON
	// JSONBundles is the stream of the bundle commands.
	JSONBundles JSON
	// JSONAcceptances is the stream of acceptance runs.
	JSONAcceptances JSON
	// JSONAdoption is the stream of adopt.
	JSONAdoption JSON
	// JSONService is the stream of a service and of those who use it.
	JSONService JSON
	// JSONState is the stream of the state and vault commands.
	JSONState JSON
	// JSONDemo is the stream of a demonstration.
	JSONDemo JSON
)

var (
	_ Hosts       = (*JSONHosts)(nil)
	_ Packs       = (*JSONPacks)(nil)
	_ Imports     = (*JSONImports)(nil)
	_ Rollbacks   = (*JSONRollbacks)(nil)
	_ Repairs     = (*JSONRepairs)(nil)
	_ Batches     = (*JSONBatches)(nil)
	_ Access      = (*JSONAccess)(nil)
	_ Probes      = (*JSONProbes)(nil)
	_ Status      = (*JSONStatus)(nil)
	_ Drifts      = (*JSONDrifts)(nil)
	_ Bundles     = (*JSONBundles)(nil)
	_ Acceptances = (*JSONAcceptances)(nil)
	_ Adoption    = (*JSONAdoption)(nil)
	_ Service     = (*JSONService)(nil)
	_ State       = (*JSONState)(nil)
	_ Demo        = (*JSONDemo)(nil)
)

func (v *JSONHosts) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Added implements [Hosts].
func (v *JSONHosts) Added(h core.Host) { v.line("host", h) }

// Checked implements [Hosts].
func (v *JSONHosts) Checked(h core.Host) { v.line("host", h) }

// Shown implements [Hosts].
func (v *JSONHosts) Shown(h core.Host) { v.line("host", h) }

// List implements [Hosts].
func (v *JSONHosts) List(hosts []core.Host) {
	for _, h := range hosts {
		v.line("host", h)
	}
}

// Removed implements [Hosts].
func (v *JSONHosts) Removed(name string) { v.line("host_removed", name) }

// Rebind implements [Hosts].
func (v *JSONHosts) Rebind(name string, r engine.Rebind, applied bool) {
	v.line("rebind", struct {
		Host     string `json:"host"`
		Old      string `json:"old"`
		New      string `json:"new"`
		Matching int    `json:"matching"`
		Total    int    `json:"total"`
		Applied  bool   `json:"applied"`
	}{name, r.Old, r.New, r.Matching, r.Total, applied})
}

// Compliance implements [Hosts].
func (v *JSONHosts) Compliance(_ core.Host, c core.Compliance) { v.line("compliance", c) }

// Accepted implements [Hosts].
func (v *JSONHosts) Accepted(h core.Host) { v.line("host", h) }

func (v *JSONPacks) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// List implements [Packs].
func (v *JSONPacks) List(list []core.ListedPack) {
	for _, p := range list {
		if p.Fault == nil {
			v.line("pack", p.Pack)
			continue
		}
		v.line("pack_fault", struct {
			ID       string `json:"id,omitempty"`
			Source   string `json:"source"`
			Replaces bool   `json:"replaces_builtin,omitempty"`
			Error    fault  `json:"error"`
		}{p.ID, p.Source, p.Replaces, faultOf(p.Fault)})
	}
}

// Shown implements [Packs].
func (v *JSONPacks) Shown(p core.Pack) { v.line("pack", p) }

// Valid implements [Packs].
func (v *JSONPacks) Valid(path string, p core.Pack) {
	v.line("valid", struct {
		Path   string `json:"path"`
		ID     string `json:"id"`
		Digest string `json:"digest"`
	}{path, p.ID, p.Digest})
}

// Faults implements [Packs].
func (v *JSONPacks) Faults(faults packs.Faults) {
	for _, f := range faults {
		v.line("fault", f)
	}
}

// jsonRun is the stream of a run.
type jsonRun struct{ *JSON }

// Event implements [Run].
func (v jsonRun) Event(_ core.Host, ev core.Event) { v.line("event", ev) }

// Interrupted implements [Run].
func (v jsonRun) Interrupted(batch core.BatchID) { v.line("interrupted", batch) }

// Preview implements [Imports].
func (v *JSONImports) Preview(p engine.Preview) { v.line("preview", p) }

// Started implements [Imports].
func (v *JSONImports) Started(h core.Host, batch core.BatchID) {
	v.line("started", struct {
		Batch core.BatchID `json:"batch"`
		Host  core.HostID  `json:"host"`
	}{batch, h.ID})
}

// Summary implements [Imports].
func (v *JSONImports) Summary(_ core.Host, b engine.BatchDetail) { v.line("batch", b) }

// Preview implements [Rollbacks].
func (v *JSONRollbacks) Preview(p engine.RollbackPreview) {
	v.line("rollback_preview", struct {
		Host  core.Host    `json:"host"`
		Batch core.BatchID `json:"batch"`
		Steps []core.Step  `json:"steps"`
		Kept  []core.Kept  `json:"kept"`
		Lost  []string     `json:"lost"`
	}{p.Host, p.Batch.ID, p.Plan.Steps, p.Plan.Kept, p.Plan.Lost})
}

// Shared implements [Rollbacks].
func (v *JSONRollbacks) Shared(h core.Host, batches []core.BatchID, steps []core.Step) {
	v.line("rollback_shared", struct {
		Host    core.HostID    `json:"host"`
		Batches []core.BatchID `json:"batches"`
		Steps   []core.Step    `json:"steps"`
	}{h.ID, batches, steps})
}

// Report implements [Rollbacks].
func (v *JSONRollbacks) Report(_ core.Host, b engine.BatchDetail) { v.line("batch", b) }

// Preview implements [Repairs].
func (v *JSONRepairs) Preview(p engine.RepairPreview) {
	v.line("repair_preview", struct {
		Host  core.HostID     `json:"host"`
		Batch core.BatchID    `json:"batch"`
		Run   string          `json:"run"` // the comparison that it follows from
		Plan  plan.RepairPlan `json:"plan"`
	}{p.Run.Host, p.Run.Batch, p.Run.ID, p.Plan})
}

// Report implements [Repairs].
func (v *JSONRepairs) Report(r core.DriftRun) { v.line("drift_run", r) }

func (v *JSONBatches) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// List implements [Batches].
func (v *JSONBatches) List(list []core.Batch) {
	for _, b := range list {
		v.line("batch", b)
	}
}

// Shown implements [Batches].
func (v *JSONBatches) Shown(b engine.BatchDetail, runs []core.DriftRun, events []core.Event) {
	v.line("batch", b)
	for _, r := range runs {
		v.line("drift_run", r)
	}
	for _, ev := range events {
		v.line("event", ev)
	}
}

// Resources implements [Batches].
func (v *JSONBatches) Resources(_ core.Host, list []core.Resource) {
	for _, r := range list {
		v.line("resource", r)
	}
}

func (v *JSONAccess) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Plans implements [Access].
func (v *JSONAccess) Plans(h core.Host, provider string, plans []core.AccessPlan) {
	for _, p := range plans {
		v.line("access_plan", struct {
			Host      core.HostID `json:"host"`
			Provider  string      `json:"provider"`
			Available bool        `json:"available"`
			core.AccessPlan
		}{h.ID, provider, p.Available(), p})
	}
}

// Reports implements [Access].
func (v *JSONAccess) Reports(h core.Host, provider string, reports []engine.AccessReport) {
	for _, r := range reports {
		v.line("access_report", struct {
			Host     core.HostID `json:"host"`
			Provider string      `json:"provider"`
			engine.AccessReport
		}{h.ID, provider, r})
	}
}

// Deep implements [Access].
func (v *JSONAccess) Deep(h core.Host, provider string, reports []engine.AccessReport) {
	for _, r := range reports {
		v.line("deep_smoke", struct {
			Host     core.HostID      `json:"host"`
			Provider string           `json:"provider"`
			Batch    core.BatchID     `json:"batch"`
			Mode     core.AccessMode  `json:"mode"`
			Checks   []core.DeepCheck `json:"checks"`
		}{h.ID, provider, r.Batch, r.Access.Mode, r.Access.Deep})
	}
}

// Key implements [Access].
func (v *JSONAccess) Key(k AccessKey) { v.line("key", k) }

func (v *JSONProbes) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Upstream implements [Probes].
func (v *JSONProbes) Upstream(_ string, reports []engine.UpstreamReport) {
	for _, r := range reports {
		v.line("upstream", r)
	}
}

// Accounts implements [Probes].
func (v *JSONProbes) Accounts(_ core.Host, _ string, states []core.AccountState) {
	for _, s := range states {
		v.line("account", s)
	}
}

// Hosts implements [Status].
func (v *JSONStatus) Hosts(list []engine.HostStatus) {
	for _, s := range list {
		(*JSON)(v).line("status", s)
	}
}

// Run implements [Drifts].
func (v *JSONDrifts) Run(r core.DriftRun) { (*JSON)(v).line("drift_run", r) }

// List implements [Drifts].
func (v *JSONDrifts) List(runs []core.DriftRun) {
	for _, r := range runs {
		v.Run(r)
	}
}

// History implements [Drifts].
func (v *JSONDrifts) History(b core.Batch, h drift.History) {
	(*JSON)(v).line("drift_history", struct {
		Batch core.BatchID `json:"batch"`
		Host  core.HostID  `json:"host"`
		drift.History
	}{b.ID, b.Host, h})
}

// Report implements [Adoption].
func (v *JSONAdoption) Report(r engine.AdoptReport, provider string, applied bool) {
	(*JSON)(v).line("adoption", struct {
		Provider string `json:"provider"`
		Applied  bool   `json:"applied"`
		engine.AdoptReport
	}{provider, applied, r})
}

func (v *JSONState) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Checked implements [State].
func (v *JSONState) Checked(r state.Report) {
	var locked *fault
	if r.Locked != nil {
		f := faultOf(r.Locked)
		locked = &f
	}
	v.line("state_check", struct {
		state.Report
		Locked *fault `json:"vault_error,omitempty"`
	}{r, locked})
}

// BackedUp implements [State].
func (v *JSONState) BackedUp(path string, b state.Backup, key vault.Report) {
	v.line("backup", struct {
		Path string `json:"path"`
		state.Backup
		Without string `json:"without"` // the file that it doesn't hold, and whose loss makes its vault worthless
	}{path, b, key.Key})
}

// Restored implements [State].
func (v *JSONState) Restored(dir string, b state.Backup) {
	v.line("restored", struct {
		Dir string `json:"dir"`
		state.Backup
	}{dir, b})
}

// Accepted implements [State].
func (v *JSONState) Accepted(left state.Ledger) { v.line("accepted", left) }

// Rotated implements [State].
func (v *JSONState) Rotated(r vault.Report) { v.line("vault", r) }

func (v *JSONDemo) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Banner implements [Demo].
func (v *JSONDemo) Banner(s Stage) { v.line("simulation", s) }

// Command implements [Demo].
func (v *JSONDemo) Command(args []string) { v.line("command", args) }

// Meddled implements [Demo].
func (v *JSONDemo) Meddled() { v.line("meddled", true) }

// Verdict implements [Demo].
func (v *JSONDemo) Verdict(d DemoVerdict) { v.line("verdict", d) }

func (v *JSONService) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Serving implements [Service].
func (v *JSONService) Serving(s Serving) { v.line("serving", s) }

// Draining implements [Service].
func (v *JSONService) Draining(work []core.Lease, most time.Duration) {
	v.line("draining", struct {
		Work []core.Lease  `json:"work"`
		Most time.Duration `json:"most"`
	}{work, most})
}

// Who implements [Service].
func (v *JSONService) Who(s Serving, w engine.Who) {
	v.line("owner", s)
	for _, p := range w.Present {
		v.line("present", p)
	}
	for _, work := range w.Work {
		v.line("work", work)
	}
}

// Acts implements [Service].
func (v *JSONService) Acts(acts []core.Act) {
	for _, a := range acts {
		v.line("act", a)
	}
}

// Cancelled implements [Service].
func (v *JSONService) Cancelled(batch core.BatchID) { v.line("cancelled", batch) }
