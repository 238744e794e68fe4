package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"cnrelay/cmd/cnrelay/internal/attach"
	"cnrelay/cmd/cnrelay/internal/sshd"
	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
	"cnrelay/packs"
	"cnrelay/tui/text"
)

// estate is a house with a door to the network, in front of a simulated host.
type estate struct {
	t       testing.TB
	house   *house
	host    *fakehost.Host
	url     string // of the provider
	address string
	dir     string
	keys    []string
}

func newEstate(t testing.TB, limits sshd.Limits) *estate {
	t.Helper()
	e := &estate{t: t, dir: t.TempDir(), host: fakehost.New(fakehost.Options{})}
	hostURL, stopHost := e.host.Start()
	t.Cleanup(stopHost)
	provider, stopProvider := fakehost.NewProvider().Start()
	t.Cleanup(stopProvider)
	e.url = provider + "/v1"
	dir := filepath.Join(e.dir, "state")
	service, err := wire.Open(context.Background(), wire.Options{Dir: dir, What: "cnrelay serve", Packs: packs.Source{}, Version: "test", Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{IO: IO{Version: "test", Started: time.Now(), Err: fearful{t}}, serving: true, who: thisUser(), words: text.For(text.EN)}
	e.house = a.settle(service, limits)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	key, err := sshd.HostKey(filepath.Join(e.dir, "host_key"))
	if err != nil {
		t.Fatal(err)
	}
	e.address = l.Addr().String()
	e.house.server.Open(l, sshd.Network(sshd.Keys(e.path("authorized_keys")), key))
	t.Cleanup(func() {
		e.house.stop("the test is over")
		if err := e.house.close(context.Background(), a); err != nil {
			t.Error(err)
		}
	})
	if _, err := service.AddHost(context.Background(), engine.HostSpec{Secret: e.host.AdminKey(),
		Host: core.Host{Name: "lab", URL: hostURL, PublicURL: "https://gateway.example", Auth: core.AuthAdminKey, Concurrency: 4}}); err != nil {
		t.Fatal(err)
	}
	return e
}

// fearful is a log that must not tell of panics.
type fearful struct{ t testing.TB }

func (f fearful) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(" panic in")) && !bytes.Contains(line, []byte("cli.onPurpose")) {
		f.t.Errorf("%s", line)
	}
	return len(line), nil
}

func (e *estate) path(name string) string { return filepath.Join(e.dir, name) }

// let lists a key for an operator.
func (e *estate) let(name string, role core.Role) ssh.Signer {
	e.t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		e.t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		e.t.Fatal(err)
	}
	e.keys = append(e.keys, fmt.Sprintf("cnrelay-role=%q %s %s\n", role, bytes.TrimSpace(ssh.MarshalAuthorizedKey(signer.PublicKey())), name))
	if err := os.WriteFile(e.path("authorized_keys"), []byte(strings.Join(e.keys, "")), 0o600); err != nil {
		e.t.Fatal(err)
	}
	return signer
}

// dial lets an operator in.
func (e *estate) dial(name string, role core.Role) *ssh.Client {
	e.t.Helper()
	return e.signIn(e.connect(), name, e.let(name, role))
}

// connect opens a connection of which the system keeps little: what a client floods doesn't pile up in this process.
func (e *estate) connect() net.Conn {
	e.t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			for _, buffer := range []int{syscall.SO_RCVBUF, syscall.SO_SNDBUF} {
				_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, buffer, 4096)
			}
		})
	}}
	c, err := dialer.Dial("tcp", e.address)
	if err != nil {
		e.t.Fatal(err)
	}
	return c
}

func (e *estate) signIn(raw net.Conn, name string, key ssh.Signer) *ssh.Client {
	e.t.Helper()
	conn, channels, requests, err := ssh.NewClientConn(raw, e.address, &ssh.ClientConfig{User: name, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		e.t.Fatal(err)
	}
	c := ssh.NewClient(conn, channels, requests)
	e.t.Cleanup(func() { _ = c.Close() })
	return c
}

// remote is a session with a terminal of 100x30.
type remote struct {
	*ssh.Session
	client *ssh.Client
	t      testing.TB
	keys   io.WriteCloser
	mu     sync.Mutex
	seen   bytes.Buffer
	more   chan struct{} // something was seen
}

func (e *estate) terminal(name string, role core.Role, command string, env ...string) *remote {
	e.t.Helper()
	client := e.dial(name, role)
	s, err := client.NewSession()
	if err != nil {
		e.t.Fatal(err)
	}
	r := &remote{Session: s, client: client, t: e.t, more: make(chan struct{}, 1)}
	for _, v := range append([]string{"LANG=C.UTF-8"}, env...) {
		key, value, _ := strings.Cut(v, "=")
		if err := s.Setenv(key, value); err != nil {
			e.t.Fatal(err)
		}
	}
	if err := s.RequestPty("xterm-256color", 30, 100, nil); err != nil {
		e.t.Fatal(err)
	}
	s.Stdout = r
	if r.keys, err = s.StdinPipe(); err != nil {
		e.t.Fatal(err)
	}
	start := s.Shell
	if command != "" {
		start = func() error { return s.Start(command) }
	}
	if err := start(); err != nil {
		e.t.Fatal(err)
	}
	return r
}

// Write takes what the terminal is sent.
func (r *remote) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.Write(b)
	select {
	case r.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (r *remote) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen.String()
}

func (r *remote) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.Reset()
}

