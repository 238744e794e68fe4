package text

// says are the labels and sentences of the faces themselves, by subject.
func says() map[string]phrase {
	all := map[string]phrase{}
	for _, part := range []map[string]phrase{glue(), sayHosts(), sayImports(), sayRuns(), sayRollbacks(), sayAccess(), sayPacks(), sayDemo(), sayCommands(), sayDrift(), sayState(), sayAlerts(), sayEvidence(), sayService(),
		sayConsole(), sayActions(), sayWhy(), sayHostPane(), sayPackPane(), sayBatchPane(), sayDriftPane(), sayWizard(), sayLines()} {
		for key, p := range part {
			all[key] = p
		}
	}
	return all
}

// glue joins the parts of a line.
func glue() map[string]phrase {
	return map[string]phrase{
		"aside":           {" ({1})", "（{1}）"},
		"colon":           {": {1}", "：{1}"},
		"list":            {", ", "、"},
		"change":          {"{1} → {2}", "{1} → {2}"},
		"value.none":      {"(nothing)", "（无）"},
		"value.secret":    {"(secret)", "（密文）"},
		"value.id":        {"(id of {1})", "（{1} 的 id）"},
		"value.rows":      {"({1} rows)", "（{1} 行）"},
		"error":           {"error: ", "错误："},
		"warning":         {"warning: ", "警告："},
		"error.blocked":   {"a precondition doesn't hold; nothing was sent", "有前提条件不满足；没有发送任何请求"},
		"error.uncertain": {"The request was sent, and its outcome isn't known.", "请求已发送，但结果未知。"},
		"next":            {"next: {1}", "下一步：{1}"},
		"fault":           {"fault: {1}", "责任：{1}"},
		"whose":           {"whose: {1}", "归因：{1}"},
		"said":            {"said: {1}", "原话：{1}"},
		"finding.missing": {"not seen, would tell more: {1}", "尚缺证据：{1}"},
		"check.ok":        {"ok", "通过"},
		"check.bad":       {"NO", "不行"},
		"after":           {" after {1}", "，用时 {1}"},
		"about":           {"{1}:", "{1}："},
		"not_asked":       {"not asked", "未询问"},
		"hook":            {"Hook", "钩子"},
		"key":             {"Key", "密钥"},
		"keys":            {"Keys", "密钥"},
		"user":            {"User", "用户"},
		"account":         {"Account", "账号"},
		"accounts":        {"Accounts", "账号"},
		"batch":           {"Batch", "批次"},
		"batches":         {"Batches", "批次"},
		"provider":        {"Provider", "供应商"},
		"result":          {"Result", "结果"},
		"console":         {"Console", "控制台"},
		"preview":         {"Preview", "正文"},
		"models":          {"Models", "模型"},
		"completion":      {"Completion", "补全"},
		"from_host":       {"From host", "自主机"},
		"served_by":       {"Served by", "承接者"},
		"pack":            {"Pack", "供应商包"},
		"access":          {"Access", "访问"},
	}
}

func sayService() map[string]phrase {
	return map[string]phrase{
		"service":          {"Owner", "状态持有者"},
		"service.line":     {"{1}, pid {2}, build {3}, since {4}", "{1}，进程 {2}，版本 {3}，自 {4}"},
		"service.machine":  {"for operators on this machine: cnrelay", "供本机操作员使用：cnrelay"},
		"service.network":  {"Network", "网络"},
		"service.listen":   {"{1}, for {2} keys", "{1}，允许 {2} 个密钥"},
		"service.host_key": {"Host key", "主机密钥"},
		"service.draining": {"ending: {1} running, waited for up to {2}, then interrupted", "正在结束：{1} 个运行中，最多等待 {2}，然后中断"},
		"operator":         {"Operator", "操作员"},
		"who.on":           {"On", "在线"},
		"who.works":        {"Works", "正在写入"},
		"who.here":         {"this machine", "本机"},
	}
}

