package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cnrelay/hostclient/fakehost"
	"cnrelay/tui/text"
)

// eachLanguage runs a test in both languages; say gives words, or what an error says, in the one that is spoken.
func eachLanguage(t *testing.T, test func(t *testing.T, x *terminal, say func(key string, args ...string) string)) {
	for _, lang := range text.Langs {
		t.Run(string(lang), func(t *testing.T) {
			x := newTerminal(t)
			x.env = map[string]string{"LC_ALL": string(lang) + ".UTF-8"}
			words := text.For(lang)
			test(t, x, func(key string, args ...string) string {
				if said := words.Say(key, args...); said != key {
					return said
				}
				return words.Failure(key)
			})
		})
	}
}

// inLines types lines blindly in the accessible console, which is then left, and gives all that was said.
func (x *terminal) inLines(lines ...string) string {
	x.t.Helper()
	typed := &answers{x: x, lines: append(lines, "7")}
	x.typed = typed
	exit := x.run("--accessible")
	out := x.out.String()
	if exit != exitReady || len(typed.lines) > 0 {
		x.t.Fatalf("exit code %d, not asked for: %q\n%s", exit, typed.lines, out)
	}
	if strings.Contains(out, x.host.AdminKey()) {
		x.t.Errorf("the admin key is shown:\n%s", out)
	}
	return out
}

// says fails unless all of it is said, in this order.
func says(t *testing.T, out string, wants ...string) {
	t.Helper()
	rest := out
	for _, want := range wants {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q isn't said, or too early:\n%s", want, out)
		}
		rest = after
	}
}

// TestHostIsEditedInLines: what isn't answered stays; what doesn't work isn't kept, and the answers are still there.
func TestHostIsEditedInLines(t *testing.T) {
	eachLanguage(t, func(t *testing.T, x *terminal, say func(string, ...string) string) {
		out := x.inLines(
			"1", "4", "lab", "renamed", "", "", "", "not-its-key", "", "", "many", "2", "500", // which the host refuses
			"", "", "", "", x.host.AdminKey(), "", "", "", "",
			"1", "4", say("lines.back"), "1")
		says(t, out, say("hosts.bad_number"), say("lines.again"), "[renamed]", say("lines.now", say("wizard.key_length", "11")), "[2]", "[500]", say("lines.which_host"), say("lines.then"))
		if exit := x.run("host", "show", "renamed", "--lang", "en"); exit != exitReady || !strings.Contains(x.out.String(), "2 in flight at once, 500 a second") {
			t.Errorf("it isn't kept, exit code %d:\n%s", exit, x.out.String())
		}
	})
}

// TestHostIsRemovedInLines: once its name is typed, and not while it holds something of ours.
func TestHostIsRemovedInLines(t *testing.T) {
	eachLanguage(t, func(t *testing.T, x *terminal, say func(string, ...string) string) {
		remove := []string{"1", "5", "2"}
		out := x.inLines(append(remove, "lbb", "1", "")...)
		says(t, out, say("hosts.remove_means"), strings.TrimSpace(say("confirm.remove", "lab")), "lab")
		if strings.Contains(out, say("host.removed", "lab")) {
			t.Errorf("removed without its name:\n%s", out)
		}
		if exit := x.importKey("sk-ok-1"); exit != exitReady {
			t.Fatalf("exit code %d\n%s", exit, x.out.String())
		}
		says(t, x.inLines(append(remove, "5", "3", "deepseek")...), say("7 resources on lab are in the ledger"))
		out = x.inLines(append(remove, "lab", "1", "back", "4", "5", "6")...)
		says(t, out, say("host.removed", "lab"), say("host.none"), say("lines.no_hosts"))
	})
}

