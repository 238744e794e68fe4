package sshd

import (
	"bytes"
	"io"
	"time"
)

const piece = 32 << 10 // bytes that are written at a time

// patient writes to a client that has so long to take each piece.
type patient struct {
	to    io.Writer
	limit time.Duration
	cut   func()
}

func (p *patient) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		watch := time.AfterFunc(p.limit, p.cut)
		var m int
		m, err = p.to.Write(b[:min(len(b), piece)])
		watch.Stop()
		n += m
		b = b[m:]
	}
	return n, err
}

// ending ends lines as a terminal in raw mode needs it.
type ending struct{ to io.Writer }

func (e ending) Write(b []byte) (int, error) {
	out := bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	if _, err := e.to.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

// awake notes that somebody is there.
type awake struct {
	from io.Reader
	idle *time.Timer
	for_ time.Duration
}

func (a *awake) Read(b []byte) (int, error) {
	n, err := a.from.Read(b)
	if n > 0 {
		a.idle.Reset(a.for_)
	}
	if err != nil {
		a.idle.Stop()
	}
	return n, err
}
