package text

// sayLines are the questions of the console that asks line by line.
func sayLines() map[string]phrase {
	return map[string]phrase{
		"lines.how": {"Answer with a number or the first letters, then enter. Enter alone takes what stands in brackets, a dash empties it. back goes one question back, cancel leaves the questions.",
			"用编号或开头的文字回答，再按回车。只按回车则采用方括号中的内容，输入一个减号则清空。输入“返回”回到上一个问题，输入“取消”离开。"},
		"lines.what": {"What", "做什么"}, "lines.hosts": {"hosts", "主机"}, "lines.packs": {"packs", "供应商包"}, "lines.batches": {"batches", "批次"},
		"lines.import": {"import", "导入"}, "lines.rollback": {"roll back", "回滚"}, "lines.drift": {"drift", "偏差"}, "lines.quit": {"quit", "退出"},
		"lines.then": {"What then", "接下来做什么"},
		"lines.back": {"back", "返回"}, "lines.cancel": {"cancel", "取消"}, "lines.left": {"Left. Nothing was sent.", "已离开。没有发送任何内容。"},
		"lines.ask": {"{1}: ", "{1}："},
		"lines.now": {" [{1}]", " [{1}]"}, "lines.unknown": {"{1} is none of them.", "没有这一项：{1}"}, "lines.none": {"none", "不选"},
		"lines.which_pack":     {"Which pack in full", "查看哪个供应商包"},
		"lines.which_batch":    {"Which batch in full", "查看哪个批次"},
		"lines.which_host":     {"Which host", "哪台主机"},
		"lines.which_rollback": {"What to roll back", "回滚什么"},
		"lines.batch":          {"{1}, {2} on {3}, {4}", "{1}，{3} 上的 {2}，{4}"},
		"lines.whole":          {"everything of {1} on {2}", "{2} 上 {1} 的全部"},
		"lines.no_hosts":       {"No host is registered. Add one first.", "尚未登记主机。请先添加。"},
		"lines.keys_from":      {"Upstream keys", "上游密钥"},
		"lines.typed":          {"typed here", "在此输入"}, "lines.file": {"from a file", "从文件读取"},
		"lines.keys_end": {"An empty line ends them.", "以空行结束。"},
		"lines.keys_big": {"more than 1 MiB was typed", "输入超过 1 MiB"},
		"lines.again":    {"Go through the answers again, or type cancel.", "请重新回答，或输入“取消”。"},
		"lines.start":    {"Start it", "开始吗"},
	}
}
