package bundle

import (
	"context"
	"encoding/json"
	"io"
	"slices"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
)

// Issue is the smallest set of evidence that shows a fault: what the host was asked and answered, what the upstream
// answered to the same, and what stands behind it.
type Issue struct {
	Batch    core.BatchID        `json:"batch"`
	Provider string              `json:"provider"`
	Host     Host                `json:"host"`
	Versions Versions            `json:"versions"`
	Config   Config              `json:"config"`
	Run      core.RunKind        `json:"run"` // in which it was seen
	Finding  core.Finding        `json:"finding"`
	Asked    []Asked             `json:"exchanges"` // in the order in which they were sent
	Sharing  int                 `json:"accounts_sharing"`
	Accounts []core.AccountState `json:"accounts"`
	NotShown []core.Note         `json:"not_shown"`
}

// Asked is one exchange of an issue and what it is about.
type Asked struct {
	What Part `json:"what"`
	core.Exchange
}

// NewIssue finds the latest failure that the evidence of a batch shows.
func NewIssue(ctx context.Context, from Source, id core.BatchID) (Issue, error) {
	e, err := from.Evidence(ctx, id)
	if err != nil {
		return Issue{}, err
	}
	s := summarize(e, &findings{evidence: e})
	out := Issue{Batch: id, Provider: s.Provider, Host: s.Host, Versions: s.Versions, Config: s.Config}
	seen := false
	for _, r := range slices.Backward(e.Runs) {
		finding, access, failed := broke(e, r)
		if !failed {
			if ready(core.AccessState(r.State)) || r.Class == core.Ready { // what failed before is over
				break
			}
			continue
		}
		seen = true
		if out.Asked, err = asked(ctx, from, r, testOf(e.Batch, finding)); err != nil || len(out.Asked) > 0 {
			out.Run, out.Finding, out.Accounts, out.Sharing = r.Kind, finding, access.Accounts, access.Sharing
			out.NotShown = slices.DeleteFunc(s.NotShown, func(n core.Note) bool { return !aboutIssue[n.Code] })
			if err != nil {
				return out, err
			}
			return masked(out, from.Mask)
		}
	}
	if seen {
		return out, core.Input("batch "+string(id)+" failed, but what was exchanged is no longer kept", "ask again: cnrelay access status --host "+e.Batch.HostName+" --provider "+e.Batch.Provider)
	}
	return out, core.Input("nothing failed in the latest look at batch "+string(id)+": there is no issue to show", "cnrelay bundle export --batch "+string(id))
}

// masked hides the secrets that were learnt after what an issue tells was written down.
func masked(i Issue, mask func(string) string) (out Issue, err error) {
	raw, err := json.Marshal(i)
	if err != nil {
		return out, err
	}
	var all any
	if err := json.Unmarshal(raw, &all); err != nil {
		return out, err
	}
	if raw, err = json.Marshal(eachText(all, mask)); err != nil {
		return out, err
	}
	return out, json.Unmarshal(raw, &out)
}

func eachText(v any, change func(string) string) any {
	switch v := v.(type) {
	case string:
		return change(v)
	case []any:
		for i := range v {
			v[i] = eachText(v[i], change)
		}
	case map[string]any:
		for k := range v {
			v[k] = eachText(v[k], change)
		}
	}
	return v
}

// aboutIssue are the wrong conclusions that somebody who gets an issue could draw.
var aboutIssue = map[string]bool{"not_failing_today": true, "not_compatible": true, "status_200_models": true, "tests_passed": true, "status_200_completion": true,
	"upstream_not_asked": true, "public_url_not_asked": true, "upstream_from_here": true, "evidence_missing": true, "bodies_cut": true}

// broke is what a run found to be broken: access, else an account.
func broke(e engine.Evidence, r core.Run) (core.Finding, core.AccessResult, bool) {
	looks := r.Access
	if r.Outcome != nil && r.Kind != core.RunRollback {
		looks = append(slices.Clone(looks), r.Outcome.Access)
	}
	for _, d := range e.Drift {
		if slices.ContainsFunc(r.Drift, func(o core.DriftOutcome) bool { return o.ID == d.ID }) {
			d.Access.Findings = d.Probes
			looks = append(looks, d.Access)
		}
	}
	for _, a := range looks {
		if a.State == core.AccessBroken && len(a.Findings) > 0 {
			return a.Findings[0], a, true
		}
	}
	if r.Outcome != nil && r.Kind != core.RunRollback && len(r.Outcome.Findings) > 0 {
		return r.Outcome.Findings[0], core.AccessResult{}, true
	}
	return core.Finding{}, core.AccessResult{}, false
}

// testOf is the step in which the account that a finding is about was tested, "" if it is about access.
func testOf(b engine.BatchDetail, f core.Finding) string {
	for _, a := range b.Accounts {
		if a.Name == f.About {
			return "test/" + plan.Short(a.Fingerprint)
		}
	}
	return ""
}

// asked are the exchanges of a run that show a failure: of access the model list, the completion and the same question
// to the upstream; of an account its test and the same question.
func asked(ctx context.Context, from Source, r core.Run, test string) ([]Asked, error) {
	last := map[Part]core.Exchange{}
	err := from.Exchanges(ctx, r.ID, func(x core.Exchange) error {
		upstream := x.Side == core.SideUpstream && x.Method == post
		switch {
		case test != "" && x.Step != test:
		case test != "" && x.Side == core.SideAdmin && x.Method == post:
			last[PartAccounts] = x
		case upstream && (test != "" || x.Phase == core.PhaseProve):
			last[PartUpstream] = x
		case x.Side == core.SideGateway && x.Method == get:
			last[PartModels] = x
		case x.Side == core.SideGateway:
			last[PartCompletion] = x
		}
		return nil
	})
	var out []Asked
	for _, p := range []Part{PartAccounts, PartModels, PartCompletion, PartUpstream} {
		if x, there := last[p]; there {
			out = append(out, Asked{p, x})
		}
	}
	return out, err
}

// WriteArchive writes an issue's exchanges as a HAR.
func (i Issue) WriteArchive(w io.Writer, agent string) error {
	a := newArchive(w, agent, []harPage{{Started: i.Asked[0].At, ID: string(i.Batch), Title: string(i.Run) + " " + i.Provider + " " + i.Host.Name}})
	for _, x := range i.Asked {
		a.add(string(i.Batch), x.Exchange)
	}
	return a.close()
}
