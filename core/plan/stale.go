package plan

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	"cnrelay/core"
)

// Difference is one thing in which a plan is not the one that was reviewed.
type Difference struct {
	Kind  core.Kind   `json:"kind,omitempty"` // of a step; "" for the pack, the host and a check
	Name  string      `json:"name,omitempty"` // of a step
	Check *core.Check `json:"check,omitempty"`
	// About is what differs: one of the constants, or a field of the step by the host's own name.
	About string `json:"about"`
	Was   any    `json:"was"`
	Is    any    `json:"is"`
}

// What a difference can be about, beside fields.
const (
	AboutPack  = "pack"  // digests
	AboutHost  = "host"  // fingerprints
	AboutVerb  = "verb"  // what would be done; nil if there is no such step
	AboutID    = "id"    // of what is there
	AboutMade  = "made"  // when it was made: another one has the same id
	AboutCheck = "check" // whether a precondition holds
	AboutOther = "other"
)

// Differences says in what a plan is not the one that was reviewed; they are of the same request. It is never empty
// if their Seen differ.
func Differences(reviewed, now core.ImportPlan) []Difference {
	var out []Difference
	if reviewed.Pack != now.Pack {
		out = append(out, Difference{About: AboutPack, Was: reviewed.Pack, Is: now.Pack})
	}
	if reviewed.Host != now.Host {
		out = append(out, Difference{About: AboutHost, Was: reviewed.Host, Is: now.Host})
	}
	was, is := byID(reviewed.Steps), byID(now.Steps)
	for _, s := range now.Steps {
		if old, ok := was[s.ID]; ok {
			out = append(out, stepDifferences(old, s)...)
		} else {
			out = append(out, Difference{Kind: s.Kind, Name: s.Name, About: AboutVerb, Is: s.Verb})
		}
	}
	for _, s := range reviewed.Steps {
		if _, ok := is[s.ID]; !ok {
			out = append(out, Difference{Kind: s.Kind, Name: s.Name, About: AboutVerb, Was: s.Verb})
		}
	}
	for _, c := range now.Checks {
		if !slices.ContainsFunc(reviewed.Checks, func(old core.Check) bool { return sameJSON(old, c) }) {
			out = append(out, Difference{Check: &c, About: AboutCheck, Is: c.OK})
		}
	}
	if len(out) == 0 && reviewed.Seen != now.Seen {
		out = append(out, Difference{About: AboutOther})
	}
	return out
}

func byID(steps []core.Step) map[string]core.Step {
	out := map[string]core.Step{}
	for _, s := range steps {
		out[s.ID] = s
	}
	return out
}

func stepDifferences(was, is core.Step) []Difference {
	var out []Difference
	add := func(about string, a, b any) {
		if !sameJSON(a, b) {
			out = append(out, Difference{Kind: is.Kind, Name: is.Name, About: about, Was: a, Is: b})
		}
	}
	add(AboutVerb, was.Verb, is.Verb)
	add(AboutID, was.Ref.ID, is.Ref.ID)
	if was.Ref.ID == is.Ref.ID {
		add(AboutMade, was.CreatedAt, is.CreatedAt)
	}
	// What the host holds of a field, where that decides the step; else what would be sent.
	held := func(s core.Step) map[string]any {
		out := map[string]any{}
		for _, c := range s.Change {
			out[c.Field] = c.Have
		}
		return out
	}
	before, after := held(was), held(is)
	for _, field := range slices.Sorted(maps.Keys(merge(before, after))) {
		a, known := before[field]
		if !known { // it was as it was wanted
			a = wanted(is, field)
		}
		b, known := after[field]
		if !known {
			b = wanted(was, field)
		}
		add(field, a, b)
	}
	for _, field := range slices.Sorted(maps.Keys(merge(was.Fields, is.Fields))) {
		if len(before)+len(after) == 0 {
			add(field, was.Fields[field], is.Fields[field])
		}
	}
	if len(out) == 0 && !sameJSON(was, is) {
		out = append(out, Difference{Kind: is.Kind, Name: is.Name, About: AboutOther})
	}
	return out
}

// wanted is what a step's change of a field would lead to.
func wanted(s core.Step, field string) any {
	i := slices.IndexFunc(s.Change, func(c core.Change) bool { return c.Field == field })
	if i < 0 {
		return nil
	}
	return s.Change[i].Want
}

// sameJSON compares as the digest of a plan does: a marker is a marker, whatever its batch.
func sameJSON(a, b any) bool { return unmarked(a) == unmarked(b) }

var marker = regexp.MustCompile(`"cnrelay:[^:"]+:[^:"]+"`)

func unmarked(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plans are JSON values
	}
	return marker.ReplaceAllString(string(raw), `"marker"`)
}
