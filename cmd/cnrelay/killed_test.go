package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"cnrelay/cmd/cnrelay/internal/socket"
	"cnrelay/hostclient/fakehost"
)

// processes are cnrelay as people run it, on one state directory, in front of a simulated host.
type processes struct {
	t    *testing.T
	dir  string
	host *fakehost.Host
}

func (p *processes) command(args ...string) *exec.Cmd {
	p.t.Helper()
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "cnrelay" // what the test binary then is
	cmd.Env = []string{"CNRELAY_STATE=" + filepath.Join(p.dir, "state"), "HOME=" + p.dir, "LANG=C.UTF-8", "TERM=xterm-256color"}
	return cmd
}

// run runs a command to its end.
func (p *processes) run(args ...string) (out string, exit int) {
	p.t.Helper()
	cmd := p.command(args...)
	raw, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		p.t.Fatal(err)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

// begin starts a command; its output is there once end gave its exit code.
func (p *processes) begin(args ...string) (out *output, end func() int, kill func()) {
	p.t.Helper()
	cmd, out := p.command(args...), &output{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	end = sync.OnceValue(func() int {
		_ = cmd.Wait()
		return cmd.ProcessState.ExitCode()
	})
	kill = func() { _ = cmd.Process.Kill() }
	p.t.Cleanup(func() {
		kill()
		end()
	})
	return out, end, kill
}

type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func (p *processes) until(what string, holds func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("it doesn't come to that: %s", what)
		}
	}
}

func (p *processes) owned() bool {
	c, err := socket.Dial(context.Background(), filepath.Join(p.dir, "state"))
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// TestOwnerKilled: the owner is killed with three operators attached, in the middle of an import. The commands say so,
// the console owns the state next, the import goes on where it was, and nothing is made twice.
func TestOwnerKilled(t *testing.T) {
	t.Parallel()
	p := &processes{t: t, dir: t.TempDir(), host: fakehost.New(fakehost.Options{})}
	hostURL, stopHost := p.host.Start()
	t.Cleanup(stopHost)
	provider, stopProvider := fakehost.NewProvider().Start()
	t.Cleanup(stopProvider)
	file := func(name, text string) string {
		path := filepath.Join(p.dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, ended, kill := p.begin("serve")
	p.until("it is served", p.owned)
	if out, exit := p.run("host", "add", "lab", "--url", hostURL, "--admin-key-file", file("admin.key", p.host.AdminKey())); exit != 0 {
		t.Fatal(out)
	}
	reached := make(chan bool, 3)
	mend := p.host.Inject(fakehost.Fault{Method: "POST", Path: "/accounts/2/test$", Times: -1, Action: "hang", Then: func() { reached <- true }})
	importing, importEnded, _ := p.begin("import", "run", "--host", "lab", "--provider", "deepseek", "--base-url", provider+"/v1",
		"--keys-file", file("keys.txt", "sk-ok-1\nsk-ok-2\nsk-ok-3\n"), "--access", "subscription")
	<-reached
	list, _ := p.run("batch", "list", "--json")
	id := batchIn(t, list)
	watching, watchEnded, _ := p.begin("batch", "watch", id)
	p.until("it is watched", func() bool { return strings.Contains(watching.String(), "import") })
	console := p.command()
	screen, err := pty.StartWithSize(console, &pty.Winsize{Rows: 30, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = console.Process.Kill()
		_ = screen.Close()
	})
	shown := &output{}
	go func() {
		b := make([]byte, 32<<10)
		for {
			n, err := screen.Read(b)
			_, _ = shown.Write(b[:n])
			if err != nil {
				return
			}
		}
	}()
	p.until("the console shows the host", func() bool { return strings.Contains(shown.String(), "1 of 1 hosts up") })

	kill()
	ended()
	for name, x := range map[string]struct {
		out *output
		end func() int
	}{"import": {importing, importEnded}, "watch": {watching, watchEnded}} {
		if exit := x.end(); exit != 1 || !strings.Contains(x.out.String(), "that owned the state directory") {
			t.Errorf("%s: exit code %d\n%s", name, exit, x.out.String())
		}
	}
	p.until("the console owns the state", func() bool {
		out, exit := p.run("who", "--json")
		return exit == 0 && ownerIn(t, out) == console.Process.Pid
	})
	mend()
	if out, exit := p.run("batch", "resume", id); exit != 0 || !strings.Contains(out, "3 passed, 0 failed") {
		t.Errorf("resume: exit code %d\n%s", exit, out)
	}
	made := 0
	for _, w := range p.host.Writes() {
		if w.Method == "POST" && strings.HasSuffix(w.Path, "/admin/accounts") {
			made++
		}
	}
	if made != 3 {
		t.Errorf("%d accounts were made", made)
	}
	if _, err := screen.Write([]byte("q")); err != nil {
		t.Fatal(err)
	}
	if err := console.Wait(); err != nil {
		t.Errorf("the console: %v", err)
	}
	if out, exit := p.run("status"); exit != 0 || !strings.Contains(out, "active") {
		t.Errorf("status: exit code %d\n%s", exit, out)
	}
}

// TestServeTellsSystemd: the service says when it can be used and when it ends, and ends with 0.
func TestServeTellsSystemd(t *testing.T) {
	t.Parallel()
	p := &processes{t: t, dir: t.TempDir()}
	notices, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(p.dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notices.Close()
	hear := func(want string) {
		t.Helper()
		b := make([]byte, 200)
		_ = notices.SetReadDeadline(time.Now().Add(30 * time.Second))
		if n, err := notices.Read(b); err != nil || !strings.HasPrefix(string(b[:n]), want) {
			t.Fatalf("heard %q, %v; want %q", b[:n], err, want)
		}
	}
	cmd := p.command("serve")
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+notices.LocalAddr().String())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	hear("READY=1\nSTATUS=serving ")
	if !p.owned() {
		t.Error("it is ready, but nobody can attach")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	hear("STOPPING=1")
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func batchIn(t *testing.T, stream string) string {
	t.Helper()
	for line := range strings.Lines(stream) {
		var v struct{ Batch struct{ ID string } }
		if err := json.Unmarshal([]byte(line), &v); err == nil && v.Batch.ID != "" {
			return v.Batch.ID
		}
	}
	t.Fatalf("no batch in\n%s", stream)
	return ""
}

func ownerIn(t *testing.T, stream string) int {
	t.Helper()
	for line := range strings.Lines(stream) {
		var v struct{ Owner struct{ PID int } }
		if err := json.Unmarshal([]byte(line), &v); err == nil && v.Owner.PID != 0 {
			return v.Owner.PID
		}
	}
	t.Fatalf("no owner in\n%s", stream)
	return 0
}
