package bundle

import (
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// Summary is what a bundle says in short: the last stage file, and what reports and comparisons are made of.
type Summary struct {
	Batch    core.BatchID     `json:"batch"`
	Provider string           `json:"provider"`
	Mode     core.AccessMode  `json:"mode,omitempty"`
	State    core.BatchState  `json:"state"`
	Access   core.AccessState `json:"access"`
	// Class is the classification: of the latest look, if access was looked at after the import.
	Class    core.Class     `json:"class"`
	Fault    core.Fault     `json:"fault"`
	Findings []core.Finding `json:"findings,omitempty"` // that Class is the first of
	From     time.Time      `json:"from"`               // the evidence begins
	Until    time.Time      `json:"until"`              // and ends
	Host     Host           `json:"host"`
	Versions Versions       `json:"versions"`
	Config   Config         `json:"config"`
	Commands []Command      `json:"commands"` // that made the evidence, oldest first
	Stages   []Stage        `json:"stages"`
	// Acceptance are the stages of the acceptance run that the batch was a part of.
	Acceptance []core.StageResult `json:"acceptance,omitempty"`
	Accounts   Accounts           `json:"accounts"`
	Latency    Latency            `json:"latency_ms"`
	// Exchanges that are in the bundle, those of them with a body that was cut, and those that weren't kept.
	Exchanges int         `json:"exchanges"`
	Cut       int         `json:"exchanges_cut"`
	Dropped   int         `json:"exchanges_dropped"`
	NotShown  []core.Note `json:"not_shown"` // what this is no evidence of
}

// Host is the host that evidence came from.
type Host struct {
	Name        string `json:"name"`
	URL         string `json:"url,omitempty"`        // as it was dialled
	Public      string `json:"public_url,omitempty"` // as its users reach it
	Version     string `json:"version"`
	Fingerprint string `json:"fingerprint"`
}

// Versions are what evidence depends on.
type Versions struct {
	Host       string `json:"host"`
	Console    string `json:"cnrelay"` // that ran the import
	Pack       string `json:"pack"`    // digest
	PackSource string `json:"pack_source"`
}

// Config is what an import was asked for, as far as it changes what comes of it.
type Config struct {
	Name     string           `json:"name"`
	Endpoint string           `json:"endpoint"`
	Base     string           `json:"base_url"`
	Protocol core.Protocol    `json:"protocol"`
	Platform string           `json:"platform"`
	Smoke    string           `json:"smoke_model"`
	Models   []string         `json:"models"`
	Keys     int              `json:"keys"`
	Users    int              `json:"users"`
	Days     int              `json:"days"`
	Rate     float64          `json:"rate_multiplier"`
	Public   bool             `json:"public"`
	Replace  core.ReplaceMode `json:"replace,omitempty"`
	Hook     bool             `json:"hook"`
}

// Command is a run and what started it.
type Command struct {
	Kind    core.RunKind `json:"kind"`
	Command string       `json:"command,omitempty"`
	Console string       `json:"cnrelay"`
	Started time.Time    `json:"started"`
	Ended   time.Time    `json:"ended,omitzero"`
	State   string       `json:"state,omitempty"`
	Class   core.Class   `json:"class,omitempty"`
	Error   string       `json:"error,omitempty"`
}

// Accounts counts the accounts of a batch.
type Accounts struct {
	Passed       int `json:"passed"`
	Failed       int `json:"failed"`
	Inconclusive int `json:"inconclusive"`
}

// Latency is how long things took, in milliseconds; 0 is not seen.
type Latency struct {
	Import      float64 `json:"import"`
	AccountTest float64 `json:"account_test_median"`
	Models      float64 `json:"gateway_models"`
	Completion  float64 `json:"gateway_completion"`
	Upstream    float64 `json:"upstream_completion"`
}

// summarize says in short what the evidence shows.
func summarize(e engine.Evidence, f *findings) Summary {
	b := e.Batch
	s := Summary{Batch: b.ID, Provider: b.Provider, Mode: b.Request.Access, State: b.State, Access: b.Access.State, Exchanges: f.count, Cut: f.cut,
		Versions: Versions{Host: b.HostSeen.Version, Console: b.Console.Version, Pack: b.Pack.Digest, PackSource: b.Pack.Source},
		Config: Config{Name: b.Request.Name, Endpoint: b.Plan.Endpoint.ID, Base: b.Plan.Endpoint.Base, Protocol: b.Plan.Protocol, Platform: b.Plan.Platform,
			Smoke: b.Plan.Smoke.Model, Keys: len(b.Request.Keys), Users: len(userSteps(b)), Days: b.Request.Days, Rate: b.Request.Rate, Public: b.Request.Public,
			Replace: b.Request.Mode, Hook: b.Request.Hook != ""},
		Host: Host{Name: b.HostName, Version: b.HostSeen.Version, Fingerprint: b.HostSeen.Fingerprint}, From: b.Started, Until: b.Ended}
	for _, m := range b.Pack.Models {
		if len(b.Request.Models) == 0 || slices.Contains(b.Request.Models, m.ID) {
			s.Config.Models = append(s.Config.Models, m.ID)
		}
	}
	for _, r := range e.Runs {
		s.Commands = append(s.Commands, Command{r.Kind, r.Command, r.Console.Version, r.Started, r.Ended, r.State, r.Class, r.Error})
		s.Dropped += r.Dropped
		if r.Kind == core.RunAcceptance {
			s.Acceptance = r.Stages
		}
		if r.Host == b.Host {
			s.Host.URL, s.Host.Public = r.URL, r.Public
		}
		if r.Started.Before(s.From) {
			s.From = r.Started
		}
		if r.Ended.After(s.Until) {
			s.Until = r.Ended
		}
	}
	for _, a := range b.Accounts {
		switch a.Verdict {
		case core.Passed:
			s.Accounts.Passed++
		case core.Failed:
			s.Accounts.Failed++
		case core.Inconclusive:
			s.Accounts.Inconclusive++
		}
	}
	latest := LatestAccess(e)
	if !latest.At.IsZero() {
		s.Access = latest.State
	}
	s.Findings = b.Findings
	if latest.At.After(b.Access.At) {
		s.Findings = append(slices.Clone(latest.Findings), aboutAccounts(b)...)
	}
	s.Class, s.Fault = classified(s, b)
	s.Latency = latencies(e, latest)
	s.Stages = stagesOf(e, latest)
	s.NotShown = notShown(e, s, latest)
	return s
}

func userSteps(b engine.BatchDetail) []core.Step {
	return slices.DeleteFunc(slices.Clone(b.Plan.Steps), func(s core.Step) bool { return s.Kind != core.APIKey || s.Phase != core.PhaseAccess })
}

// aboutAccounts are a batch's findings about accounts; those about access have a later word.
func aboutAccounts(b engine.BatchDetail) []core.Finding {
	return slices.DeleteFunc(slices.Clone(b.Findings), func(f core.Finding) bool {
		return testOf(b, f) == ""
	})
}

// classified is the class of what keeps access from being ready: of access itself, else of the accounts.
func classified(s Summary, b engine.BatchDetail) (core.Class, core.Fault) {
	switch {
	case ready(s.Access):
		return core.Ready, core.NoFault
	case len(s.Findings) == 0:
		return core.Unknown, core.FaultUnknown
	}
	first := slices.IndexFunc(s.Findings, func(f core.Finding) bool { return testOf(b, f) == "" })
	f := s.Findings[max(0, first)]
	return f.Class, f.Fault
}

func ready(a core.AccessState) bool { return a == core.SubscriptionReady || a == core.SelfServiceReady }

// LatestAccess is the latest word on access to the batch: of its import, of a later check, or of a reconcile run.
func LatestAccess(e engine.Evidence) core.AccessResult {
	latest := e.Batch.Access
	later := func(a core.AccessResult) {
		if a.At.After(latest.At) {
			latest = a
		}
	}
	for _, r := range e.Runs {
		for i, a := range r.Access {
			if i < len(r.Batches) && r.Batches[i] == e.Batch.ID {
				later(a)
			}
		}
	}
	for _, d := range e.Drift {
		if d.Access.State != core.AccessUnchecked {
			d.Access.Findings = d.Probes
			later(d.Access)
		}
	}
	return latest
}

// latestUpstream is what the provider last answered when it was asked directly.
func latestUpstream(e engine.Evidence) (models core.ModelList, completion core.Completion) {
	take := func(c *core.Completion) {
		if c != nil && c.At.After(completion.At) {
			completion = *c
		}
	}
	for _, a := range e.Batch.Accounts {
		take(a.Upstream)
	}
	take(LatestAccess(e).Upstream)
	for _, d := range e.Drift {
		if d.Upstream == nil {
			continue
		}
		take(&d.Upstream.Completion)
		if d.Upstream.Models.At.After(models.At) {
			models = d.Upstream.Models
		}
	}
	return models, completion
}

func latencies(e engine.Evidence, latest core.AccessResult) Latency {
	l := Latency{Models: ms(latest.Models.Latency), Completion: ms(latest.Completion.Latency)}
	for _, r := range e.Runs {
		if r.Kind == core.RunImport && !r.Ended.IsZero() {
			l.Import = ms(r.Ended.Sub(r.Started))
			break
		}
	}
	var tests []time.Duration
	for _, a := range e.Batch.Accounts {
		if a.Test.Latency > 0 {
			tests = append(tests, a.Test.Latency)
		}
	}
	if slices.Sort(tests); len(tests) > 0 {
		l.AccountTest = ms(tests[len(tests)/2])
	}
	_, upstream := latestUpstream(e)
	l.Upstream = ms(upstream.Latency)
	return l
}
