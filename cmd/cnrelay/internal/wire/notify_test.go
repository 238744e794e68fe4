package wire

import (
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/tui/text"
)

// What is told stands in both languages, with its time, its cause and the way to more.
func TestMessage(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	a := core.Alert{HostName: "lab", Provider: "deepseek", Kind: core.AlertDegraded, State: core.AlertFiring, Failing: at, Seen: at.Add(time.Minute),
		Cause: core.Cause{Type: core.DriftOutOfTraffic, Name: "main", Class: core.UpstreamKeyQuota, Fault: core.FaultUpstream, Words: "402", More: 2, Run: "b1.3"}}
	for _, c := range []struct {
		lang   text.Lang
		notice core.Notice
		want   string
	}{
		{text.EN, core.Notice{State: core.AlertFiring, Alert: a}, "[FIRING] lab/deepseek: degraded\nout of traffic: main (fault: the provider's, or the key's account there): 402 (+2 more)\nsince 2026-11-24T09:00:00Z\nseen 2026-11-24T09:01:00Z\nin full: cnrelay drift show b1.3"},
		{text.ZH, core.Notice{State: core.AlertFlapping, Alert: a}, "[抖动] lab/deepseek：降级\n不在服务：main（责任：供应商，或密钥在供应商处的账户）：402（另有 2 项）\n自 2026-11-24T09:00:00Z\n查看于 2026-11-24T09:01:00Z\n详情：cnrelay drift show b1.3"},
		{text.EN, core.Notice{State: core.AlertOK, Alert: a}, "[resolved] lab/deepseek: degraded\nseen 2026-11-24T09:01:00Z"},
		{text.ZH, core.Notice{State: core.AlertFiring, Alert: a, Test: true}, "[测试] lab/deepseek：降级\n这是 cnrelay 的通知测试，没有发生任何事情。\n自 2026-11-24T09:00:00Z\n查看于 2026-11-24T09:01:00Z\n详情：cnrelay drift show b1.3"},
	} {
		m := message(text.For(c.lang), c.notice)
		if got := m.Title + "\n" + m.Text; got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}
