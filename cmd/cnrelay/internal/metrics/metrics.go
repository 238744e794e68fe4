// Package metrics tells what is stored of hosts, probes, drift and alerts in Prometheus' format. It asks no host: a
// scrape costs a read of the ledger. Labels are names of hosts, providers and receivers, and codes: never accounts,
// users or batches.
package metrics

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// Source is what is read.
type Source interface {
	Status(ctx context.Context, host string) ([]engine.HostStatus, error)
	DriftRuns(ctx context.Context, f engine.DriftFilter) ([]core.DriftRun, error)
	BatchLines(ctx context.Context) ([]engine.BatchLine, error)
	Alerts(ctx context.Context, all bool) ([]core.Alert, error)
	Watched(ctx context.Context) ([]core.Watched, error)
	Receivers(ctx context.Context) ([]core.Receiver, map[string]int, error)
}

// Registry collects from a source at each scrape.
func Registry(source Source, version string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{source, version})
	return r
}

// Text is a scrape.
func Text(source Source, version string) (string, error) {
	families, err := Registry(source, version).Gather()
	var out bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&out, f); err != nil {
			return "", err
		}
	}
	return out.String(), err
}

// Serve answers GET /metrics at an address until ctx ends. It returns once it listens, with a function that waits for
// the end.
func Serve(ctx context.Context, address string, source Source, version string) (wait func() error, err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, core.Input("can't listen at "+address+": "+err.Error(), "--metrics 127.0.0.1:9477")
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(Registry(source, version), promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	return func() error {
		stop()
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, nil
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("cnrelay_"+name, help, labels, nil)
}

var (
	build         = desc("build_info", "The cnrelay that was asked.", "version")
	hostUp        = desc("host_up", "Whether the latest look at the host could read it.", "host")
	hostSeen      = desc("host_last_seen_timestamp_seconds", "When the host was last read.", "host")
	hostLatency   = desc("host_latency_seconds", "What the host's health request took.", "host")
	driftStatus   = desc("drift_status", "1 for the status of the latest reconcile runs, the worst of the provider's batches.", "host", "provider", "status")
	driftFindings = desc("drift_findings", "What the latest reconcile runs found.", "host", "provider", "type")
	driftStale    = desc("drift_stale_resources", "Old resources of the provider that no live batch records.", "host", "provider")
	driftSeen     = desc("drift_last_run_timestamp_seconds", "When the oldest of the latest reconcile runs was.", "host", "provider")
	driftTook     = desc("drift_run_duration_seconds", "What the slowest of the latest reconcile runs took.", "host", "provider")
	probeSuccess  = desc("probe_success", "Whether the latest completion through the gateway was answered with words.", "host", "provider", "mode")
	probeLatency  = desc("probe_duration_seconds", "What that completion took.", "host", "provider", "mode")
	probeStatus   = desc("probe_http_status_code", "The HTTP status of that completion; 0 is no answer.", "host", "provider", "mode")
	probeSeen     = desc("probe_last_timestamp_seconds", "When that completion was.", "host", "provider", "mode")
	providerState = desc("provider_state", "1 for how the provider stands on the host.", "host", "provider", "state")
	batches       = desc("batches", "Batches by their state.", "host", "provider", "state")
	alertState    = desc("alert_state", "1 for the state of each thing that is watched.", "host", "provider", "alert", "state")
	alertSince    = desc("alert_state_since_timestamp_seconds", "When that state began.", "host", "provider", "alert")
	alertSuccess  = desc("alert_last_success_timestamp_seconds", "When a look last found nothing.", "host", "provider", "alert")
	completions   = desc("completions_total", "Completions that the schedule asked for; they are paid.", "host", "provider")
	today         = desc("completions_today", "Of these, since midnight (UTC).", "host", "provider")
	pending       = desc("notifications_pending", "Notices on their way to a receiver.", "receiver")
	delivered     = desc("notifications_last_success_timestamp_seconds", "When a receiver last took a notice.", "receiver")
)

type collector struct {
	source  Source
	version string
}

// Describe implements [prometheus.Collector].
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{build, hostUp, hostSeen, hostLatency, driftStatus, driftFindings, driftStale, driftSeen, driftTook,
		probeSuccess, probeLatency, probeStatus, probeSeen, providerState, batches, alertState, alertSince, alertSuccess, completions, today, pending, delivered} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (c collector) Collect(to chan<- prometheus.Metric) {
	s := scrape{ctx: context.Background(), Source: c.source, to: to, names: map[core.HostID]string{}}
	s.gauge(build, 1, c.version)
	for _, part := range []func() error{s.hosts, s.drift, s.batches, s.alerts, s.spend, s.receivers} {
		if err := part(); err != nil {
			to <- prometheus.NewInvalidMetric(build, err)
			return
		}
	}
}

// scrape is one reading.
type scrape struct {
	Source
	ctx   context.Context
	to    chan<- prometheus.Metric
	names map[core.HostID]string
}

func (s *scrape) gauge(d *prometheus.Desc, v float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// at is a time as a gauge; none is left out.
func (s *scrape) at(d *prometheus.Desc, t time.Time, labels ...string) {
	if !t.IsZero() {
		s.gauge(d, float64(t.UnixMilli())/1000, labels...)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (s *scrape) hosts() error {
	list, err := s.Status(s.ctx, "")
	for _, h := range list {
		name := h.Host.Name
		s.names[h.Host.ID] = name
		s.gauge(hostUp, truth(h.Host.Lost.Since.IsZero()), name)
		s.at(hostSeen, h.Host.Seen.At, name)
		s.gauge(hostLatency, h.Host.Seen.Latency.Seconds(), name)
		for _, p := range h.Providers {
			s.gauge(providerState, 1, name, p.Provider, string(p.State))
			for _, a := range p.Access {
				if a.At.IsZero() {
					continue
				}
				labels := []string{name, p.Provider, string(a.Mode)}
				s.gauge(probeSuccess, truth(a.Completion.Answered()), labels...)
				s.gauge(probeLatency, a.Completion.Latency.Seconds(), labels...)
				s.gauge(probeStatus, float64(a.Completion.Status), labels...)
				s.at(probeSeen, a.At, labels...)
			}
		}
	}
	return err
}

// drift sums up the latest runs of each provider's live batches.
func (s *scrape) drift() error {
	runs, err := s.DriftRuns(s.ctx, engine.DriftFilter{Latest: true})
	type key struct{ host, provider string }
	type sum struct {
		status   core.DriftStatus
		findings map[core.DriftType]int
		stale    int
		seen     time.Time
		took     time.Duration
	}
	sums := map[key]*sum{}
	worse := map[core.DriftStatus]int{core.InSync: 0, core.Degraded: 1, core.DriftUnknown: 2, core.Drifted: 3}
	for _, r := range runs {
		k := key{s.names[r.Host], r.Provider}
		x := sums[k]
		if x == nil {
			x = &sum{status: core.InSync, findings: map[core.DriftType]int{}, seen: r.At}
			sums[k] = x
		}
		if worse[r.Status] > worse[x.status] {
			x.status = r.Status
		}
		for _, f := range r.Findings {
			x.findings[f.Type]++
		}
		x.stale = max(x.stale, r.StaleNoiseCount) // each batch sees the same
		x.took = max(x.took, r.Took)
		if r.At.Before(x.seen) {
			x.seen = r.At
		}
	}
	for k, x := range sums {
		s.gauge(driftStatus, 1, k.host, k.provider, string(x.status))
		s.gauge(driftStale, float64(x.stale), k.host, k.provider)
		s.at(driftSeen, x.seen, k.host, k.provider)
		s.gauge(driftTook, x.took.Seconds(), k.host, k.provider)
		for t, n := range x.findings {
			s.gauge(driftFindings, float64(n), k.host, k.provider, string(t))
		}
	}
	return err
}

func (s *scrape) batches() error {
	list, err := s.BatchLines(s.ctx)
	type key struct{ host, provider, state string }
	count := map[key]int{}
	for _, b := range list {
		count[key{cmp.Or(s.names[b.Host], b.HostName), b.Provider, string(b.State)}]++
	}
	for k, n := range count {
		s.gauge(batches, float64(n), k.host, k.provider, k.state)
	}
	return err
}

func (s *scrape) alerts() error {
	list, err := s.Alerts(s.ctx, true)
	for _, a := range list {
		name := s.names[a.Host]
		s.gauge(alertState, 1, name, a.Provider, string(a.Kind), string(a.State))
		s.at(alertSince, a.Since, name, a.Provider, string(a.Kind))
		s.at(alertSuccess, a.Well, name, a.Provider, string(a.Kind))
	}
	return err
}

func (s *scrape) spend() error {
	list, err := s.Watched(s.ctx)
	for _, w := range list {
		name := s.names[w.Host]
		n := w.Today
		if w.Day != time.Now().UTC().Format(time.DateOnly) {
			n = 0
		}
		s.to <- prometheus.MustNewConstMetric(completions, prometheus.CounterValue, float64(w.Completions), name, w.Provider)
		s.gauge(today, float64(n), name, w.Provider)
	}
	return err
}

func (s *scrape) receivers() error {
	list, waiting, err := s.Receivers(s.ctx)
	for _, r := range list {
		s.gauge(pending, float64(waiting[r.Name]), r.Name)
		s.at(delivered, r.Sent, r.Name)
	}
	return err
}
