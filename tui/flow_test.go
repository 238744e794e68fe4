package tui_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muesli/termenv"

	"cnrelay/core"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
	"cnrelay/tui/tuitest"
)

// in runs a test on a console in English at 80x24.
func in(t *testing.T, test func(t *testing.T, s *tuitest.Screen, service *stub)) {
	synctest.Test(t, func(t *testing.T) {
		service := newStub()
		test(t, start(t, service, options{lang: text.EN}), service)
	})
}

// patient waits until a question takes keys.
func patient(s *tuitest.Screen) *tuitest.Screen {
	time.Sleep(time.Second) // of the bubble's own time
	return s.Settle()
}

// TestImportByKeys: from a host to a running import in a handful of keys, and no key is ever on the screen.
func TestImportByKeys(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		strokes := []string{"i", "enter", "enter"}
		s.Press(strokes...).Paste("sk-secret-one\nspare = sk-secret-two").Lacks("sk-secret")
		s.Shows("keys: 2", "spare")
		s.Press("enter").Shows("managed:1", "365").Press("enter").Shows("Everything is in place")
		patient(s).Press("enter").Shows("b2k4m6n8p ended: partially succeeded", "upstream_key_quota_issue", "whose: the provider's", "next: Top up").Lacks("sk-secret")
		if len(service.imported) != 1 {
			t.Fatalf("%d imports", len(service.imported))
		}
		spec := service.imported[0]
		if spec.HostName != "lab" || spec.Provider != "deepseek" || spec.Endpoint != "cn" || spec.Access != core.AccessSubscription || spec.Managed != 1 || spec.Days != 365 || spec.Reviewed.Seen != "seen-1" || len(spec.Keys) != 2 || spec.Keys[1].Name != "spare" {
			t.Errorf("asked for %+v", spec)
		}
		s.Press("enter").Shows("Batch      b2k4m6n8p")
	})
}

// TestBackKeepsWhatWasEntered, and leaving asks.
func TestBackKeepsWhatWasEntered(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("i", "enter", "enter").Paste("sk-one-one").Press("enter", "tab").Type("5").Press("esc").Shows("keys: 1")
		s.Press("enter").Shows("managed:15").Press("esc", "esc", "esc", "esc", "esc").Shows("The keys that were entered are forgotten")
		s.Press("esc").Shows("Import", "Which host?")
		patient(s.Press("esc")).Press("enter").Lacks("Which host?")
		if len(service.imported) != 0 {
			t.Error("something was imported")
		}
	})
}

// TestPlanThatCantStart says what is missing, and doesn't start.
func TestPlanThatCantStart(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("i", "enter", "enter").Paste("other = sk-one-one").Press("enter", "enter").Shows("Not yet", "Other keys of this provider are active", "--replace takes their place")
		s.Press("enter").Shows("a precondition doesn't hold")
		if len(service.imported) != 0 {
			t.Error("it was started")
		}
	})
}

// TestReplacementWantsTheName: and starts with what the import before it was asked.
func TestReplacementWantsTheName(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("3", "down", "R", "enter").Paste("sk-new-one").Press("enter").Shows("(●) replace").Press("enter", "enter").Shows("Type deepseek to go on", "deepseek-old")
		patient(s).Type("deepsee").Press("enter").Shows("That is not deepseek")
		if len(service.imported) != 0 {
			t.Fatal("it was started without the name")
		}
		s.Type("k").Press("enter")
		if len(service.imported) != 1 || service.imported[0].Mode != core.Replace {
			t.Errorf("imported %+v", service.imported)
		}
	})
}

// TestKeysThatComeTooEarly: a question takes none of the keys that were meant for what was there before.
func TestKeysThatComeTooEarly(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("3", "down", "u").Type("b2k4m6n8p").Press("enter")
		if len(service.undone) != 0 {
			t.Fatal("rolled back by keys that came too early")
		}
		patient(s).Type("b2k4m6n8p").Press("enter")
		if len(service.undone) != 1 || service.undone[0] != "b2k4m6n8p" {
			t.Errorf("rolled back %v", service.undone)
		}
	})
}

// TestRepair: a plan is shown first, and carried out as it was shown; where nothing can be done there is nothing to start.
func TestRepair(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("4", "f").Shows("put back", "restrict_models: false → true", "it stays out: HTTP 429").Lacks("to see what can be done")
		s.Press("esc", "!").Shows("comparing lab, to see what can be done").Press("esc")
		s.Press("a").Shows("nothing that it could do").Lacks("to see what can be done").Press("enter")
		if len(service.repaired) != 0 {
			t.Fatal("repaired without a yes")
		}
		s.Press("f")
		patient(s).Press("enter").Shows("lab repaired: deepseek drifted")
		if len(service.repaired) != 1 || service.repaired[0].Seen != "seen-1" {
			t.Errorf("repaired %+v", service.repaired)
		}
		s.Press("F").Shows("named: channel 3, account 12")
	})
}

