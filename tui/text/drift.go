package text

import (
	"strconv"

	"cnrelay/core"
)

// Drift says what a finding of a reconcile run means and what to do about it.
func (w Words) Drift(f core.DriftFinding) (what, next string) {
	args := []string{f.Name, f.Why, ""}
	code := string(f.Type)
	if f.Left != nil {
		args[2] = strconv.FormatFloat(*f.Left, 'f', 2, 64)
		if f.Type == core.DriftExpiring {
			args[2] = strconv.FormatFloat(*f.Left, 'f', 1, 64)
			if *f.Left <= 0 {
				code += "/over"
			}
		}
	}
	e, ok := w.tables.drifts[code]
	if !ok {
		return code, ""
	}
	what, next = w.fill(e.what, args), w.fill(e.next, args)
	if f.Probe != nil {
		judged, mend := w.Class(*f.Probe)
		what += w.Say("sentence", judged)
		if f.Probe.Class == core.HostConfigGap {
			next = mend
		}
	}
	return what, next
}

// Whose says how the resource of a finding came to be.
func (w Words) Whose(f core.DriftFinding) string { return w.Say("drift.whose_" + string(f.Origin)) }

func drifts() map[string]explained {
	return map[string]explained{
		string(core.DriftMissing): {
			phrase{"It is gone from the host.", "它已不在主机上。"},
			phrase{"Import again with the same keys: what is missing is made anew.", "用相同的密钥重新导入：缺少的会重新创建。"}},
		string(core.DriftChanged): {
			phrase{"It is no longer as it was set.", "它已不是设置时的样子。"},
			phrase{"Change it back on the host, or import again, which corrects prices, mappings, addresses and groups.", "在主机上改回，或重新导入以修正价格、映射、地址和分组。"}},
		string(core.DriftIdentityChanged): {
			phrase{"The id belongs to something else now; what was recorded is gone.", "该 id 现在属于别的资源；记录的资源已不存在。"},
			phrase{"Look at it on the host: a database may have been restored. It is not touched.", "到主机上查看：数据库可能被恢复过。不会改动它。"}},
		string(core.DriftUnbound): {
			phrase{"The API key is not bound to its group, so its user gets no answers.", "该 API 密钥没有绑定到它的分组，用户得不到应答。"},
			phrase{"Bind it on the host, or import again, which makes one that is bound.", "在主机上绑定，或重新导入以创建一个已绑定的密钥。"}},
		string(core.DriftExtra): {
			phrase{"It is not in our ledger, and in a group that cnrelay made.", "它不在我们的台账里，却在 cnrelay 创建的分组中。"},
			phrase{"Find out whose it is; if it doesn't belong there, take it out of the group on the host.", "查明归属；若不该在此，在主机上将其移出分组。"}},
		string(core.DriftStaleInTraffic): {
			phrase{"An old account of this provider, in no live batch's records, takes traffic in the group.", "该供应商的旧账号，不在任何有效批次的记录里，却仍在分组中承接流量。"},
			phrase{"Take it out of the group on the host; cnrelay never deletes what it didn't record.", "在主机上将其移出分组；cnrelay 绝不删除未记录的资源。"}},
		string(core.DriftOutOfTraffic): {
			phrase{"The host leaves it out of traffic.", "主机没有让它承接流量。"},
			phrase{"Mend that; a cool-down ends by itself, an account in error stays out until it is recovered on the host.", "先解决该问题；冷却会自行结束，处于错误状态的账号需在主机上恢复后才会承接流量。"}},
		string(core.DriftExpiring): {
			phrase{"{3} days of the subscription are left.", "订阅还剩 {3} 天。"},
			phrase{"Extend it on the host before its user is refused.", "在用户被拒绝之前，在主机上延长订阅。"}},
		string(core.DriftExpiring) + "/over": {
			phrase{"The subscription is over.", "订阅已到期。"},
			phrase{"Extend it on the host.", "在主机上延长。"}},
		string(core.DriftLowBalance): {
			phrase{"{3} USD of balance are left.", "余额还剩 {3} 美元。"},
			phrase{"Top the user up on the host, or import again with --balance USD --fix.", "在主机上充值，或带 --balance USD --fix 重新导入。"}},
		string(core.DriftStale): {
			phrase{"Old, of this provider by its name, and in no live batch's records; it takes no traffic here.", "按名称属于该供应商的旧资源，不在任何有效批次的记录里；在此不承接流量。"},
			phrase{"Nothing needs to be done; remove it by hand if nobody misses it.", "无需处理；如无人需要，可手动删除。"}},
		string(core.DriftModelUnlisted): {
			phrase{"The provider's model list lacks {1}.", "供应商的模型列表中没有 {1}。"},
			phrase{"See what the key has (cnrelay probe upstream); if the model is gone, import again with --models without it.", "查看密钥可用的模型（cnrelay probe upstream）；若模型已下线，用不含它的 --models 重新导入。"}},
		string(core.DriftModelRenamed): {
			phrase{"Asked for {1}, the provider answers as {2}.", "请求的是 {1}，供应商以 {2} 应答。"},
			phrase{"Read the provider's notices: price and abilities may be another model's.", "查看供应商的公告：价格和能力可能属于另一个模型。"}},
	}
}

func sayDrift() map[string]phrase {
	return map[string]phrase{
		"sentence":              {" {1}", "{1}"},
		"drift":                 {"Drift", "偏差"},
		"drift.line":            {"{1}: {2}, {3}, took {4}", "{1}：{2}，{3}，用时 {4}"},
		"drift.looks":           {"the same at all {1} looks since {2}", "自 {2} 起的 {1} 次查看结果相同"},
		"drift.counts":          {"{1} recorded resources compared, {2} findings, {3} probe failures", "比对了 {1} 个记录的资源，{2} 项发现，{3} 项探测失败"},
		"drift.extra":           {"not in the ledger: {1}; of these extra {2}, stale noise {3}", "不在台账里：{1}；其中多出 {2}，陈旧 {3}"},
		"drift.unread":          {"Not read", "未能读取"},
		"drift.findings":        {"Findings", "发现"},
		"drift.nothing":         {"Nothing differs, and everything looked at works.", "没有差异，检查过的一切正常。"},
		"drift.noise":           {"Stale noise, which is no drift", "陈旧资源（不算偏差）"},
		"drift.probes":          {"Failed probes", "失败的探测"},
		"drift.upstream":        {"Upstream", "上游"},
		"drift.follows":         {"with it: {1}", "随之失效：{1}"},
		"drift.none":            {"No reconcile runs. Start with: cnrelay drift run --host NAME", "还没有比对记录。请先运行：cnrelay drift run --host NAME"},
		"drift.runs":            {"Reconcile runs, newest first", "比对记录（最新在前）"},
		"drift.whose_":          {"not in our ledger", "不在我们的台账里"},
		"drift.whose_created":   {"made by cnrelay", "由 cnrelay 创建"},
		"drift.whose_adopted":   {"somebody else's, adopted", "他人创建，已接管"},
		"drift.whose_corrected": {"somebody else's, corrected by cnrelay", "他人创建，由 cnrelay 修正"},
	}
}
