package view

import (
	"strconv"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// HumanAdoption shows adoptions as text.
type HumanAdoption struct{ *page.Page }

var _ Adoption = (*HumanAdoption)(nil)

// Report implements [Adoption].
func (v *HumanAdoption) Report(r engine.AdoptReport, provider string, applied bool) {
	v.Host(r.Host)
	v.Field(v.Say("provider"), provider)
	if len(r.Found) == 0 {
		v.Line(0, v.Say("adopt.none"))
		return
	}
	v.Title(v.Say("adopt.found", r.State, strconv.Itoa(len(r.Found))))
	for _, res := range r.Found {
		v.Hang("    "+page.Cell(page.Action(v.Words(), core.Adopt, ""), 11), 15, page.Resource(v.Words(), res.Ref.Kind, res.Name, res.Ref.ID)+v.Say("aside", page.Stamp(res.CreatedAt)))
	}
	v.Blank()
	if applied {
		v.Line(0, v.Say("adopt.done", string(r.Batch)))
	} else {
		v.Line(0, v.Say("adopt.means"))
	}
}
