package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient"
	"cnrelay/hostclient/fakehost"
	"cnrelay/state"
)

const elsewhere = "CNRELAY_BENCH_HOST"

// TestElsewhere is the simulated host in a process of its own, so that what it costs isn't counted; BenchmarkMonitor
// starts it.
func TestElsewhere(t *testing.T) {
	if os.Getenv(elsewhere) == "" {
		t.Skip("only as a part of BenchmarkMonitor")
	}
	host, provider := fakehost.New(fakehost.Options{Latency: latency}), fakehost.NewProvider("flash", "pro")
	hostURL, stopHost := host.Start()
	defer stopHost()
	upstream, stopProvider := provider.Start()
	defer stopProvider()
	fmt.Printf("\nhost %s %s %s\n", hostURL, host.AdminKey(), upstream)
	for { // the log would only grow
		select {
		case <-time.After(time.Second):
			host.ForgetLog()
		case <-t.Context().Done():
			return
		}
	}
}

// BenchmarkMonitor watches 1,000 hosts at an interval of 60 s for 75 s, with a real store: how late looks begin, when
// the last host was looked at first, and what it costs. All of them are one simulated host, 20 ms a request.
func BenchmarkMonitor(b *testing.B) {
	const targets = 1000
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // as the program has it
	for b.Loop() {
		l := monitored(b, targets)
		debug.FreeOSMemory()
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak of what went before it isn't its own
		began := time.Now()
		first, late := map[string]time.Duration{}, []time.Duration{}
		var mu sync.Mutex
		ctx, cancel := context.WithTimeout(b.Context(), 75*time.Second)
		used := cpu()
		failed := 0
		_ = l.Monitor(ctx, engine.MonitorSpec{Completions: -1,
			Began: func(host string, due time.Time) {
				mu.Lock()
				defer mu.Unlock()
				late = append(late, time.Since(due))
				if _, known := first[host]; !known {
					first[host] = time.Since(began)
				}
			},
			Failed: func(string, error) { failed++ }})
		cancel()
		took := time.Since(began)
		slices.Sort(late)
		last := time.Duration(0)
		for _, d := range first {
			last = max(last, d)
		}
		runs, err := l.DriftRuns(b.Context(), engine.DriftFilter{Latest: true})
		inSync := 0
		for _, r := range runs {
			if r.Status == core.InSync {
				inSync++
			}
		}
		if err != nil || failed > 0 || len(first) != targets || inSync != targets {
			b.Errorf("%d hosts looked at, %d of %d in sync, %d not kept, %v", len(first), inSync, len(runs), failed, err)
		}
		b.ReportMetric(float64(late[len(late)*99/100])/float64(time.Millisecond), "ms-late-p99")
		b.ReportMetric(last.Seconds(), "s-until-all-were-looked-at")
		b.ReportMetric(100*float64(cpu()-used)/float64(took), "%-of-a-core")
		b.ReportMetric(peakMB(b), "MB-peak")
	}
}

// monitored is a lab whose one import is recorded on so many hosts.
func monitored(b *testing.B, targets int) *lab {
	b.Helper()
	other := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestElsewhere$")
	other.Env = append(os.Environ(), elsewhere+"=1")
	out, err := other.StdoutPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	var hostURL, key, upstream string
	for lines := bufio.NewScanner(out); upstream == "" && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "host %s %s %s", &hostURL, &key, &upstream)
	}
	st, err := state.Open(filepath.Join(b.TempDir(), "state"), state.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	l := &lab{t: b, url: hostURL, state: "bench001", pack: acme(upstream), store: st.Store(), vault: st.Vault()}
	if l.Engine, err = engine.New(b.Context(), engine.Deps{Store: l.store, Vault: l.vault, Dialer: hostclient.New("bench"), Packs: onePack{l}, State: l.state}); err != nil {
		b.Fatal(err)
	}
	l.must(l.AddHost(b.Context(), engine.HostSpec{Secret: key, Host: core.Host{Name: "lab", URL: hostURL, Auth: core.AuthAdminKey, Concurrency: workers}}))
	d := l.run(keysSpec())
	h, err := l.Host(b.Context(), "lab")
	if err != nil {
		b.Fatal(err)
	}
	held, err := l.Resources(b.Context(), h.ID)
	if err != nil {
		b.Fatal(err)
	}
	secrets := map[string]string{}
	for n := 1; n < targets; n++ {
		host, batch := h, d.Batch
		host.ID, host.Name = core.HostID(fmt.Sprint("h", n)), fmt.Sprint("lab-", n)
		batch.ID, batch.Host, batch.HostName = core.BatchID(fmt.Sprint("b", n)), host.ID, host.Name
		secrets[core.HostSecret(host.ID, "admin")] = key
		l.must(nil, l.store.Update(b.Context(), func(tx core.Tx) error {
			for _, r := range held {
				r.Host, r.Batches = host.ID, []core.BatchID{batch.ID}
				if err := tx.Put(core.TableResource, fmt.Sprintf("%s/%s/%d", host.ID, r.Ref.Kind, r.Ref.ID), r); err != nil {
					return err
				}
			}
			if err := tx.Put(core.TableBatch, string(batch.ID), batch); err != nil {
				return err
			}
			return tx.Put(core.TableHost, string(host.ID), host)
		}))
	}
	l.must(nil, l.vault.Put(secrets))
	return l
}

// cpu is what this process used so far.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakMB is the most memory that this process had.
func peakMB(b *testing.B) float64 {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		var kB float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f", &kB); n == 1 {
			return kB / 1024
		}
	}
	return 0
}
