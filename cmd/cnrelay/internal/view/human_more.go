package view

import (
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/packs"
)

// HumanStatus shows what is known as text.
type HumanStatus struct{ *printer }

var _ Status = (*HumanStatus)(nil)

// Hosts implements [Status].
func (v *HumanStatus) Hosts(list []engine.HostStatus) {
	if len(list) == 0 {
		v.line(0, v.say("host.none"))
		return
	}
	for _, s := range list {
		v.blank()
		v.host(s.Host)
		if len(s.Providers) == 0 {
			v.field(v.say("provider"), v.say("provider.none"))
		}
		for _, p := range s.Providers {
			v.blank()
			v.field(v.say("provider"), p.Provider+v.say("colon", v.w.Name(p.State)))
			v.field(v.say("batches"), ids(p.Batches))
			if p.State == engine.ProviderAbsent {
				continue
			}
			v.field(v.say("accounts"), v.say("accounts.count", itoa(p.Accounts[core.Passed]), itoa(p.Accounts[core.Failed]), itoa(p.Accounts[core.Inconclusive])))
			for _, a := range p.Access {
				v.access("", a)
			}
		}
	}
}

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

// HumanDemo frames a demonstration as text.
type HumanDemo struct{ *printer }

var _ Demo = (*HumanDemo)(nil)

// Banner implements [Demo].
func (v *HumanDemo) Banner(s Stage) {
	v.raw(strings.Repeat("=", pageWidth))
	v.line(0, v.say("demo.banner"))
	v.raw(strings.Repeat("=", pageWidth))
	v.field(v.say("host"), s.HostURL+"  sub2api "+s.HostVersion)
	v.field(v.say("provider"), s.Upstream)
	v.field(v.say("demo.state"), s.StateDir)
}

// Command implements [Demo].
func (v *HumanDemo) Command(args []string) {
	v.blank()
	v.raw("$ cnrelay " + strings.Join(args, " "))
}

// Verdict implements [Demo].
func (v *HumanDemo) Verdict(d DemoVerdict) {
	v.title(strings.Repeat("=", pageWidth))
	v.mark(d.Ready, v.say("demo.ready"), v.say("demo.not_ready"))
	v.mark(d.Undone, v.say("demo.undone"), v.say("demo.not_undone"))
	v.mark(d.Restored, v.say("demo.restored", itoa(d.Before), itoa(d.Peak)), v.say("demo.changed"))
	v.mark(d.Removed, v.say("demo.removed"), v.say("demo.left"))
	v.raw(strings.Repeat("=", pageWidth))
}

func (v *HumanDemo) mark(ok bool, good, bad string) {
	if ok {
		v.hang(cell(v.say("check.ok"), 5), 5, good)
	} else {
		v.hang(cell(v.say("check.bad"), 5), 5, bad)
	}
}
