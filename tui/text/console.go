package text

// sayConsole are the labels and sentences of the console alone.
func sayConsole() map[string]phrase {
	return map[string]phrase{
		"pane.hosts":         {"Hosts", "主机"},
		"pane.packs":         {"Packs", "供应商包"},
		"pane.batches":       {"Batches", "批次"},
		"pane.drift":         {"Drift", "漂移"},
		"pane.hosts.empty":   {"No host is registered yet.\nPress a to add one: its address and an admin API key are all that is needed.", "尚未登记主机。\n按 a 添加：只需要地址和管理员 API 密钥。"},
		"pane.packs.empty":   {"There are no packs.", "没有供应商包。"},
		"pane.batches.empty": {"Nothing was imported yet.\nPress i to import a provider.", "尚未导入任何供应商。\n按 i 导入。"},
		"pane.drift.empty":   {"Nothing was compared yet.\nPress r to compare what is recorded with what the hosts hold.", "尚未比对。\n按 r 把台账与主机上的内容比对。"},

		"scope.global": {"Everywhere", "任何位置"}, "scope.move": {"In lists and pages", "列表与页面"}, "scope.hosts": {"Hosts", "主机"},
		"scope.packs": {"Packs", "供应商包"}, "scope.batches": {"Batches", "批次"}, "scope.drift": {"Drift", "漂移"}, "scope.form": {"While filling in", "填写时"},

		"console.owner":  {"pid {1} since {2}", "进程 {1}，自 {2}"},
		"console.closed": {"the console was closed", "控制台已关闭"},
		"frame.small":    {"cnrelay needs a screen of {1}x{2}", "cnrelay 需要至少 {1}x{2} 的屏幕"},
		"status.hosts":   {"{1} of {2} hosts up", "{2} 台主机中 {1} 台正常"},
		"status.running": {"{1} running", "{1} 个运行中"},
		"status.probe":   {"last look {1}", "最近查看 {1}"},
		"list.sorted":    {"by {1}", "按{1}排序"},
		"notices.none":   {"Nothing was said yet.", "暂无消息。"},
		"copy.done":      {"{1} characters handed to the terminal's clipboard", "已把 {1} 个字符交给终端剪贴板"},
		"copy.nothing":   {"There is nothing to copy.", "没有可复制的内容。"},
		"age.now":        {"now", "刚刚"}, "age.minutes": {"{1}m ago", "{1}分钟前"}, "age.hours": {"{1}h ago", "{1}小时前"}, "age.days": {"{1}d ago", "{1}天前"},
		"choice.no": {"no", "否"}, "choice.yes": {"yes", "是"},

		"question.type":     {"Type {1} to go on:", "输入 {1} 以继续："},
		"question.enter":    {"enter: go on   esc: leave it", "enter：继续   esc：取消"},
		"question.no_match": {"That is not {1}. Nothing was done.", "输入的不是 {1}。没有执行任何操作。"},
		"form.busy":         {"working …", "处理中…"},
		"form.needed":       {"this is needed", "此项必填"},
		"quit.running":      {"This process is working on {1}.", "本进程正在处理 {1}。"},
		"quit.means":        {"If you leave, it is interrupted: what was sent is written down, nothing is lost, and it can be resumed or rolled back from Batches.", "离开会中断它：已发送的请求会记录下来，不会丢失，之后可在“批次”中继续或回滚。"},

		"column.host": {"HOST", "主机"}, "column.state": {"STATE", "状态"}, "column.version": {"VERSION", "版本"}, "column.latency": {"LATENCY", "延迟"},
		"column.providers": {"PROVIDERS", "供应商"}, "column.seen": {"SEEN", "查看于"}, "column.pack": {"PACK", "包"}, "column.name": {"NAME", "名称"},
		"column.models": {"MODELS", "模型"}, "column.smoke": {"PROVEN BY", "验证模型"}, "column.imported": {"IMPORTED ON", "已导入到"},
		"column.batch": {"BATCH", "批次"}, "column.provider": {"PROVIDER", "供应商"}, "column.keys": {"KEYS", "密钥"}, "column.access": {"ACCESS", "访问"},
		"column.age": {"STARTED", "开始于"}, "column.took": {"TOOK", "用时"}, "column.address": {"ADDRESS", "地址"}, "column.action": {"ACTION", "操作"},
		"column.differs": {"DIFFERS", "差异"}, "column.probes": {"PROBES", "探测失败"}, "column.noise": {"STALE", "陈旧"}, "column.trend": {"TREND", "趋势"}, "column.compared": {"WHEN", "比对于"},
		"column.key": {"KEY", "按键"}, "column.why": {"WHY NOT", "不可用的原因"},
	}
}

