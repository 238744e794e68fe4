package text

// sayState are the words for the state directory and its vault.
func sayState() map[string]phrase {
	return map[string]phrase{
		"state":             {"State", "状态目录"},
		"state.made":        {"{1}, id {2}, made {3}", "{1}，id {2}，创建于 {3}"},
		"state.free":        {"{1} MiB of free disk space", "磁盘可用空间 {1} MiB"},
		"ledger":            {"Ledger", "台账"},
		"ledger.whole":      {"whole: every record is there as it was written", "完好：每条记录都与写入时一致"},
		"ledger.damaged":    {"DAMAGED, and left as it is:", "已损坏，保持原样未动："},
		"ledger.sums":       {"{1} records, {2} updates, digest {3}", "{1} 条记录，{2} 次更新，摘要 {3}"},
		"ledger.left":       {"{1} records can be read, {2} updates, digest {3}", "可读 {1} 条记录，{2} 次更新，摘要 {3}"},
		"ledger.banner":     {"The ledger is DAMAGED and open for reading only: cnrelay state check", "台账已损坏，仅可读取：cnrelay state check"},
		"ledger.accepted":   {"What was left is the ledger now; the damaged one lies beside it. Compare with the hosts before anything is deleted: cnrelay drift run", "剩余内容现为台账；损坏的台账保留在旁边。删除任何内容之前，请先与主机比对：cnrelay drift run"},
		"vault":             {"Vault", "保险库"},
		"vault.none":        {"no secret was put into it yet", "尚未存入任何密文"},
		"vault.clear":       {"{1} secrets, opened by {2}, which only its user may read", "{1} 个密文，由 {2} 打开，仅其用户可读"},
		"vault.passphrase":  {"{1} secrets, opened by {2} with its passphrase", "{1} 个密文，由 {2} 及其口令打开"},
		"vault.identity":    {"{1} secrets, opened by your identity {2}", "{1} 个密文，由您的身份文件 {2} 打开"},
		"vault.unopened":    {"not opened: it is protected by a passphrase, and none was given", "未打开：受口令保护，且没有给出口令"},
		"vault.rotated":     {"The vault has a new key. Keep a copy of it elsewhere. Older copies of the vault still open with the older key.", "保险库已换用新密钥。请另存一份副本。旧的保险库副本仍可用旧密钥打开。"},
		"backup":            {"Backup", "备份"},
		"backup.sealed":     {"in it as it lies on the disk, encrypted", "按磁盘上的加密形式包含在内"},
		"backup.without":    {"Without", "不含"},
		"backup.key":        {"the vault's key {1}: keep a copy of it elsewhere, without it no secret of the backup can be read", "保险库的密钥 {1}：请另存副本，没有它备份中的密文都无法读取"},
		"restored.as":       {"It is as it was at {1}. What was made on hosts after that is not in it: cnrelay drift run shows it.", "内容停留在 {1}。此后在主机上创建的资源不在其中：用 cnrelay drift run 查看。"},
		"restored.key":      {"The vault's key is not in a backup: put its copy into {1} (mode 600), or name it with --identity.", "备份不含保险库的密钥：请把其副本放入 {1}（权限 600），或用 --identity 指定。"},
		"restored.once":     {"Don't go on with the directory that the backup was made from: two of one id take each other's resources for their own.", "请勿继续使用备份所来自的目录：同一 id 的两个目录会把对方的资源当作自己的。"},
		"passphrase.ask":    {"Passphrase of the vault: ", "保险库口令："},
		"passphrase.again":  {"That is not it. Passphrase of the vault: ", "口令不对。保险库口令："},
		"passphrase.new":    {"New passphrase: ", "新口令："},
		"passphrase.repeat": {"Once more: ", "再输入一次："},
		"confirm.loss":      {"What is missing can't be brought back after that, except from a backup.\nType {1} to go on with what is left: ", "此后缺失的内容只能从备份恢复。\n输入 {1} 以使用剩余内容继续："},
	}
}
