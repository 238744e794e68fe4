package page

import (
	"slices"
	"strconv"
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Host is the head of everything that is claimed about a host: which one, where, and when it was seen.
func (p *Page) Host(h core.Host) {
	first := h.Name
	if h.Seen.Version != "" {
		first += "  sub2api " + h.Seen.Version
	}
	if h.Fingerprint != "" {
		first += "  " + p.Say("host.fingerprint", Short(h.Fingerprint))
	}
	p.Field(p.Say("host"), first)
	p.Field("", pad(p.Say("host.dialled"), 10)+h.URL)
	p.Field("", pad(p.Say("host.public"), 10)+h.PublicURL)
	p.Field("", pad(p.Say("host.checked"), 10)+Stamp(h.Seen.At))
}

// HostDetail adds how it is spoken to, and what it was seen to have.
func (p *Page) HostDetail(h core.Host) {
	p.Host(h)
	p.Field(p.Say("host.auth"), p.words.Name(h.Auth)+strings.TrimRight(" "+h.Email, " "))
	way := p.Say("host.gateway_url")
	if h.GatewayByPublic {
		way = p.Say("host.gateway_public")
	}
	p.Field(p.Say("host.gateway"), way)
	limits := p.Say("host.concurrency", itoa(max(1, h.Concurrency)))
	if h.Rate > 0 {
		limits += p.Say("host.rate", Number(h.Rate))
	}
	if h.Proxied {
		limits += p.Say("host.proxied")
	}
	if h.CA != "" {
		limits += p.Say("host.ca")
	}
	p.Field(p.Say("host.limits"), limits)
	var has, lacks []string
	for _, f := range sortedFeatures(h.Seen.Features) {
		if h.Seen.Has(f) {
			has = append(has, p.words.Name(f))
		} else {
			lacks = append(lacks, p.words.Name(f))
		}
	}
	if len(has) > 0 {
		p.Field(p.Say("host.has"), strings.Join(has, p.Say("list")))
	}
	if len(lacks) > 0 {
		p.Field(p.Say("host.lacks"), strings.Join(lacks, p.Say("list")))
	}
	for _, b := range h.Seen.Blocks {
		p.State(p.Say("host.blocked"), p.words.Name(b), Bad)
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

// Compliance is the document that an administrator has to accept, and the phrase to be typed.
func (p *Page) Compliance(h core.Host, c core.Compliance) {
	p.Host(h)
	p.Field(p.Say("compliance.version"), c.Version)
	p.Field(p.Say("compliance.document"), p.Called(core.Text{EN: c.DocumentEN, ZH: c.DocumentZH}))
	p.Field(p.Say("compliance.phrase"), p.Called(core.Text{EN: c.PhraseEN, ZH: c.PhraseZH}))
	p.Line(0, p.Say("compliance.ask"))
}

// Rebind is what is known of a host whose fingerprint changed.
func (p *Page) Rebind(name string, r engine.Rebind) {
	p.Field(p.Say("host"), name)
	p.Field(p.Say("rebind.old"), Short(r.Old))
	p.Field(p.Say("rebind.new"), Short(r.New))
	p.Field(p.Say("rebind.match"), p.Say("rebind.matching", itoa(r.Matching), itoa(r.Total)))
}

// Lost says since when a host can't be looked at, why, and how old what is known of it is.
func (p *Page) Lost(h core.Host) {
	if h.Lost.At.IsZero() {
		return
	}
	p.Blank()
	p.State(p.Say("host.down"), p.Say("hosts.lost", Stamp(h.Lost.Since), Stamp(h.Lost.At)), Bad)
	p.State("", p.words.Failure(h.Lost.What), Bad)
	if h.Lost.Next != "" {
		p.Field("", p.Say("next", p.words.Failure(h.Lost.Next)))
	}
	p.Field("", p.Say("hosts.stale", Stamp(h.Seen.At)))
}

// Provider is a provider's standing on a host by its latest evidence, and what keeps it from being active.
func (p *Page) Provider(s engine.ProviderStatus) {
	role := Good
	switch s.State {
	case engine.ProviderDegraded:
		role = Warn
	case engine.ProviderBroken:
		role = Bad
	case engine.ProviderImporting:
		role = Plain
	case engine.ProviderAbsent:
		role = Dim
	}
	p.State(p.Say("provider"), s.Provider+p.Say("colon", p.words.Name(s.State)), role)
	p.Field(p.Say("batches"), IDs(s.Batches))
	if s.State == engine.ProviderAbsent {
		return
	}
	p.Field(p.Say("accounts"), p.Say("accounts.count", itoa(s.Accounts[core.Passed]), itoa(s.Accounts[core.Failed]), itoa(s.Accounts[core.Inconclusive])))
	for _, a := range s.Access {
		p.Access("", a)
	}
	for _, f := range s.Findings {
		p.Blank()
		if f.About != "" {
			p.Line(2, p.Say("about", f.About))
		}
		p.Finding(4, f)
	}
}

// Resources are the managed resources of a host.
func (p *Page) Resources(list []core.Resource) {
	if len(list) == 0 {
		p.Title(p.Say("resources.none"))
		return
	}
	p.Title(p.Say("resources", itoa(len(list))))
	for _, r := range list {
		line := Resource(p.words, r.Ref.Kind, r.Name, r.Ref.ID)
		if r.Verdict != "" {
			line += p.Say("aside", p.words.Name(r.Verdict))
		}
		p.Hang("  "+Cell(p.words.Name(r.Origin), 11), 13, line)
		p.Line(13, r.Provider+", "+p.words.Name(r.Mode)+", "+p.Say("batch")+" "+IDs(r.Batches)+", "+Stamp(r.CreatedAt))
	}
}
