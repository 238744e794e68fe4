package sshd

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/renameio/v2"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lab is a server with a door to the network, and operators with keys.
type lab struct {
	t       *testing.T
	server  *Server
	connect func() (net.Conn, error)
	keys    Keys
	known   ssh.PublicKey
	mu      sync.Mutex
	log     []string
}

// limits are long: a busy machine reaches none of them. A test of one shortens it, or runs in virtual time.
var limits = Limits{Sessions: 20, Waiting: 20, Handshake: time.Minute, Stall: time.Minute, Alive: 50 * time.Millisecond, Idle: time.Minute, Flood: time.Minute, Unlisted: 50 * time.Millisecond}

func newLab(t *testing.T, l Limits, serve func(ctx context.Context, s *Session) int) *lab {
	t.Helper()
	return newLabOn(t, nil, func(c net.Conn) net.Conn { return c }, l, serve)
}

// newLabOn is a lab on a network, each end of whose connections is wrapped.
func newLabOn(t *testing.T, n *fakehost.Net, wrap func(net.Conn) net.Conn, l Limits, serve func(ctx context.Context, s *Session) int) *lab {
	t.Helper()
	listener, err := n.Listen()
	if err != nil {
		t.Fatal(err)
	}
	connect := func() (net.Conn, error) {
		c, err := n.Dial(context.Background(), "tcp", listener.Addr().String())
		if err != nil {
			return nil, err
		}
		return wrap(c), nil
	}
	x := &lab{t: t, connect: connect, keys: Keys(filepath.Join(t.TempDir(), "authorized_keys"))}
	x.server = New(Options{Serve: serve, Limits: l, Log: func(line string) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.log = append(x.log, line)
	}})
	key, err := HostKey(filepath.Join(t.TempDir(), "host_key"))
	if err != nil {
		t.Fatal(err)
	}
	x.known = key.PublicKey()
	x.server.Open(wrapped{listener, wrap}, Network(x.keys, key))
	t.Cleanup(func() { x.server.Close(time.Second) })
	x.list()
	return x
}

// list says which keys may come in.
func (x *lab) list(lines ...string) {
	x.t.Helper()
	if err := renameio.WriteFile(string(x.keys), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		x.t.Fatal(err)
	}
}

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// line is a key's line in the file.
func line(s ssh.Signer, role core.Role, name string) string {
	return fmt.Sprintf("cnrelay-role=%q %s %s", role, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey()))), name)
}

// wrapped is a listener whose connections are wrapped.
type wrapped struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (w wrapped) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return w.wrap(c), nil
}

func (x *lab) dial(auth ...ssh.AuthMethod) (*ssh.Client, error) {
	raw, err := x.connect()
	if err != nil {
		return nil, err
	}
	conn, channels, requests, err := ssh.NewClientConn(raw, "", &ssh.ClientConfig{User: "whoever", Auth: auth, HostKeyCallback: ssh.FixedHostKey(x.known)})
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return ssh.NewClient(conn, channels, requests), nil
}

// on is a client that was let in as an admin.
func (x *lab) on() *ssh.Client {
	x.t.Helper()
	key := newSigner(x.t)
	before, err := os.ReadFile(string(x.keys))
	if err != nil {
		x.t.Fatal(err)
	}
	x.list(strings.TrimSpace(string(before)), line(key, core.RoleAdmin, "ann"))
	c, err := x.dial(ssh.PublicKeys(key))
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (x *lab) session() *ssh.Session {
	x.t.Helper()
	s, err := x.on().NewSession()
	if err != nil {
		x.t.Fatal(err)
	}
	return s
}

func (x *lab) logged(text string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Contains(strings.Join(x.log, "\n"), text)
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it doesn't come to that: %s", what)
		}
	}
}

// tell says who the operator is.
func tell(_ context.Context, s *Session) int {
	_, _ = io.WriteString(s.Out, string(s.Operator.Role)+" "+s.Operator.Name)
	return 0
}

// knock connects and says nothing.
func (x *lab) knock() net.Conn {
	x.t.Helper()
	c, err := x.connect()
	if err != nil {
		x.t.Fatal(err)
	}
	return c
}
