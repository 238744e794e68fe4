package e2e

import (
	"strings"
	"testing"

	"cnrelay/hostclient/fakehost"
)

const accountTest = `/accounts/\d+/test$`

// TestTwoImportsAtOnce: on two hosts, side by side, each found again in Batches.
func TestTwoImportsAtOnce(t *testing.T) {
	l := newLab(t)
	one, two := l.registered("one", fakehost.Options{}), l.registered("two", fakehost.Options{})
	first, second := one.hold("POST", accountTest, 1), two.hold("POST", accountTest, 1)
	x := l.open()
	x.Sees("2 of 2 hosts up", "▸ one")
	l.started(x, "sk-ok-1")
	<-first.reached
	x.Sees("is running: 0 passed, 0 failed of 1")
	leave(x)
	x.Sees("1 running", "▸ one")
	x.Press("j")
	x.Sees("▸ two")
	l.started(x, "sk-ok-2")
	<-second.reached
	leave(x)
	x.Sees("2 running")
	x.Press("3")
	x.Until("two that run", func(screen string) bool { return strings.Count(screen, "◌ running") == 2 })
	first.let()
	second.let()
	x.Until("two that succeeded", func(screen string) bool { return strings.Count(screen, "● succeeded") == 2 })
	x.Loses("running")
}

// TestLeavingARunningImport: it goes on without the screen, and is found in Batches.
func TestLeavingARunningImport(t *testing.T) {
	l := newLab(t)
	h := l.registered("lab", fakehost.Options{})
	held := h.hold("POST", accountTest, 1)
	x := l.open()
	x.Sees("● up")
	l.started(x, "sk-ok-1", "sk-ok-2")
	<-held.reached
	leave(x)
	x.Sees("1 running", "● up")
	x.Press("3")
	x.Sees("◌ running", "0/2")
	x.Press("enter")
	x.Sees("deepseek: running", "done     + create account")
	held.let()
	x.Sees("deepseek: succeeded", "2 passed, 0 failed")
	x.Press("esc")
	x.Sees("● succeeded", "2/2")
}

// TestQuittingDuringAnImport asks first; what was sent is waited for, and the import is found again as interrupted and
// goes on by one key.
func TestQuittingDuringAnImport(t *testing.T) {
	l := newLab(t)
	h := l.registered("lab", fakehost.Options{})
	held := h.hold("POST", accountTest, 1)
	x := l.open()
	x.Sees("● up")
	l.started(x, "sk-ok-1", "sk-ok-2")
	<-held.reached
	leave(x)
	x.Press("q")
	x.Sees("This process is working on b", "resumed or rolled back")
	x.Press("esc")
	x.Loses("This process is working on b")
	x.Press("q")
	x.Sees("This process is working on b")
	x.Repeat("the end of the question", func(screen string) bool { return !strings.Contains(screen, "This process is working") }, func() { x.Press("enter") })
	if exit := x.Exit(); exit != 0 {
		t.Errorf("exit code %d", exit)
	}
	x.Restored()

	x = l.open()
	x.Sees("● up")
	x.Press("3")
	x.Sees("▲ interrupted", "r resume")
	held.let()
	x.Press("r")
	x.Sees("● succeeded", "2/2")
	x.Press("q")
	if exit := x.Exit(); exit != 0 {
		t.Errorf("exit code %d", exit)
	}
}

// TestHostDiesInTheMiddle: whose fault it is, is said; what was known of the host stays, marked with its age; and when
// it is back, one key goes on.
func TestHostDiesInTheMiddle(t *testing.T) {
	l := newLab(t)
	h := l.registered("lab", fakehost.Options{})
	held := h.hold("POST", accountTest, 2)
	x := l.open()
	x.Sees("● up")
	l.started(x, "sk-ok-1", "sk-ok-2")
	<-held.reached
	h.die()
	x.Sees("ended: failed", "host_unreachable", "whose: the host's code or network")
	leave(x)
	x.Press("ctrl+r")
	x.Sees("✗ down", "0.1.133", "0 of 1 hosts up")
	x.Press("enter")
	x.Sees("what stands here was seen")
	x.Press("esc")
	x.Sees("▸ lab")

	h.rise()
	x.Press("3")
	x.Sees("r resume")
	x.Press("r")
	x.Sees("● succeeded", "2/2")
	x.Press("1")
	x.Sees("● up", "1 of 1 hosts up")
}
