package view

import (
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// HumanAccess shows how users reach a provider as text.
type HumanAccess struct{ *page.Page }

var _ Access = (*HumanAccess)(nil)

// Plans implements [Access].
func (v *HumanAccess) Plans(h core.Host, provider string, plans []core.AccessPlan) {
	v.Host(h)
	v.Field(v.Say("provider"), provider)
	for _, p := range plans {
		v.Blank()
		v.AccessPlan(p)
	}
}

// Reports implements [Access].
func (v *HumanAccess) Reports(h core.Host, provider string, reports []engine.AccessReport) {
	v.Host(h)
	v.Field(v.Say("provider"), provider)
	for _, r := range reports {
		v.Blank()
		v.AccessReport(r)
	}
}

// Key implements [Access]: the bare value, so that it can be redirected into a file.
func (v *HumanAccess) Key(k AccessKey) { v.Raw(k.Value) }
