package view

import "strings"

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
