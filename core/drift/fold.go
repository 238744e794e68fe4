package drift

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"cnrelay/core"
)

// Same tells whether two of the monitor's runs of a batch, one after the other, say the same and are of the same hour, so
// that the later one can stand for both.
func Same(was, run core.DriftRun) bool {
	if was.Looks == 0 {
		return false
	}
	sameAccess := was.Access.State == run.Access.State || was.Access.State == "" || run.Access.State == ""
	return sameAccess && was.At.Truncate(time.Hour).Equal(run.At.Truncate(time.Hour)) && was.Build.Started.Equal(run.Build.Started) && gist(was) == gist(run)
}

// Digest is short for what a run says: runs that say the same have the same one.
func Digest(r core.DriftRun) string {
	sum := sha256.Sum256([]byte(gist(r)))
	return hex.EncodeToString(sum[:8])
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
	run.Since, run.Looks = was.Since, was.Looks+run.Looks
	if run.Access.State == "" {
		run.Access = was.Access
	}
	if run.Upstream == nil {
		run.Upstream = was.Upstream
	}
}

// How long the monitor's runs are kept: all of them for a week, then the latest of each day and status, for a year. What
// somebody asked for is evidence, and kept with its batch.
const (
	keepAll   = 7 * 24 * time.Hour
	keepDaily = 366 * 24 * time.Hour
)

// Thin gives those of a batch's runs, newest first, that are not kept any longer. The newest always is.
func Thin(runs []core.DriftRun, now time.Time) (drop []core.DriftRun) {
	type day struct {
		date   string
		status core.DriftStatus
	}
	kept := map[day]bool{}
	for i, r := range runs {
		age, d := now.Sub(r.At), day{r.At.UTC().Format(time.DateOnly), r.Status}
		if i == 0 || r.Looks == 0 || age < keepAll {
			continue
		}
		if age >= keepDaily || kept[d] {
			drop = append(drop, r)
		}
		kept[d] = true
	}
	return drop
}