// TestExportSaysWhereItIs: and of what and until when it speaks; what is there already is not written over.
func TestExportSaysWhereItIs(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("3", "e").Shows("it is running").Press("down", "?").Shows("e               export").Press("esc", "e").Shows("Export the evidence of b2k4m6n8p", "on lab", "cnrelay-b2k4m6n8p.zip")
		service.refuse = core.Input("it is there already", "name another file")
		s.Press("enter").Shows("it is there already", "name another file")
		service.refuse = nil
		s.Press("ctrl+u").Type("case-7.zip").Press("enter").Shows("Bundle of batch b2k4m6n8p: /home/op/case-7.zip", "30 files, 61 exchanges, written 20", "lab, sub2api 0.1.133", "b2k4m6n8p, deepseek: partially succeeded", "upstream_key_quota_issue", "0f0f0f", "cnrelay bundle verify /home/op/case-7.zip")
		if len(service.exported) != 2 {
			t.Errorf("exported %v", service.exported)
		}
		s.Press("esc").Lacks("case-7.zip")
	})
}

// TestUnbracketedPaste: a terminal that doesn't say what is pasted sends line breaks as enter.
func TestUnbracketedPaste(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("i", "enter", "enter")
		for _, line := range []string{"sk-one-one", "sk-two-two"} {
			s.Type(line).Press("enter")
		}
		s.Shows("keys: 2", "route", "Paste upstream keys")
		patient(patient(s).Press("enter")).Shows("managed:1")
	})
}

// TestBadKeys are said by their line, without their text.
func TestBadKeys(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("i", "enter", "enter", "enter").Shows("There is no key yet")
		s.Paste("sk-good-one\nsk bad two\n").Shows("line 2: that is not a key").Press("enter").Shows("line 2").Lacks("bad two")
		s.Press("ctrl+u").Paste(strings.Repeat("k", 1<<20+1)).Shows("more than 1 MiB")
		var many []string
		for range 100 {
			many = append(many, "sk-same-"+strings.Repeat("x", len(many)%50))
		}
		s.Press("ctrl+u").Paste(strings.Join(many, "\n")).Shows("keys: 50", "50 stand twice")
		// Keys that land where none belong are taken as keys, and not shown.
		s.Press("ctrl+u", "tab").Paste("sk-in-the-wrong-field").Lacks("sk-in-the-wrong").Shows("keys: 1")
		s.Press("esc", "tab").Paste("sk-in-the-base-url").Lacks("sk-in-the-base").Shows("taken as keys").Press("enter").Shows("keys: 2")
	})
}

// TestQuitWhileItRuns asks first; without a run it just leaves.
func TestQuitWhileItRuns(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		service.running = []core.BatchID{"b5running"}
		s.Press("q").Shows("This process is working on b5running", "resumed or rolled back")
		if s.Press("esc"); s.Quit() {
			t.Fatal("left")
		}
		s.Press("3", "x").Shows("b5running stops")
		if patient(s).Press("enter"); len(service.stopped) != 1 {
			t.Errorf("stopped %v", service.stopped)
		}
		if patient(s.Press("ctrl+c")).Press("enter"); !s.Quit() {
			t.Error("didn't leave")
		}
	})
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		if s.Press("q"); !s.Quit() {
			t.Error("didn't leave")
		}
	})
}

// TestWhyNot: an action that isn't possible says why, and does nothing.
func TestWhyNot(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("x").Shows("remove: 1 of its resources are in the ledger")
		s.Press("A").Shows("accept document: lab asks for no acceptance")
		s.Press("3", "down", "x").Shows("stop: it isn't running in this process")
		s.Press("2", "e").Shows("edit: it is built in")
		s.Press("1", "G", "x").Shows("Remove 备用")
		if patient(s).Type("备用").Press("enter"); len(service.removed) != 1 {
			t.Errorf("removed %v", service.removed)
		}
	})
}

