package tui_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/muesli/termenv"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/drift"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/tui"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
	"cnrelay/tui/tuitest"
)

// stub is a service that knows a few things of each kind and changes by itself never. Times are relative to the
// start of the bubble that it lives in.
type stub struct {
	now     time.Time
	running []core.BatchID
	who     engine.Who
	many    int   // batches more than those
	down    error // the store can't be read

	alerts []core.Alert

	imported []engine.ImportSpec
	undone   []core.BatchID
	repaired []plan.RepairPlan
	stopped  []core.BatchID
	removed  []string
	added    []engine.HostSpec
	exported []string
	refuse   error // what a write ends with
}

func newStub() *stub { return &stub{now: time.Now().UTC()} }

func (s *stub) ago(d time.Duration) time.Time { return s.now.Add(-d) }

const user = "managed-1.deepseek-sub.x7k2m9qa@cnrelay.local"

func (s *stub) hosts() []core.Host {
	features := map[core.Feature]bool{core.FeatureChannels: true, core.FeatureChat: true, core.FeaturePlans: true, core.FeatureNative: false}
	return []core.Host{
		{ID: "h1", Name: "lab", URL: "http://127.0.0.1:18133", PublicURL: "https://gateway.example.com", Auth: core.AuthAdminKey, Concurrency: 4, Fingerprint: "3fa2c1d9e0b1aaaa",
			Seen: core.HostFacts{At: s.ago(20 * time.Second), Version: "0.1.133", Latency: 12 * time.Millisecond, Fingerprint: "3fa2c1d9e0b1aaaa", Features: features}},
		{ID: "h2", Name: "production-shanghai", URL: "https://sh.example.com", PublicURL: "https://sh.example.com", Auth: core.AuthPassword, Email: "admin@example.com", Concurrency: 8, Fingerprint: "99ffcc",
			Seen: core.HostFacts{At: s.ago(20 * time.Second), Version: "0.1.179", Latency: 181 * time.Millisecond, Fingerprint: "99ffcc", Features: features, Blocks: []core.Block{core.BlockCompliance},
				Compliance: &core.Compliance{Version: "3", DocumentEN: "https://example.com/terms", DocumentZH: "https://example.com/terms.zh", PhraseEN: "I have read it", PhraseZH: "我已阅读"}}},
		{ID: "h3", Name: "备用", URL: "https://spare.example.com", PublicURL: "https://spare.example.com", Auth: core.AuthAdminKey, Concurrency: 4,
			Seen: core.HostFacts{At: s.ago(3 * time.Hour), Version: "0.1.121", Latency: 40 * time.Millisecond, Features: features},
			Lost: core.Outage{Since: s.ago(40 * time.Minute), At: s.ago(30 * time.Second), Code: core.CodeNetwork, What: "connection refused", Next: "check the address and the tunnel"}},
	}
}

func (s *stub) quota() core.Finding {
	return core.Finding{Class: core.UpstreamKeyQuota, Fault: core.FaultUpstream, Stage: "upstream_completion", About: "deepseek-9f8e7d6c", Words: "Insufficient Balance", Status: 402, At: s.ago(5 * time.Minute)}
}

func (s *stub) gap() core.Finding {
	return core.Finding{Class: core.HostConfigGap, Fault: core.FaultConfig, Stage: "gateway_completion", About: user, Detail: "accounts_out", Words: "Service temporarily unavailable", Status: 503, At: s.ago(9 * time.Minute)}
}

func (s *stub) access(state core.AccessState, ago time.Duration) core.AccessResult {
	a := core.AccessResult{Mode: core.AccessSubscription, State: state, At: s.ago(ago), User: user,
		Models:     core.ModelList{At: s.ago(ago), URL: "https://gateway.example.com/v1/models", Latency: 12 * time.Millisecond, Status: 200, Models: []string{"deepseek-flash", "deepseek-v4-pro"}},
		Completion: core.Completion{At: s.ago(ago), URL: "https://gateway.example.com/v1/chat/completions", Latency: 642 * time.Millisecond, Status: 200, Content: "pong", Model: "deepseek-v4.1-flash"}}
	if state == core.AccessBroken {
		a.Completion.Status, a.Completion.Content, a.Completion.Failure = 503, "", core.Failure{Type: "api_error", Message: "Service temporarily unavailable"}
	}
	return a
}

