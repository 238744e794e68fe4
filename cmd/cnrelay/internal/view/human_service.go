package view

import (
	"strconv"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
)

// HumanService tells people of a service, and who uses it.
type HumanService struct{ *page.Page }

var _ Service = (*HumanService)(nil)

// Serving implements [Service].
func (v *HumanService) Serving(s Serving) {
	v.Field(v.Say("service"), v.Say("service.line", s.State, strconv.Itoa(s.PID), s.Version, page.Stamp(s.Since)))
	if s.Listen == "" {
		v.Field("", v.Say("service.machine"))
		return
	}
	v.Field(v.Say("service.network"), v.Say("service.listen", s.Listen, strconv.Itoa(s.Keys)))
	v.Field(v.Say("service.host_key"), s.HostKey)
}

// Draining implements [Service].
func (v *HumanService) Draining(work []core.Lease, most time.Duration) {
	v.Field(v.Say("service"), v.Say("service.draining", strconv.Itoa(len(work)), most.String()))
	v.work(work)
}

// Who implements [Service].
func (v *HumanService) Who(s Serving, w engine.Who) {
	v.Serving(s)
	for i, p := range w.Present {
		label := ""
		if i == 0 {
			label = v.Say("who.on")
		}
		v.Field(label, strings.Join([]string{v.Operator(p.Operator), p.What, page.Stamp(p.Since)}, "  "))
	}
	v.work(w.Work)
}

func (v *HumanService) work(list []core.Lease) {
	for i, w := range list {
		label := ""
		if i == 0 {
			label = v.Say("who.works")
		}
		v.Field(label, strings.Join([]string{w.HostName, string(w.Run), v.Words().Name(w.What), w.By.Name, page.Stamp(w.Since)}, "  "))
	}
}

// Acts implements [Service].
func (v *HumanService) Acts(acts []core.Act) {
	for _, a := range acts {
		v.Raw(strings.Join(strings.Fields(strings.Join([]string{page.Stamp(a.At), v.Operator(a.By), v.Words().Name(a.What), a.Host, string(a.Batch), a.Detail}, " ")), " "))
		if a.By.Key != "" {
			v.Tell(2, a.By.Key, page.Dim)
		}
		if a.Error != "" {
			v.Tell(2, a.Error, page.Bad)
		}
	}
}

// Cancelled implements [Service].
func (v *HumanService) Cancelled(batch core.BatchID) {
	v.Line(0, v.Say("batches.cancelled", string(batch)))
}