func sayHosts() map[string]phrase {
	return map[string]phrase{
		"host":                  {"Host", "主机"},
		"host.fingerprint":      {"fingerprint {1}", "指纹 {1}"},
		"host.dialled":          {"dialled", "连接地址"},
		"host.public":           {"public", "公开地址"},
		"host.checked":          {"checked", "检查时间"},
		"host.auth":             {"Sign-in", "凭据"},
		"host.gateway":          {"Gateway", "网关"},
		"host.gateway_url":      {"checked by the dialled address", "经连接地址检查"},
		"host.gateway_public":   {"checked by the public address", "经公开地址检查"},
		"host.limits":           {"Limits", "限制"},
		"host.concurrency":      {"{1} in flight at once", "并发请求 {1} 个"},
		"host.rate":             {", {1} a second", "，每秒 {1} 个"},
		"host.proxied":          {", through a proxy", "，经代理"},
		"host.ca":               {", with a CA of its own", "，使用自有 CA"},
		"host.has":              {"Seen", "具备"},
		"host.lacks":            {"Not seen", "未见"},
		"host.blocked":          {"Blocked", "受阻"},
		"host.none":             {"No host is registered. Start with: cnrelay host add NAME --url URL …", "还没有登记主机。请先运行：cnrelay host add NAME --url URL …"},
		"host.added":            {"{1} is registered.", "{1} 已登记。"},
		"host.added_compliance": {"{1} is registered, but an administrator must accept a document first: cnrelay host accept-compliance {1}", "{1} 已登记，但需要管理员先确认合规文件：cnrelay host accept-compliance {1}"},
		"host.removed":          {"{1} and its secrets are forgotten; nothing was changed on the host.", "{1} 及其凭据已移除；主机上没有任何改动。"},
		"rebind.old":            {"Was", "原指纹"},
		"rebind.new":            {"Is now", "现指纹"},
		"rebind.match":          {"Recorded", "记录"},
		"rebind.matching":       {"{1} of {2} recorded resources are still there with the same identity", "{2} 个记录的资源中有 {1} 个身份未变"},
		"rebind.done":           {"The new fingerprint is taken. Records that don't match stay, and are never deleted on the host.", "已采用新指纹。不匹配的记录会保留，且绝不会在主机上删除。"},
		"compliance.version":    {"Version", "版本"},
		"compliance.document":   {"Document", "文件"},
		"compliance.phrase":     {"Phrase", "确认语"},
		"compliance.ask":        {"Read the document. To accept it, type the phrase word for word.", "请阅读文件。如同意，请逐字输入确认语。"},
		"compliance.done":       {"Accepted.", "已确认。"},
	}
}

func sayImports() map[string]phrase {
	return map[string]phrase{
		"provider.pack":       {"{2} ({1}), pack {3}, {4}", "{2}（{1}），供应商包 {3}，{4}"},
		"provider.route":      {"endpoint {1}: {2}, protocol {3}, platform {4}", "端点 {1}：{2}，协议 {3}，平台 {4}"},
		"provider.smoke":      {"proven with the model {1}", "用模型 {1} 验证"},
		"provider.none":       {"nothing imported yet", "尚未导入"},
		"keys.list":           {"{1}: {2}", "{1} 个：{2}"},
		"access.request":      {"{1} for {2}, multiplier {3}", "{1}，供{2}使用，倍率 {3}"},
		"access.days":         {"subscription of {1} days", "订阅 {1} 天"},
		"access.for_sale":     {"the plan is for sale at {1}", "套餐上架，价格 {1}"},
		"access.exclusive":    {"the group stays exclusive", "分组保持专属"},
		"access.public":       {"the group becomes public once access is proven", "访问验证通过后分组公开"},
		"users.managed":       {"{1} managed user(s)", " {1} 个托管用户"},
		"plan":                {"Plan: {1} writes", "计划：{1} 次写入"},
		"plan.nothing":        {"Plan: nothing to change", "计划：无需改动"},
		"plan.checks":         {"Checks", "前提条件"},
		"plan.notes":          {"Notes", "说明"},
		"stale.pack":          {"the pack's digest", "供应商包摘要"},
		"stale.host":          {"the host's fingerprint", "主机指纹"},
		"stale.verb":          {"what would be done", "将执行的操作"},
		"stale.id":            {"its id", "其 id"},
		"stale.made":          {"when it was made", "其创建时间"},
		"stale.check":         {"whether it holds", "是否满足"},
		"stale.other":         {"something else", "其他"},
		"plan.pack_note":      {"pack: {1}", "供应商包：{1}"},
		"accounts.count":      {"{1} passed, {2} failed, {3} inconclusive", "{1} 个通过，{2} 个未通过，{3} 个无法判定"},
		"account.attached":    {"in the group", "已加入分组"},
		"account.outside":     {"outside the group", "未加入分组"},
		"result.line":         {"batch {1}: {2}, host {3}, {4}", "批次 {1}：{2}，主机 {3}，{4}"},
		"use.key":             {"Use it (the key stays in the vault until you write it out):", "使用（密钥保存在保险库中，需要时再写出）："},
		"use.resume":          {"To go on, or to try the failed accounts again:", "继续，或重试未通过的账号："},
		"use.rollback":        {"To take back what this batch made:", "撤销该批次所做的改动："},
		"undone":              {"This batch was rolled back at {1}.", "该批次已于 {1} 回滚。"},
		"models.lists":        {"HTTP {1}, {2} models, lists {3}, {4}", "HTTP {1}，{2} 个模型，包含 {3}，{4}"},
		"models.lacks":        {"HTTP {1}, {2} models, lacks {3}, {4}", "HTTP {1}，{2} 个模型，缺少 {3}，{4}"},
		"models.plain":        {"HTTP {1}, {2} models, {3}", "HTTP {1}，{2} 个模型，{3}"},
		"completion.answered": {"HTTP {1} in {2}, answered with words, model named {3}", "HTTP {1}，用时 {2}，有正文，应答中的模型名 {3}"},
		"completion.empty":    {"HTTP 200 in {1}, no words, model named {2}", "HTTP 200，用时 {1}，没有正文，应答中的模型名 {2}"},
		"model.unnamed":       {"(none)", "（未给出）"},
	}
}