func (s *stub) batches() []core.Batch {
	key := func(n ...string) (out []core.KeyRef) {
		for _, f := range n {
			out = append(out, core.KeyRef{Fingerprint: f})
		}
		return out
	}
	b := func(id, host, provider string, state core.BatchState, ago time.Duration, passed int, keys []core.KeyRef, access core.AccessResult) core.Batch {
		hostID := core.HostID("h1")
		if host != "lab" {
			hostID = "h2"
		}
		return core.Batch{ID: core.BatchID(id), Host: hostID, HostName: host, Provider: provider, State: state, Phase: "import", Started: s.ago(ago), Ended: s.ago(ago - 3*time.Second),
			Passed: passed, Request: core.ImportRequest{Provider: provider, Keys: keys, Access: core.AccessSubscription, Days: 365, Protocol: core.ProtocolAuto}, Access: access,
			HostSeen: s.hosts()[0].Seen, Console: core.Build{Version: "v1.2.3", Started: s.ago(time.Hour)}, Plan: core.ImportPlan{Smoke: core.Smoke{Model: "deepseek-flash"}, Steps: s.steps()}}
	}
	list := []core.Batch{
		b("b5running", "lab", "kimi", core.BatchRunning, 8*time.Second, 0, key("aa", "bb", "cc"), core.AccessResult{}),
		b("b2k4m6n8p", "lab", "deepseek", core.BatchPartial, 5*time.Minute, 1, key("1a2b3c4d5e6f", "9f8e7d6c5b4a"), s.access(core.SubscriptionReady, 5*time.Minute)),
		b("b3qwen777", "production-shanghai", "qwen", core.BatchPartial, 9*time.Minute, 2, key("dd", "ee"), s.access(core.AccessBroken, 9*time.Minute)),
		b("b1old1111", "lab", "deepseek", core.BatchRolledBack, 26*time.Hour, 1, key("ff"), core.AccessResult{State: core.SubscriptionReady, Mode: core.AccessSubscription, At: s.ago(26 * time.Hour)}),
	}
	list[0].Ended = time.Time{}
	list[1].Findings = []core.Finding{s.quota()}
	list[2].Findings = []core.Finding{s.gap()}
	for i := range s.many {
		x := list[1+i%3]
		x.ID, x.Started = core.BatchID("m"+time.Duration(i).String()), s.ago(time.Duration(i)*time.Minute)
		list = append(list, x)
	}
	return list
}

func (s *stub) steps() []core.Step {
	return []core.Step{
		{ID: "group", Phase: core.PhaseFoundation, Kind: core.Group, Verb: core.Create, Name: "deepseek-sub"},
		{ID: "channel", Phase: core.PhaseFoundation, Kind: core.Channel, Verb: core.Update, Name: "deepseek-sub", Ref: core.Ref{Kind: core.Channel, ID: 3}, Reason: plan.ReasonStranger,
			Change: []core.Change{{Field: "restrict_models", Have: false, Want: true}}},
		{ID: "account/1a2b3c4d", Phase: core.PhaseStage, Kind: core.Account, Verb: core.Create, Name: "deepseek-main-1a2b3c4d"},
		{ID: "account/9f8e7d6c", Phase: core.PhaseStage, Kind: core.Account, Verb: core.Create, Name: "deepseek-9f8e7d6c"},
		{ID: "user/" + user, Phase: core.PhaseAccess, Kind: core.User, Verb: core.Create, Name: user},
	}
}

func (s *stub) detail(id core.BatchID) engine.BatchDetail {
	for _, b := range s.batches() {
		if b.ID != id {
			continue
		}
		d := engine.BatchDetail{Batch: b, Steps: map[string]core.StepRecord{
			"group":            {State: core.StepDone, Ref: core.Ref{Kind: core.Group, ID: 7}, Sent: b.Started, At: b.Started.Add(21 * time.Millisecond)},
			"channel":          {State: core.StepDone, Ref: core.Ref{Kind: core.Channel, ID: 3}, Sent: b.Started, At: b.Started.Add(34 * time.Millisecond)},
			"account/1a2b3c4d": {State: core.StepDone, Ref: core.Ref{Kind: core.Account, ID: 12}, Sent: b.Started, At: b.Started.Add(40 * time.Millisecond)},
			"account/9f8e7d6c": {State: core.StepUnknown}}}
		d.Accounts = []core.AccountResult{{Name: "deepseek-main-1a2b3c4d", ID: 12, Verdict: core.Passed, Attached: true},
			{Name: "deepseek-9f8e7d6c", ID: 13, Verdict: core.Failed, Finding: s.quota()}}
		return d
	}
	return engine.BatchDetail{}
}

