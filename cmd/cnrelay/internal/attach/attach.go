// Package attach runs a command in the process that owns the state directory: the same command with the same
// files, input, output, signals and exit code, over SSH on the socket of the directory.
package attach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/kballard/go-shellquote"
	"github.com/muesli/cancelreader"
	"golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"cnrelay/cmd/cnrelay/internal/socket"
)

// What the client tells the owner beside the environment, as variables.
const (
	Build    = "CNRELAY_BUILD"    // of the client
	Operator = "CNRELAY_OPERATOR" // who is behind a key that OpenSSH proved, and what they may, as JSON
	Terminal = "CNRELAY_TERMINAL" // which of the client's ends are a terminal: "in", "out", "in out"
	Handed   = "CNRELAY_HANDED"   // set if files come before what is typed
)

// Why a command was not run, or not to its end.
var (
	// ErrNobody means that nobody listens: nothing was asked.
	ErrNobody = errors.New("nobody listens on the state directory's socket")
	// ErrLost means that the owner ended before the command did.
	ErrLost = errors.New("the process that owns the state directory ended")
)

// Request is a command.
type Request struct {
	Dir   string // state directory
	Args  []string
	Env   map[string]string
	Files Files
	In    io.Reader // nil: nothing is typed
	Out   io.Writer
	Err   io.Writer
	// Screen is the terminal that a console is drawn on, and Term its kind; nil for all other commands.
	Screen *os.File
	Term   string
}

// ErrHungUp is why a context ended whose operator only went away: what runs goes on.
var ErrHungUp = errors.New("the terminal is gone")

// Run runs a command to its end and gives its exit code. The end of ctx interrupts it.
func Run(ctx context.Context, r Request) (exit int, err error) {
	raw, err := socket.Dial(ctx, r.Dir)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	defer func() { _ = raw.Close() }()
	// The socket has proved who is on the other side: there is no key to know it by.
	conn, channels, requests, err := ssh.NewClientConn(raw, r.Dir, &ssh.ClientConfig{HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	client := ssh.NewClient(conn, channels, requests)
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	defer func() { _ = session.Close() }()
	stop, err := r.prepare(session)
	if err != nil {
		return 0, err
	}
	defer stop()
	if err := session.Start(shellquote.Join(append([]string{"cnrelay"}, r.Args...)...)); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	over := make(chan struct{})
	defer close(over)
	go r.signals(ctx, session, over)
	err = session.Wait()
	if ended, ok := errors.AsType[*ssh.ExitError](err); ok {
		return ended.ExitStatus(), nil
	}
	if errors.Is(context.Cause(ctx), ErrHungUp) {
		return hungUp, nil
	}
	if err != nil {
		if r.Screen != nil { // nobody is left who would
			_, _ = io.WriteString(r.Screen, asBefore)
		}
		return 0, fmt.Errorf("%w: %w", ErrLost, err)
	}
	return 0, nil
}

const hungUp = 129 // as a shell says it

// asBefore leaves a console's screen: no mouse, no marked pastes, a cursor, the other screen.
const asBefore = "\x1b[?1002l\x1b[?1006l\x1b[?2004l\x1b[?25h\x1b[?1049l\x1b[0m"

// prepare hands over what the command needs. stop gives the terminal back.
func (r Request) prepare(s *ssh.Session) (stop func(), err error) {
	for name, value := range r.Env {
		if err := s.Setenv(name, value); err != nil { // without its Operator it would be somebody else's command
			return nil, fmt.Errorf("the owner of the state directory doesn't take %s: %w", name, err)
		}
	}
	s.Stdout, s.Stderr = r.Out, r.Err
	var in []io.Reader
	if len(r.Files) > 0 {
		if err := s.Setenv(Handed, "1"); err != nil {
			return nil, fmt.Errorf("the owner of the state directory doesn't take files: %w", err)
		}
		in = append(in, r.Files.archive())
	}
	stop = func() {}
	if r.In != nil {
		typed, err := cancelreader.NewReader(r.In)
		if err != nil {
			return nil, err
		}
		in = append(in, typed)
		stop = func() { typed.Cancel() }
	}
	s.Stdin = io.MultiReader(in...)
	if r.Screen == nil {
		return stop, nil
	}
	fd := int(r.Screen.Fd())
	columns, rows, err := term.GetSize(fd)
	if err != nil {
		return nil, err
	}
	if err := s.RequestPty(r.Term, rows, columns, ssh.TerminalModes{}); err != nil {
		return nil, err
	}
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, err
	}
	untyped := stop
	return func() {
		untyped()
		_ = term.Restore(fd, before)
	}, nil
}

// signals passes on that the command is interrupted, and that the terminal has another size, until it is over.
func (r Request) signals(ctx context.Context, s *ssh.Session, over <-chan struct{}) {
	resized, unwatch := sizes(r.Screen)
	defer unwatch()
	interrupted := ctx.Done()
	for {
		select {
		case <-over:
			return
		case <-resized:
			if columns, rows, err := term.GetSize(int(r.Screen.Fd())); err == nil {
				_ = s.WindowChange(rows, columns)
			}
		case <-interrupted:
			interrupted = nil
			if errors.Is(context.Cause(ctx), ErrHungUp) {
				_ = s.Close()
				return
			}
			_ = s.Signal(ssh.SIGINT)
		}
	}
}
