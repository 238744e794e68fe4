package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/sebdah/goldie/v2"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/tui/page"
	"cnrelay/tui/text"
)

var (
	at   = time.Date(2026, 11, 24, 9, 30, 15, 0, time.FixedZone("CST", 8*3600))
	host = core.Host{ID: "h1", Name: "lab", URL: "http://127.0.0.1:18133", PublicURL: "https://gateway.example.com", Auth: core.AuthAdminKey,
		Concurrency: 4, Fingerprint: "3fa2c1d9e0b1aaaa", Seen: core.HostFacts{At: at, Version: "0.1.133", Fingerprint: "3fa2c1d9e0b1aaaa",
			Features: map[core.Feature]bool{core.FeatureChannels: true, core.FeatureNative: false}}}
	pack = core.Pack{ID: "deepseek", Name: core.Text{EN: "DeepSeek", ZH: "深度求索"}, Source: "builtin", Digest: "sha256:0123456789abcdef",
		Notes: []string{"Reasoning must be sent back in tool turns."}}
	user = "managed-1.deepseek-sub.x7k2m9qa@cnrelay.local"
)

func preview() engine.Preview {
	return engine.Preview{Host: host, Pack: pack,
		Request: core.ImportRequest{Provider: "deepseek", Access: core.AccessSubscription, Days: 365, Rate: 1, Mode: core.Replace, Hook: "./warm-up.sh",
			ForSale: true, Price: 9.9, Keys: []core.KeyRef{{Name: "main", Fingerprint: "1a2b3c4d5e6f"}, {Fingerprint: "9f8e7d6c5b4a"}}},
		Plan: core.ImportPlan{Base: "deepseek-sub", Smoke: core.Smoke{Model: "deepseek-flash"}, Protocol: core.ProtocolChat, Platform: "openai",
			Endpoint: core.Endpoint{ID: "global", Base: "https://api.deepseek.com"},
			Steps: []core.Step{
				{ID: "group", Phase: core.PhaseFoundation, Kind: core.Group, Verb: core.Leave, Name: "deepseek-sub", Ref: core.Ref{Kind: core.Group, ID: 7}},
				{ID: "channel", Phase: core.PhaseFoundation, Kind: core.Channel, Verb: core.Update, Name: "deepseek-sub", Ref: core.Ref{Kind: core.Channel, ID: 3},
					Reason: plan.ReasonStranger, Change: []core.Change{
						{Field: "model_pricing", Have: []any{}, Want: []any{map[string]any{"models": []any{"deepseek-flash"}, "input_price": 3e-7}, map[string]any{"models": []any{"deepseek-v4-pro"}}}},
						{Field: "restrict_models", Have: false, Want: true},
						{Field: "model_mapping.openai", Have: nil, Want: map[string]any{"deepseek-chat": "deepseek-flash", "deepseek-flash": "deepseek-flash", "deepseek-v4-pro": "deepseek-v4-pro"}}}},
				{ID: "account/1a2b3c4d", Phase: core.PhaseStage, Kind: core.Account, Verb: core.Create, Name: "deepseek-main-1a2b3c4d"},
				{ID: "attach/1a2b3c4d", Phase: core.PhaseAttach, Kind: core.Account, Verb: core.Update, Name: "deepseek-main-1a2b3c4d",
					Fields: core.Fields{"group_ids": []any{core.IDOf("group")}}, Before: core.Fields{"group_ids": []any{}}},
				{ID: "account/9f8e7d6c", Phase: core.PhaseStage, Kind: core.Account, Verb: core.Adopt, Name: "deepseek-9f8e7d6c",
					Ref: core.Ref{Kind: core.Account, ID: 12}, Reason: plan.ReasonLost},
				{ID: "user/" + user, Phase: core.PhaseAccess, Kind: core.User, Verb: core.Create, Name: user},
				{ID: "detach/5", Phase: core.PhaseRetire, Kind: core.Account, Verb: core.Update, Name: "deepseek-old", Ref: core.Ref{Kind: core.Account, ID: 5},
					Reason: plan.ReasonReplaced, Fields: core.Fields{"group_ids": []any{}}, Before: core.Fields{"group_ids": []any{7.0}}},
				{ID: "delete/5", Phase: core.PhaseRetire, Kind: core.Account, Verb: core.Delete, Name: "deepseek-old", Ref: core.Ref{Kind: core.Account, ID: 5}, Reason: plan.ReasonReplaced},
			},
			Checks: []core.Check{{Code: "balance", OK: true, Args: []string{"a@b.c"}}, {Code: "keys_differ", Args: []string{"deepseek-old"}, Next: "replace_or_add"}},
			Notes:  []core.Note{{Code: "user_made", Args: []string{user}}, {Code: "price", Args: []string{"deepseek-flash", "0.3", "1.2", "https://api-docs.deepseek.com/quick_start/pricing", "2026-11-15"}}},
		}}
}

