package text

import "cnrelay/core"

// checked is how a precondition reads when it holds and when it doesn't.
type checked struct{ ok, bad phrase }

// Check says whether a precondition holds, and what to do if it doesn't.
func (w Words) Check(c core.Check) (what, next string) {
	args := c.Args
	switch c.Code {
	case "feature_missing":
		args = w.renamed(args, sectionFeature, 0)
	case "host_block":
		args = w.renamed(args, sectionBlock, 0)
	case "foreign_marker":
		args = w.renamed(args, sectionKind, 0)
	case "sign_in_blocked":
		args = w.blocked(args)
	}
	entry, known := w.tables.checks[c.Code]
	switch {
	case !known:
		what = w.coded(nil, c.Code, args...)
	case c.OK:
		what = w.fill(entry.ok, args)
	default:
		what = w.fill(entry.bad, args)
	}
	if c.Next != "" && !c.OK {
		next = w.coded(w.tables.next, c.Next)
	}
	return what, next
}

func checks() map[string]checked {
	return map[string]checked{
		"feature_missing": {
			phrase{"The host has {1}.", "主机具备“{1}”。"},
			phrase{"This host ({2}) lacks: {1}.", "该主机（{2}）缺少：{1}。"}},
		"host_block": {
			phrase{"Nothing on the host stands in the way.", "主机上没有阻碍。"},
			phrase{"The host blocks administration: {1}.", "主机阻止了管理操作：{1}。"}},
		"sign_in_blocked": {
			phrase{"{1} can sign in.", "{1} 可以登录。"},
			phrase{"{1} can't sign in on this host ({2}), so no key can be made for them.", "{1} 无法登录该主机（{2}），因此不能为其创建密钥。"}},
		"balance": {
			phrase{"{1} has balance.", "{1} 有余额。"},
			phrase{"{1} has no balance, or less than was asked for.", "{1} 没有余额，或低于要求的数额。"}},
		"user_key_missing": {
			phrase{"{1} has a usable API key.", "{1} 有可用的 API 密钥。"},
			phrase{"{1} is not a user of cnrelay and has no API key that could be used.", "{1} 不是 cnrelay 管理的用户，也没有可用的 API 密钥。"}},
		"key_not_bound": {
			phrase{"The API key of {1} is bound to the group {2}.", "{1} 的 API 密钥已绑定分组 {2}。"},
			phrase{"The API key of {1} is not bound to the group {2}.", "{1} 的 API 密钥没有绑定分组 {2}。"}},
		"priority_exhausted": {
			phrase{"New accounts can go before the old ones.", "新账号可以排在旧账号之前。"},
			phrase{"The accounts to be replaced have the best priority (0): new ones can't go before them.", "待替换账号已是最高优先级（0）：新账号无法排在它们之前。"}},
		"keys_differ": {
			phrase{"The same keys are active already.", "相同的密钥已在使用。"},
			phrase{"Other keys of this provider are active: {1}.", "该供应商的其他密钥正在使用：{1}。"}},
		"foreign_marker": {
			phrase{"No other console's marker is in the way.", "没有其他控制台的标记。"},
			phrase{"The {1} {2} carries the marker of another state directory ({3}).", "{1} {2} 带有另一个状态目录（{3}）的标记。"}},
		"group_taken": {
			phrase{"The group {1} fits.", "分组 {1} 符合要求。"},
			phrase{"The host's group {1} has {2} {3}, but {4} is needed, and a host never changes it.", "主机上的分组 {1} 的 {2} 为 {3}，需要的是 {4}，而主机不允许修改。"}},
		"no_anthropic_endpoint": {
			phrase{"The pack {1} has an Anthropic-compatible endpoint.", "供应商包 {1} 有兼容 Anthropic 的端点。"},
			phrase{"The pack {1} has no Anthropic-compatible endpoint here.", "供应商包 {1} 在此没有兼容 Anthropic 的端点。"}},
		"host_needs_responses": {
			phrase{"The host can be told to use chat completions.", "可以让主机使用 chat completions。"},
			phrase{"This host ({1}) asks OpenAI accounts by /responses only, and the upstream doesn't speak it.", "该主机（{1}）只用 /responses 访问 OpenAI 类账号，而上游不支持。"}},
		"group_active": {
			phrase{"The group {1} is active.", "分组 {1} 处于启用状态。"},
			phrase{"The group {1} is gone or disabled.", "分组 {1} 不存在或已停用。"}},
		"accounts_serving": {
			phrase{"{1} of {2} accounts of the group serve.", "分组的 {2} 个账号中有 {1} 个可用。"},
			phrase{"None of the group's {2} accounts serves.", "分组的 {2} 个账号都不可用。"}},
		"key_bound": {
			phrase{"The API key of {1} is active and bound to the group.", "{1} 的 API 密钥已启用并绑定该分组。"},
			phrase{"The API key of {1} is gone, disabled or not bound to the group.", "{1} 的 API 密钥不存在、已停用或没有绑定该分组。"}},
		"user_active": {
			phrase{"The user {1} is active.", "用户 {1} 处于启用状态。"},
			phrase{"The user {1} is gone or disabled.", "用户 {1} 不存在或已停用。"}},
		"subscription_active": {
			phrase{"The subscription of {1} is active.", "{1} 的订阅有效。"},
			phrase{"The subscription of {1} is gone or has ended.", "{1} 的订阅不存在或已结束。"}},
	}
}

// nextSteps are what to do about a check that doesn't hold.
func nextSteps() map[string]phrase {
	return map[string]phrase{
		"give_user_key":           {"Give a key of that user with --user-key-file, or use a managed user where sign-in is possible.", "用 --user-key-file 提供该用户的密钥，或在可登录的主机上使用托管用户。"},
		"fix_balance":             {"Add --fix (and --balance USD), or top the user up on the host.", "加上 --fix（以及 --balance USD），或在主机上为用户充值。"},
		"fix_binding":             {"Add --fix to bind it, or bind it on the host.", "加上 --fix 进行绑定，或在主机上绑定。"},
		"lower_priority":          {"Give the old accounts a higher number as priority on the host.", "在主机上把旧账号的优先级数值调大。"},
		"replace_or_add":          {"Say which: --replace takes their place, --add works beside them.", "请明确选择：--replace 替换它们，--add 与它们并存。"},
		"adopt":                   {"If that state is lost: cnrelay adopt. Else work from there, or use another --name.", "若那个状态目录已丢失：cnrelay adopt。否则在原处操作，或换一个 --name。"},
		"other_name":              {"Take another name for the resources: --name BASE.", "为资源换一个名称：--name BASE。"},
		"base_url":                {"Choose another protocol (--protocol) or endpoint (--region).", "换一种协议（--protocol）或端点（--region）。"},
		"newer_host":              {"Upgrade the host.", "升级主机。"},
		"newer_host_or_anthropic": {"Upgrade the host (0.1.127 or later), or use --protocol anthropic.", "升级主机（0.1.127 或更高版本），或使用 --protocol anthropic。"},
		"compliance":              {"Read the document and accept it yourself: cnrelay host accept-compliance NAME.", "阅读文件并由本人确认：cnrelay host accept-compliance NAME。"},
		"step_up":                 {"Use an admin API key, which needs no second factor, or turn the second factor off for it.", "改用不需要二次验证的管理员 API 密钥，或为其关闭二次验证。"},
		"import_again":            {"Import again: what is missing is made or corrected.", "重新导入：缺少的会被创建或修正。"},
		"probe_accounts":          {"See why: cnrelay probe accounts.", "查看原因：cnrelay probe accounts。"},
	}
}