func sayRuns() map[string]phrase {
	return map[string]phrase{
		"run.started":  {"Batch {1} on {2}", "批次 {1}，主机 {2}"},
		"run.date":     {"{1} UTC, host {2} ({3})", "{1} UTC，主机 {2}（{3}）"},
		"run.import":   {"import started", "导入开始"},
		"run.resume":   {"import resumed", "导入继续"},
		"run.rollback": {"rollback started", "回滚开始"},
		"run.repair":   {"repair started", "修复开始"},
		"run.adopt":    {"adoption started", "接管开始"},
		"run.progress": {"{1}: {2}", "{1}：{2}"},
		"run.verdict":  {"{1}: {2}, {3}", "{1}：{2}，{3}"},
		"run.hook":     {"hook ended with {2}: {1}", "钩子以 {2} 结束：{1}"},
		"run.kept":     {"kept: {1}, because: {2}", "保留：{1}，原因：{2}"},
		"run.finished": {"finished: {1}", "结束：{1}"},
		"run.probe":    {"gateway as {1}: {2}", "网关（{1}）：{2}"},
		"interrupted": {"Interrupted. What was sent already is waited for and written down; nothing new is sent. Interrupt again to leave at once. To go on later, or to take it back:",
			"已中断。已发送的请求会等待结果并记录；不再发送新的请求。再次中断将立即退出。之后可以继续，或撤销："},
	}
}

func sayRollbacks() map[string]phrase {
	return map[string]phrase{
		"undo.plan":      {"Rollback would", "回滚将执行"},
		"undo.nothing":   {"Rollback: nothing to undo", "回滚：没有可撤销的内容"},
		"undo.kept":      {"Kept:", "保留："},
		"undo.shared":    {"Shared by {1}, and undone with the last of them:", "由 {1} 共用，随其中最后一个一并撤销："},
		"undo.lost":      {"can't be brought back, its key is gone from the vault: {1}", "无法恢复，其密钥已不在保险库中：{1}"},
		"undo.all":       {"Everything this batch made was taken back; nothing was kept.", "该批次所做的改动已全部撤销；没有保留任何内容。"},
		"undo.resume":    {"The rollback didn't end. To go on:", "回滚没有完成。继续："},
		"batch.line":     {"{1}, {2}: {3}, started {4}", "{1}，{2}：{3}，开始于 {4}"},
		"batch.ended":    {"ended {1}", "结束于 {1}"},
		"batch.host":     {"{1}, sub2api {2}, fingerprint {3}, checked {4}", "{1}，sub2api {2}，指纹 {3}，检查于 {4}"},
		"batch.console":  {"cnrelay {1}, started {2}", "cnrelay {1}，启动于 {2}"},
		"batch.none":     {"No batches.", "没有批次。"},
		"batch.events":   {"Events", "事件"},
		"resources":      {"{1} managed resources in the ledger", "台账中有 {1} 个受管资源"},
		"resources.none": {"Nothing on this host is in the ledger.", "台账中没有该主机的资源。"},
		"adopt.none":     {"Nothing here carries the marker of another state directory.", "这里没有带有其他状态目录标记的资源。"},
		"adopt.found":    {"{2} resources carry the marker of the state directory {1}:", "有 {2} 个资源带有状态目录 {1} 的标记："},
		"adopt.means":    {"Adopting records them here as made by this console. Upstream keys aren't known; managed users get a new password.", "接管会把它们记录为本控制台所创建。上游密钥未知；托管用户会得到新密码。"},
		"adopt.done":     {"Adopted as batch {1}. Import the keys again with --replace to have them in the vault.", "已接管为批次 {1}。请用 --replace 重新导入密钥，使其进入保险库。"},
	}
}

