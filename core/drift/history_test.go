package drift

import (
	"strings"
	"testing"
	"time"

	"cnrelay/core"
)

// A day with an outage of three hours, one of them drifted, after days in which nobody looked.
func TestHistory(t *testing.T) {
	var runs []core.DriftRun // newest first
	add := func(ago time.Duration, status core.DriftStatus, looks int, findings ...core.DriftFinding) {
		r := looked(noon.Add(-ago))
		r.Status, r.Looks, r.Since, r.Findings, r.Took = status, looks, r.At.Add(-30*time.Minute), findings, ago
		runs = append(runs, r)
	}
	for h := range 6 {
		add(time.Duration(h)*time.Hour+10*time.Minute, core.InSync, 60)
	}
	add(6*time.Hour+10*time.Minute, core.Degraded, 20, core.DriftFinding{Type: core.DriftModelRenamed}, core.DriftFinding{Type: core.DriftOutOfTraffic, Name: "acc"})
	add(6*time.Hour+50*time.Minute, core.Drifted, 0, core.DriftFinding{Type: core.DriftChanged, Name: "channel"})
	add(7*time.Hour+10*time.Minute, core.DriftUnknown, 60)
	add(5*24*time.Hour, core.InSync, 1)
	add(400*24*time.Hour, core.Drifted, 1)

	h := HistoryOf(runs, noon)
	strip := func(s Span) string {
		var b strings.Builder
		for _, p := range s.Points {
			b.WriteString(map[core.DriftStatus]string{"": "_", core.InSync: ".", core.Degraded: "o", core.Drifted: "x", core.DriftUnknown: "?"}[p.Status])
		}
		return b.String()
	}
	var got []string
	for _, s := range h.Spans {
		got = append(got, strip(s))
		if !s.From.Add(time.Duration(len(s.Points)-1) * s.Step).Equal(noon.Truncate(s.Step)) {
			t.Errorf("the span by %v doesn't end now: from %v", s.Step, s.From)
		}
	}
	if want := "_______________?x......_ _______._________________x._ " + strings.Repeat("_", 50) + ".x"; strings.Join(got, " ") != want {
		t.Errorf("spans\n%s, want\n%s", strings.Join(got, " "), want)
	}
	if p := h.Spans[0].Points[16]; p.Looks != 21 || p.Took != 6*time.Hour+50*time.Minute {
		t.Errorf("the hour of the drift: %+v", p)
	}
	var spells []string
	for _, s := range h.Spells {
		said := string(s.Status)
		if s.Found != nil {
			said += " " + s.Found.Name
		}
		spells = append(spells, said)
	}
	if got, want := strings.Join(spells, ", "), "in_sync, degraded acc, drifted channel, unknown, in_sync, drifted"; got != want {
		t.Errorf("spells %s, want %s", got, want)
	}
	if s := h.Spells[0]; s.Looks != 360 || !s.Since.Equal(noon.Add(-5*time.Hour-40*time.Minute)) || !s.Until.Equal(noon.Add(-10*time.Minute)) {
		t.Errorf("the latest spell: %+v", s)
	}
}
