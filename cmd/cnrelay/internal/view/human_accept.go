package view

import (
	"cnrelay/core"
	"cnrelay/tui/page"
)

// HumanAcceptances shows acceptance runs as text.
type HumanAcceptances struct{ *page.Page }

var _ Acceptances = (*HumanAcceptances)(nil)

// Started implements [Acceptances].
func (v *HumanAcceptances) Started(host, provider string, access core.AccessMode) {
	v.Title(v.Say("acceptance.started", provider, host, v.Words().Name(access)))
}

// Stage implements [Acceptances].
func (v *HumanAcceptances) Stage(s core.StageResult) { v.Page.Stage(s) }

// Done implements [Acceptances].
func (v *HumanAcceptances) Done(a Acceptance) {
	v.Blank()
	v.Acceptance(a.Acceptance)
	if a.Bundle == nil {
		v.Field(v.Say("bundle"), v.Say("acceptance.no_bundle"))
		return
	}
	v.Field(v.Say("bundle"), v.Say("bundle.written", string(a.Batch), a.Bundle.Path))
	v.Command("  cnrelay bundle verify " + a.Bundle.Path)
}

// Table implements [Acceptances].
func (v *HumanAcceptances) Table(rows []Acceptance) {
	v.Title(page.Cell(v.Say("column.host"), 14) + page.Cell(v.Say("column.provider"), 14) + page.Cell(v.Say("column.access"), 14) +
		page.Cell(v.Say("acceptance.column"), 26) + v.Say("column.batch"))
	for _, a := range rows {
		result := v.Words().Name(core.StagePassed)
		if failed, bad := a.Failed(); bad {
			result = v.Words().Name(core.StageFailed) + v.Say("colon", v.Words().Name(failed.Stage))
		} else if !a.Passed() {
			result = v.Words().Name(core.StageFailed)
		}
		v.Raw(page.Cell(a.HostName, 14) + page.Cell(a.Provider, 14) + page.Cell(v.Words().Name(a.Access), 14) + page.Cell(result, 26) + string(a.Batch))
	}
}
