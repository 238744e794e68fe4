package text

import (
	"strings"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/engine"
)

// section is one vocabulary of codes.
type section string

const (
	sectionKind       section = "kind"
	sectionVerb       section = "verb"
	sectionPhase      section = "phase"
	sectionVerdict    section = "verdict"
	sectionBatch      section = "batch"
	sectionAccess     section = "access"
	sectionProvider   section = "provider"
	sectionStep       section = "step"
	sectionOrigin     section = "origin"
	sectionMode       section = "mode"
	sectionReplace    section = "replace"
	sectionFault      section = "fault"
	sectionStage      section = "stage"
	sectionFeature    section = "feature"
	sectionBlock      section = "block"
	sectionNet        section = "net"
	sectionCode       section = "code"
	sectionAuth       section = "auth"
	sectionDrift      section = "drift_status"
	sectionFound      section = "drift_type"
	sectionAlert      section = "alert"
	sectionAlertState section = "alert_state"
	sectionDeep       section = "deep"
	sectionRun        section = "run"
	sectionAccepted   section = "acceptance_stage"
	sectionOutcome    section = "acceptance_state"
	sectionPart       section = "part"
	sectionStanding   section = "standing"
	sectionFaulty     section = "bundle_fault"
	sectionSide       section = "side"
	sectionRole       section = "role"
	sectionAct        section = "act"
	sectionDeed       section = "deed" // what an update is for, by the names of steps
)

// Name is the word for a value of one of core's vocabularies; a value without one is its own name.
func (w Words) Name(v any) string {
	switch v := v.(type) {
	case core.Kind:
		return w.named(sectionKind, string(v))
	case core.Verb:
		return w.named(sectionVerb, string(v))
	case core.Phase:
		return w.named(sectionPhase, string(v))
	case core.Verdict:
		return w.named(sectionVerdict, string(v))
	case core.BatchState:
		return w.named(sectionBatch, string(v))
	case core.AccessState:
		return w.named(sectionAccess, string(v))
	case engine.ProviderState:
		return w.named(sectionProvider, string(v))
	case core.StepState:
		return w.named(sectionStep, string(v))
	case core.Origin:
		return w.named(sectionOrigin, string(v))
	case core.AccessMode:
		return w.named(sectionMode, string(v))
	case core.ReplaceMode:
		return w.named(sectionReplace, string(v))
	case core.DeepKind:
		return w.named(sectionDeep, string(v))
	case core.Fault:
		return w.named(sectionFault, string(v))
	case core.Feature:
		return w.named(sectionFeature, string(v))
	case core.Block:
		return w.named(sectionBlock, string(v))
	case core.NetError:
		return w.named(sectionNet, string(v))
	case core.Code:
		return w.named(sectionCode, string(v))
	case core.DriftStatus:
		return w.named(sectionDrift, string(v))
	case core.DriftType:
		return w.named(sectionFound, string(v))
	case core.AlertKind:
		return w.named(sectionAlert, string(v))
	case core.AlertState:
		return w.named(sectionAlertState, string(v))
	case bundle.Part:
		return w.named(sectionPart, string(v))
	case bundle.Standing:
		return w.named(sectionStanding, string(v))
	case bundle.FaultCode:
		return w.named(sectionFaulty, string(v))
	case core.Stage:
		return w.named(sectionAccepted, string(v))
	case core.StageState:
		return w.named(sectionOutcome, string(v))
	case core.RunKind:
		return w.named(sectionRun, string(v))
	case core.Side:
		return w.named(sectionSide, string(v))
	case core.AuthKind:
		return w.named(sectionAuth, string(v))
	case core.Role:
		return w.named(sectionRole, string(v))
	case core.Deed:
		return w.named(sectionAct, string(v))
	case string:
		return v
	}
	return "?"
}

// Deed is what a step does: its verb, or what an update is for where the step's id says so.
func (w Words) Deed(v core.Verb, step string) string {
	if v == core.Update {
		parts := strings.Split(step, "/")
		for _, part := range []string{parts[len(parts)-1], parts[0]} {
			if p, ok := w.tables.names[sectionDeed][part]; ok {
				return w.pick(p)
			}
		}
	}
	return w.Name(v)
}

