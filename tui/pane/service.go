package pane

import (
	"context"
	"strconv"

	"cnrelay/core"
	"cnrelay/core/drift"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Service is what the console asks for: the same engine that the commands use.
type Service interface {
	HostService
	PackService
	BatchService
	ImportService
	DriftService
	// Changes waits for commits: see [engine.Engine.Changes].
	Changes(ctx context.Context, seen engine.Revision) (engine.Revision, error)
	Running() []core.BatchID
	Who(ctx context.Context) (engine.Who, error)
}

// HostService is what the hosts' pane asks for.
type HostService interface {
	Status(ctx context.Context, host string) ([]engine.HostStatus, error)
	AddHost(ctx context.Context, spec engine.HostSpec) (core.Host, error)
	EditHost(ctx context.Context, name string, spec engine.HostSpec) (core.Host, error)
	CheckHost(ctx context.Context, name string) (core.Host, error)
	RemoveHost(ctx context.Context, name string) error
	RebindHost(ctx context.Context, name string, apply bool) (engine.Rebind, error)
	AcceptCompliance(ctx context.Context, name, phrase string) (core.Host, error)
	Resources(ctx context.Context, host core.HostID) ([]core.Resource, error)
	ProbeAccounts(ctx context.Context, host, provider string) ([]core.AccountState, error)
	AccessStatus(ctx context.Context, host, provider string) ([]engine.AccessReport, error)
}

// PackService is what the packs' pane asks for.
type PackService interface {
	PackList() []engine.ListedPack
}

// BatchService is what the batches' pane asks for.
type BatchService interface {
	BatchLines(ctx context.Context) ([]engine.BatchLine, error)
	Batch(ctx context.Context, id core.BatchID) (engine.BatchDetail, error)
	Watch(run core.BatchID, after uint64) engine.Follower
	ResumeImport(ctx context.Context, id core.BatchID) (<-chan error, error)
	PreviewRollback(ctx context.Context, id core.BatchID, o engine.RollbackOptions) (engine.RollbackPreview, error)
	StartRollback(ctx context.Context, id core.BatchID, o engine.RollbackOptions) (<-chan error, error)
	Cancel(id core.BatchID, reason string) error
}

// ImportService is what the guided import asks for.
type ImportService interface {
	Hosts(ctx context.Context) ([]core.Host, error)
	PreviewImport(ctx context.Context, spec engine.ImportSpec) (engine.Preview, error)
	StartImport(ctx context.Context, spec engine.ImportSpec) (core.BatchID, <-chan error, error)
}

// DriftService is what the drift pane asks for.
type DriftService interface {
	Reconcile(ctx context.Context, spec engine.ReconcileSpec) ([]core.DriftRun, error)
	DriftRuns(ctx context.Context, f engine.DriftFilter) ([]core.DriftRun, error)
	DriftHistory(ctx context.Context, id core.BatchID) (drift.History, error)
	Alerts(ctx context.Context, all bool) ([]core.Alert, error)
	Silences(ctx context.Context) ([]core.Silence, error)
	PreviewRepair(ctx context.Context, spec engine.RepairSpec) ([]engine.RepairPreview, error)
	StartRepair(ctx context.Context, spec engine.RepairSpec, reviewed plan.RepairPlan) (<-chan error, error)
	Monitoring() bool
}

var _ Service = (*engine.Desk)(nil)
