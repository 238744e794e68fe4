package drift

import (
	"slices"
	"strings"

	"cnrelay/core"
	"cnrelay/core/probe"
)

// Provider fills a run in with what the batch's provider answered when it was asked directly: models that it no
// longer lists, another name that it answers under, or why it didn't answer.
func Provider(run *core.DriftRun, b core.Batch, account string, up core.Upstream) {
	run.Upstream = &up
	if up.Models.OK() {
		for _, model := range models(b) {
			if !slices.Contains(up.Models.Models, model) {
				run.Findings = append(run.Findings, core.DriftFinding{Type: core.DriftModelUnlisted, Name: model})
			}
		}
	}
	asked, named := b.Plan.Smoke.Model, up.Completion.Model
	switch {
	case !up.Completion.Answered():
		run.Probes = append(run.Probes, probe.Upstream(account, b.Pack.Rules, up.Completion, nil, ""))
	case named != "" && !sameModel(asked, named, b.Pack.Quirks):
		run.Findings = append(run.Findings, core.DriftFinding{Type: core.DriftModelRenamed, Name: asked, Why: named})
	}
}

// models are those that a batch put behind its host.
func models(b core.Batch) []string {
	if len(b.Request.Models) > 0 {
		return b.Request.Models
	}
	out := make([]string, len(b.Pack.Models))
	for i, m := range b.Pack.Models {
		out[i] = m.ID
	}
	return out
}

// sameModel takes an id for the same with and without its date, where a provider's ids carry dates.
func sameModel(asked, named string, q core.Quirks) bool {
	return asked == named || q.DatedIDs && (strings.HasPrefix(named, asked+"-") || strings.HasPrefix(asked, named+"-"))
}
