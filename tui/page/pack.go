package page

import "cnrelay/core"

// Pack is a provider as its pack describes it.
func (p *Page) Pack(v core.Pack) {
	p.Field(p.Say("pack"), v.ID+"  "+p.Called(v.Name))
	p.Field("", v.Source+"  "+v.Digest)
	if v.Replaces {
		p.State("", p.Say("pack.replaces"), Warn)
	}
	if v.Home != "" {
		p.Field("", v.Home)
	}
	p.Field(p.Say("pack.platform"), v.Platform)
	p.Field(p.Say("pack.smoke"), v.Smoke.Model)
	p.Title(p.Say("pack.endpoints"))
	for _, e := range v.Endpoints {
		p.Raw("  " + Cell(e.ID, 16) + e.Base)
		p.Raw(Cell("", 18) + e.Region + " " + e.Product)
	}
	p.Title(p.Say("pack.model_list"))
	for _, m := range v.Models {
		p.Raw("  " + m.ID)
		for _, price := range m.Prices {
			p.Line(4, p.Say("pack.price", price.Currency, Number(price.Input), Number(price.Output), price.Date))
			p.put("    "+price.Source, Dim)
			if price.Lost != "" {
				p.Line(4, p.Say("pack.lost", price.Lost))
			}
			if price.Uncertain {
				p.Tell(4, p.Say("pack.uncertain"), Warn)
			}
		}
	}
	if len(v.Notes) > 0 {
		p.Title(p.Say("plan.notes"))
		for _, n := range v.Notes {
			p.Hang("  · ", 4, n)
		}
	}
}