func sayActions() map[string]phrase {
	return map[string]phrase{
		"action.quit": {"quit", "退出"}, "action.help": {"help", "帮助"}, "action.palette": {"all actions", "全部操作"}, "action.notices": {"messages", "消息"},
		"action.refresh": {"look again", "刷新"}, "action.next_tab": {"next tab", "下一页"}, "action.previous_tab": {"previous tab", "上一页"},
		"action.go_hosts": {"hosts", "主机"}, "action.go_packs": {"packs", "供应商包"}, "action.go_batches": {"batches", "批次"}, "action.go_drift": {"drift", "漂移"},
		"action.theme": {"next theme", "切换主题"}, "action.language": {"中文", "切换语言（English）"},
		"action.up": {"up", "上移"}, "action.down": {"down", "下移"}, "action.page_up": {"page up", "上一屏"}, "action.page_down": {"page down", "下一屏"},
		"action.first": {"first", "最前"}, "action.last": {"last", "最后"}, "action.open": {"open", "打开"}, "action.back": {"back", "返回"},
		"action.filter": {"filter", "筛选"}, "action.sort": {"sort", "排序"}, "action.copy": {"copy", "复制"},
		"action.host_import": {"import", "导入"}, "action.host_add": {"add", "添加"}, "action.host_edit": {"edit", "编辑"}, "action.host_check": {"check", "检查"},
		"action.host_remove": {"remove", "移除"}, "action.host_rebind": {"rebind", "重新绑定"}, "action.host_accept": {"accept document", "确认文件"},
		"action.host_prove": {"prove access", "验证访问"}, "action.host_accounts": {"why out of traffic", "账号为何停用"},
		"action.pack_import": {"import", "导入"}, "action.pack_edit": {"edit", "编辑"}, "action.pack_check": {"validate", "校验"},
		"action.batch_import": {"import", "导入"}, "action.batch_resume": {"resume", "继续"}, "action.batch_replace": {"replace keys", "替换密钥"},
		"action.batch_rollback": {"roll back", "回滚"}, "action.batch_cancel": {"stop", "停止"}, "action.batch_export": {"export", "导出"},
		"action.drift_all": {"compare all", "全部比对"}, "action.drift_run": {"compare now", "立即比对"}, "action.drift_prove": {"compare and prove", "比对并验证"},
		"action.accept": {"go on", "继续"}, "action.leave": {"back", "返回"}, "action.next_field": {"next", "下一项"}, "action.previous_field": {"previous", "上一项"},
		"action.toggle": {"choose", "选择"},
	}
}

