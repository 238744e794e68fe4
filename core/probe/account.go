package probe

import (
	"cnrelay/core"
)

// AccountEvidence is what was seen of one staged account.
type AccountEvidence struct {
	Name  string
	Rules []core.Rule
	Test  core.AccountTest
	// Direct is the same question asked of the upstream from the console; nil if it wasn't asked.
	Direct *core.Completion
	// Sister is the endpoint of the same pack that accepted a key refused here, "" if none did.
	Sister string
}

// NeedsDirect tells whether the test alone doesn't decide: it failed, or ended without content.
func NeedsDirect(t core.AccountTest) bool { return !t.Complete || t.Content == "" }

// Account judges a staged account. The host's test is the host's view of the upstream; asked
// directly, the upstream tells whether that view is right.
func Account(e AccountEvidence) (core.Verdict, core.Finding) {
	verdict, f := e.judge()
	f.About, f.At = e.Name, e.Test.At
	return verdict, f
}

func (e AccountEvidence) judge() (core.Verdict, core.Finding) {
	if !NeedsDirect(e.Test) {
		return core.Passed, finding(core.Ready, StageAccountTest)
	}
	said := answer{status: e.Test.Status, Failure: e.Test.Failure}
	if e.Direct == nil {
		if e.Test.Complete {
			f := finding(core.AnsweredWithoutContent, StageAccountTest)
			f.Missing = []string{StageUpstream}
			return core.Inconclusive, f
		}
		return core.Failed, e.refused(said, StageAccountTest)
	}
	switch {
	case e.Direct.Answered() && e.Test.Complete:
		return core.Passed, finding(core.Ready, StageUpstream)
	case e.Direct.Answered():
		f := finding(core.HostCompatibilityGap, StageAccountTest)
		if e.Test.Net != "" && e.Test.Net != core.NetNotJSON {
			f = finding(core.UpstreamUnreachableFromHost, StageAccountTest)
		}
		f.Words, f.Status = e.Test.Message, e.Test.Status
		return core.Failed, f
	case e.Direct.Status == 200 && e.Direct.Net == "" && e.Direct.Code == "" && e.Direct.Message == "":
		f := finding(core.AnsweredWithoutContent, StageUpstream)
		f.Status = 200
		return core.Inconclusive, f
	}
	return core.Failed, e.refused(answer{status: e.Direct.Status, Failure: e.Direct.Failure}, StageUpstream)
}

func (e AccountEvidence) refused(a answer, stage string) core.Finding {
	class, detail := a.upstream(e.Rules)
	if class == core.Unknown && stage == StageAccountTest {
		detail = "no_reason_given"
	}
	if class == core.UpstreamKeyInvalid && e.Sister != "" {
		class, detail = core.UpstreamKeyOtherRegion, e.Sister
	}
	f := finding(class, stage)
	f.Detail, f.Words, f.Status = detail, a.Message, a.status
	if f.Words == "" {
		f.Words = e.Test.Message
	}
	return f
}

// Upstream judges a provider that was asked without an account: directly, and by the host itself where it
// could be asked too.
func Upstream(name string, rules []core.Rule, direct core.Completion, fromHost *core.ModelList, sister string) core.Finding {
	f := finding(core.Ready, StageUpstream)
	unreachable := fromHost != nil && (fromHost.Net != "" && fromHost.Net != core.NetNotJSON)
	switch {
	case direct.Answered() && unreachable:
		f = finding(core.UpstreamUnreachableFromHost, StageUpstream)
		f.Words = fromHost.Message
	case direct.Answered():
	default:
		_, f = AccountEvidence{Rules: rules, Direct: &direct, Sister: sister}.judge()
	}
	f.About, f.At = name, direct.At
	return f
}
