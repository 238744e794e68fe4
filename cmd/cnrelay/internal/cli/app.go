// Package cli is the command line: it parses what an operator asks for, calls the engine, and hands what
// came back to a view. A file holds one command or one family of them.
package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"

	"cnrelay/cmd/cnrelay/internal/attach"
	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
	"cnrelay/tui/text"
)

// IO is what a command talks to, so that it can run for a terminal, a test or a session of another process.
type IO struct {
	Args                    []string // without the program's name
	In                      io.Reader
	Out, Err                io.Writer
	InTerminal, OutTerminal bool
	Getenv                  func(string) string
	Signals                 <-chan os.Signal
	// Exit ends the process at once: the second signal asks for it.
	Exit    func(code int)
	Version string
	Started time.Time
}

// Main runs the process's command line and gives its exit code.
func Main(version string) int {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE) // a reader that goes away must not end a run half way
	return Run(context.Background(), IO{
		Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal: isatty.IsTerminal(os.Stdin.Fd()), OutTerminal: isatty.IsTerminal(os.Stdout.Fd()),
		Getenv: os.Getenv, Signals: signals, Exit: os.Exit, Version: buildVersion(version), Started: time.Now().UTC(),
	})
}

// Run runs one command and gives its exit code.
func Run(ctx context.Context, std IO) int {
	return run(ctx, &app{IO: std, who: thisUser()})
}

// run runs a command and gives its exit code.
func run(ctx context.Context, a *app) int {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	defer close(done)
	a.spawn(func() { a.interrupts(done, cancel) })
	return a.run(ctx)
}

// spawn runs f beside the command.
func (a *app) spawn(f func()) {
	if a.guest != nil {
		a.guest.spawn(f)
		return
	}
	go f()
}

// interrupts cancels the command at the first signal, and ends the process at the second.
func (a *app) interrupts(done <-chan struct{}, cancel context.CancelCauseFunc) {
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		case sig := <-a.Signals:
			if n > 0 {
				if remove := a.remains.Load(); remove != nil {
					(*remove)()
				}
				a.Exit(exitInterrupted)
			}
			cause := core.ErrInterrupted
			if sig == syscall.SIGHUP {
				cause = errors.Join(cause, attach.ErrHungUp)
			}
			cancel(cause)
		}
	}
}

// app is one command under way.
type app struct {
	IO
	state, identity, packDir, lang string
	passphrase                     passphraseFlags
	json                           bool
	who                            core.Operator
	guest                          *guest // nil in a process of the operator's own
	screen, serving                bool   // it is a console, or a service
	read                           attach.Files

	words  text.Words
	out    view.Output   // nil until a command has begun
	within view.Output   // of the command that this one is a part of
	ran    string        // the command's name
	typed  *bufio.Reader // In, once a line of it was asked for
	// elsewhere tells whether a line is no answer but leads elsewhere, by an error; nil: none does.
	elsewhere func(typed string) error
	// remains takes away what must not be left when the process ends at once.
	remains atomic.Pointer[func()]

	damaged bool // what was said is of a damaged ledger
}

func (a *app) run(ctx context.Context) int {
	root := a.root()
	root.SetArgs(a.Args)
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(ctx)
	if err != nil && a.out == nil { // the arguments could not be read
		a.json = slices.Contains(a.Args, "--json")
		a.begin("")
		if core.CodeOf(err) == "" {
			err = core.Input(err.Error(), "cnrelay --help")
		}
	}
	if r, ok := errors.AsType[*relayed](err); ok {
		return r.code
	}
	exit := exitOf(ctx, err)
	if exit == exitReady && a.damaged {
		exit = exitError
	}
	if over, ok := errors.AsType[*over](err); ok {
		err = over.cause
	}
	if err != nil {
		a.out.Fail(err)
	}
	if a.out != nil {
		a.out.End(exit)
	}
	return exit
}

// begin chooses the language and the face, and opens the output.
func (a *app) begin(command string) {
	a.ran = command
	lang := text.Lang(a.lang)
	if !slices.Contains(text.Langs[:], lang) {
		lang = text.FromEnv(a.Getenv)
	}
	a.words = text.For(lang)
	switch {
	case a.within != nil:
		a.out = a.within
	case a.json:
		a.out = view.NewJSON(a.Out, a.Version)
	default:
		a.out = view.NewHuman(a.Out, a.Err, a.words)
	}
	a.out.Begin(command)
}
