// Package view shows what commands found and did: one interface for each family of commands, spoken by
// two implementations, plain text for people and a stream of JSON lines for scripts. Views hold no logic;
// they render what they are given.
package view

import (
	"time"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/drift"
	"cnrelay/core/engine"
	"cnrelay/packs"
	"cnrelay/state"
	"cnrelay/state/vault"
)

// Output is one face of the command line.
type Output interface {
	// Begin opens the output of a command, End closes it with the exit code.
	Begin(command string)
	End(exit int)
	// Nested is the same output for a command that runs as a part of another.
	Nested() Output
	// Fail says what went wrong, whose fault it is and what to do next.
	Fail(err error)
	// Warn says the same of what is no obstacle to the command.
	Warn(err error)

	Hosts() Hosts
	Packs() Packs
	Imports() Imports
	Rollbacks() Rollbacks
	Repairs() Repairs
	Batches() Batches
	Access() Access
	Probes() Probes
	Status() Status
	Drifts() Drifts
	Alerts() Alerts
	Receivers() Receivers
	Bundles() Bundles
	Acceptances() Acceptances
	History() History
	Adoption() Adoption
	State() State
	Service() Service
	Demo() Demo
	Version(v Version)
	// Metrics is a scrape in Prometheus' text format.
	Metrics(text string)
}

// Hosts shows registered hosts.
type Hosts interface {
	Added(h core.Host)
	Checked(h core.Host)
	Shown(h core.Host)
	List(hosts []core.Host)
	Removed(name string)
	Rebind(name string, r engine.Rebind, applied bool)
	// Compliance shows the document that an administrator has to accept, Accepted that it was.
	Compliance(h core.Host, c core.Compliance)
	Accepted(h core.Host)
}

// Packs shows provider packs.
type Packs interface {
	List(list []core.ListedPack)
	Shown(p core.Pack)
	Valid(path string, p core.Pack)
	Faults(f packs.Faults)
}

// Run shows an import or a rollback while it goes on.
type Run interface {
	Event(host core.Host, ev core.Event)
	// Interrupted says what happens now that the operator has asked to stop, and how to go on later.
	Interrupted(batch core.BatchID)
}

// Imports shows imports.
type Imports interface {
	Run
	Preview(p engine.Preview)
	Started(h core.Host, batch core.BatchID)
	Summary(h core.Host, b engine.BatchDetail)
}

// Rollbacks shows rollbacks.
type Rollbacks interface {
	Run
	// Preview shows what a rollback would do, Shared what happens to what several batches share once the last
	// of them goes.
	Preview(p engine.RollbackPreview)
	Shared(h core.Host, batches []core.BatchID, steps []core.Step)
	Report(h core.Host, b engine.BatchDetail)
}

// Repairs shows repairs of what a reconcile run found.
type Repairs interface {
	Run
	Preview(p engine.RepairPreview)
	// Report is what the batch's comparison after the repair found.
	Report(r core.DriftRun)
}

// Batches shows batches and the ledger.
type Batches interface {
	List(list []core.Batch)
	// Shown is given the batch's own reconcile runs only.
	Shown(b engine.BatchDetail, runs []core.DriftRun, events []core.Event)
	Resources(h core.Host, list []core.Resource)
}

// Access shows how users reach a provider.
type Access interface {
	Plans(h core.Host, provider string, plans []core.AccessPlan)
	Reports(h core.Host, provider string, reports []engine.AccessReport)
	// Deep shows the deeper smoke of each mode.
	Deep(h core.Host, provider string, reports []engine.AccessReport)
	Key(k AccessKey)
}

// AccessKey is an API key that an import made for users.
type AccessKey struct {
	Batch core.BatchID    `json:"batch"`
	Mode  core.AccessMode `json:"mode"`
	User  string          `json:"user"`
	Value string          `json:"value"`
}

// Probes shows what upstreams and accounts answered.
type Probes interface {
	Upstream(provider string, reports []engine.UpstreamReport)
	Accounts(h core.Host, provider string, states []core.AccountState)
}

// Status shows what is known of hosts and their providers.
type Status interface {
	Hosts(list []engine.HostStatus)
}