// TestHostIsRebuiltInLines: its new fingerprint is taken once its name is typed; of the same host nothing is asked.
func TestHostIsRebuiltInLines(t *testing.T) {
	eachLanguage(t, func(t *testing.T, x *terminal, say func(string, ...string) string) {
		says(t, x.inLines("1", "6", "lab"), say("hosts.same_fingerprint", "lab"))
		x.host.ResetIDs(true)
		out := x.inLines("1", "6", "lab", "no", "1", "3", "1", "6", "lab", "lab", "1", "3")
		says(t, out, strings.TrimSpace(say("confirm.rebind", "lab")), say("not confirmed; nothing was sent"), strings.TrimSpace(strings.Split(say("this is not the host that was registered: fingerprint XX, was XX"), "XX")[0]), say("rebind.done"),
			"lab"+say("colon", say("host.up")))
	})
}

// TestDocumentIsAcceptedInLines: by the phrase as it is typed; what is none is sent nowhere.
func TestDocumentIsAcceptedInLines(t *testing.T) {
	eachLanguage(t, func(t *testing.T, x *terminal, say func(string, ...string) string) {
		pending := fakehost.New(fakehost.Options{Version: "0.1.179", CompliancePending: true})
		at, stop := pending.Start()
		t.Cleanup(stop)
		if exit := x.run("host", "add", "pending", "--url", at, "--admin-key-file", x.file("pending.key", pending.AdminKey())); exit != exitReady {
			t.Fatalf("exit code %d\n%s", exit, x.out.String())
		}
		phrase := regexp.MustCompile(regexp.QuoteMeta(say("compliance.phrase")) + `\s+(\S.*)`)
		out := x.inLines("1", "7", "lab", "1", "7", "pending", "", "1", "7", "pending", say("lines.back"), "1")
		says(t, out, say("lab asks for no acceptance"), say("nothing was typed; nothing was sent"), say("lines.which_host"), say("lines.which_host"))
		if writes := pending.Writes(); len(writes) > 0 {
			t.Errorf("sent without a phrase: %v", writes)
		}
		found := phrase.FindStringSubmatch(out)
		if found == nil {
			t.Fatalf("no phrase is shown:\n%s", out)
		}
		out = x.inLines("1", "7", "pending", "yes", "1", "7", "pending", found[1])
		says(t, out, "does not match", say("compliance.done"))
	})
}

// TestBatchIsResumedAndExportedInLines, after it was shown; the file is one that was not there.
func TestBatchIsResumedAndExportedInLines(t *testing.T) {
	eachLanguage(t, func(t *testing.T, x *terminal, say func(string, ...string) string) {
		keys := x.file("keys.txt", "sk-ok-1\nsk-402-2")
		if exit := x.run("import", "run", "--host", "lab", "--provider", "deepseek", "--base-url", x.url, "--keys-file", keys, "--access", "subscription"); exit != exitSome {
			t.Fatalf("exit code %d\n%s", exit, x.out.String())
		}
		file := filepath.Join(x.dir, "evidence.zip")
		out := x.inLines("3", "2", "2", // resumed: what failed is tried again
			"3", "2", "3", "back", "3", file, // its evidence, after going back once
			"3", "2", "3", file)
		says(t, out, say("run.resume"), say("bundle.file"), say("lines.then"), say(file+" is there already; nothing was written"))
		if exit := x.run("bundle", "verify", file); exit != exitReady {
			t.Errorf("exit code %d\n%s", exit, x.out.String())
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file: %v, %v", info, err)
		}
	})
}

// TestWholeProviderIsRolledBackInLines: all of its batches, once its name is typed.
func TestWholeProviderIsRolledBackInLines(t *testing.T) {
	eachLanguage(t, func(t *testing.T, x *terminal, say func(string, ...string) string) {
		before := x.host.JSON()
		for _, key := range []string{"sk-ok-1", "sk-ok-2"} {
			if exit := x.importKey(key, "--add"); exit != exitReady {
				t.Fatalf("exit code %d\n%s", exit, x.out.String())
			}
		}
		out := x.inLines("5", "4", say("lines.back"), "4", "lab", "5", "4", "deepseek", "5")
		says(t, out, say("lines.whole", "deepseek", "lab"), "\n2 ", say("not confirmed; nothing was sent"), strings.TrimSpace(say("confirm.rollback", "deepseek")), say("batch.none"))
		if x.host.JSON() != before {
			t.Error("the host isn't as before")
		}
	})
}

