package text

import "cnrelay/core"

// Class says what a finding means and what to do about it. Its detail narrows the words where the
// catalog has words for it; a detail of the network is added; any other is the pack's own remark.
func (w Words) Class(f core.Finding) (what, next string) {
	e, ok := w.tables.classes[string(f.Class)+"/"+f.Detail]
	named := ok
	if !ok {
		if e, ok = w.tables.classes[string(f.Class)]; !ok {
			return string(f.Class), ""
		}
	}
	args := []string{f.Detail, f.About}
	what, next = w.fill(e.what, args), w.fill(e.next, args)
	if f.Detail == "" || named || f.Class == core.UpstreamKeyOtherRegion {
		return what, next
	}
	if _, isNet := w.tables.names[sectionNet][f.Detail]; isNet {
		return what + w.Say("aside", w.Name(core.NetError(f.Detail))), next
	}
	return what + w.Say("aside", f.Detail), next
}

func classes() map[string]explained {
	gap := string(core.HostConfigGap) + "/"
	return map[string]explained{
		string(core.Ready): {
			phrase{"The model answered with words.", "模型给出了有内容的回答。"},
			phrase{"Nothing to do.", "无需处理。"}},
		string(core.AnsweredWithoutContent): {
			phrase{"There was an answer, but no words in it: only reasoning, or nothing.", "有应答，但没有正文：只有思考过程，或者什么都没有。"},
			phrase{"Ask again; if it stays empty, test with another model (--models) or ask the provider.", "再试一次；若仍为空，换一个模型测试（--models），或询问供应商。"}},
		string(core.UpstreamKeyInvalid): {
			phrase{"The upstream refuses this key.", "上游拒绝了这个密钥。"},
			phrase{"Check the key at the provider: copied whole, not revoked, of this product and region.", "到供应商处核对密钥：是否完整、是否已吊销、是否属于该产品和地区。"}},
		string(core.UpstreamKeyOtherRegion): {
			phrase{"The key is refused here, but the provider's endpoint {1} accepts it.", "密钥在此处被拒绝，但同一供应商的端点 {1} 接受它。"},
			phrase{"Import it for that endpoint: --region {1}.", "改用该端点导入：--region {1}。"}},
		string(core.UpstreamKeyQuota): {
			phrase{"The upstream account behind this key has no balance or quota left.", "该密钥所属的上游账户余额或额度已用完。"},
			phrase{"Top up or raise the limit at the provider, then resume the batch.", "到供应商处充值或提高额度，然后继续该批次。"}},
		string(core.UpstreamModelMissing): {
			phrase{"The upstream doesn't know the model, or this key may not use it.", "上游没有该模型，或该密钥无权使用它。"},
			phrase{"See which models the key has (cnrelay probe upstream) and choose among them with --models.", "查看密钥可用的模型（cnrelay probe upstream），并用 --models 从中选择。"}},
		string(core.UpstreamUnreachable): {
			phrase{"The upstream could not be reached.", "无法连接上游。"},
			phrase{"Check the address, DNS, firewall and proxy on the way to the provider.", "检查到供应商的地址、DNS、防火墙和代理。"}},
		string(core.UpstreamUnreachableFromHost): {
			phrase{"The upstream answers from here, but the host can't reach it.", "从本机访问上游正常，但主机连不上它。"},
			phrase{"Check the host's own network, DNS and proxy towards the provider.", "检查主机自身到供应商的网络、DNS 和代理。"}},
		string(core.UpstreamError): {
			phrase{"The upstream answered with an error of its own.", "上游自身返回了错误。"},
			phrase{"Read its words; try again later, or ask the provider.", "阅读它的原话；稍后重试，或询问供应商。"}},
		string(core.UpstreamError) + "/not_an_api": {
			phrase{"The address answers, but not as this API: a web page, perhaps.", "该地址有应答，但不是这个 API：可能是一个网页。"},
			phrase{"Check the base URL: it must be the API's own.", "检查基础地址：必须是 API 自己的地址。"}},
		string(core.UpstreamError) + "/no_such_path": {
			phrase{"The upstream has no such path (404).", "上游没有这个路径（404）。"},
			phrase{"Check the base URL with its version (/v1, /v3, /v4), and the protocol (--protocol).", "检查基础地址及其版本（/v1、/v3、/v4），以及协议（--protocol）。"}},
		string(core.UpstreamError) + "/request_refused": {
			phrase{"The upstream refused the request itself.", "上游拒绝了请求本身。"},
			phrase{"Read its words: the model or a parameter may not be allowed for this key.", "阅读它的原话：该密钥可能不允许使用此模型或参数。"}},
		string(core.RateLimited): {
			phrase{"The upstream limits the requests of this key right now.", "上游正在对该密钥限流。"},
			phrase{"Wait a minute and resume; keys of one upstream account share its limit.", "稍等一分钟后继续；同一上游账户的密钥共用限额。"}},
		string(core.HostCompatibilityGap): {
			phrase{"The upstream answers, but the host fails with the same key, model and question.", "上游正常应答，但主机用同样的密钥、模型和问题却失败。"},
			phrase{"Try another protocol (--protocol) or a newer host; report it to the host's maintainers with this batch's evidence.", "换一种协议（--protocol）或升级主机；并把该批次的证据报告给主机的维护者。"}},
		string(core.HostConfigGap): {
			phrase{"The host's set-up keeps this user out.", "主机的配置把该用户挡在了外面。"},
			phrase{"Read what the host says, and mend it there or by importing again.", "阅读主机的说明，在主机上修正，或重新导入。"}},
		gap + "user_balance": {
			phrase{"The user has no balance on the host; the upstream wasn't asked.", "该用户在主机上没有余额；请求没有到达上游。"},
			phrase{"Give the user balance: --balance USD with --fix, or by hand on the host.", "为用户充值：使用 --balance USD 和 --fix，或在主机上手动操作。"}},
		gap + "subscription": {
			phrase{"The user has no active subscription to the group.", "该用户没有该分组的有效订阅。"},
			phrase{"Import again, which assigns one, or assign it on the host.", "重新导入以分配订阅，或在主机上手动分配。"}},
		gap + "usage_limit": {
			phrase{"The user's subscription has used up its limit on the host.", "该用户的订阅在主机上已达到用量上限。"},
			phrase{"Raise the limit on the host, or wait until its window ends.", "在主机上提高上限，或等待限额周期结束。"}},
		gap + "user_key": {
			phrase{"The host doesn't know this API key.", "主机不认识这个 API 密钥。"},
			phrase{"Import again: a key that is gone is made anew.", "重新导入：丢失的密钥会重新创建。"}},
		gap + "user_key_disabled": {
			phrase{"The API key is disabled on the host.", "该 API 密钥在主机上已停用。"},
			phrase{"Enable the key on the host, as its user.", "以该用户身份在主机上启用密钥。"}},
		gap + "user_disabled": {
			phrase{"The user is disabled on the host.", "该用户在主机上已停用。"},
			phrase{"Enable the user on the host.", "在主机上启用该用户。"}},
		gap + "group_disabled": {
			phrase{"The group is disabled on the host.", "该分组在主机上已停用。"},
			phrase{"Import again, which enables it, or enable it on the host.", "重新导入以启用它，或在主机上启用。"}},
		gap + "group_deleted": {
			phrase{"The key's group was deleted on the host.", "密钥所属的分组已在主机上被删除。"},
			phrase{"Import again: the group is made anew and the key bound to it.", "重新导入：分组会重新创建，密钥会绑定到它。"}},
		gap + "group_not_allowed": {
			phrase{"The user may not use this exclusive group.", "该用户无权使用这个专属分组。"},
			phrase{"Allow the group for the user (import again, or on the host).", "为用户开放该分组（重新导入，或在主机上操作）。"}},
		gap + "key_without_group": {
			phrase{"The API key is bound to no group.", "该 API 密钥没有绑定分组。"},
			phrase{"Bind it to the provider's group: --fix, or on the host.", "把它绑定到供应商的分组：使用 --fix，或在主机上操作。"}},
		gap + "no_account": {
			phrase{"The group has no account.", "该分组没有账号。"},
			phrase{"Import again with keys that pass.", "用能通过测试的密钥重新导入。"}},
		gap + "account_off": {
			phrase{"The account is switched off, or has expired, on the host.", "该账号在主机上已关闭或已过期。"},
			phrase{"Switch it on there, if it is meant to serve.", "如需它承接流量，请在主机上开启。"}},
		gap + "accounts_out": {
			phrase{"The upstream answers now, but the host still keeps every account of the group out of traffic.", "上游现在正常，但主机仍把该分组的所有账号排除在流量之外。"},
			phrase{"Wait until the host's pause ends, or recover the accounts on the host.", "等待主机的暂停结束，或在主机上恢复账号。"}},
		gap + "model_mapping": {
			phrase{"No account of the group maps the model.", "该分组没有账号映射这个模型。"},
			phrase{"Import again, which corrects the accounts' model mapping.", "重新导入以修正账号的模型映射。"}},
		gap + "model_not_listed": {
			phrase{"The gateway's model list lacks the smoke-test model.", "网关的模型列表中没有用于验证的模型。"},
			phrase{"Import again, which corrects channel and accounts; look at the group's accounts.", "重新导入以修正渠道和账号；并查看分组的账号。"}},
		gap + "served_by_old_account": {
			phrase{"The completion was served by an account that should be replaced; nothing was taken out.", "这次补全由本应被替换的账号提供；没有移除任何账号。"},
			phrase{"See why the new accounts don't serve (cnrelay probe accounts), then resume the batch.", "查看新账号为何没有承接流量（cnrelay probe accounts），然后继续该批次。"}},
		string(core.HostUnreachable): {
			phrase{"The host could not be reached from here.", "从本机无法连接主机。"},
			phrase{"Check the host's address, tunnel, TLS and proxy.", "检查主机的地址、隧道、TLS 和代理。"}},
		string(core.HostAuth): {
			phrase{"The host refuses the admin key or password.", "主机拒绝了管理员密钥或密码。"},
			phrase{"Register the host again with the right one.", "用正确的凭据重新登记主机。"}},
		string(core.Unknown): {
			phrase{"What was seen doesn't tell whose fault it is.", "现有证据不足以判断是谁的问题。"},
			phrase{"Read the words below; ask the upstream directly with cnrelay probe upstream.", "阅读下面的原话；用 cnrelay probe upstream 直接询问上游。"}},
		string(core.Unknown) + "/no_tool_called": {
			phrase{"The model answered without calling the tool, so its second turn was not tried.", "模型没有调用工具就作了应答，因此没有测试第二轮。"},
			phrase{"Ask again; not every model calls tools, and some hosts don't pass them on.", "请重试；并非所有模型都会调用工具，有的主机也不转发工具。"}},
		string(core.Unknown) + "/no_reason_given": {
			phrase{"The host's account test failed without giving a reason.", "主机的账号测试失败，且没有给出原因。"},
			phrase{"Ask the upstream directly: cnrelay probe upstream; then resume the batch.", "直接询问上游：cnrelay probe upstream；然后继续该批次。"}},
	}
}
