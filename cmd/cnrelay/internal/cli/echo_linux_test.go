package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// pair opens a terminal: what is written to the keyboard is typed there, and what it shows is read from it.
func pair(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return keyboard, terminal
}

// TestKeysAreNotEchoed: while a secret is typed the terminal doesn't show it, and afterwards it shows again.
func TestKeysAreNotEchoed(t *testing.T) {
	keyboard, terminal := pair(t)
	in, screen := bufio.NewReader(terminal), bufio.NewReader(keyboard)
	enter := func(line string) (shown string) {
		if _, err := fmt.Fprintln(keyboard, line); err != nil {
			t.Fatal(err)
		}
		if got, err := in.ReadString('\n'); err != nil || got != line+"\n" {
			t.Fatalf("read %q, %v", got, err)
		}
		shown, err := screen.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return shown
	}
	restore := silent(terminal)
	if shown := enter("sk-secret"); strings.TrimSpace(shown) != "" {
		t.Errorf("it shows %q", shown)
	}
	restore()
	if shown := enter("back"); strings.TrimSpace(shown) != "back" {
		t.Errorf("it shows %q", shown)
	}
}
