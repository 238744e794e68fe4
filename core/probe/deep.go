package probe

import (
	"strings"

	"cnrelay/core"
)

// Stages of the deeper smoke.
const (
	StageGatewayStream = "gateway_stream"
	StageGatewayTools  = "gateway_tools"
)

// Deep judges a part of the deeper smoke by the gateway's last answer and, where that failed, by what the provider
// answered when it was asked the same directly; nil if it wasn't. A model that calls no tool, or says nothing but its
// reasoning, proves nothing.
func Deep(kind core.DeepKind, gateway core.Completion, direct *core.Completion, rules []core.Rule) (core.Verdict, core.Finding) {
	stage := StageGatewayTools
	if kind == core.DeepStream {
		stage = StageGatewayStream
	}
	said := func(f core.Finding, c core.Completion) core.Finding {
		f.Words, f.Status, f.At = c.Message, c.Status, c.At
		return f
	}
	switch {
	case DeepWell(kind, gateway):
		return core.Passed, said(finding(core.Ready, stage), gateway)
	case kind == core.DeepTools && gateway.Answered():
		f := finding(core.Unknown, stage)
		f.Detail = "no_tool_called"
		return core.Inconclusive, said(f, gateway)
	case gateway.Status == 200 && gateway.Failure == (core.Failure{}) && !gateway.Answered() && gateway.Reasoning:
		return core.Inconclusive, said(finding(core.AnsweredWithoutContent, stage), gateway)
	case direct == nil:
		f := finding(core.Unknown, stage)
		f.Missing = []string{StageUpstream}
		return core.Failed, said(f, gateway)
	case DeepWell(kind, *direct):
		return core.Failed, said(finding(core.HostCompatibilityGap, stage), gateway)
	}
	class, detail := answer{status: direct.Status, Failure: direct.Failure}.upstream(rules)
	f := finding(class, StageUpstream)
	f.Detail = detail
	return core.Failed, said(f, *direct)
}

// DeepWell tells whether an answer is what a part of the deeper smoke wants.
func DeepWell(kind core.DeepKind, c core.Completion) bool {
	if kind == core.DeepStream {
		return c.Answered() && c.Ended && strings.HasPrefix(c.ContentType, "text/event-stream")
	}
	return c.Answered() && c.Call != ""
}
