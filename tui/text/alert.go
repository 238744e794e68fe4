package text

import (
	"strconv"

	"cnrelay/core"
)

// Cause says in a line why an alert fails: what was found, whose fault it is, and in whose words.
func (w Words) Cause(c core.Cause) string {
	var s string
	switch {
	case c.Type != "":
		s = w.Name(c.Type)
	case c.Class != "":
		s = string(c.Class)
	}
	if c.Name != "" {
		s += w.Say("colon", c.Name)
	}
	if c.Fault != "" {
		s += w.Say("aside", w.Say("fault", w.Name(c.Fault)))
	}
	if c.Words != "" {
		s += w.Say("colon", c.Words)
	}
	if c.More > 0 {
		s += w.Say("alert.more", strconv.Itoa(c.More))
	}
	return s
}

func sayAlerts() map[string]phrase {
	return map[string]phrase{
		"alerts":          {"Alerts", "告警"},
		"alert.line":      {"{1}  {2}  {3}: {4}, {5}", "{1}  {2}  {3}：{4}，{5}"},
		"alert.plain":     {"{1}  {2}  {3}: {4}", "{1}  {2}  {3}：{4}"},
		"alert.more":      {" (+{1} more)", "（另有 {1} 项）"},
		"alert.why":       {"since {1}, last seen {2}, last well {3}", "自 {1}，最近查看 {2}，最近正常 {3}"},
		"alert.never":     {"never", "从未"},
		"alert.full":      {"in full: cnrelay drift show {1}", "详情：cnrelay drift show {1}"},
		"alert.none":      {"No alerts. {1} things are watched, the latest look was at {2}.", "没有告警。正在监视 {1} 项，最近查看于 {2}。"},
		"alert.nothing":   {"Nothing is watched yet: start cnrelay watch, or the console.", "尚未监视任何内容：请运行 cnrelay watch 或打开控制台。"},
		"alert.silenced":  {"silenced until {1}: {2}", "静默至 {1}：{2}"},
		"silences":        {"Silences", "静默"},
		"silence.set":     {"{1} is silenced until {2}: {3}", "{1} 已静默至 {2}：{3}"},
		"silence.lifted":  {"{1} is not silenced any more", "{1} 已解除静默"},
		"watch.started":   {"Watching {1} hosts: lists every {2}, completions every {3}, at most {4} a day and provider. Interrupt to leave.", "正在监视 {1} 台主机：列表每 {2}，补全每 {3}，每天每个供应商最多 {4} 次。中断以退出。"},
		"watch.free":      {"Watching {1} hosts: lists every {2}, no completions. Interrupt to leave.", "正在监视 {1} 台主机：列表每 {2}，不发送补全。中断以退出。"},
		"watch.failed":    {"{1}  {2}: not kept: {3}", "{1}  {2}：未能保存：{3}"},
		"watch.missed":    {"{1} lines were left out, because nobody read; how things stand: cnrelay alert list --all", "因无人读取，省略了 {1} 行；当前状况：cnrelay alert list --all"},
		"watch.ended":     {"Watching ended; what was under way is written down.", "监视已结束；进行中的内容已记录。"},
		"notice.title":    {"[{1}] {2}: {3}", "[{1}] {2}：{3}"},
		"notice.over":     {"resolved", "已恢复"},
		"notice.test":     {"TEST", "测试"},
		"notice.tested":   {"This is a test of cnrelay's notifications; nothing happened.", "这是 cnrelay 的通知测试，没有发生任何事情。"},
		"notice.since":    {"since {1}", "自 {1}"},
		"notice.seen":     {"seen {1}", "查看于 {1}"},
		"receivers.none":  {"Nobody is notified. Start with: cnrelay notify add NAME --kind webhook --url-file FILE", "尚未设置通知。请先运行：cnrelay notify add NAME --kind webhook --url-file FILE"},
		"receiver.line":   {"{1}: {2}, {3}", "{1}：{2}，{3}"},
		"receiver.sent":   {"delivered {1}", "最近送达 {1}"},
		"receiver.never":  {"nothing delivered yet", "尚未送达过"},
		"receiver.wait":   {", {1} on their way", "，{1} 条待送"},
		"receiver.failed": {"failed {1}: {2}", "失败于 {1}：{2}"},
		"receiver.added":  {"{1} is told of alerts from now on. Try it: cnrelay notify test {1}", "此后告警会通知 {1}。可先测试：cnrelay notify test {1}"},
		"receiver.gone":   {"{1} and its secrets are forgotten.", "{1} 及其密文已移除。"},
		"receiver.tested": {"{1} took the test.", "{1} 已接受测试消息。"},
		"status.alerts":   {"alerts: {1}", "告警：{1}"},
	}
}
