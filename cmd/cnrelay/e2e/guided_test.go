package e2e

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cnrelay/cmd/cnrelay/internal/ptytest"
	"cnrelay/hostclient/fakehost"
)

// TestGuidedImportAndRollback does the whole job by keys alone at 80x24, beginning with nothing: a host is added, a
// provider imported and proven, its evidence exported, and everything taken back.
func TestGuidedImportAndRollback(t *testing.T) {
	l := newLab(t)
	h := l.host("lab", fakehost.Options{})
	before := h.JSON()
	x := l.open()
	x.Sees("No host is registered yet", "Press a to add one")

	x.Press("a")
	x.Sees("Add a host")
	x.Type("lab")
	x.Press("tab")
	x.Type(h.url())
	x.Press("tab", "tab", "tab") // public URL, sign-in
	x.Paste(h.AdminKey())
	x.Sees("••••")
	x.Press("enter", "enter", "enter", "enter", "enter")
	x.Sees("lab  sub2api 0.1.133", "admin API key", "1 of 1 hosts up")
	x.Press("esc")
	x.Sees("▸ lab", "● up", "nothing imported yet")

	l.reviewed(x, "first = sk-ok-1", "sk-ok-2")
	x.Sees("Everything is in place: 10 writes", "Plan: 10 writes")
	begin(x)
	x.Sees("ended: succeeded", "2 passed, 0 failed", "subscription ready")

	x.Press("enter")
	x.Sees("deepseek: succeeded", "u roll back")
	evidence := filepath.Join(t.TempDir(), "b.zip")
	x.Press("e")
	x.Sees("Export the evidence of", ".zip")
	x.Press("ctrl+u")
	x.Paste(evidence)
	x.Press("enter")
	x.Sees("Bundle of batch", "lab, sub2api 0.1.133", "written 20", "cnrelay bundle verify")
	leave(x)
	if exit, said := l.command("bundle", "verify", evidence); exit != 0 {
		t.Errorf("the bundle isn't whole: %s", said)
	}
	x.Press("u")
	x.Sees("Roll back b", "- delete   API key")
	if h.JSON() == before {
		t.Error("the import left nothing on the host")
	}
	answer(x, batch(x))
	x.Sees("deepseek: rolled back")
	if now := h.JSON(); now != before {
		t.Errorf("the host is not as before:\n%s", now)
	}
	x.Press("q")
	if exit := x.Exit(); exit != 0 {
		t.Errorf("exit code %d", exit)
	}
}

var batchID = regexp.MustCompile(`\bb[a-z2-7]{8}\b`)

// batch is the first batch that is named on screen.
func batch(x *ptytest.Terminal) string { return batchID.FindString(x.Screen()) }

// TestFromKeyToCompletion counts the strokes from an upstream key in the clipboard to a completion that a managed user
// received, on a registered host.
func TestFromKeyToCompletion(t *testing.T) {
	l := newLab(t)
	l.registered("lab", fakehost.Options{})
	x := l.open()
	x.Sees("● up")

	l.keysAsked(x) // the relay's address is one of the strokes
	x.Paste("sk-ok-1")
	x.Sees("keys: 1")
	x.Press("enter")
	x.Sees("managed:1")
	x.Press("enter")
	x.Sees("Everything is in place")
	strokes := x.Strokes() + 1 // one starts it; more of them are taken for held down
	begin(x)
	x.Sees("ended: succeeded", "subscription ready", "answered with words, model named deepseek-flash")

	if strokes -= 1; strokes > 12 { // the key itself
		t.Errorf("%d strokes beyond the key", strokes)
	}
	t.Logf("%d strokes beyond the key", strokes)
	if !strings.Contains(x.Screen(), `"pong from deepseek-flash"`) {
		t.Errorf("no words of the completion:\n%s", x.Screen())
	}
}

// TestFailingProviderOnTheFirstScreen: what fails, whose fault it is and what to do next are there at 80x24 before any
// key is pressed.
func TestFailingProviderOnTheFirstScreen(t *testing.T) {
	l := newLab(t)
	l.registered("good", fakehost.Options{})
	l.registered("lab", fakehost.Options{})
	l.imported("good", "sk-ok-1")
	l.imported("lab", "sk-402-1")
	x := l.open()
	x.Sees("✗ lab deepseek", "upstream_key_quota_issue", "whose: the provider's", `said: "Insufficient Balance" (HTTP 402)`,
		"next: Top up or raise the limit at the provider")
	if x.Strokes() > 0 {
		t.Error("keys were pressed")
	}
}

// TestResizeInTheMiddle: what was entered outlives any size, and a screen that is too small says so on one line.
func TestResizeInTheMiddle(t *testing.T) {
	l := newLab(t)
	l.registered("lab", fakehost.Options{})
	x := l.open()
	x.Sees("● up")
	l.keysAsked(x)
	x.Paste("first = sk-ok-1\nsk-ok-2")
	x.Sees("keys: 2", "first")
	for _, size := range [][2]int{{120, 40}, {200, 60}, {80, 24}} {
		x.Resize(60, 10)
		x.Until("one line", func(screen string) bool { return strings.TrimSpace(screen) == "cnrelay needs a screen of 80x20" })
		x.Resize(size[0], size[1])
		x.Until("a whole frame", func(screen string) bool { return whole(screen, size[1]) && strings.Contains(screen, "keys: 2") })
	}
	x.Press("enter")
	x.Sees("managed:1")
	x.Press("enter")
	x.Sees("enter starts")
	x.Resize(120, 40)
	x.Until("a whole plan", func(screen string) bool { return whole(screen, 40) && strings.Contains(screen, "+ create") })
	begin(x)
	x.Sees("ended: succeeded")
	x.Resize(100, 30)
	x.Until("a whole result", func(screen string) bool { return whole(screen, 30) && strings.Contains(screen, "2 passed, 0 failed") })
}

// whole tells whether a frame fills a screen of so many lines: tabs at the top, keys at the bottom.
func whole(screen string, height int) bool {
	lines := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
	return len(lines) == height && strings.HasPrefix(lines[0], " cnrelay ") && strings.Contains(lines[height-1], "enter go on") &&
		strings.Contains(lines[height-2], "hosts up")
}
