package cli

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/tui/text"
)

// answers types a line each time that one is asked for. {1} stands for what last matched batchName on screen.
type answers struct {
	x     *terminal
	lines []string
	seen  []string // what stood on screen when each was typed
}

var batchName = regexp.MustCompile(`\bb[a-z0-9]{8}\b`)

func (a *answers) Read(p []byte) (int, error) {
	if len(a.lines) == 0 {
		return 0, fmt.Errorf("nothing is left to type after:\n%s", a.x.out.String())
	}
	line := a.lines[0]
	a.lines, a.seen = a.lines[1:], append(a.seen, a.x.out.String())
	if names := batchName.FindAllString(a.x.out.String(), -1); len(names) > 0 {
		line = strings.ReplaceAll(line, "{1}", names[len(names)-1])
	}
	return copy(p, line+"\n"), nil
}

// TestImportAndRollbackInLines does the whole job in plain lines, in both languages, as it is typed blindly.
func TestImportAndRollbackInLines(t *testing.T) {
	for _, tt := range []struct {
		lang                      text.Lang
		args                      []string
		env                       map[string]string
		back                      string
		passed, ready, rolledBack string
	}{
		{text.EN, []string{"--accessible"}, nil, "back", "passed: account", "subscription ready", "Everything this batch made was taken back"},
		{text.ZH, []string{"--lang", "zh"}, map[string]string{"ACCESSIBLE": "1"}, "返回", "通过：账号", "订阅访问就绪", "该批次所做的改动已全部撤销"},
	} {
		t.Run(string(tt.lang), func(t *testing.T) {
			x := newTerminal(t)
			x.env = tt.env
			before := x.host.JSON()
			typed := &answers{x: x, lines: []string{
				"nonsense", "1", "", // the hosts
				"4", "lab", "deep", // import: host, provider
				"", "nowhere", x.url, "", "", // route: endpoint, an address that is none, the provider's, protocol, models
				"", "one = sk-ok-1", "two = sk-402-2", "sk-ok-1", "", // keys, one of them twice
				"2", tt.back, "1", "", "0", "365", "", "", "", "", // access, and back once
				"2",          // start
				"3", "2", "", // the batch in full
				"5", "2", "no", // roll back, not confirmed
				"5", "2", "{1}",
				"5",      // nothing left
				"4", "-", // import: an empty answer is none of the hosts
				"cancel", "7",
			}}
			x.typed = typed
			exit := x.run(tt.args...)
			out := x.out.String()
			if exit != exitReady || len(typed.lines) > 0 {
				t.Fatalf("exit code %d, %d lines were not asked for\n%s", exit, len(typed.lines), out)
			}
			for _, want := range []string{tt.passed, tt.ready, tt.rolledBack, "Insufficient Balance", text.For(tt.lang).Say("wizard.keys_twice", "1")} {
				if !strings.Contains(out, want) {
					t.Errorf("%q isn't said", want)
				}
			}
			if x.host.JSON() != before {
				t.Error("the host isn't as before")
			}
			readable(t, out)
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// readable checks what a screen reader needs: nothing but text, a line for each change, and no key.
func readable(t *testing.T, out string) {
	t.Helper()
	if out != ansi.Strip(out) || strings.ContainsAny(out, "\r\b\a") {
		t.Error("there is more than text in it")
	}
	if strings.Contains(out, "sk-") {
		t.Error("a key is shown")
	}
	changes := eventLines.FindAllString(out, -1)
	for _, line := range changes {
		if strings.Contains(line, "pong") {
			t.Errorf("a test's words are read out: %s", line)
		}
	}
	if len(changes) < 10 || len(changes) > 60 {
		t.Errorf("%d changes are told", len(changes))
	}
}

var eventLines = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\dZ lab .*`)

// TestLinesNeedATerminal: where nobody can answer, nothing is asked.
func TestLinesNeedATerminal(t *testing.T) {
	var out strings.Builder
	exit := Run(t.Context(), IO{Args: []string{"--accessible"}, In: strings.NewReader(""), Out: &out, Err: &out, Getenv: func(string) string { return "" }})
	if exit != exitInput || !strings.Contains(out.String(), "needs a terminal") {
		t.Errorf("exit code %d\n%s", exit, out.String())
	}
}

// TestHostIsAddedInLines: what is missing or wrong is said at its question.
func TestHostIsAddedInLines(t *testing.T) {
	x := newTerminal(t)
	host, stop := x.host.Start()
	defer stop()
	typed := &answers{x: x, lines: []string{"hosts", "add", "", "second", "not an address", host, "", "2", "back", "1", "", x.host.AdminKey(), "", "", "", "", "hosts", "", "quit"}}
	x.typed = typed
	if exit := x.run("--accessible"); exit != exitReady || len(typed.lines) > 0 {
		t.Fatalf("exit code %d, %d lines left\n%s", exit, len(typed.lines), x.out.String())
	}
	for _, want := range []string{"this is needed", "second is registered", "second  sub2api 0.1.133"} {
		if !strings.Contains(x.out.String(), want) {
			t.Errorf("%q isn't said:\n%s", want, x.out.String())
		}
	}
	if strings.Contains(x.out.String(), x.host.AdminKey()) {
		t.Error("the admin key is shown")
	}
}

// TestPick: a name is meant before what begins with it; what could be two is none.
func TestPick(t *testing.T) {
	options := []string{"none", "lab", "lab-2", "nova"}
	for typed, want := range map[string]int{"2": 1, "lab": 1, "LAB": 1, "lab-": 2, "nov": 3, "no": -1, "la": -1, "5": -1, "": -1, "x": -1} {
		if got := pick(typed, options); got != want {
			t.Errorf("%q picks %d, not %d", typed, got, want)
		}
	}
}
