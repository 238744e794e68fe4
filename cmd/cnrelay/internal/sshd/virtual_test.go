package sshd

import (
	"context"
	"net"
	"sync"
	"testing"
)

// newVirtualLab is a lab without a socket, so that its time can be virtual (testing/synctest): what is in time there is
// in time on any machine.
func newVirtualLab(t *testing.T, l Limits, serve func(ctx context.Context, s *Session) int) *lab {
	t.Helper()
	p := &port{calls: make(chan net.Conn), closed: make(chan struct{})}
	return newLabAt(t, l, p, p.connect, serve)
}

// port is where the server listens.
type port struct {
	calls  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (p *port) connect() (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.calls <- newCable(there):
		return newCable(here), nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *port) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *port) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *port) Addr() net.Addr { return &net.UnixAddr{Name: "virtual"} }

// cable is an end of a pipe that takes some writes ahead of their reader: in SSH both ends speak first.
type cable struct {
	net.Conn
	out    chan []byte
	once   sync.Once
	closed chan struct{}
}

func newCable(end net.Conn) *cable {
	c := &cable{Conn: end, out: make(chan []byte, 100), closed: make(chan struct{})}
	go func() {
		for {
			select {
			case b := <-c.out:
				if _, err := end.Write(b); err != nil {
					return
				}
			case <-c.closed:
				return
			}
		}
	}()
	return c
}

func (c *cable) Write(b []byte) (int, error) {
	select {
	case c.out <- append([]byte(nil), b...):
		return len(b), nil
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

func (c *cable) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