// TestAddHost: what is entered is what the engine gets; a refusal stays beside it.
func TestAddHost(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		service.refuse = &core.Error{Code: core.CodeAuth, Host: "new", Stage: "host check", What: "the host refuses the key", Fault: core.FaultOperator, Next: "give the admin key"}
		s.Press("a").Type("new").Press("tab").Type("https://new.example.com").Press("tab", "tab", "tab").Type("admin-secret").Lacks("admin-secret")
		s.Press("tab", "tab", "tab", "tab", "enter").Shows("the host refuses the key", "next: give the admin key", "https://new.example.com").Lacks("admin-secret")
		service.refuse = nil
		s.Press("enter").Lacks("Add a host")
		spec := service.added[len(service.added)-1]
		if spec.Name != "new" || spec.URL != "https://new.example.com" || spec.PublicURL != spec.URL || spec.Secret != "admin-secret" || spec.Auth != core.AuthAdminKey || spec.Concurrency != 4 {
			t.Errorf("added %+v", spec)
		}
	})
}

// TestLostStore: what was read stays on screen, and the trouble is said.
func TestLostStore(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("3").Shows("b2k4m6n8p")
		service.down = errors.New("the disk is gone")
		s.Press("ctrl+r").Shows("the disk is gone", "b2k4m6n8p")
	})
}

// TestSelectionStays where it is when rows are read again, and a filter holds.
func TestSelectionStays(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("3", "down", "down").Shows("▸ b3qwen777")
		service.many = 30
		s.Press("ctrl+r").Shows("▸ b3qwen777", "Batches 34")
		s.Press("/").Type("QWEN broken").Shows("11/34").Press("enter").Shows("/ QWEN broken").Press("esc").Shows("Batches 34")
		s.Press("s", "s").Shows("by BATCH")
	})
}

// TestLanguageAndTheme change while the console runs.
func TestLanguageAndTheme(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newStub(), options{lang: text.EN, theme: theme.Dark, profile: termenv.ANSI256})
		s.Press("ctrl+l").Shows("主机", "供应商包", "正常").Press("ctrl+l").Shows("Hosts")
		before := s.Raw()
		if s.Press("ctrl+t"); s.Raw() == before {
			t.Error("the theme didn't change")
		}
	})
}

// TestNotices go away by themselves and stay in the history.
func TestNotices(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("A").Shows("asks for no acceptance")
		time.Sleep(7 * time.Second) // of the bubble's own time
		s.Settle().Lacks("asks for no acceptance").Press("!").Shows("asks for no acceptance")
	})
}

// TestPaletteDoes what it names, and says why not.
func TestPaletteDoes(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press(":").Type("add").Press("enter").Shows("Add a host").Press("esc")
		s.Press("ctrl+k").Type("remove").Shows("resources are").Press("enter").Shows("remove: 1 of its resources")
		s.Press(":").Type("nothing like it").Press("enter")
	})
}

// TestSessionEnds: what waits for the engine ends with the session.
func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start(t, newStub(), options{lang: text.EN}).Press("3", "down")
	}) // goroutines that stay would be a deadlock of the bubble
}

// TestPricesNeedARate: a pack whose prices have none in USD asks for the rate where the route is chosen.
func TestPricesNeedARate(t *testing.T) {
	in(t, func(t *testing.T, s *tuitest.Screen, service *stub) {
		s.Press("i", "down", "enter").Shows("1 CNY in USD").Press("enter").Shows("the prices are in CNY", "route")
		s.Type("0,14").Press("enter").Shows("the prices are in CNY").Press("ctrl+u").Type("0.14").Press("enter")
		patient(s.Paste("sk-one-one").Press("enter", "enter")).Press("enter")
		if got := service.imported[0].FX; len(got) != 1 || got[0].Currency != "CNY" || got[0].USD != 0.14 || got[0].Date != "2000-01-01" || got[0].Source == "" {
			t.Errorf("rates %+v", got)
		}
	})
}

// TestAlertsShow: how many there are stands in the status line, what and why in the pane.
func TestAlertsShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newStub()
		service.alerts = []core.Alert{{Host: "h1", HostName: "lab", Provider: "deepseek", Kind: core.AlertAccess, State: core.AlertFiring, Since: service.ago(4 * time.Minute), Failing: service.ago(5 * time.Minute),
			Seen: service.ago(time.Minute), Well: service.ago(6 * time.Minute), Cause: core.Cause{Class: core.UpstreamKeyQuota, Fault: core.FaultUpstream, Words: "Insufficient Balance", Run: "b2k4m6n8p.3"}}}
		s := start(t, service, options{lang: text.EN})
		s.Shows("alerts: 1").Press("4").Shows("access bro")
		s.Press("enter").Shows("FIRING", "upstream_key_quota_issue", "Insufficient Balance", "All well", "6m")
	})
}
