package view

import (
	"slices"
	"strconv"
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// HumanHosts shows registered hosts as text.
type HumanHosts struct{ *printer }

var _ Hosts = (*HumanHosts)(nil)

func itoa(n int) string { return strconv.Itoa(n) }

// host is the head of everything that is claimed about a host: which one, where, and when it was seen.
func (p *printer) host(h core.Host) {
	first := h.Name
	if h.Seen.Version != "" {
		first += "  sub2api " + h.Seen.Version
	}
	if h.Fingerprint != "" {
		first += "  " + p.say("host.fingerprint", short(h.Fingerprint))
	}
	p.field(p.say("host"), first)
	p.field("", pad(p.say("host.dialled"), 10)+h.URL)
	p.field("", pad(p.say("host.public"), 10)+h.PublicURL)
	p.field("", pad(p.say("host.checked"), 10)+stamp(h.Seen.At))
}

// Added implements [Hosts].
func (v *HumanHosts) Added(h core.Host) {
	v.Shown(h)
	v.blank()
	if slices.Contains(h.Seen.Blocks, core.BlockCompliance) {
		v.line(0, v.say("host.added_compliance", h.Name))
		return
	}
	v.line(0, v.say("host.added", h.Name))
}

// Checked implements [Hosts].
func (v *HumanHosts) Checked(h core.Host) { v.Shown(h) }

// Shown implements [Hosts].
func (v *HumanHosts) Shown(h core.Host) {
	v.host(h)
	v.field(v.say("host.auth"), v.w.Name(h.Auth)+strings.TrimRight(" "+h.Email, " "))
	way := v.say("host.gateway_url")
	if h.GatewayByPublic {
		way = v.say("host.gateway_public")
	}
	v.field(v.say("host.gateway"), way)
	limits := v.say("host.concurrency", itoa(max(1, h.Concurrency)))
	if h.Rate > 0 {
		limits += v.say("host.rate", number(h.Rate))
	}
	if h.Proxied {
		limits += v.say("host.proxied")
	}
	if h.CA != "" {
		limits += v.say("host.ca")
	}
	v.field(v.say("host.limits"), limits)
	var has, lacks []string
	for _, f := range sortedFeatures(h.Seen.Features) {
		if h.Seen.Has(f) {
			has = append(has, v.w.Name(f))
		} else {
			lacks = append(lacks, v.w.Name(f))
		}
	}
	if len(has) > 0 {
		v.field(v.say("host.has"), strings.Join(has, v.say("list")))
	}
	if len(lacks) > 0 {
		v.field(v.say("host.lacks"), strings.Join(lacks, v.say("list")))
	}
	for _, b := range h.Seen.Blocks {
		v.field(v.say("host.blocked"), v.w.Name(b))
	}
}

func sortedFeatures(m map[core.Feature]bool) []core.Feature {
	var out []core.Feature
	for f := range m {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}

// List implements [Hosts].
func (v *HumanHosts) List(hosts []core.Host) {
	if len(hosts) == 0 {
		v.line(0, v.say("host.none"))
		return
	}
	for _, h := range hosts {
		v.blank()
		v.host(h)
	}
}

// Removed implements [Hosts].
func (v *HumanHosts) Removed(name string) { v.line(0, v.say("host.removed", name)) }

// Rebind implements [Hosts].
func (v *HumanHosts) Rebind(name string, r engine.Rebind, applied bool) {
	v.field(v.say("host"), name)
	v.field(v.say("rebind.old"), short(r.Old))
	v.field(v.say("rebind.new"), short(r.New))
	v.field(v.say("rebind.match"), v.say("rebind.matching", itoa(r.Matching), itoa(r.Total)))
	if applied {
		v.line(0, v.say("rebind.done"))
	}
}

// Compliance implements [Hosts].
func (v *HumanHosts) Compliance(h core.Host, c core.Compliance) {
	v.host(h)
	v.field(v.say("compliance.version"), c.Version)
	v.field(v.say("compliance.document"), v.called(core.Text{EN: c.DocumentEN, ZH: c.DocumentZH}))
	v.field(v.say("compliance.phrase"), v.called(core.Text{EN: c.PhraseEN, ZH: c.PhraseZH}))
	v.line(0, v.say("compliance.ask"))
}

// Accepted implements [Hosts].
func (v *HumanHosts) Accepted(h core.Host) {
	v.host(h)
	v.line(0, v.say("compliance.done"))
}