func batch() engine.BatchDetail {
	quota := core.Finding{Class: core.UpstreamKeyQuota, Fault: core.FaultUpstream, Stage: "upstream_completion", About: "deepseek-9f8e7d6c",
		Words: "Insufficient Balance", Status: 402, At: at}
	gap := core.Finding{Class: core.HostConfigGap, Fault: core.FaultConfig, Stage: "gateway_completion", About: user, Detail: "accounts_out",
		Missing: []string{"account_test"}, At: at}
	return engine.BatchDetail{Batch: core.Batch{ID: "b2k4m6n8p", Host: "h1", HostName: "lab", Provider: "deepseek", State: core.BatchPartial, Phase: "import",
		Started: at, Ended: at.Add(3 * time.Second), Findings: []core.Finding{quota, gap}, HostSeen: host.Seen,
		Plan: core.ImportPlan{Smoke: core.Smoke{Model: "deepseek-flash"}},
		Access: core.AccessResult{Mode: core.AccessSubscription, State: core.SubscriptionReady, At: at, User: user, ServedBy: 12,
			Models: core.ModelList{At: at, URL: "https://gateway.example.com/v1/models", Latency: 12 * time.Millisecond, Status: 200, Models: []string{"deepseek-flash", "deepseek-v4-pro"}},
			Completion: core.Completion{At: at, URL: "https://gateway.example.com/v1/chat/completions", Latency: 642 * time.Millisecond, Status: 200,
				Content: "pong", Model: "deepseek-v4.1-flash"}}},
		Accounts: []core.AccountResult{{Name: "deepseek-main-1a2b3c4d", ID: 12, Verdict: core.Passed, Attached: true},
			{Name: "deepseek-9f8e7d6c", ID: 13, Verdict: core.Failed, Finding: quota}}}
}

func rollback() engine.RollbackPreview {
	return engine.RollbackPreview{Host: host, Batch: batch().Batch, Plan: plan.UndoPlan{
		Steps: []core.Step{
			{ID: "back/aabbccdd", Kind: core.Account, Verb: core.Create, Name: "deepseek-old", Reason: plan.ReasonRestore},
			{ID: "undo/account/12/detach", Kind: core.Account, Verb: core.Update, Name: "deepseek-main-1a2b3c4d", Ref: core.Ref{Kind: core.Account, ID: 12},
				Fields: core.Fields{"group_ids": []any{}}, Before: core.Fields{"group_ids": []any{7.0}}},
			{ID: "undo/account/12", Kind: core.Account, Verb: core.Delete, Name: "deepseek-main-1a2b3c4d", Ref: core.Ref{Kind: core.Account, ID: 12}},
			{ID: "undo/channel/3/restore", Kind: core.Channel, Verb: core.Update, Name: "deepseek-sub", Ref: core.Ref{Kind: core.Channel, ID: 3},
				Reason: plan.ReasonRestore, Fields: core.Fields{"restrict_models": false}},
			{ID: "undo/user/2", Kind: core.User, Verb: core.Forget, Name: "a@b.c", Ref: core.Ref{Kind: core.User, ID: 2}, Reason: plan.ReasonGone},
		},
		Kept: []core.Kept{{Ref: core.Ref{Kind: core.Group, ID: 7}, Name: "deepseek-sub", Reason: plan.KeptDepended, Detail: "api_key 41, subscription 8"},
			{Ref: core.Ref{Kind: core.Plan, ID: 1}, Name: "deepseek-sub", Reason: plan.KeptChanged, Detail: "price"}},
		Lost: []string{"deepseek-older"},
	}}
}

