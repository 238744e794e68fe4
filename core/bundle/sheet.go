package bundle

import (
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// sheetNames are the stage files, by their numbers. All of them are in every bundle: one that holds nothing says so.
var sheetNames = []string{
	"00-context", "01-request", "02-plan", "03-import", "04-batch-initial", "05-accounts", "06-access-preview", "07-access-status",
	"08-host-models", "09-group-state", "10-subscription-state", "11-gateway-completion", "12-upstream-models", "13-upstream-chat",
	"14-account-states", "15-hook", "16-reconcile", "17-acceptance", "18-rollback", "19-ledger", "20-batch-final", "21-summary",
}

// sheet is a stage file.
type sheet struct {
	Stage     string    `json:"stage"`
	Schema    int       `json:"schema"`
	Host      Host      `json:"host"`
	Seen      bool      `json:"seen"`
	At        time.Time `json:"at,omitzero"`         // of what it shows
	Exchanges []int     `json:"exchanges,omitempty"` // of exchanges.har, where there are more than it shows
	Data      any       `json:"data,omitempty"`
}

// sheets are the stage files in the order of their names.
func sheets(e engine.Evidence, s Summary, f *findings) []sheet {
	b := e.Batch
	out := []sheet{
		seen(b.Started, contextOf(e, s)),
		seen(b.Started, b.Request),
		seen(b.Started, b.Plan),
		journal(e, f, core.RunImport, core.RunResume),
		initial(e),
		accounts(b),
		accessPreview(e, f),
		accessStatus(e, f),
		one(f.gatewayModels),
		resources(e, f, core.Group, core.Channel),
		resources(e, f, core.Plan, core.User, core.Subscription, core.APIKey),
		one(f.gatewayCompletion),
		one(f.upstreamModels),
		one(f.upstreamChat),
		accountStates(e),
		hook(e),
		reconcile(e, f),
		acceptance(e, f),
		rollback(e, f),
		ledger(e),
		final(b),
		seen(s.Until, s),
	}
	for i := range out {
		out[i].Stage, out[i].Schema, out[i].Host = sheetNames[i], Schema, s.Host
	}
	return out
}

func seen(at time.Time, data any) sheet { return sheet{Seen: true, At: at, Data: data} }

func one(x *shown) sheet {
	if x == nil {
		return sheet{}
	}
	return sheet{Seen: true, At: x.At, Exchanges: []int{x.Number}, Data: x}
}

func contextOf(e engine.Evidence, s Summary) any {
	b := e.Batch
	return struct {
		Host     Host           `json:"host"`
		Seen     core.HostFacts `json:"host_seen"`
		Console  core.Build     `json:"console"`
		State    string         `json:"state_directory"`
		Pack     Pack           `json:"pack"`
		Commands []Command      `json:"commands"`
	}{s.Host, b.HostSeen, b.Console, e.State, Pack{b.Pack.ID, b.Pack.Name, b.Pack.Source, b.Pack.Digest}, s.Commands}
}

// Pack names a provider pack.
type Pack struct {
	ID     string    `json:"id"`
	Name   core.Text `json:"name"`
	Source string    `json:"source"`
	Digest string    `json:"digest"`
}

// journal is what runs of some kinds did, event by event.
func journal(e engine.Evidence, f *findings, kinds ...core.RunKind) sheet {
	var out sheet
	var steps []core.Event
	for _, r := range e.Runs {
		if !slices.Contains(kinds, r.Kind) {
			continue
		}
		out.Seen, out.At = true, r.Started
		out.Exchanges = append(out.Exchanges, f.numbers[r.Kind]...)
		for _, ev := range e.Events {
			if !ev.At.Before(r.Started) && (r.Ended.IsZero() || !ev.At.After(r.Ended.Add(time.Second))) && !slices.ContainsFunc(steps, func(x core.Event) bool { return x.Seq == ev.Seq }) {
				steps = append(steps, ev)
			}
		}
	}
	slices.Sort(out.Exchanges)
	out.Exchanges = slices.Compact(out.Exchanges)
	if out.Seen {
		out.Data = steps
	}
	return out
}

// initial is how the batch stood when its first import ended.
func initial(e engine.Evidence) sheet {
	for _, r := range e.Runs {
		if r.Kind == core.RunImport && r.Outcome != nil {
			return seen(r.Ended, r.Outcome)
		}
	}
	return sheet{}
}

func accounts(b engine.BatchDetail) sheet {
	if len(b.Accounts) == 0 {
		return sheet{}
	}
	return seen(b.Ended, b.Accounts)
}

func accessPreview(e engine.Evidence, f *findings) sheet {
	p, r, ok := latestPlan(e)
	if !ok {
		return sheet{}
	}
	out := seen(r.Ended, p)
	out.Exchanges = f.numbers[core.RunAccessPreview]
	return out
}

func accessStatus(e engine.Evidence, f *findings) sheet {
	a := LatestAccess(e)
	if a.At.IsZero() {
		return sheet{}
	}
	out := seen(a.At, a)
	out.Exchanges = f.numbers[core.RunAccess]
	return out
}

// resources are some kinds of what the batch made or uses: what was set, and what was exchanged about it.
func resources(e engine.Evidence, f *findings, kinds ...core.Kind) sheet {
	type resource struct {
		Step   string          `json:"step"`
		Kind   core.Kind       `json:"kind"`
		Verb   core.Verb       `json:"verb"`
		Name   string          `json:"name"`
		Record core.StepRecord `json:"record"`
		Held   *core.Resource  `json:"ledger,omitempty"`
	}
	data := struct {
		Resources []resource `json:"resources"`
		Exchanged []shown    `json:"exchanged,omitempty"`
	}{}
	var at time.Time
	for _, s := range e.Batch.Plan.Steps {
		rec := e.Batch.Steps[s.ID]
		if !slices.Contains(kinds, s.Kind) || rec.State == "" {
			continue
		}
		r := resource{Step: s.ID, Kind: s.Kind, Verb: s.Verb, Name: s.Name, Record: rec}
		for i := range e.Resources {
			if e.Resources[i].Ref == rec.Ref {
				r.Held = &e.Resources[i]
			}
		}
		if rec.At.After(at) {
			at = rec.At
		}
		data.Resources = append(data.Resources, r)
	}
	if len(data.Resources) == 0 {
		return sheet{}
	}
	data.Exchanged = f.of(kinds...)
	return seen(at, data)
}

// accountStates are the accounts of the group as the host itself listed them at the latest access check.
func accountStates(e engine.Evidence) sheet {
	a := LatestAccess(e)
	if a.Sharing == 0 && len(a.Accounts) == 0 {
		return sheet{}
	}
	return seen(a.At, struct {
		Sharing  int                 `json:"sharing_the_group"`
		Accounts []core.AccountState `json:"accounts"`
	}{a.Sharing, a.Accounts})
}

func hook(e engine.Evidence) sheet {
	for _, ev := range slices.Backward(e.Events) {
		if ev.Type == core.EventHook {
			return seen(ev.At, struct {
				Command string `json:"command"`
				Exit    int64  `json:"exit"`
				Output  string `json:"output"`
			}{ev.Name, ev.ID, ev.Text})
		}
	}
	return sheet{}
}

// reconcile is what was found, and what was exchanged to find and to mend it.
func reconcile(e engine.Evidence, f *findings) sheet {
	if len(e.Drift) == 0 {
		return sheet{}
	}
	out := seen(e.Drift[len(e.Drift)-1].At, e.Drift)
	out.Exchanges = slices.Sorted(slices.Values(slices.Concat(f.numbers[core.RunDrift], f.numbers[core.RunRepair])))
	return out
}

// acceptance are the stages of the acceptance run that the batch was a part of.
func acceptance(e engine.Evidence, f *findings) sheet {
	for _, r := range slices.Backward(e.Runs) {
		if r.Kind != core.RunAcceptance {
			continue
		}
		out := seen(r.Ended, struct {
			Passed bool               `json:"passed"`
			Stages []core.StageResult `json:"stages"`
		}{core.Acceptance{Stages: r.Stages}.Passed(), r.Stages})
		out.Exchanges = f.numbers[core.RunAcceptance]
		return out
	}
	return sheet{}
}

func rollback(e engine.Evidence, f *findings) sheet {
	out := journal(e, f, core.RunRollback)
	if !out.Seen {
		return out
	}
	var kept []core.Kept
	for _, r := range e.Runs {
		if r.Kind == core.RunRollback && r.Outcome != nil {
			kept = r.Outcome.Kept
		}
	}
	out.Data = struct {
		State    core.BatchState `json:"state"`
		Kept     []core.Kept     `json:"kept"`
		Replaced []core.Resource `json:"replaced,omitempty"`
		Events   any             `json:"events"`
	}{e.Batch.State, kept, e.Batch.Replaced, out.Data}
	return out
}

func ledger(e engine.Evidence) sheet {
	if len(e.Resources) == 0 {
		return sheet{}
	}
	return seen(e.Batch.Ended, e.Resources)
}

// final is the batch as it stands, but for what other stage files show.
func final(b engine.BatchDetail) sheet {
	return seen(b.Ended, struct {
		State    core.BatchState            `json:"state"`
		Phase    string                     `json:"phase,omitempty"`
		Started  time.Time                  `json:"started"`
		Ended    time.Time                  `json:"ended,omitzero"`
		Passed   int                        `json:"passed"`
		Keys     int                        `json:"keys"`
		Access   core.AccessResult          `json:"access"`
		Findings []core.Finding             `json:"findings,omitempty"`
		Kept     []core.Kept                `json:"kept,omitempty"`
		Replaced []core.Resource            `json:"replaced,omitempty"`
		Steps    map[string]core.StepRecord `json:"steps"`
	}{b.State, b.Phase, b.Started, b.Ended, b.Passed, len(b.Request.Keys), b.Access, b.Findings, b.Kept, b.Replaced, b.Steps})
}
