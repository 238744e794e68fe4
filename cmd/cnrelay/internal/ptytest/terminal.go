// Package ptytest runs a program on a terminal of its own, as a person would: it types, pastes, resizes, and sees
// the screen that came of it. The terminal never answers a question that a program asks it.
//
// Nothing here sleeps. What is on screen is waited for, with a deadline that a loaded machine doesn't reach.
package ptytest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// patience is how long something is waited for until it counts as never.
const patience = 30 * time.Second

// Options of a terminal.
type Options struct {
	Width, Height int      // 80x24 if 0
	Env           []string // the whole environment; TERM and LANG are added in front
	Secrets       []string // must never be written to it; neither must anything that looks like a key
}

// Terminal is a program on a terminal.
type Terminal struct {
	t       testing.TB
	cmd     *exec.Cmd
	master  *os.File
	slave   *os.File // kept open, so that the terminal's modes can be looked at after the program's end
	before  *term.State
	secrets []string

	mu      sync.Mutex // guards what follows
	screen  *vt.Emulator
	raw     bytes.Buffer
	news    chan struct{} // closed when more was written
	leaked  string        // a secret that was seen
	strokes int

	ended chan struct{} // closed when the program has ended and all that it wrote was read
}

// Start starts a program. What it leaves running is killed at the end of the test.
func Start(t testing.TB, o Options, name string, args ...string) *Terminal {
	t.Helper()
	if o.Width == 0 {
		o.Width, o.Height = 80, 24
	}
	x := &Terminal{t: t, cmd: exec.Command(name, args...), secrets: o.Secrets, screen: vt.NewEmulator(o.Width, o.Height), news: make(chan struct{}), ended: make(chan struct{})}
	var err error
	if x.master, x.slave, err = pty.Open(); err != nil {
		t.Fatal(err)
	}
	x.check(pty.Setsize(x.master, &pty.Winsize{Cols: uint16(o.Width), Rows: uint16(o.Height)}))
	x.before = x.modes()
	x.cmd.Env = append([]string{"TERM=xterm-256color", "LANG=en_US.UTF-8"}, o.Env...)
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = x.slave, x.slave, x.slave
	x.cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	x.check(x.cmd.Start())
	go func() { _, _ = io.Copy(io.Discard, x.screen) }() // what a terminal would answer
	go x.read()
	go func() {
		_ = x.cmd.Wait()
		x.drained()
		close(x.ended)
	}()
	t.Cleanup(x.close)
	return x
}

// drained waits until what the program wrote before its end was read: a mark that goes through the same terminal.
func (x *Terminal) drained() {
	const mark = "\x1b]777;end\a"
	if _, err := x.slave.WriteString(mark); err != nil {
		return // hung up
	}
	deadline := time.After(patience)
	for {
		x.mu.Lock()
		seen, news := bytes.HasSuffix(x.raw.Bytes(), []byte(mark)), x.news
		x.mu.Unlock()
		if seen {
			return
		}
		select {
		case <-news:
		case <-deadline:
			return
		}
	}
}

func (x *Terminal) close() {
	_ = x.cmd.Process.Kill()
	<-x.ended
	_ = x.slave.Close()
	_ = x.master.Close()
	x.mu.Lock()
	defer x.mu.Unlock()
	if answers, ok := x.screen.InputPipe().(io.Closer); ok {
		_ = answers.Close() // the emulator's own Close races with its reader
	}
	if x.leaked != "" {
		x.t.Errorf("a secret was on screen: %.6s…", x.leaked)
	}
	if x.t.Failed() {
		x.t.Logf("the last screen:\n%s", text(x.screen))
	}
}

func (x *Terminal) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := x.master.Read(buf)
		x.mu.Lock()
		x.raw.Write(buf[:n])
		_, _ = x.screen.Write(buf[:n])
		x.look(n)
		close(x.news)
		x.news = make(chan struct{})
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// keyShape is what a key of an upstream or a user looks like.
var keyShape = regexp.MustCompile(`\bsk-[a-zA-Z0-9]{2,}`)

// look searches the latest n bytes, and the screen that they made, for secrets.
func (x *Terminal) look(n int) {
	if x.leaked != "" {
		return
	}
	const overlap = 256
	raw := x.raw.Bytes()
	seen := string(raw[max(0, len(raw)-n-overlap):])
	shown := text(x.screen)
	for _, s := range []string{seen, shown, strings.ReplaceAll(shown, "\n", "")} {
		if found := keyShape.FindString(s); found != "" {
			x.leaked = found
		}
		for _, secret := range x.secrets {
			if strings.Contains(s, secret) {
				x.leaked = secret
			}
		}
	}
}

// Resize makes the terminal another size, as dragging its window does.
func (x *Terminal) Resize(width, height int) {
	x.t.Helper()
	x.mu.Lock()
	x.screen.Resize(width, height)
	x.mu.Unlock()
	x.check(pty.Setsize(x.master, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}))
}

// HangUp takes the terminal away, as a lost connection does.
func (x *Terminal) HangUp() {
	_ = x.slave.Close()
	_ = x.master.Close()
}

// Signal sends the program a signal.
func (x *Terminal) Signal(s unix.Signal) {
	x.t.Helper()
	x.check(x.cmd.Process.Signal(s))
}

// CPU is the processor time that the program took. It must have ended.
func (x *Terminal) CPU() time.Duration {
	return x.cmd.ProcessState.UserTime() + x.cmd.ProcessState.SystemTime()
}

// PID is the program's process.
func (x *Terminal) PID() int { return x.cmd.Process.Pid }

// Exit waits for the program's end and gives its exit code.
func (x *Terminal) Exit() int {
	x.t.Helper()
	select {
	case <-x.ended:
	case <-time.After(patience):
		x.t.Fatal("the program goes on")
	}
	return x.cmd.ProcessState.ExitCode()
}

// Restored checks that the terminal is as it was before the program began: no alternate screen, the cursor to be
// seen, nothing reported that wasn't, and lines cooked.
func (x *Terminal) Restored() {
	x.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.screen.IsAltScreen() {
		x.t.Error("the alternate screen was left on")
	}
	if x.screen.CursorHidden() {
		x.t.Error("the cursor was left hidden")
	}
	for mode, name := range map[string]string{"2004": "bracketed paste", "1000": "mouse", "1002": "mouse", "1003": "mouse", "1006": "mouse", "1004": "focus reports"} {
		on, off := bytes.LastIndex(x.raw.Bytes(), []byte("\x1b[?"+mode+"h")), bytes.LastIndex(x.raw.Bytes(), []byte("\x1b[?"+mode+"l"))
		if on > off {
			x.t.Errorf("mode %s (%s) was left on", mode, name)
		}
	}
	if now := x.modes(); !reflect.DeepEqual(now, x.before) {
		x.t.Errorf("the terminal's modes are %+v, were %+v", now, x.before)
	}
}

func (x *Terminal) modes() *term.State {
	x.t.Helper()
	modes, err := term.GetState(x.slave.Fd())
	x.check(err)
	return modes
}

// Raw is everything that was written to the terminal so far.
func (x *Terminal) Raw() []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	return bytes.Clone(x.raw.Bytes())
}

func (x *Terminal) check(err error) {
	x.t.Helper()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		x.t.Fatal(err)
	}
}
