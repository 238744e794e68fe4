package sshd

import (
	"context"
	"net"
	"sync"
	"testing"

	"cnrelay/hostclient/fakehost"
)

// newVirtualLab is a lab without a socket, so that its time can be virtual (testing/synctest): what is in time there is
// in time on any machine.
func newVirtualLab(t *testing.T, l Limits, serve func(ctx context.Context, s *Session) int) *lab {
	t.Helper()
	return newLabOn(t, fakehost.NewNet(), func(c net.Conn) net.Conn { return newCable(c) }, l, serve)
}

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