// TestDriftInLines: what differs is found, put back or taken over, as it was shown and once the host's name is typed.
func TestDriftInLines(t *testing.T) {
	eachLanguage(t, func(t *testing.T, x *terminal, say func(string, ...string) string) {
		says(t, x.inLines("6"), say("batch.none"))
		if exit := x.importKey("sk-ok-1"); exit != exitReady {
			t.Fatalf("exit code %d\n%s", exit, x.out.String())
		}
		imported := x.host.JSON()
		change := func() {
			if answer := x.host.Do("PUT", "/api/v1/admin/groups/2", x.host.AdminKey(), map[string]any{"rate_multiplier": 3}); answer.Status != 200 {
				t.Fatalf("the host refused: %d %s", answer.Status, answer.Body)
			}
		}
		says(t, x.inLines("6", "2", "lab", "6", "4", "2"), say("drift.nothing"), say("repair.nothing"))
		change()
		out := x.inLines("6", "3", "6", "4", "lab", "no", "6", "4", "lab", "lab", "6", "3")
		says(t, out, "rate_multiplier", say("repair.plan"), strings.TrimSpace(say("confirm.repair", "lab")), say("not confirmed; nothing was sent"), say("repair.plan"), say("run.repair"), say("drift.nothing"), say("drift.nothing"))
		if got := x.host.JSON(); got != imported {
			t.Error("it isn't put back")
		}
		if told := eventLines.FindAllString(out, -1); len(told) != 3 { // started, put back, finished; not what was being sent
			t.Errorf("told %q", told)
		}
		change()
		writes := len(x.host.Writes())
		out = x.inLines("6", "5", "lab", "lab", "6", "3")
		says(t, out, say("repair.accept"), say("drift.nothing"), say("drift.nothing"))
		if got := len(x.host.Writes()); got != writes {
			t.Errorf("%d writes were sent", got-writes)
		}
	})
}

// TestPackInLines: the one that is chosen is shown, whatever can't be used.
func TestPackInLines(t *testing.T) {
	eachLanguage(t, func(t *testing.T, x *terminal, say func(string, ...string) string) {
		x.env["XDG_CONFIG_HOME"] = x.dir
		dir := filepath.Join(x.dir, "cnrelay", "packs")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "aaa.toml"), []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
		says(t, x.inLines("2", "deep"), "aaa.toml", say("lines.which_pack"), "api.deepseek.com")
	})
}

// TestKeysAreReplacedInLines: once the provider's name is typed; back from there leads to the questions, whose answers
// are still there.
func TestKeysAreReplacedInLines(t *testing.T) {
	eachLanguage(t, func(t *testing.T, x *terminal, say func(string, ...string) string) {
		if exit := x.importKey("sk-ok-1"); exit != exitReady {
			t.Fatalf("exit code %d\n%s", exit, x.out.String())
		}
		access := []string{"", "", "", "", "2", "", ""}
		out := x.inLines(slices.Concat(
			[]string{"4", "lab", "deep", "", x.url, "", "", "", "sk-ok-2", ""}, access, []string{say("lines.back")},
			access, []string{"deepseek"})...)
		_, typed, _ := strings.Cut(strings.TrimSpace(say("confirm.replace", "deepseek")), "\n")
		says(t, out, say("wizard.others"), "[1]", typed, say("wizard.others"), "[2]", typed)
		if !slices.ContainsFunc(x.host.Writes(), func(r fakehost.Request) bool {
			return r.Method == "DELETE" && strings.HasPrefix(r.Path, "/api/v1/admin/accounts/")
		}) {
			t.Errorf("the old account is still there:\n%s", out)
		}
	})
}