func (s *stub) Status(context.Context, string) ([]engine.HostStatus, error) {
	h := s.hosts()
	ready, broken := s.access(core.SubscriptionReady, 5*time.Minute), s.access(core.AccessBroken, 9*time.Minute)
	broken.Findings = []core.Finding{s.gap()}
	return []engine.HostStatus{
		{Host: h[0], Providers: []engine.ProviderStatus{
			{Provider: "deepseek", State: engine.ProviderDegraded, Accounts: map[core.Verdict]int{core.Passed: 1, core.Failed: 1}, Access: []core.AccessResult{ready}, Findings: []core.Finding{s.quota()}, Batches: []core.BatchID{"b2k4m6n8p"}},
			{Provider: "kimi", State: engine.ProviderAbsent, Batches: nil}}},
		{Host: h[1], Providers: []engine.ProviderStatus{
			{Provider: "qwen", State: engine.ProviderBroken, Accounts: map[core.Verdict]int{core.Passed: 2}, Access: []core.AccessResult{broken}, Findings: []core.Finding{s.gap()}, Batches: []core.BatchID{"b3qwen777"}}}},
		{Host: h[2]},
	}, s.down
}

func (s *stub) Hosts(context.Context) ([]core.Host, error) { return s.hosts(), s.down }
func (s *stub) AddHost(_ context.Context, spec engine.HostSpec) (core.Host, error) {
	s.added = append(s.added, spec)
	return spec.Host, s.refuse
}
func (s *stub) EditHost(_ context.Context, _ string, spec engine.HostSpec) (core.Host, error) {
	return spec.Host, s.refuse
}
func (s *stub) CheckHost(_ context.Context, name string) (core.Host, error) {
	return core.Host{Name: name}, s.refuse
}
func (s *stub) RemoveHost(_ context.Context, name string) error {
	s.removed = append(s.removed, name)
	return s.refuse
}
func (s *stub) RebindHost(context.Context, string, bool) (engine.Rebind, error) {
	return engine.Rebind{Old: "3fa2c1d9e0b1aaaa", New: "77aa77aa77aa77aa", Matching: 3, Total: 9}, s.refuse
}
func (s *stub) AcceptCompliance(_ context.Context, name, _ string) (core.Host, error) {
	return core.Host{Name: name}, s.refuse
}
func (s *stub) Resources(_ context.Context, host core.HostID) ([]core.Resource, error) {
	if host == "h3" {
		return nil, nil
	}
	return []core.Resource{{Host: host, Ref: core.Ref{Kind: core.Group, ID: 7}, Provider: "deepseek", Mode: core.AccessSubscription, Name: "deepseek-sub", Origin: core.Created, Batches: []core.BatchID{"b2k4m6n8p"}, CreatedAt: s.ago(5 * time.Minute)}}, nil
}
func (s *stub) ProbeAccounts(context.Context, string, string) ([]core.AccountState, error) {
	return []core.AccountState{{ID: 12, Name: "deepseek-main-1a2b3c4d", Serves: true, Ours: true}, {ID: 5, Name: "deepseek-old", Why: "429 until 09:00"}}, s.refuse
}
func (s *stub) AccessStatus(context.Context, string, string) ([]engine.AccessReport, error) {
	return []engine.AccessReport{{Batch: "b2k4m6n8p", Access: s.access(core.SubscriptionReady, 0)}}, s.refuse
}

func (s *stub) PackList() []engine.ListedPack {
	p := func(id, en, zh, currency string) core.Pack {
		return core.Pack{ID: id, Name: core.Text{EN: en, ZH: zh}, Source: "builtin", Digest: "sha256:0123456789abcdef", Platform: "openai", Smoke: core.Smoke{Model: id + "-flash"},
			Endpoints: []core.Endpoint{{ID: "cn", Region: "cn", Product: "payg", Base: "https://api." + id + ".example/v1"}, {ID: "intl", Region: "intl", Product: "payg", Base: "https://intl." + id + ".example/v1"}},
			Models: []core.Model{{ID: id + "-flash", Prices: []core.Price{{Currency: "USD", Input: 0.3, Output: 1.2, Source: "https://example.com/pricing", Date: "2026-11-15", Lost: "half of it off-peak"}}},
				{ID: id + "-pro", Prices: []core.Price{{Currency: currency, Input: 9, Output: 27, Source: "https://example.com/pricing", Date: "2026-11-15", Uncertain: true}}}},
			Notes: []string{"Reasoning must be sent back in tool turns."}}
	}
	return []engine.ListedPack{{Pack: p("deepseek", "DeepSeek", "深度求索", "USD")}, {Pack: p("kimi", "Moonshot Kimi", "月之暗面 Kimi", "CNY")}, {Pack: p("qwen", "Alibaba Qwen", "阿里云百炼 通义千问", "CNY")},
		{Pack: core.Pack{Source: "/etc/cnrelay/packs/mine.toml"}, Fault: errors.New("mine.toml:3:1: models: needed, but missing\nmine.toml:9:12: smoke.model: not one of the models")}}
}

