package view

import (
	"strconv"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// JSONAlerts shows alerts as lines of JSON.
type JSONAlerts JSON

var _ Alerts = (*JSONAlerts)(nil)

func (v *JSONAlerts) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Watching implements [Alerts].
func (v *JSONAlerts) Watching(hosts int, s engine.MonitorSpec) {
	v.line("watching", struct {
		Hosts       int     `json:"hosts"`
		Every       float64 `json:"every_seconds"`
		Completions float64 `json:"completions_seconds"` // 0: none
		PerDay      int     `json:"completions_per_day"`
	}{hosts, s.Every.Seconds(), max(0, s.Completions.Seconds()), s.PerDay})
}

// Ended implements [Alerts].
func (v *JSONAlerts) Ended() {}

// Changed implements [Alerts].
func (v *JSONAlerts) Changed(a core.Alert) { v.line("alert", a) }

// Failed implements [Alerts].
func (v *JSONAlerts) Failed(_ string, err error) { (*JSON)(v).Fail(err) }

// Missed implements [Alerts].
func (v *JSONAlerts) Missed(n int64) { v.line("missed", n) }

// List implements [Alerts].
func (v *JSONAlerts) List(active []core.Alert, silences []core.Silence, _ []core.Alert) {
	for _, a := range active {
		v.Changed(a)
	}
	for _, s := range silences {
		v.Silenced(s)
	}
}

// Silenced implements [Alerts].
func (v *JSONAlerts) Silenced(s core.Silence) { v.line("silence", s) }

// HumanAlerts shows alerts as text.
type HumanAlerts struct{ *page.Page }

var _ Alerts = (*HumanAlerts)(nil)

// Watching implements [Alerts].
func (v *HumanAlerts) Watching(hosts int, s engine.MonitorSpec) {
	if s.Completions < 0 {
		v.Line(0, v.Say("watch.free", strconv.Itoa(hosts), page.Took(s.Every)))
		return
	}
	v.Line(0, v.Say("watch.started", strconv.Itoa(hosts), page.Took(s.Every), page.Took(s.Completions), strconv.Itoa(s.PerDay)))
}

// Ended implements [Alerts].
func (v *HumanAlerts) Ended() { v.Line(0, v.Say("watch.ended")) }

// Changed implements [Alerts].
func (v *HumanAlerts) Changed(a core.Alert) { v.AlertLine(a) }

// Failed implements [Alerts].
func (v *HumanAlerts) Failed(host string, err error) {
	v.Line(0, v.Say("watch.failed", page.Stamp(time.Now()), host, page.OneLine(page.Brief(v.Words(), err))))
}

// Missed implements [Alerts].
func (v *HumanAlerts) Missed(n int64) { v.Line(0, v.Say("watch.missed", strconv.FormatInt(n, 10))) }

// List implements [Alerts].
func (v *HumanAlerts) List(active []core.Alert, silences []core.Silence, all []core.Alert) {
	switch {
	case len(all) == 0:
		v.Line(0, v.Say("alert.nothing"))
	case len(active) == 0:
		latest := all[0].Seen
		for _, a := range all {
			if a.Seen.After(latest) {
				latest = a.Seen
			}
		}
		v.Line(0, v.Say("alert.none", strconv.Itoa(len(all)), page.Stamp(latest)))
	}
	for _, a := range active {
		v.Alert(a)
		v.AlertDetail(a, silences)
	}
	if len(silences) > 0 {
		v.Title(v.Say("silences"))
	}
	for _, s := range silences {
		v.Line(2, v.Say("silence.set", where(s), page.Stamp(s.Until), s.Reason))
	}
}

// Silenced implements [Alerts].
func (v *HumanAlerts) Silenced(s core.Silence) {
	if !s.Until.After(s.Made) {
		v.Line(0, v.Say("silence.lifted", where(s)))
		return
	}
	v.Line(0, v.Say("silence.set", where(s), page.Stamp(s.Until), s.Reason))
}

func where(s core.Silence) string {
	if s.Provider == "" {
		return s.HostName
	}
	return s.HostName + "/" + s.Provider
}