func driftRun() core.DriftRun {
	four, days := 0.04, -2.5
	ours := []core.BatchID{"b2k4m6n8p"}
	quota := &core.Finding{Class: core.UpstreamKeyQuota, Fault: core.FaultUpstream, Stage: "account_list"}
	channel, group := core.Ref{Kind: core.Channel, ID: 3}, core.Ref{Kind: core.Group, ID: 7}
	return core.DriftRun{ID: "b2k4m6n8p.12", Host: "h1", HostName: "lab", Provider: "deepseek", Batch: "b2k4m6n8p", At: at, Took: 87 * time.Millisecond,
		Status: core.Drifted, Checked: 9, ExtraCount: 1, RawExtraCount: 3, StaleNoiseCount: 1, ProbeFailures: 4, Facts: host.Seen, Build: core.Build{Version: "v1", Started: at},
		Access: batch().Access, Error: "lab: list plans: the host answered with an error",
		Findings: []core.DriftFinding{
			{Type: core.DriftMissing, Ref: group, Name: "deepseek-sub", Origin: core.Created, Batches: ours, Follows: []core.Ref{{Kind: core.Subscription, ID: 8}, {Kind: core.APIKey, ID: 41}}},
			{Type: core.DriftChanged, Ref: channel, Name: "theirs", Origin: core.Corrected, Batches: ours, Changes: []core.Change{
				{Field: "model_pricing.openai.deepseek-flash.input_price", Have: 5e-7, Want: 3e-7}, {Field: "status", Have: "disabled", Want: "active"}}},
			{Type: core.DriftOutOfTraffic, Ref: core.Ref{Kind: core.Account, ID: 12}, Name: "deepseek-main-1a2b3c4d", Origin: core.Created, Batches: ours, Why: "error: Payment required (402): Insufficient Balance", Probe: quota},
			{Type: core.DriftExpiring, Ref: core.Ref{Kind: core.Subscription, ID: 9}, Name: user, Origin: core.Created, Batches: ours, Left: &days},
			{Type: core.DriftLowBalance, Ref: core.Ref{Kind: core.User, ID: 2}, Name: "a@b.c", Origin: core.Adopted, Batches: ours, Left: &four},
			{Type: core.DriftStaleInTraffic, Ref: core.Ref{Kind: core.Account, ID: 5}, Name: "deepseek-old"},
			{Type: core.DriftModelRenamed, Name: "deepseek-flash", Why: "deepseek-v4.1-flash"},
		},
		Probes: batch().Findings[1:],
		Noise:  []core.DriftFinding{{Type: core.DriftStale, Ref: core.Ref{Kind: core.Account, ID: 6}, Name: "deepseek-older", Why: "inactive"}},
	}
}

func TestGoldens(t *testing.T) {
	shows := map[string]func(Output){
		"preview":  func(o Output) { o.Imports().Preview(preview()) },
		"summary":  func(o Output) { o.Imports().Summary(host, batch()) },
		"rollback": func(o Output) { o.Rollbacks().Preview(rollback()) },
		"drift":    func(o Output) { o.Drifts().Run(driftRun()) },
	}
	g := goldie.New(t, goldie.WithFixtureDir("testdata"))
	for name, show := range shows {
		for _, lang := range text.Langs {
			t.Run(name+"."+string(lang), func(t *testing.T) {
				var out bytes.Buffer
				show(NewHuman(&out, &out, text.For(lang)))
				fits(t, out.String())
				g.Assert(t, name+"."+string(lang), out.Bytes())
			})
		}
	}
}

// fits checks what holds for every page: its width, but for commands and addresses, and its blank lines.
func fits(t *testing.T, shown string) {
	t.Helper()
	if strings.Contains(shown, "\n\n\n") {
		t.Error("two blank lines in a row")
	}
	for line := range strings.Lines(shown) {
		line = strings.TrimRight(line, "\n")
		if strings.HasSuffix(line, " ") {
			t.Errorf("spaces at the end: %q", line)
		}
		if ansi.StringWidth(line) > page.Width && !strings.Contains(line, "cnrelay ") && !strings.Contains(line, "http") {
			t.Errorf("wider than the page: %q", line)
		}
	}
}

// TestStreamLines: a line is one JSON object, its type names its value, and a nested stream has no ends.
func TestStreamLines(t *testing.T) {
	var out bytes.Buffer
	j := NewJSON(&out, "v1")
	j.Begin("import run")
	nested := j.Nested()
	nested.Begin("host check")
	nested.Hosts().Checked(host)
	nested.Fail(core.Input("what", "next"))
	nested.Fail(&engine.BlockedError{})
	nested.End(0)
	j.Rollbacks().Preview(rollback())
	j.End(2)
	var types []string
	for line := range bytes.Lines(out.Bytes()) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		kind := v["type"].(string)
		if kind != "cnrelay" && kind != "end" && v[kind] == nil {
			t.Errorf("the value isn't under its type: %s", line)
		}
		types = append(types, kind)
	}
	if got, want := strings.Join(types, " "), "cnrelay host error error rollback_preview end"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.Contains(out.String(), `"code":"blocked"`) || !strings.Contains(out.String(), `"code":"bad_input","what":"what","fault":"operator","next":"next"`) {
		t.Errorf("errors are not told in full:\n%s", out.String())
	}
}
