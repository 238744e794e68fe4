package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/term"

	"cnrelay/cmd/cnrelay/internal/sshd"
)

// typed is what an operator types at a terminal that is far away and in raw mode. For a command that asks, it is
// lines, shown as they are typed; ctrl-c interrupts. For a console it is keys as they come.
type typed struct {
	ctx   context.Context
	keys  chan []byte
	raw   atomic.Bool
	quiet atomic.Bool // what is typed isn't shown
	rest  []byte      // of the keys that were taken last
	lines *term.Terminal
	line  []byte // what is left of the line that was taken last
}

const (
	typeAhead = 64 // reads that are kept for a command that doesn't ask yet
	ctrlC     = 0x03
)

func newTyped(ctx context.Context, s *sshd.Session) *typed {
	t := &typed{ctx: ctx, keys: make(chan []byte, typeAhead)}
	t.lines = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{readerFunc(t.key), s.Out}, "")
	s.Go(func() {
		defer close(t.keys)
		for {
			b := make([]byte, 256)
			n, err := s.In.Read(b)
			if !t.take(b[:n], s.Signals) || err != nil {
				return
			}
		}
	})
	return t
}

// take hands keys on. A console waits for its turn; a command that doesn't ask loses what is too much, as at any
// terminal.
func (t *typed) take(b []byte, signals chan<- os.Signal) bool {
	if t.raw.Load() {
		select {
		case t.keys <- b:
			return true
		case <-t.ctx.Done():
			return false
		}
	}
	if i := bytes.IndexByte(b, ctrlC); i >= 0 {
		select {
		case signals <- os.Interrupt:
		default:
		}
		b = b[i:] // it ends the line that is typed, too
	}
	select {
	case t.keys <- b:
	default:
	}
	return t.ctx.Err() == nil
}

// key gives keys as they come.
func (t *typed) key(b []byte) (int, error) {
	for len(t.rest) == 0 {
		select {
		case keys, more := <-t.keys:
			if !more {
				return 0, io.EOF
			}
			t.rest = keys
		case <-t.ctx.Done():
			return 0, io.EOF
		}
	}
	n := copy(b, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// Keys is what is typed from now on, key by key.
func (t *typed) Keys() io.Reader {
	t.raw.Store(true)
	return readerFunc(t.key)
}

// Read gives lines.
func (t *typed) Read(b []byte) (int, error) {
	if len(t.line) == 0 {
		read := t.lines.ReadLine
		if t.quiet.Load() {
			read = func() (string, error) { return t.lines.ReadPassword("") }
		}
		line, err := read()
		if err != nil {
			return 0, err
		}
		t.line = []byte(line + "\n")
	}
	n := copy(b, t.line)
	t.line = t.line[n:]
	return n, nil
}

type readerFunc func(b []byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