func (s *stub) BatchLines(context.Context) ([]engine.BatchLine, error) {
	var lines []engine.BatchLine
	raw, err := json.Marshal(s.batches())
	if err == nil {
		err = json.Unmarshal(raw, &lines)
	}
	return lines, cmp.Or(err, s.down)
}
func (s *stub) Batch(_ context.Context, id core.BatchID) (engine.BatchDetail, error) {
	return s.detail(id), s.down
}
func (s *stub) Watch(id core.BatchID, _ uint64) engine.Follower { return &stubWatch{s: s, id: id} }
func (s *stub) ResumeImport(context.Context, core.BatchID) (<-chan error, error) {
	return nil, s.refuse
}
func (s *stub) PreviewRollback(_ context.Context, id core.BatchID, _ engine.RollbackOptions) (engine.RollbackPreview, error) {
	return engine.RollbackPreview{Host: s.hosts()[0], Batch: s.detail(id).Batch, Plan: plan.UndoPlan{
		Steps: []core.Step{{ID: "undo/account/12", Kind: core.Account, Verb: core.Delete, Name: "deepseek-main-1a2b3c4d", Ref: core.Ref{Kind: core.Account, ID: 12}},
			{ID: "undo/channel/3/restore", Kind: core.Channel, Verb: core.Update, Name: "deepseek-sub", Ref: core.Ref{Kind: core.Channel, ID: 3}, Reason: plan.ReasonRestore, Fields: core.Fields{"restrict_models": false}}},
		Kept: []core.Kept{{Ref: core.Ref{Kind: core.Group, ID: 7}, Name: "deepseek-sub", Reason: plan.KeptDepended, Detail: "api_key 41"}}}}, s.refuse
}
func (s *stub) StartRollback(_ context.Context, id core.BatchID, _ engine.RollbackOptions) (<-chan error, error) {
	s.undone = append(s.undone, id)
	return nil, s.refuse
}
func (s *stub) Cancel(id core.BatchID, _ string) error {
	s.stopped = append(s.stopped, id)
	return s.refuse
}

func (s *stub) PreviewImport(_ context.Context, spec engine.ImportSpec) (engine.Preview, error) {
	if s.refuse != nil {
		return engine.Preview{}, s.refuse
	}
	p := engine.Preview{Host: s.hosts()[0], Pack: s.PackList()[0].Pack, Request: spec.ImportRequest, Plan: core.ImportPlan{Base: "deepseek-sub", Seen: "seen-1", Smoke: core.Smoke{Model: "deepseek-flash"},
		Protocol: core.ProtocolChat, Platform: "openai", Endpoint: core.Endpoint{ID: "cn", Base: "https://api.deepseek.example/v1"}, Steps: s.steps(),
		Checks: []core.Check{{Code: "balance", OK: true, Args: []string{user}}}, Notes: []core.Note{{Code: "user_made", Args: []string{user}}}}}
	for i := range spec.Keys {
		p.Request.Keys = append(p.Request.Keys, core.KeyRef{Name: spec.Keys[i].Name, Fingerprint: []string{"1a2b3c4d5e6f", "9f8e7d6c5b4a"}[i%2]})
	}
	if spec.Mode == "" && spec.Keys[0].Name == "other" {
		p.Plan.Checks = append(p.Plan.Checks, core.Check{Code: "keys_differ", Args: []string{"deepseek-old"}, Next: "replace_or_add"})
	}
	if spec.Mode == core.Replace {
		p.Plan.Steps = append(p.Plan.Steps, core.Step{ID: "delete/5", Phase: core.PhaseRetire, Kind: core.Account, Verb: core.Delete, Name: "deepseek-old", Ref: core.Ref{Kind: core.Account, ID: 5}, Reason: plan.ReasonReplaced})
	}
	return p, nil
}
func (s *stub) StartImport(_ context.Context, spec engine.ImportSpec) (core.BatchID, <-chan error, error) {
	s.imported = append(s.imported, spec)
	return "b2k4m6n8p", nil, s.refuse
}

