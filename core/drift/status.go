package drift

import "cnrelay/core"

// Settle counts a run's failures and gives its status. What could not be read leaves a run unknown, unless
// something differs in what was.
func Settle(run *core.DriftRun) {
	differs := false
	run.ProbeFailures = len(run.Probes)
	for _, d := range run.Access.Deep {
		if d.Verdict == core.Failed {
			run.ProbeFailures++
		}
	}
	for _, f := range run.Findings {
		differs = differs || f.Type.Differs()
		if f.Type.Fails() {
			run.ProbeFailures++
		}
	}
	switch {
	case differs:
		run.Status = core.Drifted
	case run.Error != "":
		run.Status = core.DriftUnknown
	case run.ProbeFailures > 0:
		run.Status = core.Degraded
	default:
		run.Status = core.InSync
	}
}
