package page

import "cnrelay/core"

// Operator names one: with the role, and where they come from.
func (p *Page) Operator(o core.Operator) string {
	from := o.From
	if !o.Remote() {
		from = p.Say("who.here")
	}
	return o.Name + p.Say("aside", p.words.Name(o.Role)+p.Say("list")+from)
}