func (s *stub) Reconcile(context.Context, engine.ReconcileSpec) ([]core.DriftRun, error) {
	return s.drifts("b2k4m6n8p")[:1], s.refuse
}
func (s *stub) DriftRuns(_ context.Context, f engine.DriftFilter) ([]core.DriftRun, error) {
	return s.drifts(f.Batch), s.down
}
func (s *stub) DriftHistory(_ context.Context, id core.BatchID) (drift.History, error) {
	runs := s.drifts(id)
	for n := 1; n < 400; n++ { // an hour each, and an hour of drift once a week
		r := runs[1]
		r.ID, r.At, r.Looks = string(id)+".1", s.ago(time.Duration(n)*time.Hour), 60
		if r.Since = r.At.Add(-time.Hour); n%168 == 20 {
			r.Status, r.Findings = core.Drifted, runs[0].Findings
		}
		runs = append(runs, r)
	}
	return drift.HistoryOf(runs, s.now), s.refuse
}
func (s *stub) PreviewRepair(_ context.Context, spec engine.RepairSpec) ([]engine.RepairPreview, error) {
	p := engine.RepairPreview{Run: s.drifts("b2k4m6n8p")[0]}
	if len(spec.Only) > 0 {
		p.Plan.Steps = []core.Step{{Verb: core.Update, Name: fmt.Sprintf("named: %v, %v", spec.Only[0], spec.Only[1])}}
		return []engine.RepairPreview{p}, s.refuse
	}
	if !spec.Accept {
		p.Plan.Seen = "seen-1"
		p.Plan.Steps = []core.Step{{ID: "repair/channel/3", Kind: core.Channel, Verb: core.Update, Name: "deepseek-sub", Ref: core.Ref{Kind: core.Channel, ID: 3}, Reason: plan.ReasonRecorded,
			Change: p.Run.Findings[0].Changes, Fields: core.Fields{"restrict_models": true}}}
	}
	p.Plan.Left = []core.Kept{{Ref: core.Ref{Kind: core.Account, ID: 12}, Name: "deepseek-main-1a2b3c4d", Reason: plan.LeftOut, Detail: "HTTP 429 slow down"}}
	return []engine.RepairPreview{p}, s.refuse
}
func (s *stub) StartRepair(_ context.Context, _ engine.RepairSpec, reviewed plan.RepairPlan) (<-chan error, error) {
	s.repaired = append(s.repaired, reviewed)
	done := make(chan error)
	close(done)
	return done, s.refuse
}
func (s *stub) Alerts(context.Context, bool) ([]core.Alert, error) { return s.alerts, s.down }
func (s *stub) Silences(context.Context) ([]core.Silence, error)   { return nil, s.down }
func (s *stub) Monitoring() bool                                   { return len(s.alerts) > 0 }
func (s *stub) drifts(b core.BatchID) []core.DriftRun {
	run := core.DriftRun{ID: string(b) + ".3", Host: "h1", HostName: "lab", Provider: "deepseek", Batch: b, At: s.ago(2 * time.Minute), Took: 83 * time.Millisecond, Status: core.Drifted, Checked: 9,
		ExtraCount: 0, RawExtraCount: 1, StaleNoiseCount: 1, ProbeFailures: 1, Facts: s.hosts()[0].Seen, Build: core.Build{Version: "v1.2.3", Started: s.ago(time.Hour)},
		Findings: []core.DriftFinding{{Type: core.DriftChanged, Ref: core.Ref{Kind: core.Channel, ID: 3}, Name: "deepseek-sub", Origin: core.Created, Changes: []core.Change{{Field: "restrict_models", Have: false, Want: true}}, Batches: []core.BatchID{b}},
			{Type: core.DriftOutOfTraffic, Ref: core.Ref{Kind: core.Account, ID: 12}, Name: "deepseek-main-1a2b3c4d", Origin: core.Created, Why: "429 until 09:00", Batches: []core.BatchID{b}}},
		Noise: []core.DriftFinding{{Type: core.DriftStale, Ref: core.Ref{Kind: core.Account, ID: 5}, Name: "deepseek-old"}}}
	before := run
	before.ID, before.At, before.Status, before.Findings, before.Noise, before.ProbeFailures = string(b)+".2", s.ago(time.Hour), core.InSync, nil, nil, 0
	if b == "b3qwen777" {
		return nil
	}
	return []core.DriftRun{run, before}
}

