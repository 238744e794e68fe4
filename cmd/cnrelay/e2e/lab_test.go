package e2e

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"cnrelay/cmd/cnrelay/internal/cli"
	"cnrelay/cmd/cnrelay/internal/ptytest"
	"cnrelay/hostclient/fakehost"
)

// lab is what stands around the console: a provider, simulated hosts, and a state directory.
type lab struct {
	t        testing.TB
	dir      string
	provider *fakehost.Provider
	upstream string // base URL
	secrets  []string
	hosts    map[string]*host
}

// host is a simulated host that can be held up, and that can die.
type host struct {
	*fakehost.Host
	t       testing.TB
	address string
	stop    func()

	mu   sync.Mutex
	held []*gate
}

// gate holds matching requests until it is opened.
type gate struct {
	method  string
	path    *regexp.Regexp
	missing int           // until it is reached
	reached chan struct{} // closed when so many wait
	open    chan struct{}
}

func newLab(t testing.TB) *lab {
	t.Helper()
	if t, ok := t.(*testing.T); ok {
		t.Parallel()
	}
	l := &lab{t: t, dir: t.TempDir(), provider: fakehost.NewProvider(), hosts: map[string]*host{}}
	url, stop := l.provider.Start()
	t.Cleanup(stop)
	l.upstream = url + "/v1"
	return l
}

// host makes a simulated host that isn't registered.
func (l *lab) host(name string, o fakehost.Options) *host {
	l.t.Helper()
	h := &host{Host: fakehost.New(o), t: l.t, address: "127.0.0.1:0"}
	h.rise()
	l.t.Cleanup(func() { h.die() })
	l.hosts[name] = h
	l.secrets = append(l.secrets, h.AdminKey())
	l.file(name+".key", h.AdminKey())
	return h
}

// registered makes a simulated host that the console knows.
func (l *lab) registered(name string, o fakehost.Options) *host {
	l.t.Helper()
	h := l.host(name, o)
	l.run("host", "add", name, "--url", h.url(), "--admin-key-file", filepath.Join(l.dir, name+".key"))
	return h
}

// rise serves the host, at the address that it had before.
func (h *host) rise() {
	h.t.Helper()
	listener, err := net.Listen("tcp", h.address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.address = listener.Addr().String()
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(listener) }()
	h.stop = func() { _ = server.Close() }
}

// die takes the host off the network, in the middle of whatever it does.
func (h *host) die() {
	h.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.held {
		g.let()
	}
}

func (h *host) url() string { return "http://" + h.address }

// ServeHTTP implements [http.Handler].
func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	var at *gate
	for _, g := range h.held {
		if g.method == r.Method && g.path.MatchString(r.URL.Path) {
			at = g
			if g.missing--; g.missing == 0 {
				close(g.reached)
			}
		}
	}
	h.mu.Unlock()
	if at != nil {
		select {
		case <-at.open:
		case <-r.Context().Done():
		}
	}
	h.Host.ServeHTTP(w, r)
}

// hold keeps requests from the host until the gate is opened. It is reached once so many have come.
func (h *host) hold(method, path string, requests int) *gate {
	g := &gate{missing: requests, method: method, path: regexp.MustCompile(path), reached: make(chan struct{}), open: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = append(h.held, g)
	return g
}

// let opens the gate for good.
func (g *gate) let() {
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

func (l *lab) file(name, text string) string {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	return path
}

func (l *lab) getenv(name string) string {
	for _, e := range l.env() {
		if n, v, _ := strings.Cut(e, "="); n == name {
			return v
		}
	}
	return ""
}

func (l *lab) env() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + l.dir, "CNRELAY_STATE=" + filepath.Join(l.dir, "state"), "XDG_CONFIG_HOME=" + filepath.Join(l.dir, "config")}
}

// run runs a command that succeeds, as another way to get where a test begins.
func (l *lab) run(args ...string) string {
	l.t.Helper()
	exit, out := l.command(args...)
	if exit != 0 {
		l.t.Fatalf("cnrelay %s: exit code %d\n%s", strings.Join(args, " "), exit, out)
	}
	return out
}

func (l *lab) command(args ...string) (exit int, said string) {
	l.t.Helper()
	var out bytes.Buffer
	exit = cli.Run(context.Background(), cli.IO{Args: args, In: strings.NewReader(""), Out: &out, Err: &out, Exit: func(int) {}, Getenv: l.getenv, Version: "test"})
	return exit, out.String()
}

// imported imports keys on a host before the console opens, whatever becomes of them.
func (l *lab) imported(name string, keys ...string) {
	l.t.Helper()
	exit, said := l.command("import", "run", "--host", name, "--provider", "deepseek", "--base-url", l.upstream, "--access", "subscription",
		"--keys-file", l.file("keys.txt", strings.Join(keys, "\n")))
	if !strings.Contains(said, "inconclusive") { // the count of what passed and failed
		l.t.Fatalf("the import ended with %d:\n%s", exit, said)
	}
}

// open opens the console at 80x24; more is added to its environment.
func (l *lab) open(more ...string) *ptytest.Terminal {
	l.t.Helper()
	return l.openAt(80, 24, more...)
}

func (l *lab) openAt(width, height int, more ...string) *ptytest.Terminal {
	l.t.Helper()
	return ptytest.Start(l.t, ptytest.Options{Width: width, Height: height, Env: append(l.env(), more...), Secrets: l.secrets}, "cnrelay")
}
