package engine_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// BenchmarkHistory reads a year of a batch's comparisons, as the pane does when its history is opened.
func BenchmarkHistory(b *testing.B) {
	l := monitored(b, 1)
	runs, err := l.Reconcile(b.Context(), engine.ReconcileSpec{Host: "lab"})
	if err != nil {
		b.Fatal(err)
	}
	run, n := runs[0], int64(0)
	keep := func(ago time.Duration, status core.DriftStatus) {
		n++
		r := run
		r.ID, r.At, r.Status, r.Looks = fmt.Sprintf("%s.%d", run.Batch, n), time.Now().UTC().Add(-ago), status, 60
		r.Since = r.At.Add(-59 * time.Minute)
		if status != core.InSync {
			r.Findings = []core.DriftFinding{{Type: core.DriftChanged, Name: "channel", Changes: []core.Change{{Field: "restrict_models", Have: false, Want: true}}}}
		}
		l.must(nil, l.store.Update(b.Context(), func(tx core.Tx) error {
			if err := tx.Put(core.TableDriftNow, fmt.Sprintf("%s/%s/%s", run.Host, run.Provider, run.Batch), n); err != nil {
				return err
			}
			return tx.Put(core.TableDrift, fmt.Sprintf("%s/%020d", run.Batch, math.MaxInt64-n), r)
		}))
	}
	for day := 366; day > 7; day-- {
		keep(time.Duration(day)*24*time.Hour, core.InSync)
		if day%3 == 0 {
			keep(time.Duration(day)*24*time.Hour-time.Hour, core.Drifted)
		}
	}
	for hour := 7 * 24; hour > 0; hour-- {
		keep(time.Duration(hour)*time.Hour, core.InSync)
	}
	for b.Loop() {
		h, err := l.DriftHistory(b.Context(), run.Batch)
		if err != nil || len(h.Spells) < 100 {
			b.Fatalf("%d spells, %v", len(h.Spells), err)
		}
	}
	took := float64(b.Elapsed()) / float64(b.N) / 1e6
	b.ReportMetric(took, "ms")
	b.ReportMetric(float64(n), "runs")
	if took > 100 {
		b.Errorf("a year of history took %.0f ms, at most 100", took)
	}
}
