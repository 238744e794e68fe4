package drift

import (
	"slices"
	"time"

	"cnrelay/core"
)

// History is how a batch's comparisons went: the same runs by the hour, by the quarter of a day and by the week, and the
// spells of one status. Before the last week only the latest run of each day and status is kept (see [Thin]), and so the
// history is coarser there.
type History struct {
	Spans  []Span  `json:"spans"`
	Spells []Spell `json:"spells"` // newest first
}

// Span is a stretch of time in steps, the oldest first.
type Span struct {
	Step   time.Duration `json:"step"`
	From   time.Time     `json:"from"`
	Points []Point       `json:"points"`
}

// Point sums up the looks of a step: the worst status counts, and "" is that nobody looked.
type Point struct {
	Status core.DriftStatus `json:"status,omitempty"`
	Looks  int              `json:"looks"`
	Took   time.Duration    `json:"took"` // the slowest
}

// Spell is a time in which all looks gave one status.
type Spell struct {
	Status core.DriftStatus `json:"status"`
	Since  time.Time        `json:"since"`
	Until  time.Time        `json:"until"`
	Looks  int              `json:"looks"`
	Run    string           `json:"run"` // the latest one
	// Found is the first of that run's findings that counts for its status, if one does.
	Found *core.DriftFinding `json:"found,omitempty"`
}

// spans are the steps that a history is told in.
var spans = []struct {
	step  time.Duration
	count int
}{{time.Hour, 24}, {6 * time.Hour, 28}, {7 * 24 * time.Hour, 52}}

// aGap between two looks ends a spell: nobody knows what was then. Runs that are kept one a day lie less apart.
const aGap = 49 * time.Hour

// HistoryOf sums up a batch's runs, newest first.
func HistoryOf(runs []core.DriftRun, now time.Time) (h History) {
	for _, s := range spans {
		span := Span{Step: s.step, From: now.UTC().Truncate(s.step).Add(-time.Duration(s.count-1) * s.step), Points: make([]Point, s.count)}
		for _, r := range runs {
			span.add(r)
		}
		h.Spans = append(h.Spans, span)
	}
	for _, r := range slices.Backward(runs) {
		h.spell(r)
	}
	slices.Reverse(h.Spells)
	return h
}

// began is when the first of the looks was that a run stands for.
func began(r core.DriftRun) time.Time {
	if r.Since.IsZero() {
		return r.At
	}
	return r.Since
}

// add counts a run in the step of its latest look; what it stands for is of the same hour (see [Same]).
func (s *Span) add(r core.DriftRun) {
	i := int(r.At.Sub(s.From) / s.Step)
	if r.At.Before(s.From) || i >= len(s.Points) {
		return
	}
	p := &s.Points[i]
	p.Looks, p.Took = p.Looks+max(1, r.Looks), max(p.Took, r.Took)
	if worse(r.Status, p.Status) {
		p.Status = r.Status
	}
}

func worse(a, b core.DriftStatus) bool {
	order := []core.DriftStatus{"", core.InSync, core.DriftUnknown, core.Degraded, core.Drifted}
	return slices.Index(order, a) > slices.Index(order, b)
}

// spell goes on with the latest spell, or begins one.
func (h *History) spell(r core.DriftRun) {
	found := slices.IndexFunc(r.Findings, func(f core.DriftFinding) bool {
		return r.Status == core.Drifted && f.Type.Differs() || r.Status == core.Degraded && f.Type.Fails()
	})
	now := Spell{Status: r.Status, Since: began(r), Until: r.At, Looks: max(1, r.Looks), Run: r.ID}
	if found >= 0 {
		now.Found = &r.Findings[found]
	}
	if n := len(h.Spells); n > 0 {
		if last := h.Spells[n-1]; last.Status == r.Status && now.Since.Sub(last.Until) < aGap {
			now.Since, now.Looks = last.Since, last.Looks+now.Looks
			h.Spells[n-1] = now
			return
		}
	}
	h.Spells = append(h.Spells, now)
}
