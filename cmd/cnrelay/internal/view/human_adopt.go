package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
)

// HumanAdoption shows adoptions as text.
type HumanAdoption struct{ *printer }

var _ Adoption = (*HumanAdoption)(nil)

// Report implements [Adoption].
func (v *HumanAdoption) Report(r engine.AdoptReport, provider string, applied bool) {
	v.host(r.Host)
	v.field(v.say("provider"), provider)
	if len(r.Found) == 0 {
		v.line(0, v.say("adopt.none"))
		return
	}
	v.title(v.say("adopt.found", r.State, itoa(len(r.Found))))
	for _, res := range r.Found {
		v.hang("    "+cell(action(v.w, core.Adopt, ""), 11), 15, resource(v.w, res.Ref.Kind, res.Name, res.Ref.ID)+v.say("aside", stamp(res.CreatedAt)))
	}
	v.blank()
	if applied {
		v.line(0, v.say("adopt.done", string(r.Batch)))
	} else {
		v.line(0, v.say("adopt.means"))
	}
}
