package fakehost

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// Net is a network inside the process. What runs on it needs no socket, so its time can be virtual
// (testing/synctest). A nil Net is loopback.
type Net struct {
	mu    sync.Mutex
	ports map[string]*port
	last  int
}

// NewNet makes a network without anybody on it.
func NewNet() *Net { return &Net{ports: map[string]*port{}, last: 18000} }

// Listen takes the next free port.
func (n *Net) Listen() (net.Listener, error) {
	if n == nil {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++
	p := &port{net: n, addr: address(fmt.Sprintf("127.0.0.1:%d", n.last)), calls: make(chan net.Conn), closed: make(chan struct{})}
	n.ports[p.addr.String()] = p
	return p, nil
}

// serve runs a server on the next free port until stop is called, which waits for it to be gone.
func (n *Net) serve(server *http.Server) (url string, stop func()) {
	l, err := n.Listen()
	if err != nil {
		panic(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	return "http://" + l.Addr().String(), sync.OnceFunc(func() {
		_ = server.Close()
		serving.Wait()
	})
}

// Dial connects to a port of this network; where nobody listens it is refused.
func (n *Net) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if n == nil {
		var d net.Dialer
		return d.DialContext(ctx, network, addr)
	}
	n.mu.Lock()
	p := n.ports[addr]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: syscall.ECONNREFUSED}
	if p == nil {
		return nil, refused
	}
	here, there := net.Pipe()
	select {
	case p.calls <- there:
		return here, nil
	case <-p.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// port is where somebody listens.
type port struct {
	net    *Net
	addr   address
	calls  chan net.Conn
	closed chan struct{}
}

// Accept implements [net.Listener].
func (p *port) Accept() (net.Conn, error) {
	select {
	case conn := <-p.calls:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (p *port) Close() error {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	if p.net.ports[p.addr.String()] == p {
		delete(p.net.ports, p.addr.String())
		close(p.closed)
	}
	return nil
}

// Addr implements [net.Listener].
func (p *port) Addr() net.Addr { return p.addr }

type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }
