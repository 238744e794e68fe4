package drift

import (
	"encoding/json"
	"time"

	"cnrelay/core"
)

// Same tells whether two runs of a batch, one after the other, say the same and are of the same hour, so that the later
// one can stand for both.
func Same(was, run core.DriftRun) bool {
	sameAccess := was.Access.State == run.Access.State || was.Access.State == "" || run.Access.State == ""
	return sameAccess && was.At.Truncate(time.Hour).Equal(run.At.Truncate(time.Hour)) && was.Build.Started.Equal(run.Build.Started) && gist(was) == gist(run)
}

// gist is what a run says, without when, how fast, and how much is left.
func gist(r core.DriftRun) string {
	type finding struct {
		Type    core.DriftType
		Ref     core.Ref
		Changes []core.Change
		Why     string
		Follows []core.Ref
	}
	strip := func(list []core.DriftFinding) []finding {
		out := make([]finding, len(list))
		for i, f := range list {
			out[i] = finding{f.Type, f.Ref, f.Changes, f.Why, f.Follows}
		}
		return out
	}
	var probes []core.Class
	for _, p := range r.Probes {
		probes = append(probes, p.Class)
	}
	raw, err := json.Marshal([]any{r.Status, r.Error, r.Code, r.Facts.Version, r.Facts.Fingerprint, r.Checked, strip(r.Findings), strip(r.Noise), probes})
	if err != nil {
		panic(err) // it came from JSON
	}
	return string(raw)
}

// Fold lets a run stand for the one before it, too. What only that one asked stays, with its own time.
func Fold(was core.DriftRun, run *core.DriftRun) {
	run.Since, run.Looks = was.Since, max(1, was.Looks)+1
	if run.Since.IsZero() {
		run.Since = was.At
	}
	if run.Access.State == "" {
		run.Access = was.Access
	}
	if run.Upstream == nil {
		run.Upstream = was.Upstream
	}
}