// Stage is where a finding was made.
func (w Words) Stage(code string) string { return w.named(sectionStage, code) }

func (w Words) named(s section, code string) string {
	if code == "" {
		return ""
	}
	return w.coded(w.tables.names[s], code)
}

// renamed puts the word of a section in the place of the code at i.
func (w Words) renamed(args []string, s section, i int) []string {
	if i >= len(args) {
		return args
	}
	out := append([]string(nil), args...)
	out[i] = w.named(s, args[i])
	return out
}

// blocked names the blocks that the second argument lists.
func (w Words) blocked(args []string) []string {
	if len(args) < 2 || args[1] == "" {
		return args
	}
	var names []string
	for code := range strings.SplitSeq(args[1], ", ") {
		names = append(names, w.named(sectionBlock, code))
	}
	return []string{args[0], strings.Join(names, w.Say("list"))}
}

func names() map[section]map[string]phrase {
	return map[section]map[string]phrase{
		sectionKind: {
			"group": {"group", "分组"}, "channel": {"channel", "渠道"}, "account": {"account", "账号"}, "plan": {"plan", "套餐"},
			"user": {"user", "用户"}, "subscription": {"subscription", "订阅"}, "api_key": {"API key", "API 密钥"},
		},
		sectionVerb: {
			"create": {"create", "创建"}, "update": {"correct", "修正"}, "delete": {"delete", "删除"}, "test": {"test", "测试"},
			"adopt": {"adopt", "接管"}, "leave": {"leave", "保持"}, "forget": {"forget", "移出台账"},
		},
		sectionDeed: {
			"attach": {"attach", "加入分组"}, "detach": {"detach", "移出分组"}, "reattach": {"re-attach", "重新加入"}, "publish": {"publish", "公开"},
			"restore": {"restore", "恢复"}, "balance": {"top up", "充值"}, "password": {"password", "改密码"},
			"repair": {"put back", "改回"}, "recover": {"recover", "恢复服务"}, "schedulable": {"enable", "启用"},
		},
		sectionPhase: {
			"foundation": {"group and channel", "分组与渠道"}, "stage": {"accounts, outside the group", "账号（分组之外）"},
			"attach": {"accounts into the group", "账号加入分组"}, "access": {"users and keys", "用户与密钥"},
			"prove": {"proof of access", "访问验证"}, "publish": {"publication", "公开"},
			"retire": {"replaced accounts", "被替换的账号"}, "undo": {"rollback", "回滚"}, "repair": {"repair", "修复"},
		},
		sectionVerdict: {"passed": {"passed", "通过"}, "failed": {"failed", "未通过"}, "inconclusive": {"inconclusive", "无法判定"}},
		sectionBatch: {
			"running": {"running", "运行中"}, "succeeded": {"succeeded", "成功"}, "partially_succeeded": {"partially succeeded", "部分成功"},
			"failed": {"failed", "失败"}, "interrupted": {"interrupted", "已中断"}, "rolled_back": {"rolled back", "已回滚"},
		},
		sectionAccess: {
			"subscription_ready": {"subscription ready", "订阅访问就绪"}, "self_service_ready": {"self-service ready", "自助访问就绪"},
			"broken": {"broken", "不可用"}, "unchecked": {"not checked", "未检查"},
		},
		sectionProvider: {
			"active": {"active", "正常"}, "degraded": {"degraded", "降级"}, "broken": {"broken", "不可用"}, "importing": {"importing", "导入中"}, "absent": {"absent", "不存在"},
		},
		sectionStep: {
			"intent": {"sending", "发送"}, "done": {"done", "完成"}, "failed": {"failed", "失败"},
			"unknown": {"unknown", "结果未知"}, "skipped": {"skipped", "跳过"},
		},
		sectionOrigin:  {"created": {"created", "创建"}, "adopted": {"adopted", "接管"}, "corrected": {"corrected", "修正"}},
		sectionMode:    {"subscription": {"subscription", "订阅"}, "self_service": {"self-service", "自助"}},
		sectionReplace: {"replace": {"replace", "替换"}, "add": {"add", "追加"}},
		sectionFault: {
			"none": {"nobody's", "无"}, "upstream": {"the provider's, or the key's account there", "供应商，或密钥在供应商处的账户"},
			"host": {"the host's code or network", "主机的程序或网络"}, "config": {"how the host is set up", "主机的配置"},
			"operator": {"what was given to cnrelay", "提供给 cnrelay 的内容"}, "unknown": {"not known yet", "尚不清楚"},
		},
		sectionStage: {
			"account_test": {"account test", "账号测试"}, "upstream_completion": {"upstream asked directly", "直接询问上游"},
			"gateway_models": {"gateway model list", "网关模型列表"}, "gateway_completion": {"gateway completion", "网关补全"},
			"account_create": {"making the account", "创建账号"}, "ledger": {"ledger: it serves already", "台账：已在服务"},
			"usage_record": {"the host's usage record", "主机的用量记录"}, "account_list": {"the host's account list", "主机的账号列表"},
			"gateway_stream": {"gateway, as an event stream", "网关（流式）"}, "gateway_tools": {"gateway, a second turn after a tool call", "网关（工具调用后的第二轮）"},
		},
		sectionFeature: {
			"channels": {"channels", "渠道"}, "plans": {"payment plans", "付费套餐"}, "chat": {"chat completions", "chat completions 接口"},
			"key_binding": {"key binding", "密钥绑定"}, "force_chat": {"choice of chat completions per account", "按账号指定 chat completions"},
			"recover": {"account recovery", "账号恢复"}, "model_sync": {"the host's own look at an upstream", "由主机读取上游模型"},
			"redaction": {"hidden account keys", "隐藏账号密钥"}, "idempotency": {"idempotent creation", "幂等创建"},
			"user_sign_in": {"sign-in of ordinary users", "普通用户登录"}, "native_platforms": {"platforms of its own", "原生平台"},
		},
		sectionBlock: {
			"turnstile": {"sign-in wants a captcha", "登录需要人机验证"}, "backend_mode": {"ordinary users can't sign in (backend mode)", "普通用户无法登录（后端模式）"},
			"compliance": {"an administrator must accept a document first", "需要管理员先确认合规文件"},
			"step_up":    {"admin writes want a second factor", "管理写操作需要二次验证"},
		},
		sectionNet: {
			"refused": {"connection refused", "连接被拒绝"}, "timeout": {"no answer in time", "超时无应答"}, "dns": {"name not resolved", "域名无法解析"},
			"tls": {"TLS failed", "TLS 失败"}, "reset": {"connection broke off", "连接中断"}, "too_large": {"answer too large", "应答过大"},
			"not_json": {"not an answer of this API", "不是该 API 的应答"}, "network": {"network error", "网络错误"},
		},
		sectionCode: {
			"bad_input": {"bad input", "输入有误"}, "auth": {"not authorised", "未获授权"}, "network": {"network", "网络"}, "host": {"host", "主机"},
			"blocked": {"blocked", "受阻"}, "state": {"state directory", "状态目录"}, "stopped": {"stopped", "已停止"},
			"denied": {"not allowed", "权限不足"},
		},
		sectionAlert: {
			"host_down": {"host can't be read", "主机无法读取"}, "drift": {"drift", "偏差"}, "degraded": {"degraded", "降级"},
			"access_broken": {"access broken", "访问不可用"}, "deep_broken": {"deeper smoke fails", "深度验证失败"}, "misbilled": {"billed wrongly", "计费有误"},
		},
		sectionAlertState: {"ok": {"ok", "正常"}, "pending": {"pending", "待确认"}, "firing": {"FIRING", "告警"}, "flapping": {"FLAPPING", "抖动"}},
		sectionDrift:      {"in_sync": {"in sync", "一致"}, "degraded": {"degraded", "降级"}, "drifted": {"drifted", "有偏差"}, "unknown": {"unknown", "未知"}},
		sectionFound: {
			"missing": {"missing", "缺失"}, "changed": {"changed", "被改动"}, "identity_changed": {"identity changed", "身份已变"}, "unbound": {"unbound", "未绑定"},
			"extra": {"extra", "多出"}, "stale_in_traffic": {"stale, in traffic", "陈旧且在服务"}, "out_of_traffic": {"out of traffic", "不在服务"},
			"expiring": {"expiring", "即将到期"}, "low_balance": {"low balance", "余额不足"}, "billed_free": {"billed nothing", "未计费"}, "billed_otherwise": {"billed otherwise", "计费不符"}, "stale": {"stale", "陈旧"},
			"model_unlisted": {"model unlisted", "模型未列出"}, "model_renamed": {"model renamed", "模型改名"},
		},
		sectionDeep: {"stream": {"Stream", "流式"}, "tools": {"Tool turn", "工具轮次"}},
		sectionAccepted: {
			"preview": {"preview", "预览"}, "import": {"import", "导入"}, "access_preview": {"access preview", "访问预检"}, "access_status": {"access status", "访问状态"},
			"gateway": {"gateway", "网关"}, "drift": {"drift", "偏差"}, "rollback": {"rollback", "回滚"}, "restored": {"host as before", "主机恢复原状"},
		},
		sectionOutcome:  {"passed": {"passed", "通过"}, "failed": {"FAILED", "未通过"}, "skipped": {"skipped", "跳过"}},
		sectionFaulty:   faults(),
		sectionStanding: {"passed": {"passed", "通过"}, "partly": {"partly", "部分通过"}, "failed": {"failed", "失败"}, "not_seen": {"not seen", "未见"}},
		sectionPart: {
			"import": {"import", "导入"}, "accounts": {"account tests", "账号测试"}, "access_preview": {"access preview", "访问预检"},
			"gateway_models": {"gateway model list", "网关模型列表"}, "gateway_completion": {"gateway completion", "网关补全"},
			"upstream_completion": {"upstream asked directly", "直接询问上游"}, "reconcile": {"comparison with the ledger", "与台账比对"}, "rollback": {"rollback", "回滚"},
		},
		sectionRun: {
			"import": {"import", "导入"}, "resume": {"import resumed", "继续导入"}, "rollback": {"rollback", "回滚"}, "repair": {"repair", "修复"},
			"access_preview": {"access preview", "访问预检"}, "access_check": {"access check", "访问检查"}, "drift": {"comparison", "比对"},
			"probe": {"probe", "探测"}, "acceptance": {"acceptance", "验收"}, "export": {"export", "导出"},
		},
		sectionSide: {
			"public": {"host, without credentials", "主机，无凭据"}, "admin": {"host, as administrator", "主机，管理员"},
			"user": {"host, as a user", "主机，用户"}, "gateway": {"gateway", "网关"}, "upstream": {"upstream", "上游"},
		},
		sectionRole: {"viewer": {"viewer", "只读"}, "operator": {"operator", "操作员"}, "admin": {"admin", "管理员"}},
		sectionAct: {
			"host_add": {"host add", "添加主机"}, "host_edit": {"host edit", "编辑主机"}, "host_remove": {"host remove", "移除主机"},
			"host_rebind": {"host rebind", "重新绑定主机"}, "host_accept": {"host accept-compliance", "确认合规文件"}, "import": {"import", "导入"},
			"resume": {"resume", "继续"}, "rollback": {"rollback", "回滚"}, "cancel": {"cancel", "停止"}, "adopt": {"adopt", "接管"},
			"repair": {"repair", "修复"}, "acceptance": {"acceptance", "验收"}, "prune": {"state prune", "清理状态"}, "watch_recover": {"watch --recover", "监控并恢复账号"},
			"silence": {"alert silence", "静默告警"}, "receiver_add": {"notify add", "添加通知接收方"}, "receiver_remove": {"notify remove", "移除通知接收方"},
		},
		sectionAuth: {"admin_key": {"admin API key", "管理员 API 密钥"}, "password": {"admin password", "管理员密码"}},
	}
}
