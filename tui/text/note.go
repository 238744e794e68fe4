package text

import (
	"maps"

	"cnrelay/core"
)

// Note says what an operator should know before an import starts, or what evidence is no evidence of.
func (w Words) Note(n core.Note) string {
	args := n.Args
	switch n.Code {
	case "evidence_missing":
		args = w.renamed(args, sectionStage, 0)
	case "check_failed":
		what, _ := w.Check(core.Check{Code: args[0], Args: args[1:]})
		return what
	case "leftover", "drift_own":
		args = w.renamed(w.renamed(args, sectionFound, 0), sectionKind, 1)
	case "left_behind", "gone_for_good", "changed_for_good":
		args = w.renamed(args, sectionKind, 0)
	case "kept":
		args = w.renamed(args, sectionKind, 0)
		args = append(args[:len(args)-1:len(args)-1], w.Reason(args[len(args)-1]))
	}
	return w.coded(w.tables.notes, n.Code, args...)
}

// Reason says why a step is there or why something was kept. An empty code has no words.
func (w Words) Reason(code string) string {
	if code == "" {
		return ""
	}
	return w.coded(w.tables.reasons, code)
}

// Kept says why a rollback leaves something, with the detail that proves it.
func (w Words) Kept(k core.Kept) string {
	why := w.Reason(k.Reason)
	if k.Detail == "" {
		return why
	}
	return why + w.Say("colon", k.Detail)
}

func notes() map[string]phrase {
	all := notShown()
	maps.Copy(all, accepted())
	maps.Copy(all, map[string]phrase{
		"plans_missing":      {"This host ({1}) has no payment plans: the subscription is assigned without one.", "该主机（{1}）没有付费套餐：将直接分配订阅。"},
		"user_made":          {"An ordinary user is made for you: {1}.", "将创建一个普通用户：{1}。"},
		"stale_account":      {"The account {1} (id {2}) is in the group, but not in our ledger; it is left alone.", "账号 {1}（id {2}）在该分组中，但不在我们的台账里；不会改动它。"},
		"anthropic_endpoint": {"The Anthropic-compatible endpoint is used: {1}.", "使用兼容 Anthropic 的端点：{1}。"},
		"relay_prices":       {"The prices are the vendor's list prices; what {1} charges is not known.", "价格为原厂标价；{1} 的实际收费未知。"},
		"price":              {"{1}: {2} USD in, {3} USD out per million tokens ({4}, {5}).", "{1}：每百万 token 输入 {2} 美元，输出 {3} 美元（{4}，{5}）。"},
		"price_converted":    {"{1}: {2} USD in, {3} USD out per million tokens, from {6} at {9} USD for one ({7}, {8}; price: {4}, {5}).", "{1}：每百万 token 输入 {2} 美元，输出 {3} 美元，由 {6} 按 1 兑 {9} 美元换算（{7}，{8}；价格来源：{4}，{5}）。"},
		"price_lost":         {"{1}: the host's price model can't hold this: {2}", "{1}：主机的价格模型无法表达：{2}"},
		"price_uncertain":    {"{1}: the price is not certain ({2}).", "{1}：价格未经确认（{2}）。"},
	})
	return all
}

func reasons() map[string]phrase {
	return map[string]phrase{
		"half_made":         {"an earlier run left it half-made", "之前的运行只完成了一半"},
		"record_lost":       {"made by this console, its record was lost on the way", "由本控制台创建，但记录在途中丢失"},
		"stranger":          {"made by somebody else", "由他人创建"},
		"replaced":          {"replaced by the new accounts", "由新账号替换"},
		"access_proven":     {"once access is proven", "在访问得到验证之后"},
		"gone":              {"it is gone from the host already", "已不在主机上"},
		"restored":          {"put back as it was", "恢复原状"},
		"shared":            {"another live batch uses it", "另有批次正在使用"},
		"identity_changed":  {"identity changed: the id belongs to something else now", "身份已变：该 id 现在属于别的资源"},
		"changed_by_others": {"others changed it", "已被他人修改"},
		"depended_on":       {"something that isn't ours hangs on it", "有不属于我们的资源依赖它"},
		"balance_given":     {"balance that was given is not taken back", "已给出的余额不会收回"},
		"key_lost":          {"putting it back needs a key that the vault no longer has", "恢复它所需的密钥已不在保险库中"},
		"waits":             {"it would take with it what the host refused to take back", "它会连带删除主机拒绝撤销的内容"},
		"failed":            {"it could not be undone", "未能撤销"},
		"as_recorded":       {"put back as it was recorded", "恢复为记录的样子"},
		"as_found":          {"the ledger takes over what the host has", "台账采用主机上的现状"},
		"stale":             {"old, and in no live batch's records; it is not deleted, and a rollback doesn't put it back", "陈旧，不在任何有效批次的记录里；不会删除，回滚也不会放回"},
		"upstream_answers":  {"asked directly just now, its provider answers", "刚刚直接询问，供应商已有应答"},
		"made_by_import":    {"import again with the same keys, which makes it anew; or let the ledger forget it: --accept", "用相同的密钥重新导入即可重新创建；或让台账移除它：--accept"},
		"not_ours_any_more": {"what has the id now is not touched; to let the ledger forget it: --accept", "不会改动现在占用该 id 的资源；如需让台账移除它：--accept"},
		"strangers_account": {"somebody else's; to take it out of the group name it: --finding (F in the console); to take it into the ledger: --accept", "属于他人；如需移出分组请指明：--finding（控制台中按 F）；如需记入台账：--accept"},
		"no_such_update":    {"hosts let only its user change it; import again, which makes one anew", "主机只允许其用户修改；重新导入会另行创建"},
		"wanted_in_use":     {"what is in use can't be otherwise: mend it, or roll the batch back", "使用中的资源不能如此：请修复，或回滚该批次"},
		"providers_affair":  {"only the provider, or another import, can change it", "只有供应商或另一次导入能改变"},
		"term_ends":         {"extend it on the host; hosts give cnrelay no safe way to", "请在主机上延长；主机没有供 cnrelay 安全延长的方式"},
		"balance_used":      {"top the user up on the host, or import again with --balance USD --fix", "在主机上充值，或带 --balance USD --fix 重新导入"},
		"upstream_refuses":  {"its provider, asked directly just now, doesn't answer: it stays out", "刚刚直接询问，供应商没有应答：保持停用"},
		"upstream_unknown":  {"its provider could not be asked with a key of the vault, or the host can recover no accounts: it stays out", "无法用保险库中的密钥询问供应商，或主机不能恢复账号：保持停用"},
		"switched_off":      {"somebody switched it off; to switch it on name it: --finding (F in the console)", "有人停用了它；如需启用请指明：--finding（控制台中按 F）"},
		"never_passed":      {"somebody put it into the group and it passed no test: a repair takes it out, importing again tests it", "有人把它加入了分组，但它没有通过测试：修复会将其移出，重新导入会测试它"},
		"billed_by_others":  {"prices of the channel that differ are put back; if none does, look whether another channel or rule charges its group", "渠道中有差异的价格会改回；若没有差异，请查看该分组是否由其他渠道或规则计费"},
		"cools_until":       {"to end its cool-down now, name it (--finding; F in the console); else it ends by itself", "如需立即结束冷却请指明（--finding；控制台中按 F）；否则自行结束"},
	}
}
