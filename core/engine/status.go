package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/plan"
	"cnrelay/core/probe"
)

// ProviderState is a provider's standing on a host, by its latest evidence.
type ProviderState string

// The states.
const (
	ProviderActive    ProviderState = "active"    // every mode asked for is ready
	ProviderDegraded  ProviderState = "degraded"  // ready, but some account failed or a run was interrupted
	ProviderBroken    ProviderState = "broken"    // some mode's latest check failed
	ProviderImporting ProviderState = "importing" // a mode's first import is under way
	ProviderAbsent    ProviderState = "absent"
)

// ProviderStatus is what is known of a provider on a host, and since when.
type ProviderStatus struct {
	Provider string               `json:"provider"`
	State    ProviderState        `json:"state"`
	Accounts map[core.Verdict]int `json:"accounts"`
	Access   []core.AccessResult  `json:"access"` // the latest of each mode
	// Findings are what keeps it from being active: of the latest access checks, and of the accounts that failed.
	Findings []core.Finding `json:"findings,omitempty"`
	Batches  []core.BatchID `json:"batches"` // live, newest first
}

// HostStatus is a host with its providers.
type HostStatus struct {
	Host      core.Host        `json:"host"`
	Providers []ProviderStatus `json:"providers"`
}

// Status tells what the ledger and the latest evidence say; it asks no host. host "" means all.
func (e *Engine) Status(ctx context.Context, host string) ([]HostStatus, error) {
	hosts, err := e.Hosts(ctx)
	if host != "" {
		var one core.Host
		one, err = e.Host(ctx, host)
		hosts = []core.Host{one}
	}
	if err != nil {
		return nil, err
	}
	var only core.HostID
	if host != "" {
		only = hosts[0].ID
	}
	of, err := e.standings(ctx, only)
	if err != nil {
		return nil, err
	}
	var out []HostStatus
	for _, h := range hosts {
		s := HostStatus{Host: h}
		held, err := e.Resources(ctx, h.ID)
		if err != nil {
			return nil, err
		}
		for provider, list := range of[h.ID] {
			ps, err := e.providerStatus(ctx, h, provider, list, held)
			if err != nil {
				return nil, err
			}
			s.Providers = append(s.Providers, ps)
		}
		slices.SortFunc(s.Providers, func(a, b ProviderStatus) int { return cmp.Compare(a.Provider, b.Provider) })
		out = append(out, s)
	}
	return out, nil
}

func (e *Engine) providerStatus(ctx context.Context, h core.Host, provider string, batches []standing, held []core.Resource) (ProviderStatus, error) {
	s := ProviderStatus{Provider: provider, State: ProviderAbsent, Accounts: map[core.Verdict]int{}}
	modes, running := map[core.AccessMode]bool{}, map[core.AccessMode]bool{}
	rough := false
	var failed []core.Finding
	for _, b := range batches {
		if b.State != core.BatchRolledBack {
			s.Batches = append(s.Batches, b.ID)
			modes[b.Mode] = true
			running[b.Mode] = running[b.Mode] || b.State == core.BatchRunning
			failed = append(failed, b.Findings...)
			rough = rough || b.State == core.BatchInterrupted
		}
	}
	if len(s.Batches) == 0 {
		return s, nil
	}
	for _, r := range held {
		if r.Provider == provider && r.Ref.Kind == core.Account {
			s.Accounts[r.Verdict]++
		}
	}
	s.State = ProviderActive
	if s.Accounts[core.Failed]+s.Accounts[core.Inconclusive] > 0 || rough {
		s.State = ProviderDegraded
	}
	for _, mode := range []core.AccessMode{core.AccessSubscription, core.AccessSelfService} {
		if !modes[mode] {
			continue
		}
		a, found, err := get[core.AccessResult](ctx, e.Store, core.TableAccess, accessKey(h.ID, provider, mode))
		if err != nil {
			return s, err
		}
		if !found {
			a = core.AccessResult{Mode: mode, State: core.AccessUnchecked}
		}
		s.Access = append(s.Access, a)
		s.Findings = append(s.Findings, a.Findings...)
		switch {
		case a.State == core.AccessUnchecked && running[mode]:
			if s.State != ProviderBroken {
				s.State = ProviderImporting
			}
		case a.State == core.AccessBroken || a.State == core.AccessUnchecked:
			s.State = ProviderBroken
		}
	}
	s.Findings = append(s.Findings, failed...)
	return s, nil
}

// aboutAccounts are a batch's findings about its accounts. Those of the access check have a later word in the
// check's own record.
func aboutAccounts(b core.Batch) []core.Finding {
	return slices.DeleteFunc(slices.Clone(b.Findings), func(f core.Finding) bool {
		return f.Stage == "gateway_models" || f.Stage == "gateway_completion" || f.Stage == "usage_record"
	})
}