func sayWhy() map[string]phrase {
	return map[string]phrase{
		"why.not_here":         {"not here", "此处不可用"},
		"why.nothing_selected": {"nothing is selected", "没有选中任何内容"},
		"why.outermost":        {"this is the outermost level", "已在最外层"},
		"why.no_host":          {"no host is selected", "没有选中主机"},
		"why.host_busy":        {"{1} is being asked already", "正在询问 {1}"},
		"why.no_provider":      {"nothing is imported on {1}", "{1} 上尚未导入"},
		"why.no_compliance":    {"{1} asks for no acceptance", "{1} 不要求确认文件"},
		"why.host_holds":       {"{1} of its resources are in the ledger: roll them back first", "台账中还有它的 {1} 个资源：请先回滚"},
		"why.no_pack":          {"no usable pack is selected", "没有选中可用的供应商包"},
		"why.not_local":        {"only in a session on the machine itself", "只能在本机会话中使用"},
		"why.built_in":         {"it is built in; copy it to a file of your own", "它是内置的；请复制为自己的文件"},
		"why.no_editor":        {"$EDITOR is not set", "没有设置 $EDITOR"},
		"why.no_batch":         {"no batch is selected", "没有选中批次"},
		"why.not_running":      {"it isn't running in this process", "它没有在本进程中运行"},
		"why.running":          {"it is running", "它正在运行"},
		"why.succeeded":        {"there is nothing left to do", "没有剩余工作"},
		"why.rolled_back":      {"it is rolled back", "它已回滚"},
	}
}

func sayHostPane() map[string]phrase {
	return map[string]phrase{
		"host.up": {"up", "正常"}, "host.down": {"down", "连不上"}, "host.refused": {"refused", "被拒绝"}, "host.gated": {"gated", "待确认"}, "host.unseen": {"not seen", "未查看"},
		"hosts.proven":           {"{1}: {2}", "{1}：{2}"},
		"hosts.more_trouble":     {"and {1} more", "另有 {1} 处"},
		"hosts.lost":             {"since {1}, tried again {2}", "自 {1} 起，最近重试 {2}"},
		"hosts.stale":            {"what stands here was seen {1}", "以下内容查看于 {1}"},
		"hosts.asked_at":         {"asked {1}", "询问于 {1}"},
		"hosts.add":              {"Add a host", "添加主机"},
		"hosts.edit":             {"How {1} is reached", "{1} 的连接方式"},
		"hosts.name":             {"Name", "名称"},
		"hosts.url":              {"URL", "地址"},
		"hosts.url_hint":         {"what this process dials; it may be a tunnel", "本进程访问的地址；可以是隧道"},
		"hosts.public":           {"Public URL", "公开地址"},
		"hosts.public_hint":      {"what users use; empty: the same", "用户使用的地址；留空则相同"},
		"hosts.auth":             {"Sign in by", "登录方式"},
		"hosts.email":            {"E-mail", "邮箱"},
		"hosts.secret":           {"Key or password", "密钥或密码"},
		"hosts.keep_secret":      {"empty: the one that is stored", "留空则沿用已保存的"},
		"hosts.gateway":          {"Gateway check by", "网关检查经由"},
		"hosts.gateway_url":      {"URL", "地址"},
		"hosts.gateway_public":   {"public URL", "公开地址"},
		"hosts.proxy":            {"Proxy", "代理"},
		"hosts.proxy_hint":       {"a URL, kept in the vault; empty: none, or the one that is stored", "URL，保存在保险库中；留空则不用，或沿用已保存的"},
		"hosts.concurrency":      {"Requests at once", "并发请求数"},
		"hosts.rate":             {"Requests a second", "每秒请求数"},
		"hosts.bad_number":       {"that number can't be used", "该数字不可用"},
		"hosts.accept":           {"A document to accept", "需要确认的文件"},
		"hosts.phrase":           {"Type the phrase", "输入确认语"},
		"hosts.remove":           {"Remove {1}", "移除 {1}"},
		"hosts.remove_means":     {"The host is forgotten here, with its secrets. Nothing on the host is touched.", "只在本机移除该主机及其密钥，不会改动主机。"},
		"hosts.rebind":           {"Rebind {1}", "重新绑定 {1}"},
		"hosts.same_fingerprint": {"{1} is the host that was registered; nothing to rebind", "{1} 就是登记过的主机；无需重新绑定"},
	}
}

