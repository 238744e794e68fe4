package text

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
)

// each visits every phrase of the catalog.
func (t *tables) each(visit func(key string, p phrase)) {
	for k, e := range t.classes {
		visit("class "+k, e.what)
		visit("class "+k+" next", e.next)
	}
	for k, e := range t.drifts {
		visit("drift "+k, e.what)
		visit("drift "+k+" next", e.next)
	}
	for k, c := range t.checks {
		visit("check "+k, c.ok)
		visit("check "+k+" bad", c.bad)
	}
	for _, p := range t.failures() {
		visit("failure "+p.en, p)
	}
	for section, table := range t.names {
		for k, p := range table {
			visit(string(section)+" "+k, p)
		}
	}
	for name, table := range map[string]map[string]phrase{"next": t.next, "note": t.notes, "reason": t.reasons, "say": t.says} {
		for k, p := range table {
			visit(name+" "+k, p)
		}
	}
}

var placeholder = regexp.MustCompile(`\{\d\}`)

// TestLanguagesAgree: both languages say something, and say it with the same arguments.
func TestLanguagesAgree(t *testing.T) {
	n := 0
	For(EN).tables.each(func(key string, p phrase) {
		n++
		if strings.TrimSpace(p.en) == "" || strings.TrimSpace(p.zh) == "" {
			t.Errorf("%s: a language is missing", key)
		}
		en, zh := placeholder.FindAllString(p.en, -1), placeholder.FindAllString(p.zh, -1)
		slices.Sort(en)
		slices.Sort(zh)
		if !slices.Equal(slices.Compact(en), slices.Compact(zh)) {
			t.Errorf("%s: arguments differ: %v in English, %v in Chinese", key, en, zh)
		}
		if strings.ContainsAny(p.zh, ",;") && !strings.ContainsAny(p.en, "0123456789{") {
			t.Errorf("%s: ASCII punctuation in Chinese: %s", key, p.zh)
		}
	})
	if n < 200 {
		t.Fatalf("only %d phrases were visited", n)
	}
}

func TestClass(t *testing.T) {
	tests := []struct {
		name       string
		f          core.Finding
		lang       Lang
		what, next string
	}{
		{"plain", core.Finding{Class: core.UpstreamKeyInvalid}, EN, "The upstream refuses this key.", "Check the key"},
		{"variant", core.Finding{Class: core.HostConfigGap, Detail: "user_balance"}, EN, "The user has no balance on the host", "--fix"},
		{"variant in Chinese", core.Finding{Class: core.HostConfigGap, Detail: "user_balance"}, ZH, "该用户在主机上没有余额", "--fix"},
		{"network detail", core.Finding{Class: core.HostUnreachable, Detail: "dns"}, EN, "could not be reached from here. (name not resolved)", "tunnel"},
		{"endpoint", core.Finding{Class: core.UpstreamKeyOtherRegion, Detail: "intl"}, EN, "endpoint intl accepts it.", "--region intl"},
		{"the pack's own note", core.Finding{Class: core.UpstreamKeyQuota, Detail: "resource package used up"}, EN, "left. (resource package used up)", "Top up"},
		{"a class of tomorrow", core.Finding{Class: "new_class"}, EN, "new_class", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			what, next := For(tt.lang).Class(tt.f)
			if !strings.Contains(what, tt.what) || !strings.Contains(next, tt.next) {
				t.Errorf("got %q, %q", what, next)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	w := For(EN)
	bad := core.Check{Code: "sign_in_blocked", Args: []string{"a@b.c", "turnstile, backend_mode"}, Next: "give_user_key"}
	what, next := w.Check(bad)
	if !strings.Contains(what, "a@b.c can't sign in on this host (sign-in wants a captcha, ordinary users can't") || !strings.Contains(next, "--user-key-file") {
		t.Errorf("got %q, %q", what, next)
	}
	if what, next = w.Check(core.Check{Code: "balance", OK: true, Args: []string{"a@b.c"}, Next: "fix_balance"}); what != "a@b.c has balance." || next != "" {
		t.Errorf("a check that holds: %q, %q", what, next)
	}
	if what, _ = w.Check(core.Check{Code: "tomorrow", Args: []string{"x"}}); what != "tomorrow x" {
		t.Errorf("an unknown check: %q", what)
	}
}

func TestFill(t *testing.T) {
	w := For(EN)
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"}, {"{1} and {2}", "a and b"}, {"{3}", "?"}, {"{x} {", "{x} {"}, {"{1}{1}", "aa"},
	} {
		if got := w.fill(phrase{en: tt.in}, []string{"a", "b"}); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestFromEnv(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want Lang
	}{
		{nil, EN}, {map[string]string{"LANG": "zh_CN.UTF-8"}, ZH}, {map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, EN},
		{map[string]string{"LC_ALL": "zh_TW", "LANG": "de"}, ZH}, {map[string]string{"LANG": "de_AT"}, EN},
	} {
		if got := FromEnv(func(k string) string { return tt.env[k] }); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.env, got, tt.want)
		}
	}
}

func TestDrift(t *testing.T) {
	left, over := 3.96, -1.0
	for _, tt := range []struct {
		name       string
		f          core.DriftFinding
		what, next string
	}{
		{"plain", core.DriftFinding{Type: core.DriftMissing}, "gone from the host", "Import again"},
		{"days", core.DriftFinding{Type: core.DriftExpiring, Left: &left}, "4.0 days", "Extend"},
		{"over", core.DriftFinding{Type: core.DriftExpiring, Left: &over}, "is over", "Extend"},
		{"dollars", core.DriftFinding{Type: core.DriftLowBalance, Left: &left}, "3.96 USD", "Top the user up"},
		{"out, for a reason", core.DriftFinding{Type: core.DriftOutOfTraffic, Probe: &core.Finding{Class: core.UpstreamKeyQuota}}, "out of traffic. The upstream account", "drift repair, once its provider answers"},
		{"out, switched off", core.DriftFinding{Type: core.DriftOutOfTraffic, Probe: &core.Finding{Class: core.HostConfigGap, Detail: "account_off"}}, "switched off", "Switch it on"},
		{"a model", core.DriftFinding{Type: core.DriftModelRenamed, Name: "flash", Why: "newer"}, "for flash, the provider answers as newer", "notices"},
		{"a type of tomorrow", core.DriftFinding{Type: "tomorrow"}, "tomorrow", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			what, next := For(EN).Drift(tt.f)
			if !strings.Contains(what, tt.what) || !strings.Contains(next, tt.next) {
				t.Errorf("got %q, %q", what, next)
			}
		})
	}
	for _, origin := range []core.Origin{"", core.Created, core.Adopted, core.Corrected} {
		if whose := For(EN).Whose(core.DriftFinding{Origin: origin}); strings.HasPrefix(whose, "drift.") {
			t.Errorf("origin %q has no words", origin)
		}
	}
}
