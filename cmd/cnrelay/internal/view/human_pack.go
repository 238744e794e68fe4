package view

import (
	"cnrelay/core"
	"cnrelay/packs"
)

// HumanPacks shows provider packs as text.
type HumanPacks struct {
	*printer
	errs *printer
}

var _ Packs = (*HumanPacks)(nil)

// List implements [Packs].
func (v *HumanPacks) List(list []core.Pack) {
	for _, p := range list {
		v.raw(cell(p.ID, 12) + cell(v.called(p.Name), 28) + cell(v.say("pack.models", itoa(len(p.Models))), 14) + p.Source + "  " + short(p.Digest))
	}
}

// Shown implements [Packs].
func (v *HumanPacks) Shown(p core.Pack) {
	v.field(v.say("pack"), p.ID+"  "+v.called(p.Name))
	v.field("", p.Source+"  "+p.Digest)
	if p.Home != "" {
		v.field("", p.Home)
	}
	v.field(v.say("pack.platform"), p.Platform)
	v.field(v.say("pack.smoke"), p.Smoke.Model)
	v.title(v.say("pack.endpoints"))
	for _, e := range p.Endpoints {
		v.raw("  " + cell(e.ID, 16) + e.Base)
		v.raw(cell("", 18) + e.Region + " " + e.Product)
	}
	v.title(v.say("pack.model_list"))
	for _, m := range p.Models {
		v.raw("  " + m.ID)
		for _, price := range m.Prices {
			v.line(4, v.say("pack.price", price.Currency, number(price.Input), number(price.Output), price.Date))
			v.raw("    " + price.Source)
			if price.Lost != "" {
				v.line(4, v.say("pack.lost", price.Lost))
			}
			if price.Uncertain {
				v.line(4, v.say("pack.uncertain"))
			}
		}
	}
	if len(p.Notes) > 0 {
		v.title(v.say("plan.notes"))
		for _, n := range p.Notes {
			v.hang("  · ", 4, n)
		}
	}
}

// Valid implements [Packs].
func (v *HumanPacks) Valid(path string, p core.Pack) {
	v.raw(v.say("pack.valid", path, p.ID, short(p.Digest)))
}

// Faults implements [Packs].
func (v *HumanPacks) Faults(faults packs.Faults) {
	for _, f := range faults {
		v.errs.raw(f.String())
	}
}