func sayPackPane() map[string]phrase {
	return map[string]phrase{
		"packs.valid": {"valid", "有效"}, "packs.faulty": {"faulty", "有误"},
		"packs.fault":      {"This pack can't be used:", "该供应商包无法使用："},
		"packs.used":       {"Imported", "已导入"},
		"packs.converted":  {"What a host gets, USD per million tokens", "写入主机的价格（美元/百万 token）"},
		"packs.usd":        {"{1}: {2} in, {3} out", "{1}：输入 {2}，输出 {3}"},
		"packs.rate":       {"from {1} at {2} USD for one ({3}, {4})", "由 {1} 按 1 兑 {2} 美元换算（{3}，{4}）"},
		"packs.read_again": {"packs were read again", "已重新读取供应商包"},
	}
}

func sayDriftPane() map[string]phrase {
	return map[string]phrase{
		"drift.never":      {"not compared", "未比对"},
		"drift.never_long": {"This batch was not compared with its host yet.", "该批次尚未与主机比对。"},
		"drift.compared":   {"{1} compared: {2}", "{1} 已比对：{2}"},
		"drift.well":       {"All well", "上次全部正常"},
		"drift.took":       {"Looks took", "查看用时"},
		"drift.before":     {"Before that", "此前"},
	}
}

func sayBatchPane() map[string]phrase {
	return map[string]phrase{
		"batches.partial":        {"partial", "部分成功"},
		"batches.ready":          {"ready", "就绪"},
		"batch.steps":            {"Steps", "步骤"},
		"step.waiting":           {"waiting", "等待"},
		"batches.cancel_means":   {"{1} stops: what was sent is waited for and written down, nothing new is sent. It can be resumed or rolled back later.", "{1} 将停止：已发送的请求会等待结果并记录，不再发送新的请求。之后可以继续或回滚。"},
		"batches.cancelled_here": {"stopped from the console", "在控制台中停止"},
		"batches.cancelled":      {"{1} was asked to stop", "已要求 {1} 停止"},
		"batches.looking":        {"reading what {1} made …", "正在读取 {1} 的内容…"},
		"batches.undo":           {"Roll back {1}", "回滚 {1}"},
	}
}

