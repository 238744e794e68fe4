package metrics

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// ledger is a small one: two batches of one provider on a host that is up, and one that is down.
type ledger struct{ broken error }

var at = time.Unix(1764000000, 0)

func (l ledger) Status(context.Context, string) ([]engine.HostStatus, error) {
	access := core.AccessResult{Mode: core.AccessSubscription, State: core.SubscriptionReady, At: at, Completion: core.Completion{Status: 200, Content: "pong", Latency: 640 * time.Millisecond}}
	return []engine.HostStatus{
		{Host: core.Host{ID: "h1", Name: "lab", Seen: core.HostFacts{At: at, Latency: 12 * time.Millisecond}}, Providers: []engine.ProviderStatus{{Provider: "deepseek", State: engine.ProviderActive, Access: []core.AccessResult{access}}}},
		{Host: core.Host{ID: "h2", Name: "上海", Lost: core.Outage{Since: at}}}}, l.broken
}
func (ledger) DriftRuns(context.Context, engine.DriftFilter) ([]core.DriftRun, error) {
	return []core.DriftRun{
		{Host: "h1", Provider: "deepseek", Status: core.InSync, At: at, Took: time.Second, StaleNoiseCount: 3},
		{Host: "h1", Provider: "deepseek", Status: core.Drifted, At: at.Add(time.Minute), StaleNoiseCount: 3, Findings: []core.DriftFinding{{Type: core.DriftChanged, Name: "sk-account"}, {Type: core.DriftChanged}, {Type: core.DriftMissing}}}}, nil
}
func (ledger) BatchLines(context.Context) ([]engine.BatchLine, error) {
	return []engine.BatchLine{{Host: "h1", Provider: "deepseek", State: core.BatchSucceeded}, {Host: "h1", Provider: "deepseek", State: core.BatchSucceeded}, {Host: "h0", HostName: "gone", Provider: "kimi", State: core.BatchRolledBack}}, nil
}
func (ledger) Alerts(context.Context, bool) ([]core.Alert, error) {
	return []core.Alert{{Host: "h1", HostName: "lab", Provider: "deepseek", Kind: core.AlertDrift, State: core.AlertFiring, Since: at, Well: at}, {Host: "h2", HostName: "上海", Kind: core.AlertHost, State: core.AlertPending, Since: at}}, nil
}
func (ledger) Watched(context.Context) ([]core.Watched, error) {
	return []core.Watched{{Host: "h1", Provider: "deepseek", Completions: 96, Day: "2000-01-01", Today: 12}}, nil
}
func (ledger) Receivers(context.Context) ([]core.Receiver, map[string]int, error) {
	return []core.Receiver{{Name: "desk", Sent: at}}, map[string]int{"desk": 2}, nil
}

func TestText(t *testing.T) {
	got, err := Text(ledger{}, "v1")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`cnrelay_build_info{version="v1"} 1`,
		`cnrelay_host_up{host="lab"} 1`, `cnrelay_host_up{host="上海"} 0`, `cnrelay_host_latency_seconds{host="lab"} 0.012`, `cnrelay_host_last_seen_timestamp_seconds{host="lab"} 1.764e+09`,
		`cnrelay_provider_state{host="lab",provider="deepseek",state="active"} 1`,
		`cnrelay_probe_success{host="lab",mode="subscription",provider="deepseek"} 1`, `cnrelay_probe_duration_seconds{host="lab",mode="subscription",provider="deepseek"} 0.64`,
		`cnrelay_probe_http_status_code{host="lab",mode="subscription",provider="deepseek"} 200`,
		`cnrelay_drift_status{host="lab",provider="deepseek",status="drifted"} 1`, `cnrelay_drift_findings{host="lab",provider="deepseek",type="changed"} 2`,
		`cnrelay_drift_findings{host="lab",provider="deepseek",type="missing"} 1`, `cnrelay_drift_stale_resources{host="lab",provider="deepseek"} 3`,
		`cnrelay_drift_last_run_timestamp_seconds{host="lab",provider="deepseek"} 1.764e+09`, `cnrelay_drift_run_duration_seconds{host="lab",provider="deepseek"} 1`,
		`cnrelay_batches{host="lab",provider="deepseek",state="succeeded"} 2`, `cnrelay_batches{host="gone",provider="kimi",state="rolled_back"} 1`,
		`cnrelay_alert_state{alert="drift",host="lab",provider="deepseek",state="firing"} 1`, `cnrelay_alert_state{alert="host_down",host="上海",provider="",state="pending"} 1`,
		`cnrelay_completions_total{host="lab",provider="deepseek"} 96`, `cnrelay_completions_today{host="lab",provider="deepseek"} 0`,
		`cnrelay_notifications_pending{receiver="desk"} 2`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("lacks %s", want)
		}
	}
	if strings.Contains(got, "sk-account") {
		t.Error("an account is a label")
	}
	if _, err := Text(ledger{broken: errors.New("no store")}, "v1"); err == nil {
		t.Error("a store that can't be read is an empty scrape")
	}
}

// TestNames holds the names to Prometheus' conventions.
func TestNames(t *testing.T) {
	problems, err := testutil.GatherAndLint(Registry(ledger{}, "v1"))
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func TestServe(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := Serve(ctx, address, ledger{}, "v1"); core.CodeOf(err) != core.CodeInput {
		t.Errorf("an address in use: %v", err)
	}
	free.Close()
	wait, err := Serve(ctx, address, ledger{}, "v1")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 200 || !strings.Contains(string(body), "cnrelay_host_up") || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%s %s", resp.Status, body)
	}
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + address + "/metrics"); err == nil {
		t.Error("it still answers")
	}
}

// TestExamples: the dashboard and the rules in docs ask for metrics and codes that there are.
func TestExamples(t *testing.T) {
	exposed, err := Text(ledger{}, "v1")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"grafana.json", "alerts.yml"} {
		raw, err := os.ReadFile("../../../../docs/monitoring/" + file)
		if err != nil {
			t.Fatal(err)
		}
		used := regexp.MustCompile(`cnrelay_[a-z_]+`).FindAllString(string(raw), -1)
		if len(used) < 5 {
			t.Errorf("%s asks for %d metrics", file, len(used))
		}
		for _, name := range used {
			if !strings.Contains(exposed, "\n"+name+"{") {
				t.Errorf("%s: there is no %s", file, name)
			}
		}
		for _, kind := range []core.AlertKind{core.AlertHost, core.AlertAccess, core.AlertDrift, core.AlertDegraded, core.AlertBilling, core.AlertDeep} {
			if file == "alerts.yml" && !strings.Contains(string(raw), string(kind)) {
				t.Errorf("%s has no rule for %s", file, kind)
			}
		}
	}
}
