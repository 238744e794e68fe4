package view

import (
	"errors"
	"strconv"

	"cnrelay/core"
	"cnrelay/packs"
	"cnrelay/tui/page"
)

// HumanPacks shows provider packs as text.
type HumanPacks struct {
	*page.Page
	errs *page.Page
}

var _ Packs = (*HumanPacks)(nil)

// List implements [Packs].
func (v *HumanPacks) List(list []core.ListedPack) {
	for _, p := range list {
		note := ""
		if p.Replaces {
			note = "  " + v.Say("pack.replaces")
		}
		if p.Fault == nil {
			v.Raw(page.Cell(p.ID, 12) + page.Cell(v.Called(p.Name), 28) + page.Cell(v.Say("pack.models", strconv.Itoa(len(p.Models))), 14) + p.Source + "  " + page.Short(p.Digest) + note)
			continue
		}
		v.Raw(page.Cell(p.ID, 12) + page.Cell(v.Say("pack.invalid"), 42) + p.Source + note)
		faults, ok := errors.AsType[packs.Faults](p.Fault)
		if !ok {
			v.Line(2, v.Words().Failure(p.Fault.Error()))
		}
		for _, f := range faults {
			v.Raw("  " + v.Words().Failure(f.String()))
		}
	}
}

// Shown implements [Packs].
func (v *HumanPacks) Shown(p core.Pack) { v.Pack(p) }

// Valid implements [Packs].
func (v *HumanPacks) Valid(path string, p core.Pack) {
	v.Raw(v.Say("pack.valid", path, p.ID, page.Short(p.Digest)))
}

// Faults implements [Packs].
func (v *HumanPacks) Faults(faults packs.Faults) {
	for _, f := range faults {
		v.errs.Raw(f.String())
	}
}