func (s *stub) Changes(ctx context.Context, seen engine.Revision) (engine.Revision, error) {
	if seen == nil {
		return engine.Revision{}, nil
	}
	<-ctx.Done()
	return seen, ctx.Err()
}
func (s *stub) Running() []core.BatchID                 { return s.running }
func (s *stub) Who(context.Context) (engine.Who, error) { return s.who, nil }

// stubWatch gives the events of a short import, then waits.
type stubWatch struct {
	s  *stub
	id core.BatchID
	n  int
}

func (w *stubWatch) Run() core.BatchID { return w.id }
func (w *stubWatch) Close()            {}
func (w *stubWatch) Next(ctx context.Context) (core.Event, error) {
	at := w.s.ago(8 * time.Second)
	f := w.s.quota()
	events := []core.Event{{Type: core.EventStarted, At: at}, {Type: core.EventIntent, State: "intent", Verb: core.Create, Kind: core.Group, Name: "deepseek-sub", Step: "group", At: at},
		{Type: core.EventResult, State: "done", Verb: core.Create, Kind: core.Group, Name: "deepseek-sub", ID: 7, Step: "group", At: at},
		{Type: core.EventVerdict, Verdict: core.Passed, Kind: core.Account, Name: "deepseek-main-1a2b3c4d", ID: 12, Step: "test/1a2b3c4d", Took: 640 * time.Millisecond, At: at},
		{Type: core.EventVerdict, Verdict: core.Failed, Kind: core.Account, Name: "deepseek-9f8e7d6c", ID: 13, Step: "test/9f8e7d6c", Finding: &f, At: at}}
	if w.id == "b5running" {
		events[4] = core.Event{Type: core.EventProgress, Step: "test/9f8e7d6c", Name: "kimi-9f8e7d6c", Text: "Testing model kimi-k2.6 …", At: at}
	}
	if w.n < len(events) {
		w.n++
		ev := events[w.n-1]
		ev.Run, ev.Seq = w.id, uint64(w.n)
		return ev, nil
	}
	<-ctx.Done()
	return core.Event{}, ctx.Err()
}

func (s *stub) export(ctx context.Context, id core.BatchID, path string) (bundle.File, error) {
	s.exported = append(s.exported, path)
	b, err := s.Batch(ctx, id)
	if err != nil || s.refuse != nil {
		return bundle.File{}, errors.Join(err, s.refuse)
	}
	sum := bundle.Summary{Batch: id, Provider: b.Provider, State: b.State, Class: core.UpstreamKeyQuota, From: b.Started, Until: b.Ended, Exchanges: 61,
		Host: bundle.Host{Name: b.HostName, Version: "0.1.133", Fingerprint: b.HostSeen.Fingerprint}}
	return bundle.File{Written: bundle.Written{Summary: sum, Files: 30}, Path: "/home/op/" + path, At: s.now, Digest: strings.Repeat("0f", 32)}, nil
}

// options of a console under test.
type options struct {
	lang    text.Lang
	theme   theme.Name
	profile termenv.Profile
	ascii   bool
	width   int
	height  int
}

// start shows a console on a service.
func start(t *testing.T, s *stub, o options) *tuitest.Screen {
	t.Helper()
	if o.width == 0 {
		o.width, o.height = 80, 24
	}
	if o.profile == 0 && o.theme == "" {
		o.profile = termenv.Ascii
	}
	m, err := keys.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	sess := &pane.Session{Context: ctx, Service: s, Words: text.For(o.lang), Keys: m, Now: time.Now, Local: true, Editor: "vi",
		Process: 4711, Since: time.Date(2000, 1, 1, 9, 0, 0, 0, time.UTC),
		Export:   s.export,
		ReadKeys: func(path string) ([]byte, error) { return nil, core.Input("there is no file "+path, "check the path") },
		Terminal: func(string) {},
		Themed: func(name theme.Name) *theme.Theme {
			return theme.New(nil, theme.Options{Name: name, ASCII: o.ascii, Profile: o.profile})
		}}
	sess.Theme = sess.Themed(o.theme)
	screen := tuitest.Start(t, tui.New(sess), o.width, o.height)
	t.Cleanup(func() {
		cancel()
		time.Sleep(time.Minute) // of the bubble's own time: clocks that nobody waits for any more run out
	})
	return screen
}
