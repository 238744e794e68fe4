package view

import (
	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/engine"
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
	_ Batches     = (*JSONBatches)(nil)
	_ Access      = (*JSONAccess)(nil)
	_ Probes      = (*JSONProbes)(nil)
	_ Status      = (*JSONStatus)(nil)
	_ Drifts      = (*JSONDrifts)(nil)
	_ Bundles     = (*JSONBundles)(nil)
	_ Acceptances = (*JSONAcceptances)(nil)
	_ Adoption    = (*JSONAdoption)(nil)
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

func (v *JSONBundles) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Written implements [Bundles].
func (v *JSONBundles) Written(f bundle.File) { v.line("bundle", f) }

// Verified implements [Bundles].
func (v *JSONBundles) Verified(path string, r bundle.Report) {
	v.line("verified", struct {
		Path  string `json:"path"`
		Whole bool   `json:"whole"`
		bundle.Report
	}{path, len(r.Faults) == 0, r})
}

// Diff implements [Bundles].
func (v *JSONBundles) Diff(a, b bundle.Summary, list []bundle.Difference) {
	v.line("summary", a)
	v.line("summary", b)
	for _, d := range list {
		v.line("difference", d)
	}
}

// Issue implements [Bundles].
func (v *JSONBundles) Issue(i bundle.Issue, dir string) {
	v.line("issue", struct {
		Path string `json:"path,omitempty"`
		bundle.Issue
	}{dir, i})
}

func (v *JSONAcceptances) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Started implements [Acceptances].
func (v *JSONAcceptances) Started(host, provider string, access core.AccessMode) {
	v.line("acceptance_started", struct {
		Host     string          `json:"host"`
		Provider string          `json:"provider"`
		Access   core.AccessMode `json:"access"`
	}{host, provider, access})
}

// Stage implements [Acceptances].
func (v *JSONAcceptances) Stage(s core.StageResult) { v.line("stage", s) }

// Done implements [Acceptances].
func (v *JSONAcceptances) Done(a Acceptance) {
	v.line("acceptance", struct {
		Passed bool `json:"passed"`
		Acceptance
	}{a.Passed(), a})
}

// Table implements [Acceptances].
func (v *JSONAcceptances) Table(rows []Acceptance) {
	for _, a := range rows {
		v.Done(a)
	}
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

// Verdict implements [Demo].
func (v *JSONDemo) Verdict(d DemoVerdict) { v.line("verdict", d) }
