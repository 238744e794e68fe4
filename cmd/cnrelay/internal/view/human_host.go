package view

import (
	"slices"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// HumanHosts shows registered hosts as text.
type HumanHosts struct{ *page.Page }

var _ Hosts = (*HumanHosts)(nil)

// Added implements [Hosts].
func (v *HumanHosts) Added(h core.Host) {
	v.HostDetail(h)
	v.Blank()
	if slices.Contains(h.Seen.Blocks, core.BlockCompliance) {
		v.Line(0, v.Say("host.added_compliance", h.Name))
		return
	}
	v.Line(0, v.Say("host.added", h.Name))
}

// Checked implements [Hosts].
func (v *HumanHosts) Checked(h core.Host) { v.HostDetail(h) }

// Shown implements [Hosts].
func (v *HumanHosts) Shown(h core.Host) { v.HostDetail(h) }

// List implements [Hosts].
func (v *HumanHosts) List(hosts []core.Host) {
	if len(hosts) == 0 {
		v.Line(0, v.Say("host.none"))
		return
	}
	for _, h := range hosts {
		v.Blank()
		v.Host(h)
	}
}

// Removed implements [Hosts].
func (v *HumanHosts) Removed(name string) { v.Line(0, v.Say("host.removed", name)) }

// Rebind implements [Hosts].
func (v *HumanHosts) Rebind(name string, r engine.Rebind, applied bool) {
	v.Page.Rebind(name, r)
	switch {
	case applied:
		v.Line(0, v.Say("rebind.done"))
	case r.Old == r.New:
		v.Line(0, v.Say("hosts.same_fingerprint", name))
	}
}

// Accepted implements [Hosts].
func (v *HumanHosts) Accepted(h core.Host) {
	v.Host(h)
	v.Line(0, v.Say("compliance.done"))
}