// Drifts shows reconcile runs.
type Drifts interface {
	Run(r core.DriftRun)
	List(runs []core.DriftRun)
	// History is of one batch.
	History(b core.Batch, h drift.History)
}

// Alerts shows what a monitor watches.
type Alerts interface {
	// Watching opens a monitor's output, Ended closes it.
	Watching(hosts int, spec engine.MonitorSpec)
	Ended()
	// Changed is a change of state, as it happens; Failed is a look that could not be kept.
	Changed(a core.Alert)
	Failed(host string, err error)
	// Missed is how many of both nobody read in time.
	Missed(n int64)
	List(active []core.Alert, silences []core.Silence, all []core.Alert)
	Silenced(s core.Silence)
}

// Receivers shows where alerts are told.
type Receivers interface {
	// List is given how many notices are on their way to each.
	List(list []core.Receiver, waiting map[string]int)
	Added(r core.Receiver)
	Removed(name string)
	Tested(name string)
}

// Bundles shows evidence that was written, checked or compared.
type Bundles interface {
	Written(f bundle.File)
	Verified(path string, r bundle.Report)
	Diff(a, b bundle.Summary, list []bundle.Difference)
	// Issue shows an issue, or where its files are.
	Issue(i bundle.Issue, dir string)
}

// Acceptances shows acceptance runs while they go on, and how they came out.
type Acceptances interface {
	Started(host, provider string, access core.AccessMode)
	Stage(s core.StageResult)
	Done(a Acceptance)
	Table(rows []Acceptance)
}

// Acceptance is an acceptance run with its bundle, if it came as far as a batch.
type Acceptance struct {
	core.Acceptance
	Bundle *bundle.File `json:"bundle,omitempty"`
}

// History shows batches and what was done about them.
type History interface {
	List(list []engine.Entry)
	// Pruned is what is dropped, Dropped that it was.
	Pruned(p engine.Pruned)
	Dropped(p engine.Pruned)
}

// Adoption shows what carries the marker of a lost state directory.
type Adoption interface {
	Report(r engine.AdoptReport, provider string, applied bool)
}

// Service shows a service, and who uses it.
type Service interface {
	Serving(s Serving)
	// Draining says what is waited for at the end, and for how long.
	Draining(work []core.Lease, most time.Duration)
	Who(s Serving, w engine.Who)
	Acts(acts []core.Act)
	Cancelled(batch core.BatchID)
}

// Serving is the process that owns a state directory.
type Serving struct {
	State   string    `json:"state"`
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Listen  string    `json:"listen,omitempty"`   // address on the network
	HostKey string    `json:"host_key,omitempty"` // its fingerprint
	Keys    int       `json:"keys,omitempty"`     // that may come in
}

// State shows what became of the state directory and its vault.
type State interface {
	Checked(r state.Report)
	// BackedUp also says what is not in a backup of the vault.
	BackedUp(path string, b state.Backup, v vault.Report)
	Restored(dir string, b state.Backup)
	Accepted(left state.Ledger)
	Rotated(v vault.Report)
}

// Demo frames the commands that a demonstration runs.
type Demo interface {
	Banner(s Stage)
	Command(args []string)
	// Meddled says that somebody else changed the simulated host.
	Meddled()
	Verdict(v DemoVerdict)
}

// Stage is what a demonstration runs on.
type Stage struct {
	HostURL     string `json:"host_url"`
	HostVersion string `json:"host_version"`
	Upstream    string `json:"upstream_url"`
	StateDir    string `json:"state_dir"`
}

// DemoVerdict is how a demonstration ended.
type DemoVerdict struct {
	Ready    bool `json:"ready"`     // access was proven
	Repaired bool `json:"repaired"`  // what others changed was found, and put back
	Undone   bool `json:"undone"`    // the rollback ended well
	Restored bool `json:"restored"`  // the host's snapshot is as before
	Before   int  `json:"resources"` // on the simulated host, before
	Peak     int  `json:"peak"`      // after the import
	Removed  bool `json:"state_removed"`
}

// Version names this build.
type Version struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	System  string `json:"system"`
}
