package engine

import (
	"context"
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/plan"
	"cnrelay/core/probe"
)

// UpstreamSpec asks a provider directly, with keys that need no host.
type UpstreamSpec struct {
	Provider string
	Endpoint string // the pack's endpoint or region
	BaseURL  string // or an address given by hand
	Protocol core.Protocol
	Keys     []Key
	// HostName adds the host's own view of the upstream, where the host can give one.
	HostName string
}

// UpstreamReport is what one key got.
type UpstreamReport struct {
	Name       string          `json:"name"`
	Models     core.ModelList  `json:"models"`
	Completion core.Completion `json:"completion"`
	// FromHost is the model list as the host itself read it; nil if no host was asked or it can't.
	FromHost *core.ModelList `json:"from_host,omitempty"`
	Finding  core.Finding    `json:"finding"`
}

// ProbeUpstream asks for the models and for one completion with each key. It writes nothing anywhere.
func (e *Engine) ProbeUpstream(ctx context.Context, spec UpstreamSpec) ([]UpstreamReport, error) {
	pack, err := e.Packs.Pack(spec.Provider)
	if err != nil {
		return nil, err
	}
	endpoint, err := plan.ChooseEndpoint(pack, core.ImportRequest{BaseURL: spec.BaseURL, Endpoint: spec.Endpoint})
	if err != nil {
		return nil, err
	}
	protocol := spec.Protocol
	if protocol == "" || protocol == core.ProtocolAuto {
		protocol = core.ProtocolChat
	}
	var client core.HostClient
	var h core.Host
	if spec.HostName != "" {
		if client, h, err = e.reach(ctx, spec.HostName); err != nil {
			return nil, err
		}
		if !h.Seen.Has(core.FeatureModelSync) {
			client = nil
		}
	}
	ctx, t := e.recorded(ctx, core.RunProbe)
	t.about(h, pack.ID)
	out, err := e.probeUpstream(ctx, spec, pack, endpoint, protocol, client)
	t.probed(out)
	return out, e.keepRun(ctx, t, err)
}

func (e *Engine) probeUpstream(ctx context.Context, spec UpstreamSpec, pack core.Pack, endpoint core.Endpoint, protocol core.Protocol, client core.HostClient) ([]UpstreamReport, error) {
	up := e.Dialer.Upstream()
	var out []UpstreamReport
	for i, key := range spec.Keys {
		ctx := core.AtStep(ctx, core.PhaseProve, "key "+plan.Count(i+1))
		report := UpstreamReport{Name: key.Name}
		if endpoint.Models != "" {
			report.Models = up.Models(ctx, endpoint.Models, key.Value)
		}
		report.Completion = up.Complete(ctx, endpoint.URL(protocol), key.Value, question(protocol, pack.Smoke, pack.Quirks))
		if client != nil {
			list, err := client.UpstreamModels(ctx, pack.Platform, endpoint.Base, key.Value)
			if err != nil {
				return out, err
			}
			report.FromHost = &list
		}
		report.Finding = probe.Upstream(key.Name, pack.Rules, report.Completion, report.FromHost, e.sisterOf(ctx, pack, endpoint, key.Value, report.Completion))
		out = append(out, report)
	}
	return out, nil
}

// sisterOf finds the endpoint of the same pack that accepts a key refused here, by reading its model list.
// An endpoint given by hand has no sisters: one company's key isn't shown to another.
func (e *Engine) sisterOf(ctx context.Context, pack core.Pack, endpoint core.Endpoint, key string, refused core.Completion) string {
	if refused.Status != 401 {
		return ""
	}
	for _, id := range endpoint.Sisters {
		if sister, ok := pack.Endpoint(id); ok && sister.Models != "" && e.Dialer.Upstream().Models(ctx, sister.Models, key).OK() {
			return id
		}
	}
	return ""
}

