package text

import "cnrelay/core"

// Outcome is how a run came out, in the words of what it was.
func (w Words) Outcome(k core.RunKind, state string) string {
	switch k {
	case core.RunDrift:
		return w.Name(core.DriftStatus(state))
	case core.RunAccess:
		return w.Name(core.AccessState(state))
	case core.RunAcceptance:
		return w.Name(core.StageState(state))
	case core.RunAccessPreview:
		if state != "" {
			return w.Say("access." + state)
		}
	}
	return w.Name(core.BatchState(state))
}

// sayEvidence are the labels and sentences of reports, issues, bundles and history.
func sayEvidence() map[string]phrase {
	return map[string]phrase{
		"report.title":      {"{1} on {2}: {3}", "{2} 上的 {1}：{3}"},
		"report.batch":      {"Batch", "批次"},
		"report.evidence":   {"Evidence", "证据"},
		"report.between":    {"{1} to {2}", "{1} 至 {2}"},
		"report.dialled":    {"dialled {1}", "连接地址 {1}"},
		"report.public":     {"users use {1}", "用户使用 {1}"},
		"report.version":    {"sub2api {1}", "sub2api {1}"},
		"report.made_by":    {"Made by", "生成者"},
		"report.console":    {"cnrelay {1}", "cnrelay {1}"},
		"report.verdict":    {"Verdict", "结论"},
		"report.ready":      {"Access was **ready**: a completion with words came back through the gateway with a user's key.", "访问曾**就绪**：用户密钥经网关得到了有内容的回答。"},
		"report.broken":     {"Access was **broken**: no completion with words came back through the gateway.", "访问**不可用**：经网关没有得到有内容的回答。"},
		"report.unchecked":  {"Access was **not checked**.", "**没有检查**访问。"},
		"report.rolledback": {"The batch was rolled back at {1}.", "该批次已于 {1} 回滚。"},
		"report.stages":     {"Stages", "阶段"},
		"report.stage":      {"Stage", "阶段"},
		"report.result":     {"Result", "结果"},
		"report.at":         {"At", "时间"},
		"report.took":       {"Took", "用时"},
		"report.detail":     {"Detail", "详情"},
		"report.accounts":   {"Accounts", "账号"},
		"report.more":       {"and {1} more", "另有 {1} 个"},
		"report.access":     {"Access as a user", "用户视角的访问"},
		"report.group":      {"The accounts that share the group ({1}), as the host listed them", "共用该分组的账号（{1} 个），按主机所列"},
		"report.drift":      {"Compared with the ledger", "与台账比对"},
		"report.rollback":   {"Rollback", "回滚"},
		"report.kept_none":  {"Everything that the batch made is taken back.", "该批次创建的内容已全部撤回。"},
		"report.kept":       {"These were left on the host, on purpose:", "以下内容有意保留在主机上："},
		"report.runs":       {"What was run", "执行过的操作"},
		"report.command":    {"Command", "命令"},
		"report.what":       {"What", "操作"},
		"report.not_shown":  {"What this does not show", "本证据不能说明的事"},
		"report.files":      {"The files", "文件"},
		"report.counts":     {"{1} HTTP exchanges in exchanges.har, which opens in a browser's network panel; one JSON file a stage; smoke.junit.xml for CI.", "exchanges.har 中有 {1} 次 HTTP 往返，可在浏览器的网络面板中打开；每个阶段一个 JSON 文件；smoke.junit.xml 供 CI 使用。"},
		"report.secrets":    {"Secrets were hidden when they were recorded: [secret] stands where one was.", "密文在记录时即已隐藏：原处以 [secret] 代替。"},
		"report.check":      {"To check that nothing was changed since it was written:", "检查写出之后有无改动："},

		"issue.to_host":     {"For the maintainers of the host.", "致主机的维护者。"},
		"issue.to_upstream": {"For the provider's support.", "致供应商的技术支持。"},
		"issue.to_config":   {"For whoever sets up the host.", "致主机的配置人员。"},
		"issue.to_operator": {"For whoever runs the import.", "致执行导入的人员。"},
		"issue.asked":       {"What was asked, and what came back", "询问与应答"},
		"issue.request":     {"Request", "请求"},
		"issue.id":          {"Request id", "请求 id"},
		"issue.versions":    {"Versions", "版本"},
		"issue.route":       {"protocol {1}, platform {2}, model {3}", "协议 {1}，平台 {2}，模型 {3}"},
		"issue.reproduce":   {"To reproduce", "复现方法"},
		"issue.variables":   {"Put your own keys into the variables; none is given here.", "请在变量中填入自己的密钥；此处不提供任何密钥。"},
		"issue.written":     {"Issue of batch {1}: {2}", "批次 {1} 的问题报告：{2}"},

		"acceptance":           {"Acceptance", "验收"},
		"acceptance.started":   {"Acceptance of {1} on {2}, {3}", "在 {2} 上验收 {1}，{3}"},
		"acceptance.passed":    {"passed: every stage on {1}", "通过：{1} 上的全部阶段"},
		"acceptance.failed":    {"FAILED at the stage {2} on {1}", "未通过：{1} 上的“{2}”阶段"},
		"acceptance.stopped":   {"stopped; what was imported is still there", "已停止；导入的内容仍在"},
		"acceptance.no_bundle": {"no batch was started, so there is no bundle", "没有启动批次，因此没有证据包"},
		"acceptance.column":    {"RESULT", "结果"},
		"acceptance.detail":    {"{1}: {2}", "{1}：{2}"},

		"bundle.written": {"Bundle of batch {1}: {2}", "批次 {1} 的证据包：{2}"},
		"history.none":   {"Nothing of that kind is in the history.", "历史记录中没有符合条件的内容。"},
		"history.batch":  {"batch", "批次"},
		"history.open":   {"didn't end", "未结束"},
		"history.kept":   {"{1} exchanges", "{1} 次往返"},
		"history.thin":   {"{1} exchanges, {2} no longer kept", "{1} 次往返，另有 {2} 次不再保留"},

		"prune.means":   {"Evidence of before {1}: of {3} runs {2} exchanges go. Runs that go altogether: {4}; runs that stay, because the ledger holds something of their batch: {5}.", "{1} 之前的证据：将删除 {3} 次运行的 {2} 次往返，其中 {4} 次运行整体删除；{5} 次运行因台账仍持有其批次的内容而保留记录。"},
		"prune.stays":   {"Every batch, plan, step and resource stays, and the vault: a rollback needs them. A bundle of what goes can't be made any more.", "所有批次、计划、步骤、资源以及保险库都会保留：回滚需要它们。被删除的证据将无法再导出。"},
		"prune.nothing": {"There is no evidence of before {1}.", "{1} 之前没有证据。"},
		"prune.done":    {"{1} exchanges and {2} runs are gone.", "已删除 {1} 次往返与 {2} 次运行。"},
		"confirm.prune": {"Type {1} to drop them: ", "输入 {1} 以删除："},

		"bundle.export":   {"Export the evidence of {1}", "导出 {1} 的证据"},
		"bundle.means":    {"Everything that is kept about {1} on {2}, with every exchange, as one file. It holds no secret.", "{2} 上关于 {1} 的全部记录与每次往返，合为一个文件，不含任何密钥。"},
		"bundle.file":     {"Write to", "写入"},
		"bundle.sum":      {"SHA-256", "SHA-256"},
		"bundle.contents": {"{1} files, {2} exchanges, written {3}", "{1} 个文件，{2} 次往返，写于 {3}"},
		"bundle.whole":    {"whole: {1} files, {2} bytes of payload; every sum is right", "完整：{1} 个文件，载荷 {2} 字节；校验和全部正确"},
		"bundle.faulty":   {"{1} fault(s):", "{1} 处问题："},
		"bundle.same":     {"Nothing differs.", "没有差异。"},
		"bundle.differs":  {"{1}: {2} → {3}", "{1}：{2} → {3}"},
		"bundle.other":    {"These are bundles of different things: {1} and {2}.", "这是两个不同对象的证据包：{1} 和 {2}。"},
		"bundle.nothing":  {"(nothing)", "（无）"},
		"bundle":          {"Bundle", "证据包"},
	}
}

