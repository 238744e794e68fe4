package bundle

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"cnrelay/core"
)

// Difference is one thing that two bundles say differently.
type Difference struct {
	// What is a path in the summary: "versions.host", "stages.gateway_completion.result".
	What string `json:"what"`
	Was  string `json:"was"`
	Is   string `json:"is"`
}

// Times that differ by less are the same: networks do that.
const (
	sameShare = 0.25
	sameTime  = 50 // ms
)

// Diff tells what changed from one run of a provider to another: how it came out, versions, configuration, results of
// stages, and times, where they changed by more than a quarter.
func Diff(a, b Summary) []Difference {
	was, is := flat(a), flat(b)
	keys := map[string]bool{}
	for _, side := range []map[string]string{was, is} {
		for k := range side {
			keys[k] = true
		}
	}
	var out []Difference
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if was[k] != is[k] && !sameTiming(k, was[k], is[k]) {
			out = append(out, Difference{k, was[k], is[k]})
		}
	}
	order := []string{"provider", "mode", "state", "access", "class", "fault", "host", "versions", "config", "acceptance", "stages", "accounts", "findings", "latency_ms"}
	slices.SortStableFunc(out, func(x, y Difference) int {
		return slices.Index(order, group(x.What)) - slices.Index(order, group(y.What))
	})
	return out
}

func group(what string) string {
	first, _, _ := strings.Cut(what, ".")
	return first
}

func sameTiming(key, a, b string) bool {
	if group(key) != "latency_ms" && !strings.HasSuffix(key, ".took_ms") {
		return false
	}
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	return math.Abs(x-y) <= max(sameTime, sameShare*x)
}

// flat are the values of a summary by their paths, without what differs from run to run by its nature.
func flat(s Summary) map[string]string {
	var classes []string
	for _, f := range s.Findings {
		classes = append(classes, strings.TrimSuffix(string(f.Class)+"/"+f.Detail, "/"))
	}
	out := map[string]string{}
	put := func(at string, v any) {
		raw, _ := json.Marshal(v) // values of a summary always marshal
		var tree any
		_ = json.Unmarshal(raw, &tree)
		walk(out, at, tree)
	}
	for at, v := range map[string]any{"provider": s.Provider, "mode": s.Mode, "state": s.State, "access": s.Access, "class": s.Class, "fault": s.Fault,
		"host": s.Host, "versions": s.Versions, "config": s.Config, "accounts": s.Accounts, "latency_ms": s.Latency} {
		put(at, v)
	}
	slices.Sort(classes)
	out["findings"] = strings.Join(slices.Compact(classes), ", ")
	for _, r := range s.Acceptance {
		out["acceptance."+string(r.Stage)] = string(r.State)
	}
	for _, st := range s.Stages {
		at := "stages." + string(st.Part)
		put(at, struct {
			Result Standing   `json:"result"`
			State  string     `json:"state,omitempty"`
			Status int        `json:"status,omitempty"`
			Took   float64    `json:"took_ms,omitempty"`
			Class  core.Class `json:"class,omitempty"`
		}{st.Standing, st.State, st.Status, st.Took, classOf(st)})
	}
	return out
}

func classOf(s Stage) core.Class {
	if s.Finding == nil {
		return ""
	}
	return s.Finding.Class
}

func walk(out map[string]string, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			walk(out, at+"."+k, x)
		}
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			raw, _ := json.Marshal(x)
			parts[i] = strings.Trim(string(raw), `"`)
		}
		out[at] = strings.Join(parts, ", ")
	case string:
		if v != "" {
			out[at] = v
		}
	case nil:
	default:
		raw, _ := json.Marshal(v)
		out[at] = string(raw)
	}
}
