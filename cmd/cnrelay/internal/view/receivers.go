package view

import (
	"strconv"

	"cnrelay/core"
	"cnrelay/tui/page"
)

// JSONReceivers shows receivers as lines of JSON.
type JSONReceivers JSON

var _ Receivers = (*JSONReceivers)(nil)

func (v *JSONReceivers) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// List implements [Receivers].
func (v *JSONReceivers) List(list []core.Receiver, waiting map[string]int) {
	for _, r := range list {
		v.line("receiver", struct {
			core.Receiver
			Waiting int `json:"waiting"`
		}{r, waiting[r.Name]})
	}
}

// Added implements [Receivers].
func (v *JSONReceivers) Added(r core.Receiver) { v.line("receiver", r) }

// Removed implements [Receivers].
func (v *JSONReceivers) Removed(name string) { v.line("receiver_removed", name) }

// Tested implements [Receivers].
func (v *JSONReceivers) Tested(name string) { v.line("receiver_tested", name) }

// HumanReceivers shows receivers as text.
type HumanReceivers struct{ *page.Page }

var _ Receivers = (*HumanReceivers)(nil)

// List implements [Receivers].
func (v *HumanReceivers) List(list []core.Receiver, waiting map[string]int) {
	if len(list) == 0 {
		v.Line(0, v.Say("receivers.none"))
	}
	for _, r := range list {
		sent := v.Say("receiver.never")
		if !r.Sent.IsZero() {
			sent = v.Say("receiver.sent", page.Stamp(r.Sent))
		}
		if n := waiting[r.Name]; n > 0 {
			sent += v.Say("receiver.wait", strconv.Itoa(n))
		}
		v.Line(0, v.Say("receiver.line", r.Name, string(r.Kind), sent))
		if r.Failed.After(r.Sent) {
			v.Line(2, v.Say("receiver.failed", page.Stamp(r.Failed), page.OneLine(r.Error)))
		}
	}
}

// Added implements [Receivers].
func (v *HumanReceivers) Added(r core.Receiver) { v.Line(0, v.Say("receiver.added", r.Name)) }

// Removed implements [Receivers].
func (v *HumanReceivers) Removed(name string) { v.Line(0, v.Say("receiver.gone", name)) }

// Tested implements [Receivers].
func (v *HumanReceivers) Tested(name string) { v.Line(0, v.Say("receiver.tested", name)) }
