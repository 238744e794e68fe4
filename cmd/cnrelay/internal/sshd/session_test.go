package sshd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestSession: what goes in comes out: command, environment, input, both outputs, size, signals, exit code.
func TestSession(t *testing.T) {
	t.Parallel()
	sizes, sent := make(chan Size, 10), make(chan bool)
	x := newLab(t, limits, func(ctx context.Context, s *Session) int {
		if s.Terminal {
			for {
				select {
				case z := <-s.Sizes:
					sizes <- z
				case sig := <-s.Signals:
					_, _ = io.WriteString(s.Out, sig.String()+"\n")
					return 7
				}
			}
		}
		in, _ := io.ReadAll(s.In)
		_, _ = io.WriteString(s.Out, s.Command+"|"+s.Env["LANG"]+"|"+string(in))
		_, _ = io.WriteString(s.Err, "trouble")
		close(sent)
		return 42
	})
	s := x.session()
	if err := s.Setenv("LANG", "zh_CN.UTF-8"); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader("typed"), &out, &errs
	err := s.Run("cnrelay status --host 'a b'")
	<-sent
	if exit, ok := errors.AsType[*ssh.ExitError](err); !ok || exit.ExitStatus() != 42 {
		t.Errorf("ended with %v", err)
	}
	if !x.logged(`: "cnrelay status"`) {
		t.Error("the log doesn't name the command, or all that came with it")
	}
	if out.String() != "cnrelay status --host 'a b'|zh_CN.UTF-8|typed" || errs.String() != "trouble" {
		t.Errorf("got %q, %q", out.String(), errs.String())
	}

	s = x.session()
	s.Stdout = &out
	out.Reset()
	if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	for i, z := range []Size{{80, 24}, {120, 40}, {maxColumns, maxRows}} {
		if i > 0 {
			if err := s.WindowChange(z.Rows<<(10*(i-1)), z.Columns<<(10*(i-1))); err != nil {
				t.Fatal(err)
			}
		}
		if got := <-sizes; got != z {
			t.Errorf("size %v, want %v", got, z)
		}
	}
	if err := s.Signal(ssh.SIGINT); err != nil {
		t.Fatal(err)
	}
	if exit, ok := errors.AsType[*ssh.ExitError](s.Wait()); !ok || exit.ExitStatus() != 7 || out.String() != "interrupt\r\n" {
		t.Errorf("ended with %v, %q", exit, out.String())
	}
}

// TestLeaving: a client that goes away ends its session's context, and says so.
func TestLeaving(t *testing.T) {
	t.Parallel()
	cause := make(chan error)
	x := newLab(t, limits, func(ctx context.Context, _ *Session) int {
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return 0
	})
	s := x.session()
	if err := s.Start("wait"); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if got := <-cause; got != ErrLeft {
		t.Errorf("cause %v", got)
	}
}

// TestEnding: when the server closes, sessions are told; one that has no exit code to give ends without.
func TestEnding(t *testing.T) {
	t.Parallel()
	begun := make(chan bool)
	x := newLab(t, limits, func(ctx context.Context, _ *Session) int {
		begun <- true
		<-ctx.Done()
		if context.Cause(ctx) != ErrEnding {
			t.Errorf("cause %v", context.Cause(ctx))
		}
		return Unsaid
	})
	s := x.session()
	if err := s.Start("wait"); err != nil {
		t.Fatal(err)
	}
	<-begun
	x.server.Close(time.Second)
	if _, missing := errors.AsType[*ssh.ExitMissingError](s.Wait()); !missing {
		t.Error("there is an exit code")
	}
	if _, err := x.dial(); err == nil {
		t.Error("the door is open")
	}
}

// TestIdle: a terminal without a key for too long is ended; one that is used is not.
func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limits
		l.Idle = 300 * time.Millisecond
		cause := make(chan error, 1)
		x := newVirtualLab(t, l, func(ctx context.Context, s *Session) int {
			s.Go(func() { _, _ = io.Copy(s.Out, s.In) })
			<-ctx.Done()
			cause <- context.Cause(ctx)
			return 0
		})
		s := x.session()
		if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
			t.Fatal(err)
		}
		in, _ := s.StdinPipe()
		out, _ := s.StdoutPipe()
		if err := s.Shell(); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		for start := time.Now(); time.Since(start) < 2*l.Idle; {
			if _, err := in.Write([]byte("k")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(out, b); err != nil {
				t.Fatalf("it was ended while it was used: %v", err)
			}
			time.Sleep(l.Idle / 2)
		}
		if got := <-cause; got != ErrIdle {
			t.Errorf("cause %v", got)
		}
	})
}

// What is thrown here.
type onPurpose struct{}
type besideIt struct{}

// TestPanics stay in their session: it ends with an error, its goroutines with nothing, and the others go on.
func TestPanics(t *testing.T) {
	t.Parallel()
	x := newLab(t, limits, func(_ context.Context, s *Session) int {
		switch s.Command {
		case "panic":
			panic(onPurpose{})
		case "beside":
			s.Go(func() { panic(besideIt{}) })
			return 3
		}
		in, _ := io.ReadAll(s.In)
		_, _ = s.Out.Write(in)
		return 0
	})
	other := x.session()
	in, _ := other.StdinPipe()
	var out bytes.Buffer
	other.Stdout = &out
	if err := other.Start("echo"); err != nil {
		t.Fatal(err)
	}
	for command, code := range map[string]int{"panic": 1, "beside": 3} {
		if exit, ok := errors.AsType[*ssh.ExitError](x.session().Run(command)); !ok || exit.ExitStatus() != code {
			t.Errorf("%s ended with %v", command, exit)
		}
	}
	eventually(t, "both are logged", func() bool {
		return x.logged("panic in a session of ann: sshd.onPurpose") && x.logged("panic in a session of ann: sshd.besideIt")
	})
	_, _ = io.WriteString(in, "still here")
	_ = in.Close()
	if err := other.Wait(); err != nil || out.String() != "still here" {
		t.Errorf("the other: %q, %v", out.String(), err)
	}
}

