// Package sshd lets operators in: SSH sessions over the socket of a state directory or over the network. What a
// session then does is its caller's business.
//
// It stands on golang.org/x/crypto/ssh alone. The server that wish v1 builds on says yes to agent forwarding,
// keeps its terminal's state per connection, deadlocks on signals that nobody takes, and lets a panic end the
// process; here a connection carries one session and nothing else, and every goroutine is guarded.
package sshd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"cnrelay/core"
)

// Limits bound what others can use up.
type Limits struct {
	Sessions  int           // at once, at one door; of connections twice as many
	Waiting   int           // connections that have not signed in yet, from one address
	Handshake time.Duration // to sign in, and again to ask for something
	Stall     time.Duration // that a session may not take what is written to it, or say nothing when asked
	Alive     time.Duration // between two questions to a silent one whether it is still there
	Idle      time.Duration // that a terminal from the network may be without a key
	Flood     time.Duration // that a client may send more than is taken, without a pause
	Unlisted  time.Duration // that a session may go on once its key is taken out
}

// DefaultLimits are good for a team.
var DefaultLimits = Limits{Sessions: 64, Waiting: 8, Handshake: 10 * time.Second, Stall: 10 * time.Second, Alive: 4 * time.Second,
	Idle: 15 * time.Minute, Flood: 30 * time.Second, Unlisted: 10 * time.Second}

// Options of a server.
type Options struct {
	// Serve is one session; it gives the exit code, or [Unsaid]. ctx ends with the session: its cause is
	// [ErrLeft], [ErrIdle], [ErrStalled], [ErrUnlisted] or [ErrEnding].
	Serve  func(ctx context.Context, s *Session) int
	Log    func(line string) // nil: nowhere
	Limits Limits
}

// Why a session ended before its command did.
var (
	ErrLeft     = errors.New("the operator has left")
	ErrIdle     = errors.New("no key was pressed for too long")
	ErrStalled  = errors.New("the terminal doesn't take what is written to it, or doesn't answer")
	ErrUnlisted = errors.New("the key is taken out, or has another role now")
	ErrEnding   = errors.New("the process that owns the state directory is ending")
)

const buffered = 32 << 10 // bytes that the system keeps for a client, and of one

// Server lets operators in at its doors.
type Server struct {
	o   Options
	ctx context.Context
	end context.CancelCauseFunc
	wg  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	doors  []net.Listener
	conns  map[net.Conn]*Door
	on     map[*Door]int  // sessions
	early  map[string]int // connections that have not signed in, by address
}

// New makes a server with all doors shut.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = func(string) {}
	}
	s := &Server{o: o, conns: map[net.Conn]*Door{}, on: map[*Door]int{}, early: map[string]int{}}
	s.ctx, s.end = context.WithCancelCause(context.Background())
	return s
}

// Open lets operators in at a door until the server is closed.
func (s *Server) Open(l net.Listener, d *Door) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doors = append(s.doors, l)
	s.wg.Go(func() {
		defer s.guard("a door")
		for {
			c, err := l.Accept()
			switch {
			case err == nil:
				s.welcome(d, c)
			case s.ctx.Err() != nil || errors.Is(err, net.ErrClosed):
				return
			default: // out of file descriptors, most likely
				s.o.Log("a door: " + err.Error())
				select {
				case <-time.After(100 * time.Millisecond):
				case <-s.ctx.Done():
				}
			}
		}
	})
}

// Close shuts the doors, tells the sessions, waits for them for a while, and cuts the rest.
func (s *Server) Close(grace time.Duration) {
	s.mu.Lock()
	s.closed = true
	for _, l := range s.doors {
		_ = l.Close()
	}
	s.mu.Unlock()
	s.end(ErrEnding)
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-time.After(grace):
	}
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	<-done
}

// welcome takes a connection, unless there are too many that have not said who they are.
func (s *Server) welcome(d *Door, c net.Conn) {
	from := host(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.early[from] >= s.o.Limits.Waiting || s.through(d) >= 2*s.o.Limits.Sessions {
		_ = c.Close()
		return
	}
	if b, ok := c.(interface {
		SetWriteBuffer(int) error
		SetReadBuffer(int) error
	}); ok { // what nobody takes isn't piled up, and a client that has left is seen to have
		_, _ = b.SetWriteBuffer(buffered), b.SetReadBuffer(buffered)
	}
	s.early[from]++
	s.conns[c] = d
	signedIn := sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.early[from]--; s.early[from] <= 0 {
			delete(s.early, from)
		}
	})
	s.wg.Go(func() {
		defer s.guard("a connection from " + from)
		defer func() {
			signedIn()
			_ = c.Close()
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.conns, c)
		}()
		s.connection(d, c, signedIn)
	})
}

// through counts the connections at a door.
func (s *Server) through(d *Door) (n int) {
	for _, door := range s.conns {
		if door == d {
			n++
		}
	}
	return n
}

func host(c net.Conn) string {
	name, _, err := net.SplitHostPort(c.RemoteAddr().String())
	if err != nil {
		return "the machine"
	}
	return name
}

// connection signs an operator in and gives them one session. Everything else that SSH can do is refused.
func (s *Server) connection(d *Door, c net.Conn, signedIn func()) {
	raw := measure(s.ctx, c, s.o.Limits.Flood)
	late := time.AfterFunc(s.o.Limits.Handshake, func() { _ = raw.Close() })
	defer late.Stop()
	config := d.config()
	config.AddHostKey(d.key)
	conn, channels, requests, err := ssh.NewServerConn(raw, config)
	if err != nil {
		if !d.Local {
			s.o.Log(fmt.Sprintf("%s was not let in: %q", raw.RemoteAddr(), err.Error()))
		}
		return
	}
	signedIn()
	late.Reset(s.o.Limits.Handshake)
	s.wg.Go(func() {
		defer s.guard("requests")
		ssh.DiscardRequests(requests)
	})
	who := d.who(raw, conn)
	used := false
	for n := range channels {
		switch {
		case n.ChannelType() != "session":
			_ = n.Reject(ssh.UnknownChannelType, "only sessions are served")
		case used:
			_ = n.Reject(ssh.ResourceShortage, "a connection carries one session")
		case !s.enter(d):
			_ = n.Reject(ssh.ResourceShortage, "too many sessions are on")
		default:
			used = true
			s.session(d, raw, n, who, late)
		}
	}
}

func (s *Server) enter(d *Door) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.on[d] >= s.o.Limits.Sessions {
		return false
	}
	s.on[d]++
	return true
}

func (s *Server) leave(d *Door) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on[d]--
}

// guard keeps a panic to the goroutine that it happened in. It must be deferred itself.
func (s *Server) guard(where string) {
	if r := recover(); r != nil {
		s.panicked(where, r)
	}
}

func (s *Server) panicked(where string, r any) {
	s.o.Log("panic in " + where + ": " + core.Caught(r).Error())
}
