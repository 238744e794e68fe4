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
	}
}