// TestStalled: a terminal that doesn't read is cut in time, and what it was written to is free.
func TestStalled(t *testing.T) {
	t.Parallel()
	cause := make(chan error, 1)
	l := limits
	l.Stall = 300 * time.Millisecond
	x := newLab(t, l, func(ctx context.Context, s *Session) int {
		frame := bytes.Repeat([]byte("x"), 64<<10)
		for {
			if _, err := s.Out.Write(frame); err != nil {
				cause <- context.Cause(ctx)
				return 0
			}
		}
	})
	ch, requests, err := x.on().OpenChannel("session", nil) // nobody reads it
	if err != nil {
		t.Fatal(err)
	}
	go ssh.DiscardRequests(requests)
	start := time.Now()
	if ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ S string }{"flood"})); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := <-cause; got != ErrStalled || time.Since(start) > 10*time.Second {
		t.Errorf("cause %v after %v", got, time.Since(start))
	}
}

// TestStopped: a client that answers nothing is cut in time, even if nothing is written to it.
func TestStopped(t *testing.T) {
	t.Parallel()
	cause := make(chan error, 1)
	l := limits
	l.Stall = 300 * time.Millisecond
	x := newLab(t, l, func(ctx context.Context, s *Session) int {
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return 0
	})
	ch, _, err := x.on().OpenChannel("session", nil) // nobody answers its requests
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ S string }{"wait"})); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := <-cause; got != ErrStalled {
		t.Errorf("cause %v", got)
	}
}

// TestSilentButThere: a client that sends nothing of its own, and answers, stays, however seldom it is asked.
func TestSilentButThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limits
		l.Stall, l.Alive = 200*time.Millisecond, 500*time.Millisecond
		x := newVirtualLab(t, l, func(ctx context.Context, s *Session) int {
			select {
			case <-ctx.Done():
				t.Errorf("it was ended: %v", context.Cause(ctx))
			case <-time.After(5 * l.Alive / 2):
			}
			return 9
		})
		if exit, ok := errors.AsType[*ssh.ExitError](x.session().Run("wait")); !ok || exit.ExitStatus() != 9 {
			t.Errorf("ended with %v", exit)
		}
	})
}

// TestTooMany: a door takes so many sessions, and again as many once they have left.
func TestTooMany(t *testing.T) {
	t.Parallel()
	l := limits
	l.Sessions = 2
	x := newLab(t, l, func(ctx context.Context, s *Session) int {
		_, _ = io.ReadAll(s.In)
		return 0
	})
	var ends []func()
	for range 2 {
		s := x.session()
		in, _ := s.StdinPipe()
		if err := s.Start("wait"); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, func() {
			_ = in.Close()
			_ = s.Wait()
		})
	}
	if _, err := x.on().NewSession(); err == nil || !strings.Contains(err.Error(), "too many sessions") {
		t.Errorf("the third: %v", err)
	}
	ends[0]()
	defer ends[1]()
	eventually(t, "there is room again", func() bool {
		s, err := x.on().NewSession()
		return err == nil && s.Run("go") == nil
	})
}

// TestFlood: thousands of signals, sizes and variables stop nothing and are not kept.
func TestFlood(t *testing.T) {
	t.Parallel()
	x := newLab(t, limits, func(_ context.Context, s *Session) int {
		if len(s.Env) > maxEnv+1 { // TERM comes with the terminal
			t.Errorf("%d variables", len(s.Env))
		}
		_, _ = io.ReadAll(s.In)
		return 9
	})
	s := x.session()
	for i := range 2 * maxEnv {
		_ = s.Setenv(fmt.Sprintf("LC_%d", i), "y")
	}
	if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	in, _ := s.StdinPipe()
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		_ = s.Signal(ssh.SIGINT)
		_ = s.WindowChange(24, 80+i%20)
	}
	_ = in.Close()
	if exit, ok := errors.AsType[*ssh.ExitError](s.Wait()); !ok || exit.ExitStatus() != 9 {
		t.Errorf("ended with %v", exit)
	}
}

// TestFlooded: a terminal that is sent more than a hand can type is slowed down, and cut if it goes on.
func TestFlooded(t *testing.T) {
	t.Parallel()
	l := limits
	l.Flood = 200 * time.Millisecond
	cause, got := make(chan error, 1), 0
	x := newLab(t, l, func(ctx context.Context, s *Session) int {
		for b := make([]byte, 64<<10); ; {
			n, err := s.In.Read(b)
			if got += n; err != nil {
				<-ctx.Done()
				cause <- context.Cause(ctx)
				return 0
			}
		}
	})
	s := x.session()
	if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	in, _ := s.StdinPipe()
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			if _, err := in.Write(bytes.Repeat([]byte("k"), 8<<10)); err != nil {
				return
			}
		}
	}()
	if err := <-cause; err != ErrLeft || got > 1<<20 {
		t.Errorf("cause %v after %d bytes", err, got)
	}
}
