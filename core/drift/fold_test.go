package drift

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"cnrelay/core"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func looked(at time.Time) core.DriftRun {
	return core.DriftRun{ID: fmt.Sprint("b1.", at.Unix()), Batch: "b1", At: at, Since: at, Looks: 1, Status: core.InSync, Facts: core.HostFacts{At: at, Version: "1"}}
}

// What says the same within an hour is one run; anything that an operator would want to tell apart is not.
func TestFold(t *testing.T) {
	was := looked(noon)
	for name, change := range map[string]func(r *core.DriftRun){
		"the next hour": func(r *core.DriftRun) { r.At = noon.Add(time.Hour) },
		"status":        func(r *core.DriftRun) { r.Status = core.Drifted },
		"a finding":     func(r *core.DriftRun) { r.Findings = []core.DriftFinding{{Type: core.DriftMissing}} },
		"noise":         func(r *core.DriftRun) { r.Noise = []core.DriftFinding{{Type: core.DriftStale}} },
		"an error":      func(r *core.DriftRun) { r.Error = "refused" },
		"the version":   func(r *core.DriftRun) { r.Facts.Version = "2" },
		"the host":      func(r *core.DriftRun) { r.Facts.Fingerprint = "x" },
		"a probe":       func(r *core.DriftRun) { r.Probes = []core.Finding{{Class: core.RateLimited}} },
		"the process":   func(r *core.DriftRun) { r.Build.Started = noon },
	} {
		run := looked(noon.Add(time.Minute))
		change(&run)
		if Same(was, run) {
			t.Errorf("%s makes no difference", name)
		}
	}
	asked := was
	asked.Looks = 0
	if Same(asked, looked(noon.Add(time.Minute))) {
		t.Error("what somebody asked for is overwritten")
	}
	was.Access = core.AccessResult{State: core.SubscriptionReady, At: noon}
	run := looked(noon.Add(time.Minute))
	if !Same(was, run) {
		t.Fatal("a free look after a paid one says something else")
	}
	Fold(was, &run)
	if run.Looks != 2 || !run.Since.Equal(noon) || !run.At.Equal(noon.Add(time.Minute)) || !run.Access.At.Equal(noon) {
		t.Errorf("folded %+v", run)
	}
}

// A year of looks: every hour of the last week, every day before it, each status of a day, and nothing beyond.
func TestThin(t *testing.T) {
	var runs []core.DriftRun // newest first
	for h := range 400 * 24 {
		r := looked(noon.Add(-time.Duration(h) * time.Hour))
		if h%(30*24) == 20*24 { // once a month it drifted for an hour
			r.Status = core.Drifted
		}
		runs = append(runs, r)
	}
	runs[300*24+1].Looks = 0
	dropped := map[string]bool{}
	for _, r := range Thin(runs, noon) {
		dropped[r.ID] = true
	}
	kept := slices.DeleteFunc(runs, func(r core.DriftRun) bool { return dropped[r.ID] })
	drifted, asked := 0, 0
	for _, r := range kept {
		if r.Status == core.Drifted {
			drifted++
		}
		if r.Looks == 0 {
			asked++
		}
		if noon.Sub(r.At) >= keepDaily {
			t.Errorf("kept one of %v", r.At)
		}
	}
	if want := 7*24 + 359 + 12 + 1; len(kept) < want-2 || len(kept) > want+2 || drifted != 12 || asked != 1 {
		t.Errorf("%d kept, %d of them drifted, %d asked for; want some %d", len(kept), drifted, asked, want)
	}
	raw, err := json.Marshal(kept)
	if err != nil || len(raw) > 1<<20 {
		t.Errorf("a year is %d bytes, %v", len(raw), err)
	}
	if drop := Thin([]core.DriftRun{looked(noon.AddDate(-3, 0, 0))}, noon); len(drop) != 0 {
		t.Error("the only run there is is dropped")
	}
}