// until waits until a text was seen.
func (r *remote) until(text string) *remote {
	r.t.Helper()
	deadline := time.After(20 * time.Second)
	for !strings.Contains(r.text(), text) {
		select {
		case <-r.more:
		case <-deadline:
			r.t.Fatalf("%q is not shown:\n%q", text, r.text())
		}
	}
	return r
}

func (r *remote) press(keys string) *remote {
	r.t.Helper()
	if _, err := io.WriteString(r.keys, keys); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// exit waits for the exit code.
func (r *remote) exit() int {
	r.t.Helper()
	err := r.Wait()
	if exit, ok := errors.AsType[*ssh.ExitError](err); ok {
		return exit.ExitStatus()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return 0
}

func (e *estate) importOne() core.BatchID {
	e.t.Helper()
	id, done, err := e.house.service.StartImport(e.t.Context(), engine.ImportSpec{HostName: "lab", Keys: []engine.Key{{Value: "sk-ok-1"}},
		ImportRequest: core.ImportRequest{Provider: "deepseek", Access: core.AccessSubscription, BaseURL: e.url}})
	if err == nil {
		err = <-done
	}
	if err != nil {
		e.t.Fatal(err)
	}
	return id
}

// TestAskedOverSSH: what is typed is shown, can be corrected, and is an answer; ctrl-c is none.
func TestAskedOverSSH(t *testing.T) {
	t.Parallel()
	e := newEstate(t, sshd.DefaultLimits)
	e.importOne()
	before := e.host.JSON()
	r := e.terminal("ann", core.RoleAdmin, "cnrelay rollback --host lab --provider deepseek").until("Type deepseek to roll back").press("\x03")
	if exit := r.exit(); exit != exitInterrupted && exit != exitInput || e.host.JSON() != before {
		t.Errorf("ctrl-c: exit code %d\n%s", exit, r.text())
	}
	r = e.terminal("ann", core.RoleAdmin, "cnrelay rollback --host lab --provider deepseek").until("Type deepseek to roll back").press("deepsekk\x7f\x7fek\r")
	if exit := r.exit(); exit != exitReady || !strings.Contains(r.text(), "deepsekk") || !strings.Contains(r.text(), "finished: rolled back\r\n") {
		t.Errorf("exit code %d\n%s", exit, r.text())
	}
}

// TestInterruptOverSSH: ctrl-c stops a run that is followed at a terminal; the loss of the terminal doesn't.
func TestInterruptOverSSH(t *testing.T) {
	t.Parallel()
	e := newEstate(t, sshd.DefaultLimits)
	reached := make(chan bool, 1)
	mend := e.host.Inject(fakehost.Fault{Method: "POST", Path: "/accounts/[0-9]+/test$", Times: -1, Action: "hang", Then: func() {
		select {
		case reached <- true:
		default:
		}
	}})
	defer mend()
	command := "cnrelay import run --host lab --provider deepseek --base-url " + e.url + " --keys-file - --access subscription"
	r := e.terminal("ann", core.RoleAdmin, command).press("sk-ok-1\r\x04")
	<-reached
	r.press("\x03")
	if exit := r.exit(); exit != exitInterrupted || !strings.Contains(r.text(), "Interrupted.") {
		t.Errorf("exit code %d\n%s", exit, r.text())
	}
	r = e.terminal("ann", core.RoleAdmin, command+" --name other").press("sk-ok-2\r\x04")
	<-reached
	running := e.house.service.Running()
	if len(running) != 1 {
		t.Fatalf("running: %v", running)
	}
	_ = r.Close()
	waitFor(t, "ann is gone", func() bool { return len(e.present()) == 0 })
	if len(e.house.service.Running()) != 1 {
		t.Error("it stopped with the terminal")
	}
}

// TestConsoles: each session has its own size, language and colours, and its end ends nothing else.
func TestConsoles(t *testing.T) {
	t.Parallel()
	e := newEstate(t, sshd.DefaultLimits)
	en, zh := e.terminal("ann", core.RoleAdmin, ""), e.terminal("bob", core.RoleViewer, "cnrelay --theme dark", "NO_COLOR=1", "LC_ALL=zh_CN.UTF-8")
	en.until("Hosts").until("1 of 1 hosts up").until("ann")
	zh.until("主机").until("正常")
	if !strings.Contains(en.text(), "\x1b[38;") && !strings.Contains(en.text(), "\x1b[1;38;") {
		t.Error("no colours where there should be some")
	}
	if strings.Contains(zh.text(), "38;5;") {
		t.Errorf("colours in spite of NO_COLOR:\n%q", zh.text())
	}
	en.forget()
	if err := en.WindowChange(40, 132); err != nil {
		t.Fatal(err)
	}
	en.until(strings.Repeat("─", 132))
	if strings.Contains(zh.text(), strings.Repeat("─", 101)) {
		t.Error("the other session was resized, too")
	}
	en.press("q")
	if exit := en.exit(); exit != exitReady {
		t.Errorf("exit code %d", exit)
	}
	if !strings.Contains(en.text(), "\x1b[?1049l") {
		t.Error("the terminal is not left as it was")
	}
	zh.forget()
	zh.press("2")
	zh.until("供应商包")
}

// TestGuestQuitsLeavingRuns: a console in another's process leaves without a question, and what it started goes on.
func TestGuestQuitsLeavingRuns(t *testing.T) {
	t.Parallel()
	e := newEstate(t, sshd.DefaultLimits)
	reached := make(chan bool, 1)
	mend := e.host.Inject(fakehost.Fault{Method: "POST", Path: "/accounts/[0-9]+/test$", Times: 1, Action: "hang", Then: func() { reached <- true }})
	defer mend()
	r := e.terminal("ann", core.RoleOperator, "").until("1 of 1 hosts up")
	desk := e.house.service.Join(core.Operator{Name: "ann", Role: core.RoleOperator, From: core.Local}, "test", nil)
	defer desk.Leave()
	id, done, err := desk.StartImport(t.Context(), engine.ImportSpec{HostName: "lab", Keys: []engine.Key{{Value: "sk-ok-1"}},
		ImportRequest: core.ImportRequest{Provider: "deepseek", Access: core.AccessSubscription, BaseURL: e.url}})
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	r.until("lab: ann").press("q") // who works on which host is on the screen
	if exit := r.exit(); exit != exitReady {
		t.Errorf("exit code %d\n%s", exit, r.text())
	}
	if running := e.house.service.Running(); len(running) != 1 || running[0] != id {
		t.Errorf("running: %v", running)
	}
	_ = desk.Cancel(id, "enough")
	<-done
}

// TestAnotherBuild: a client of another build is told which one owns the state, and only reads there.
func TestAnotherBuild(t *testing.T) {
	t.Parallel()
	e := newEstate(t, sshd.DefaultLimits)
	ask := func(build string, args ...string) (out, errs string, exit int) {
		var o, r bytes.Buffer
		exit, err := attach.Run(t.Context(), attach.Request{Dir: filepath.Join(e.dir, "state"), Args: args, Env: map[string]string{attach.Build: build, "PWD": e.dir}, Out: &o, Err: &r})
		if err != nil {
			t.Fatal(err)
		}
		return o.String(), r.String(), exit
	}
	if out, errs, exit := ask("other", "host", "list"); exit != exitReady || !strings.Contains(out, "lab") || !strings.Contains(errs, "is build test, and this is build other: for you it only reads") {
		t.Errorf("reading: exit code %d\n%s%s", exit, out, errs)
	}
	for _, args := range [][]string{{"host", "remove", "lab"}, {"--json", "host", "remove", "lab"}} {
		if out, errs, exit := ask("other", args...); exit != exitError || !strings.Contains(out+errs, "is build test, and this is build other") || !strings.Contains(out+errs, "restart it") {
			t.Errorf("%v: exit code %d\n%s%s", args, exit, out, errs)
		}
	}
	if out, errs, exit := ask("test", "host", "remove", "lab"); exit != exitReady || errs != "" {
		t.Errorf("the same build: exit code %d\n%s%s", exit, out, errs)
	}
}

func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it doesn't come to that: %s", what)
		}
	}
}