// accepted are what the stages of an acceptance run saw.
func accepted() map[string]phrase {
	return map[string]phrase{
		"check_failed":     {"a precondition doesn't hold: {1}", "有前提条件不满足：{1}"},
		"gateway_saw":      {"model list HTTP {1}, completion HTTP {2}, model named {3}", "模型列表 HTTP {1}，补全 HTTP {2}，模型名 {3}"},
		"drift_own":        {"{1}: {2} {3}", "{1}：{2} {3}"},
		"leftover":         {"not this run's, {1}: {2} {3}", "非本次所为，{1}：{2} {3}"},
		"leftovers":        {"{1} older resources of this provider were there, and are no fault of this run", "存在该供应商的 {1} 个旧资源，与本次无关"},
		"kept":             {"left by the rollback: {1} {2}, {3}", "回滚有所保留：{1} {2}，{3}"},
		"ledger_holds":     {"the ledger still holds something of {1}", "台账中仍有 {1} 的记录"},
		"others_changed":   {"others made, removed or renamed {1} resources meanwhile", "其间他人创建、删除或更名了 {1} 个资源"},
		"compared":         {"{1} resources on {2} compared with before", "已将 {2} 上的 {1} 个资源与此前比对"},
		"left_behind":      {"left behind: {1} {2} #{3}", "有遗留：{1} {2} #{3}"},
		"gone_for_good":    {"it was there before and is gone: {1} {2} #{3}", "此前存在、现已消失：{1} {2} #{3}"},
		"changed_for_good": {"it is not as it was: {1} {2} #{3}", "与此前不同：{1} {2} #{3}"},
	}
}