func sayWizard() map[string]phrase {
	return map[string]phrase{
		"wizard.title": {"Import", "导入"}, "wizard.host": {"host", "主机"}, "wizard.provider": {"provider", "供应商"}, "wizard.route": {"route", "路径"},
		"wizard.keys": {"keys", "密钥"}, "wizard.access": {"access", "访问"}, "wizard.review": {"review", "确认"}, "wizard.run": {"run", "运行"},
		"wizard.choose_host":     {"Which host?", "选择主机"},
		"wizard.choose_provider": {"Which provider?", "选择供应商"},
		"wizard.no_hosts":        {"No host is registered. Leave with esc and add one in Hosts.", "尚未登记主机。按 esc 离开，在“主机”中添加。"},
		"wizard.endpoint":        {"Endpoint", "端点"},
		"wizard.base":            {"Base URL", "基础地址"},
		"wizard.base_hint":       {"of a relay; empty: the pack's endpoint", "中转地址；留空则用供应商包的端点"},
		"wizard.protocol":        {"Protocol", "协议"},
		"wizard.protocol_hint":   {"auto chooses what host and upstream both speak", "auto 会选择主机与上游都支持的协议"},
		"wizard.models":          {"Models", "模型"},
		"wizard.models_hint":     {"separated by commas; empty: all of the pack's", "用逗号分隔；留空则为全部"},
		"wizard.keys_taken":      {"what was pasted looks like keys: taken as keys, and not shown", "粘贴的内容像是密钥：已作为密钥保存，不显示"},
		"wizard.rate":            {"1 {1} in USD", "1 {1} 兑美元"},
		"wizard.rate_hint":       {"like 0.14; hosts keep prices in USD, and [[fx]] in config.toml keeps the rate", "例如 0.14；主机以美元记价，汇率也可写入 config.toml 的 [[fx]]"},
		"wizard.rate_needed":     {"the prices are in {1}: how many USD is 1 {1}?", "价格以 {1} 计：1 {1} 等于多少美元？"},
		"wizard.keys_paste":      {"Paste upstream keys, one a line: KEY, or NAME = KEY. They are never shown.", "粘贴上游密钥，每行一个：KEY 或 NAME = KEY。不会显示内容。"},
		"wizard.keys_count":      {"keys: {1}", "密钥：{1} 个"},
		"wizard.keys_twice":      {"{1} stand twice and count once", "{1} 个重复，只计一次"},
		"wizard.keys_blank":      {"{1} empty or comment lines", "{1} 行为空或注释"},
		"wizard.keys_fault":      {"line {1}: {2}", "第 {1} 行：{2}"},
		"wizard.keys_big":        {"more than 1 MiB was pasted; ctrl+u begins again", "粘贴超过 1 MiB；按 ctrl+u 重新开始"},
		"wizard.keys_none":       {"There is no key yet.", "还没有密钥。"},
		"wizard.keys_file":       {"or a file", "或文件"},
		"wizard.keys_file_hint":  {"its path on the machine that runs cnrelay", "运行 cnrelay 的机器上的路径"},
		"wizard.key_number":      {"key {1}", "密钥 {1}"},
		"wizard.key_length":      {"{1} characters", "{1} 个字符"},
		"wizard.mode":            {"Access", "访问方式"},
		"wizard.users":           {"Users", "用户"},
		"wizard.users_hint":      {"managed:N makes users of its own; or e-mails, separated by commas", "managed:N 创建托管用户；或用逗号分隔的邮箱"},
		"wizard.user_key":        {"A user's API key", "用户的 API 密钥"},
		"wizard.user_key_hint":   {"needed for users that aren't managed", "非托管用户需要提供"},
		"wizard.days":            {"Days", "天数"},
		"wizard.fix":             {"Mend what is missing", "修复缺失项"},
		"wizard.fix_hint":        {"balance and binding of the user's key", "用户余额与密钥绑定"},
		"wizard.balance":         {"Least balance, USD", "最低余额（美元）"},
		"wizard.balance_hint":    {"0: as much as the host asks for", "0：按主机要求"},
		"wizard.others":          {"Other active keys", "其他在用密钥"},
		"wizard.others_ask":      {"refuse", "拒绝"},
		"wizard.others_hint":     {"replace takes their place once the new ones are proven; add works beside them", "替换：新密钥验证后取代它们；追加：与它们并存"},
		"wizard.public":          {"Group", "分组"},
		"wizard.exclusive":       {"exclusive", "专属"},
		"wizard.everybody":       {"public once proven", "验证后公开"},
		"wizard.undo":            {"Roll back if it fails", "失败时回滚"},
		"wizard.bad_number":      {"that is not a number that can be used", "不是可用的数字"},
		"wizard.go_back":         {"go back and correct it", "返回修改"},
		"wizard.planning":        {"asking {1} what would change …", "正在询问 {1} 会有哪些改动…"},
		"wizard.ready":           {"Everything is in place: {1} writes. enter starts.", "一切就绪：{1} 次写入。按 enter 开始。"},
		"wizard.blocked":         {"Not yet: what is missing stands first. esc goes back.", "尚不能开始：缺少的条件列在最前。按 esc 返回。"},
		"wizard.replace":         {"Replace the old keys", "替换旧密钥"},
		"wizard.replace_means":   {"The old accounts are taken out and deleted once the new ones are proven to serve:", "新账号证明可以服务后，旧账号会被移出并删除："},
		"wizard.running":         {"{1} is running: {2} passed, {3} failed of {4}. esc leaves it running.", "{1} 运行中：{4} 个中 {2} 个通过，{3} 个未通过。按 esc 离开，运行继续。"},
		"wizard.ended":           {"{1} ended: {2}. enter shows it in Batches.", "{1} 结束：{2}。按 enter 在“批次”中查看。"},
		"wizard.leave":           {"Leave the import", "离开导入"},
		"wizard.leave_means":     {"The keys that were entered are forgotten.", "已输入的密钥将被丢弃。"},
	}
}
