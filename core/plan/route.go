package plan

import (
	"regexp"
	"slices"
	"strings"

	"cnrelay/core"
)

// route decides the endpoint, the protocol towards it and the host platform.
func (b *builder) route() error {
	req, pack := b.in.Request, b.in.Pack
	endpoint, err := ChooseEndpoint(pack, req)
	if err != nil {
		return err
	}
	speaks := endpoint.Speaks
	if len(b.in.Speaks) > 0 {
		speaks = b.in.Speaks
	}
	b.plan.Smoke = pack.Smoke
	if len(req.Models) > 0 {
		for _, id := range req.Models {
			if _, ok := pack.Model(id); !ok {
				return core.Input("pack "+pack.ID+" has no model "+id, "cnrelay pack show "+pack.ID)
			}
		}
		if !slices.Contains(req.Models, pack.Smoke.Model) {
			b.plan.Smoke.Model = req.Models[0]
		}
	}
	b.plan.Endpoint, b.plan.Platform, b.plan.Protocol, b.base = endpoint, pack.Platform, req.Protocol, endpoint.Base
	if b.plan.Protocol == core.ProtocolAuto || b.plan.Protocol == "" {
		b.plan.Protocol = b.auto(endpoint, speaks)
	}
	force := b.in.Facts.Has(core.FeatureForceChat)
	switch b.plan.Protocol {
	case core.ProtocolAnthropic:
		b.plan.Platform, b.base = "anthropic", endpoint.Anthropic
		if b.base == "" {
			b.check(false, "no_anthropic_endpoint", "base_url", pack.ID)
		}
		b.note("anthropic_endpoint", b.base)
	case core.ProtocolChat:
		if !force && pack.Platform == "openai" {
			b.check(false, "host_needs_responses", "newer_host_or_anthropic", b.in.Facts.Version)
		}
	}
	return nil
}

// auto sets the account up for chat completions wherever the host can be told to use them: every
// provider speaks them. Where it can't (hosts up to 0.1.126) the upstream must speak responses, or
// have an Anthropic-compatible endpoint.
func (b *builder) auto(e core.Endpoint, speaks []core.Protocol) core.Protocol {
	switch {
	case b.in.Pack.Platform != "openai", b.in.Facts.Has(core.FeatureForceChat):
		return core.ProtocolChat
	case slices.Contains(speaks, core.ProtocolResponses):
		return core.ProtocolResponses
	case e.Anthropic != "":
		return core.ProtocolAnthropic
	}
	return core.ProtocolChat
}

// ChooseEndpoint is the endpoint that a request means: one of the pack's by id or region, or one given by
// hand. One company's key is never shown to another, so an endpoint given by hand has no sisters.
func ChooseEndpoint(pack core.Pack, req core.ImportRequest) (core.Endpoint, error) {
	if req.BaseURL != "" {
		return byHand(req.BaseURL, req.Protocol)
	}
	if e, ok := pack.Endpoint(req.Endpoint); ok {
		return e, nil
	}
	var ids []string
	for _, e := range pack.Endpoints {
		if e.Region == req.Endpoint {
			return e, nil
		}
		ids = append(ids, e.ID)
	}
	return core.Endpoint{}, core.Input("pack "+pack.ID+" has no endpoint or region "+req.Endpoint, "one of: "+strings.Join(ids, ", "))
}

var versioned = regexp.MustCompile(`/v\d+$`)

// byHand follows the hosts' rule: a base that ends in a version is used as it is, else /v1 is added.
// That it speaks Anthropic's API is believed only if the operator says so.
func byHand(base string, p core.Protocol) (core.Endpoint, error) {
	if err := core.ValidAddress(base); err != nil {
		return core.Endpoint{}, err
	}
	base = strings.TrimRight(base, "/")
	api := base
	if !versioned.MatchString(base) {
		api += "/v1"
	}
	e := core.Endpoint{ID: "by-hand", Base: base, Chat: api + "/chat/completions", Models: api + "/models"}
	if p == core.ProtocolAnthropic {
		e.Anthropic = strings.TrimSuffix(base, "/v1")
	}
	return e, nil
}

// hostChecks are the preconditions that hold for every import.
func (b *builder) hostChecks() {
	f := b.in.Facts
	for _, need := range []core.Feature{core.FeatureChannels, core.FeatureChat} {
		if !f.Has(need) {
			b.check(false, "feature_missing", "newer_host", string(need), f.Version)
		}
	}
	for _, block := range f.Blocks {
		switch block {
		case core.BlockCompliance, core.BlockStepUp:
			b.check(false, "host_block", string(block), string(block))
		}
	}
}
