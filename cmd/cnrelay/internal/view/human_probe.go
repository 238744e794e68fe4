package view

import (
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// HumanProbes shows probes as text.
type HumanProbes struct{ *printer }

var _ Probes = (*HumanProbes)(nil)

// Upstream implements [Probes].
func (v *HumanProbes) Upstream(provider string, reports []engine.UpstreamReport) {
	v.field(v.say("provider"), provider)
	for i, r := range reports {
		v.blank()
		v.field(v.say("key"), strings.TrimSpace(itoa(i+1)+" "+r.Name))
		v.field(v.say("models"), models(v.w, r.Models, ""))
		v.field("", r.Models.URL)
		v.field(v.say("completion"), completion(v.w, r.Completion))
		v.field("", r.Completion.URL+"  "+stamp(r.Completion.At))
		if r.Completion.Content != "" {
			v.field(v.say("preview"), words(r.Completion.Content))
		}
		if r.FromHost != nil {
			v.field(v.say("from_host"), models(v.w, *r.FromHost, ""))
		}
		v.finding(labelColumn, r.Finding)
	}
}

// Accounts implements [Probes].
func (v *HumanProbes) Accounts(h core.Host, provider string, states []engine.AccountState) {
	v.host(h)
	v.field(v.say("provider"), provider)
	v.states(states)
}
