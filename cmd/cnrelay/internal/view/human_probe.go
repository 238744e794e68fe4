package view

import (
	"strconv"
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// HumanProbes shows probes as text.
type HumanProbes struct{ *page.Page }

var _ Probes = (*HumanProbes)(nil)

// Upstream implements [Probes].
func (v *HumanProbes) Upstream(provider string, reports []engine.UpstreamReport) {
	v.Field(v.Say("provider"), provider)
	for i, r := range reports {
		v.Blank()
		v.Field(v.Say("key"), strings.TrimSpace(strconv.Itoa(i+1)+" "+r.Name))
		v.Page.Upstream(r)
	}
}

// Accounts implements [Probes].
func (v *HumanProbes) Accounts(h core.Host, provider string, states []core.AccountState) {
	v.Host(h)
	v.Field(v.Say("provider"), provider)
	v.States(states)
}
