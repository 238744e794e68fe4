package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cnrelay/core"
	"cnrelay/tui/text"
)

// newTTY opens a terminal: what is written to the one is typed at the other.
func newTTY(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be made here: %v", err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	err = unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0)
	n, nth := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err := errors.Join(err, nth); err != nil {
		t.Fatal(err)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	return keyboard, tty
}

func echoes(t *testing.T, tty *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// asking is a terminal's output that tells when something was asked.
type asking chan struct{}

func (p asking) Write(b []byte) (int, error) {
	select {
	case p <- struct{}{}:
	default:
	}
	return len(b), nil
}

// TestPassphraseIsNotShown: what is typed isn't echoed, and whoever interrupts gets the echo back.
func TestPassphraseIsNotShown(t *testing.T) {
	keyboard, tty := newTTY(t)
	asked := make(asking, 1)
	a := &app{IO: IO{In: tty, Err: asked, InTerminal: true}, words: text.For(text.EN)}
	type answer struct {
		phrase string
		err    error
	}
	answers := make(chan answer)
	ask := func(ctx context.Context) {
		phrase, err := a.askSecret(ctx, "passphrase.ask")
		answers <- answer{phrase, err}
	}
	go ask(t.Context())
	<-asked
	for echoes(t, tty) { // until it reads
	}
	if _, err := keyboard.WriteString("correct horse\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-answers; got.phrase != "correct horse" || got.err != nil {
		t.Errorf("%q, %v", got.phrase, got.err)
	}
	if !echoes(t, tty) {
		t.Error("the echo is not back")
	}

	ctx, cancel := context.WithCancel(t.Context())
	go ask(ctx)
	<-asked
	for echoes(t, tty) {
	}
	cancel()
	if got := <-answers; !errors.Is(got.err, core.ErrInterrupted) {
		t.Errorf("%q, %v", got.phrase, got.err)
	}
	if !echoes(t, tty) {
		t.Error("the echo is not back after an interrupt")
	}

	// The reader that is left behind leaves other terminals alone, though one has the number of its own by now.
	_ = tty.Close()
	_, other := newTTY(t)
	defer silent(other)()
	_, _ = keyboard.WriteString("\n") // lets the reader go
	time.Sleep(20 * time.Millisecond)
	if echoes(t, other) {
		t.Error("it shows again what is typed at another terminal")
	}
}
