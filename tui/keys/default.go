package keys

// The actions.
const (
	Quit     Action = "quit"
	Help     Action = "help"
	Palette  Action = "palette"
	Notices  Action = "notices"
	Refresh  Action = "refresh"
	Next     Action = "next_tab"
	Previous Action = "previous_tab"
	GoHosts  Action = "go_hosts"
	GoPacks  Action = "go_packs"
	GoBatch  Action = "go_batches"
	GoDrift  Action = "go_drift"
	Theme    Action = "theme"
	Language Action = "language"

	Up       Action = "up"
	Down     Action = "down"
	PageUp   Action = "page_up"
	PageDown Action = "page_down"
	First    Action = "first"
	Last     Action = "last"
	Open     Action = "open"
	Back     Action = "back"
	Filter   Action = "filter"
	Sort     Action = "sort"
	Copy     Action = "copy"

	HostAdd     Action = "host_add"
	HostEdit    Action = "host_edit"
	HostCheck   Action = "host_check"
	HostRemove  Action = "host_remove"
	HostRebind  Action = "host_rebind"
	HostAccept  Action = "host_accept"
	HostImport  Action = "host_import"
	HostProve   Action = "host_prove"
	HostWhy     Action = "host_accounts"
	PackImport  Action = "pack_import"
	PackEdit    Action = "pack_edit"
	PackCheck   Action = "pack_check"
	BatchResume Action = "batch_resume"
	BatchNew    Action = "batch_import"
	BatchSwap   Action = "batch_replace"
	BatchUndo   Action = "batch_rollback"
	BatchStop   Action = "batch_cancel"
	BatchExport Action = "batch_export"
	DriftRun    Action = "drift_run"
	DriftProve  Action = "drift_prove"
	DriftAll    Action = "drift_all"

	Accept Action = "accept"
	Leave  Action = "leave"
	After  Action = "next_field"
	Before Action = "previous_field"
	Toggle Action = "toggle"
)

// defaults are in the order in which help shows them.
var defaults = []Binding{
	{Global, GoHosts, []string{"1"}}, {Global, GoPacks, []string{"2"}}, {Global, GoBatch, []string{"3"}}, {Global, GoDrift, []string{"4"}},
	{Global, Next, []string{"tab"}}, {Global, Previous, []string{"shift+tab"}},
	{Global, Palette, []string{":", "ctrl+k"}}, {Global, Help, []string{"?"}}, {Global, Notices, []string{"!"}},
	{Global, Refresh, []string{"ctrl+r"}}, {Global, Theme, []string{"ctrl+t"}}, {Global, Language, []string{"ctrl+l"}},
	{Global, Quit, []string{"q", "ctrl+c"}},

	{Move, Open, []string{"enter", "l", "right"}}, {Move, Back, []string{"esc", "h", "left"}},
	{Move, Up, []string{"up", "k"}}, {Move, Down, []string{"down", "j"}},
	{Move, PageUp, []string{"pgup", "ctrl+b"}}, {Move, PageDown, []string{"pgdown", "ctrl+f"}},
	{Move, First, []string{"home", "g"}}, {Move, Last, []string{"end", "G"}},
	{Move, Filter, []string{"/"}}, {Move, Sort, []string{"s"}}, {Move, Copy, []string{"y"}},

	{Hosts, HostImport, []string{"i"}}, {Hosts, HostAdd, []string{"a"}}, {Hosts, HostCheck, []string{"c"}}, {Hosts, HostProve, []string{"p"}},
	{Hosts, HostWhy, []string{"w"}}, {Hosts, HostEdit, []string{"e"}}, {Hosts, HostRemove, []string{"x"}}, {Hosts, HostAccept, []string{"A"}},
	{Hosts, HostRebind, []string{"b"}},

	{Packs, PackImport, []string{"i"}}, {Packs, PackCheck, []string{"c"}}, {Packs, PackEdit, []string{"e"}},

	{Batches, BatchNew, []string{"i"}}, {Batches, BatchResume, []string{"r"}}, {Batches, BatchSwap, []string{"R"}},
	{Batches, BatchUndo, []string{"u"}}, {Batches, BatchStop, []string{"x"}}, {Batches, BatchExport, []string{"e"}},

	{Drift, DriftRun, []string{"r"}}, {Drift, DriftAll, []string{"R"}}, {Drift, DriftProve, []string{"p"}},

	{Form, Accept, []string{"enter"}}, {Form, Leave, []string{"esc"}},
	{Form, After, []string{"tab", "down"}}, {Form, Before, []string{"shift+tab", "up"}}, {Form, Toggle, []string{" ", "left", "right"}},
}
