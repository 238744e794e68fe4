package view

import (
	"strconv"
	"strings"

	"cnrelay/tui/page"
)

// HumanDemo frames a demonstration as text.
type HumanDemo struct{ *page.Page }

var _ Demo = (*HumanDemo)(nil)

// Banner implements [Demo].
func (v *HumanDemo) Banner(s Stage) {
	v.Raw(strings.Repeat("=", page.Width))
	v.Line(0, v.Say("demo.banner"))
	v.Raw(strings.Repeat("=", page.Width))
	v.Field(v.Say("host"), s.HostURL+"  sub2api "+s.HostVersion)
	v.Field(v.Say("provider"), s.Upstream)
	v.Field(v.Say("demo.state"), s.StateDir)
}

// Command implements [Demo].
func (v *HumanDemo) Command(args []string) {
	v.Blank()
	v.Raw("$ cnrelay " + strings.Join(args, " "))
}

// Meddled implements [Demo].
func (v *HumanDemo) Meddled() {
	v.Blank()
	v.Line(0, v.Say("demo.meddled"))
}

// Verdict implements [Demo].
func (v *HumanDemo) Verdict(d DemoVerdict) {
	v.Title(strings.Repeat("=", page.Width))
	v.either(d.Ready, v.Say("demo.ready"), v.Say("demo.not_ready"))
	v.either(d.Repaired, v.Say("demo.repaired"), v.Say("demo.not_repaired"))
	v.either(d.Undone, v.Say("demo.undone"), v.Say("demo.not_undone"))
	v.either(d.Restored, v.Say("demo.restored", strconv.Itoa(d.Before), strconv.Itoa(d.Peak)), v.Say("demo.changed"))
	v.either(d.Removed, v.Say("demo.removed"), v.Say("demo.left"))
	v.Raw(strings.Repeat("=", page.Width))
}

func (v *HumanDemo) either(ok bool, good, bad string) {
	if ok {
		bad = good
	}
	v.Page.Verdict(0, ok, bad)
}