// ProbeAccounts lists the recorded accounts of a provider as the host holds them now, with the host's own
// words for those that are out of traffic. It costs list calls only.
func (e *Engine) ProbeAccounts(ctx context.Context, host, provider string) ([]core.AccountState, error) {
	var out []core.AccountState
	err := e.look(ctx, core.RunProbe, host, provider, func(ctx context.Context, client core.HostClient, h core.Host, _ *tape) error {
		held, err := e.ofProvider(ctx, h.ID, provider)
		if err != nil {
			return err
		}
		for _, group := range groupsOf(held) {
			states, err := e.accountStates(ctx, client, h.ID, group.Ref.ID)
			if err != nil {
				return err
			}
			for _, s := range states {
				if !slices.ContainsFunc(out, func(x core.AccountState) bool { return x.ID == s.ID }) {
					out = append(out, s)
				}
			}
		}
		return nil
	})
	return out, err
}

// ofProvider are a provider's managed resources on a host; that there are none is an error.
func (e *Engine) ofProvider(ctx context.Context, host core.HostID, provider string) ([]core.Resource, error) {
	held, err := e.Resources(ctx, host)
	held = slices.DeleteFunc(held, func(r core.Resource) bool { return r.Provider != provider })
	if err == nil && len(held) == 0 {
		err = core.Input("nothing of "+provider+" is recorded on this host", "cnrelay import preview --provider "+provider+" …")
	}
	return held, err
}

func groupsOf(held []core.Resource) []core.Resource {
	return slices.DeleteFunc(slices.Clone(held), func(r core.Resource) bool { return r.Ref.Kind != core.Group })
}

// AccessPreview checks the preconditions of each mode's access, by lists and reads only.
func (e *Engine) AccessPreview(ctx context.Context, host, provider string) ([]core.AccessPlan, error) {
	var out []core.AccessPlan
	err := e.look(ctx, core.RunAccessPreview, host, provider, func(ctx context.Context, client core.HostClient, h core.Host, t *tape) error {
		held, err := e.ofProvider(ctx, h.ID, provider)
		if err != nil {
			return err
		}
		if out, err = e.accessPlans(ctx, client, h, held); err == nil {
			t.planned(out)
		}
		return err
	})
	return out, err
}

func (e *Engine) accessPlans(ctx context.Context, client core.HostClient, h core.Host, held []core.Resource) ([]core.AccessPlan, error) {
	read, err := e.readAll(ctx, client, refsOf(held))
	if err != nil {
		return nil, err
	}
	var out []core.AccessPlan
	for _, group := range groupsOf(held) {
		p := core.AccessPlan{Mode: group.Mode, Batch: group.Batches[len(group.Batches)-1]}
		check := func(ok bool, code, next string, args ...string) {
			p.Checks = append(p.Checks, core.Check{Code: code, OK: ok, Next: next, Args: args})
		}
		g, there := read[group.Ref]
		check(there && g.Fields.Str("status") == "active", "group_active", "import_again", group.Name)
		states, err := e.accountStates(ctx, client, h.ID, group.Ref.ID)
		if err != nil {
			return out, err
		}
		serving := slices.DeleteFunc(slices.Clone(states), func(s core.AccountState) bool { return !s.Serves })
		check(len(serving) > 0, "accounts_serving", "probe_accounts", plan.Count(len(serving)), plan.Count(len(states)))
		for _, r := range held {
			if !slices.Contains(r.Batches, p.Batch) {
				continue
			}
			o, there := read[r.Ref]
			switch r.Ref.Kind {
			case core.APIKey:
				bound := there && o.Fields.Num("group_id") == float64(group.Ref.ID) && o.Fields.Str("status") == "active"
				check(bound, "key_bound", "import_again", userOf(held, r.Ref.Owner))
			case core.User:
				check(there && o.Fields.Str("status") == "active", "user_active", "import_again", r.Name)
				if group.Mode == core.AccessSelfService {
					check(o.Fields.Num("balance") > 0, "balance", "fix_balance", r.Name)
				}
			case core.Subscription:
				check(there && o.Fields.Str("status") == "active", "subscription_active", "import_again", r.Name)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func userOf(held []core.Resource, id int64) string {
	for _, r := range held {
		if r.Ref.Kind == core.User && r.Ref.ID == id {
			return r.Name
		}
	}
	return strings.TrimSpace(core.Ref{Kind: core.User, ID: id}.String())
}
