package bundle_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/engine"
	"cnrelay/hostclient"
	"cnrelay/state"
	"cnrelay/tui/report"
)

// BenchmarkExport writes the bundle of an import with 5,000 exchanges from a real store into a zip file. The limits are
// 2 s, and 64 MB of heap above what the open store takes. The collector is told to keep below them, so that what is
// measured is what is needed, and not how lazy it may be.
func BenchmarkExport(b *testing.B) {
	const exchanges = 5000
	e, id := recorded(b, exchanges)
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "bundle.zip")
		before := heap()
		unlimited := debug.SetMemoryLimit(int64(total() + 48e6))
		var peak atomic.Uint64
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
					peak.Store(max(peak.Load(), now()))
				}
			}
		}()
		start := time.Now()
		f, err := os.Create(path)
		if err != nil {
			b.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<16)
		z := bundle.NewZip(w, bundle.Root(id), start)
		written, err := bundle.Write(b.Context(), z, e, id, "v1", report.Documents())
		for _, end := range []func() error{z.Close, w.Flush, f.Close} {
			if err == nil {
				err = end()
			}
		}
		took := time.Since(start)
		close(stop)
		debug.SetMemoryLimit(unlimited)
		if err != nil || written.Summary.Exchanges != exchanges {
			b.Fatalf("%d exchanges: %v", written.Summary.Exchanges, err)
		}
		info, _ := os.Stat(path)
		b.ReportMetric(took.Seconds(), "s/export")
		b.ReportMetric(float64(max(peak.Load(), before)-before)/1e6, "MB-heap-peak")
		b.ReportMetric(float64(written.Octets)/1e6, "MB-payload")
		b.ReportMetric(float64(info.Size())/1e6, "MB-zip")

		start = time.Now()
		z2, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		folder, sealed, err := bundle.OpenZip(z2, info.Size())
		if err != nil || sealed != nil {
			b.Fatal(err, sealed)
		}
		if faults := verify(b, folder, nil); len(faults) > 0 {
			b.Fatal(faults)
		}
		_ = z2.Close()
		b.ReportMetric(time.Since(start).Seconds(), "s/verify")
	}
}

func now() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// total is what the collector counts against its limit.
func total() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys - m.HeapReleased
}

func heap() uint64 {
	debug.FreeOSMemory()
	return now()
}

// recorded is an engine whose store has one batch with so many exchanges, as an import of a third as many accounts has.
func recorded(b *testing.B, n int) (*engine.Engine, core.BatchID) {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	dir := filepath.Join(b.TempDir(), "state")
	st, err := state.Open(dir, state.Options{})
	must(err)
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	batch := core.Batch{ID: "bbench123", Host: "h1", HostName: "lab", Provider: "acme", State: core.BatchSucceeded, Started: at, Ended: at.Add(time.Minute),
		HostSeen: core.HostFacts{At: at, Version: "0.1.133", Fingerprint: "0123456789abcdef"}, Access: core.AccessResult{State: core.SubscriptionReady, At: at}}
	run := core.Run{ID: "rbench123", Kind: core.RunImport, Host: "h1", HostName: "lab", Provider: "acme", Batches: []core.BatchID{batch.ID}, Started: at,
		Ended: batch.Ended, Exchanges: n, Outcome: &core.Outcome{State: batch.State}}
	mapping := strings.Repeat(`"model-of-the-provider":"model-of-the-provider",`, 40)
	put := func(from, to int) {
		must(st.Store().Update(b.Context(), func(tx core.Tx) error {
			for i := from; i < to; i++ {
				sent := at.Add(time.Duration(i) * 7 * time.Millisecond)
				x := core.Exchange{Phase: core.PhaseStage, Step: fmt.Sprintf("account/%08x", i/3), Try: 1, Side: core.SideAdmin, At: sent, Took: 20 * time.Millisecond,
					Method: "POST", URL: fmt.Sprintf("http://127.0.0.1:18133/api/v1/admin/accounts/%d", i), Status: 200, Proto: "HTTP/1.1", Remote: "127.0.0.1",
					Sent: core.Message{Headers: []core.Header{{Name: "Content-Type", Value: "application/json"}}, Body: fmt.Sprintf(`{"name":"acme-%08x","credentials":{"api_key":"[secret]","model_mapping":{%s"x":"y"}}}`, i, mapping), Size: 2100},
					Got:  core.Message{Headers: []core.Header{{Name: "Content-Type", Value: "application/json"}}, Body: fmt.Sprintf(`{"code":0,"data":{"id":%d,"credentials":{"model_mapping":{%s"x":"y"}}}}`, i, mapping), Size: 2100}}
				if err := tx.Put(core.TableExchange, fmt.Sprintf("%s/%020d-%05d", run.ID, sent.UnixNano(), i), x); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	for from := 0; from < n; from += 250 {
		put(from, min(n, from+250))
	}
	must(st.Store().Update(b.Context(), func(tx core.Tx) error {
		for i := range n / 3 {
			if err := tx.Put(core.TableAccount, fmt.Sprintf("%s/%08x", batch.ID, i), core.AccountResult{Name: fmt.Sprintf("acme-%08x", i), Fingerprint: fmt.Sprintf("%08x", i), Verdict: core.Passed}); err != nil {
				return err
			}
			if err := tx.Put(core.TableEvent, fmt.Sprintf("%s/%020d", batch.ID, i+1), core.Event{Run: batch.ID, Seq: uint64(i + 1), At: at, Type: core.EventVerdict, Name: "acme", Verdict: core.Passed}); err != nil {
				return err
			}
		}
		if err := tx.Put(core.TableRunOf, string(batch.ID)+"/"+run.Key(), run.ID); err != nil {
			return err
		}
		if err := tx.Put(core.TableRun, run.Key(), run); err != nil {
			return err
		}
		return tx.Put(core.TableBatch, string(batch.ID), batch)
	}))
	must(st.Close()) // as another process does: nothing is in a cache, and nothing is being tidied up
	st, err = state.Open(dir, state.Options{})
	must(err)
	b.Cleanup(func() { _ = st.Close() })
	e, err := engine.New(b.Context(), engine.Deps{Store: st.Store(), Vault: st.Vault(), Dialer: hostclient.New("bench"), State: "bench001"})
	must(err)
	return e, batch.ID
}