// AccessStatus asks the gateway again, with the keys of every live batch of a provider, and keeps the
// result as the latest evidence. It costs one completion a mode.
func (e *Engine) AccessStatus(ctx context.Context, host, provider string) ([]AccessReport, error) {
	var out []AccessReport
	err := e.look(ctx, core.RunAccess, host, provider, func(ctx context.Context, client core.HostClient, h core.Host, t *tape) error {
		batches, err := e.LiveBatches(ctx, h.ID, provider)
		if err != nil {
			return err
		}
		if len(batches) == 0 {
			return core.Input("nothing of "+provider+" is recorded on "+h.Name, "cnrelay import preview --host "+h.Name+" --provider "+provider+" …")
		}
		for _, b := range batches { // newest first: the first of each mode is the one that counts
			if b.Request.Access == "" { // adopted: nobody knows its keys
				continue
			}
			if slices.ContainsFunc(out, func(r AccessReport) bool { return r.Access.Mode == b.Request.Access }) {
				continue
			}
			report, err := e.checkBatch(core.AtStep(ctx, core.PhaseProve, string(b.ID)), client, b)
			if err != nil {
				return err
			}
			out = append(out, report)
			t.checked(report)
			if err := e.put(ctx, core.TableAccess, accessKey(h.ID, provider, b.Request.Access), report.Access); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// AccessReport is one mode's access now.
type AccessReport struct {
	Batch    core.BatchID        `json:"batch"`
	Access   core.AccessResult   `json:"access"`
	Findings []core.Finding      `json:"findings,omitempty"`
	Accounts []core.AccountState `json:"accounts"` // of the group, by the host's own list
}

func (e *Engine) checkBatch(ctx context.Context, c core.HostClient, b core.Batch) (AccessReport, error) {
	d, err := e.Batch(ctx, b.ID)
	report := AccessReport{Batch: b.ID}
	if err != nil {
		return report, err
	}
	if report.Access, report.Findings, err = e.checkKeys(ctx, c, d); err != nil {
		return report, err
	}
	report.Access.Findings = report.Findings
	report.Accounts, err = e.accountStates(ctx, c, b.Host, d.Steps["group"].Ref.ID)
	report.Access.Accounts, report.Access.Sharing = atMost(report.Accounts), len(report.Accounts)
	return report, err
}

// checkKeys asks the gateway with the key of each of a batch's users, up to the first for whom it is broken.
func (e *Engine) checkKeys(ctx context.Context, c core.HostClient, d BatchDetail) (access core.AccessResult, findings []core.Finding, err error) {
	for _, s := range d.Plan.Steps {
		if s.Kind != core.APIKey || s.Secret == "" {
			continue
		}
		access, findings, err = e.checkAccess(ctx, accessCheck{client: c, batch: d.Batch, user: s.ID[len("key/"):],
			keySecret: s.Secret, group: d.Steps["group"].Ref.ID, results: d.Accounts})
		if err != nil || access.State == core.AccessBroken {
			break
		}
	}
	return access, findings, err
}

// accountStates lists the accounts of a group with why each is out of traffic, if it is.
func (e *Engine) accountStates(ctx context.Context, c core.HostClient, host core.HostID, group int64) ([]core.AccountState, error) {
	list, err := c.List(ctx, core.Account, core.Query{Group: group})
	if err != nil {
		return nil, err
	}
	return e.statesOf(ctx, host, list)
}

// keptStates is how many accounts of a group are kept as evidence of why it doesn't serve.
const keptStates = 50

// sharing are the accounts that share a group, those out of traffic first, as far as they are kept.
func (e *Engine) sharing(ctx context.Context, host core.HostID, list []core.Object) []core.AccountState {
	states, err := e.statesOf(ctx, host, list)
	if err != nil {
		return nil
	}
	return atMost(states)
}

func atMost(states []core.AccountState) []core.AccountState {
	out := slices.Clone(states)
	slices.SortStableFunc(out, func(a, b core.AccountState) int {
		switch {
		case a.Serves == b.Serves:
			return 0
		case b.Serves:
			return -1
		}
		return 1
	})
	return out[:min(len(out), keptStates)]
}

func (e *Engine) statesOf(ctx context.Context, host core.HostID, list []core.Object) ([]core.AccountState, error) {
	held, err := e.Resources(ctx, host)
	if err != nil {
		return nil, err
	}
	var out []core.AccountState
	for _, o := range list {
		why, no := probe.OutOfTraffic(o, time.Now())
		out = append(out, core.AccountState{ID: o.ID, Name: o.Name, Serves: !no, Why: why,
			Ours: slices.ContainsFunc(held, func(r core.Resource) bool { return plan.SameIdentity(r, o) })})
	}
	return out, nil
}