// faults are what is wrong with a bundle.
func faults() map[string]phrase {
	return map[string]phrase{
		"seal": {"the zip file was changed", "zip 文件被改动"}, "missing": {"missing", "缺失"}, "extra": {"not listed in a manifest", "未列入清单"},
		"changed": {"its contents were changed", "内容被改动"}, "format": {"not as RFC 8493 wants it", "不符合 RFC 8493"},
		"size": {"the payload's size is another one", "载荷大小不符"}, "schema": {"not of the shape that this file has", "结构不符"},
		"newer": {"made by a newer cnrelay", "由更新版本的 cnrelay 生成"},
	}
}

// notShown are what evidence is no evidence of.
func notShown() map[string]phrase {
	return map[string]phrase{
		"not_ready_today":        {"That access was ready at {1} doesn't say that it is now: ask {2} again (cnrelay access status).", "{1} 时访问就绪，不代表现在仍然就绪：请再次询问 {2}（cnrelay access status）。"},
		"not_failing_today":      {"That it failed at {1} doesn't say that it fails now: ask {2} again (cnrelay access status).", "{1} 时的失败不代表现在仍然失败：请再次询问 {2}（cnrelay access status）。"},
		"not_other_hosts":        {"It is about the host {1} with the fingerprint {2} only, then at version {3}; not about another host, nor about this one after an upgrade.", "只针对指纹为 {2}、当时版本为 {3} 的主机 {1}；不适用于其他主机，也不适用于升级之后的该主机。"},
		"not_compatible":         {"What the host ({1}) was seen to have at {2} is no promise of compatibility.", "{2} 时在主机（{1}）上看到的功能，不等于兼容性承诺。"},
		"access_not_asked":       {"Nobody asked the gateway: nothing here says whether users get answers.", "没有询问过网关：这里没有任何内容能说明用户是否能得到应答。"},
		"status_200_models":      {"HTTP 200 from /v1/models is not readiness: the completion failed all the same.", "/v1/models 返回 HTTP 200 不等于就绪：补全仍然失败。"},
		"tests_passed":           {"Passed account tests are not readiness: no completion came through the gateway.", "账号测试通过不等于就绪：经网关没有得到补全。"},
		"status_200_completion":  {"HTTP 200 from the completion is not an answer: there were no words in it.", "补全返回 HTTP 200 不等于有回答：其中没有正文。"},
		"one_question":           {"One short question, without streaming or tools, to the model {1}: nothing is known of other models, long answers or load.", "只向模型 {1} 提了一个不带流式和工具的简短问题：其他模型、长回答和负载情况未知。"},
		"served_by_unknown":      {"Which of the {1} accounts answered isn't known.", "不清楚是 {1} 个账号中的哪一个给出了回答。"},
		"billing_unchecked":      {"Whether the answer was billed at the right price was not checked.", "没有检查该回答是否按正确的价格计费。"},
		"public_url_not_asked":   {"The gateway was asked by {1}; that users reach it by {2} was not tried.", "网关是经 {1} 询问的；没有验证用户能否经 {2} 访问。"},
		"upstream_not_asked":     {"The upstream was not asked directly, so whose fault it is rests on the host's words alone.", "没有直接询问上游，责任判断仅依据主机的说法。"},
		"upstream_from_here":     {"The upstream was asked from the console's network; the host's way to it may be another.", "上游是从控制台所在网络询问的；主机到上游的线路可能不同。"},
		"evidence_missing":       {"This was not seen and would tell more: {1}.", "未取得、但能进一步说明问题的证据：{1}。"},
		"never_compared":         {"The host was not compared with the ledger since: what others changed isn't known (cnrelay drift run).", "此后没有把主机与台账比对：他人的改动未知（cnrelay drift run）。"},
		"compared_recorded_only": {"Only what is recorded was compared; the rest of the host was not looked at.", "只比对了台账中的资源；没有查看主机上的其他内容。"},
		"older_dirt":             {"The rollback took back what this batch made. What was on the host before is still there, and was not looked at.", "回滚只撤回该批次创建的内容。主机上原有的内容仍在，且未经查看。"},
		"older_dirt_seen":        {"The rollback took back what this batch made; {1} older resources of this provider, seen before, are still there.", "回滚只撤回该批次创建的内容；此前看到的该供应商的 {1} 个旧资源仍在。"},
		"kept_by_rollback":       {"The rollback left {1} thing(s) on purpose.", "回滚有意保留了 {1} 项。"},
		"outcomes_unknown":       {"The outcome of {1} step(s) isn't known: the host may hold something that is not recorded.", "有 {1} 个步骤的结果未知：主机上可能有未记录的内容。"},
		"exchanges_dropped":      {"{1} exchanges were not kept: there were too many, or they were cleared away.", "有 {1} 次往返未保留：数量过多，或已清理。"},
		"bodies_cut":             {"{1} exchanges have only the beginning of a body.", "有 {1} 次往返只保留了正文的开头。"},
		"nothing_exchanged":      {"No exchange was kept: this batch was run before exchanges were recorded, or they were cleared away.", "没有保留任何往返：该批次运行时尚未记录，或已清理。"},
	}
}