func sayAccess() map[string]phrase {
	return map[string]phrase{
		"access.direct":      {"asked directly: {1}", "直接询问：{1}"},
		"access.available":   {"available now", "现在可用"},
		"access.unavailable": {"not available now", "现在不可用"},
		"accounts.serving":   {"{1} of {2} serve", "{2} 个中有 {1} 个在服务"},
		"account.serves":     {"serves", "服务中"},
		"account.out":        {"out", "停用"},
		"account.foreign":    {"not in our ledger", "不在我们的台账里"},
	}
}

func sayPacks() map[string]phrase {
	return map[string]phrase{
		"pack.replaces":   {"in place of the built-in pack", "取代内置供应商包"},
		"pack.invalid":    {"NOT VALID, can't be used", "无效，无法使用"},
		"pack.models":     {"{1} models", "{1} 个模型"},
		"pack.platform":   {"Platform", "平台"},
		"pack.smoke":      {"Proof", "验证模型"},
		"pack.endpoints":  {"Endpoints", "端点"},
		"pack.model_list": {"Models, per million tokens", "模型（每百万 token）"},
		"pack.price":      {"{1} {2} in, {3} out ({4})", "{1} 输入 {2}，输出 {3}（{4}）"},
		"pack.lost":       {"not held by hosts: {1}", "主机无法表达：{1}"},
		"pack.uncertain":  {"the price is not certain", "价格未经确认"},
		"pack.valid":      {"{1}: {2} is valid ({3})", "{1}：{2} 有效（{3}）"},
	}
}

func sayDemo() map[string]phrase {
	return map[string]phrase{
		"demo.banner":       {"SIMULATION. The host and the provider below run inside this process, on loopback. Nothing real is asked or changed; the commands are the real ones.", "模拟演示。下面的主机和供应商都在本进程内、回环地址上运行。不会访问或改动任何真实系统；命令都是真实的。"},
		"demo.console":      {"SIMULATION: nothing is real. Any key sk-ok-… works, sk-402-… has no balance", "模拟演示：一切都不是真的。任何 sk-ok-… 密钥可用，sk-402-… 余额不足"},
		"demo.state":        {"State", "状态目录"},
		"demo.ready":        {"ready: a user's completion was answered through the gateway", "就绪：用户的补全请求已经由网关得到应答"},
		"demo.not_ready":    {"not ready: no completion was answered through the gateway", "未就绪：没有补全请求经由网关得到应答"},
		"demo.meddled":      {"# Somebody else now switches the channel off, takes its prices out, and unbinds the API key.", "# 现在有人停用了渠道、删去价格，并解除了 API 密钥的绑定。"},
		"demo.repaired":     {"repaired: what others changed was found, and put back as it was recorded", "已修复：他人的改动已被发现，并恢复为记录的样子"},
		"demo.not_repaired": {"what others changed was not found, or not put back", "他人的改动未被发现，或未能恢复"},
		"demo.undone":       {"rolled back: everything the import made was taken back", "已回滚：导入所做的改动已全部撤销"},
		"demo.not_undone":   {"the rollback left something", "回滚后仍有残留"},
		"demo.restored":     {"the simulated host is exactly as before: {1} resources, {2} while imported", "模拟主机与之前完全一致：{1} 个资源，导入期间为 {2} 个"},
		"demo.changed":      {"the simulated host is not as before", "模拟主机与之前不一致"},
		"demo.removed":      {"the temporary state directory is removed", "临时状态目录已删除"},
		"demo.left":         {"the temporary state directory could not be removed", "临时状态目录未能删除"},
	}
}

// sayCommands are questions that commands ask before they go on.
func sayCommands() map[string]phrase {
	return map[string]phrase{
		"confirm.replace":  {"The old accounts are taken out and deleted once the new ones are proven.\nType {1} to go on: ", "新账号验证通过后，旧账号会被移出并删除。\n输入 {1} 以继续："},
		"confirm.repair":   {"Type {1} to do this: ", "输入 {1} 以执行："},
		"confirm.rollback": {"Type {1} to roll back: ", "输入 {1} 以回滚："},
		"confirm.adopt":    {"Type {1} to adopt: ", "输入 {1} 以接管："},
		"confirm.rebind":   {"Type {1} to take the new fingerprint: ", "输入 {1} 以采用新指纹："},
		"confirm.remove":   {"Type {1} to remove it: ", "输入 {1} 以移除："},
		"confirm.phrase":   {"Phrase: ", "确认语："},
	}
}
