package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
	"cnrelay/state"
)

// errand is what a child process is sent to do: one stretch on a state directory, and perhaps to die of it.
type errand struct {
	Dir, URL, Upstream string
	Models             []string // that the upstream has, the first for the proof; none: those of the simulated one
	Stretch            stretch
	Batch              core.BatchID // that a rollback takes back
	Die                int          // at the answer to its n-th write, before that is written down; 0: not by its own hand
}

const errandEnv = "CNRELAY_TEST_ERRAND"

// runErrand is the child's main.
func runErrand(text string) error {
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return err
	}
	eng, closed, err := e.open()
	if err != nil {
		return err
	}
	j := &job{lab: &lab{Engine: eng}, stretch: e.Stretch, batch: e.Batch}
	done, err := j.startIn(context.Background())
	if err == nil {
		err = <-done
	}
	return errors.Join(err, closed())
}

// open starts a cnrelay on the errand's state directory, as a process does.
func (e errand) open() (*engine.Engine, func() error, error) {
	st, err := state.Open(e.Dir, state.Options{What: "crash test"})
	if err != nil {
		return nil, nil, err
	}
	dialer := hostclient.New("crash test")
	dialer.Limits.SignInEvery = time.Millisecond
	pack := acme(e.Upstream)
	if len(e.Models) > 1 {
		pack.Models[0].ID, pack.Models[1].ID = e.Models[0], e.Models[1]
		pack.Mapping, pack.Smoke.Model = nil, e.Models[0]
	}
	eng, err := engine.New(context.Background(), engine.Deps{Store: st.Store(), Vault: st.Vault(), Dialer: &errandDialer{Dialer: dialer, url: e.URL, die: e.Die},
		Packs: onePack{&lab{pack: pack}}, State: st.Info().ID, Settles: time.Millisecond})
	return eng, func() error { eng.Close(); dialer.Close(); return st.Close() }, err
}

// errandDialer reaches the host where the errand says, and dies where it says.
type errandDialer struct {
	core.Dialer
	url    string
	die    int
	writes atomic.Int32
}

func (d *errandDialer) Host(h core.Host, secret func(ref string) (string, error)) (core.HostClient, error) {
	h.URL = d.url
	c, err := d.Dialer.Host(h, secret)
	return &errandClient{c, d}, err
}

func (d *errandDialer) answered() {
	if int(d.writes.Add(1)) == d.die {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

type errandClient struct {
	core.HostClient
	d *errandDialer
}

func (c *errandClient) Write(ctx context.Context, w core.Write) (core.Object, error) {
	o, err := c.HostClient.Write(ctx, w)
	c.d.answered()
	return o, err
}

func (c *errandClient) TestAccount(ctx context.Context, id int64, model, prompt string, progress func(string)) (core.AccountTest, error) {
	t, err := c.HostClient.TestAccount(ctx, id, model, prompt, progress)
	c.d.answered()
	return t, err
}

// moment is when in the life of a write the process is killed.
type moment string

const (
	beforeSend  moment = "before it reaches the host"
	beforeReply moment = "after the host committed it, before its answer"
	beforeWord  moment = "after its answer, before it is written down"
)

// road is the way from a child to its host. At one of the writes that pass it kills the child.
type road struct {
	*httptest.Server
	nth    int
	when   moment
	child  *exec.Cmd
	mu     sync.Mutex
	writes []string
}

func newRoad(t *testing.T, host string, nth int, when moment) *road {
	t.Helper()
	to, err := url.Parse(host)
	if err != nil {
		t.Fatal(err)
	}
	r := &road{nth: nth, when: when}
	through := httputil.NewSingleHostReverseProxy(to)
	through.FlushInterval = -1
	through.Transport = &http.Transport{DisableKeepAlives: true} // the default one is closed by every server that ends
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		// A server closes the body at the first byte of an answer, which the host may give before all of the body was
		// passed on; the way to the host would break off.
		body, err := io.ReadAll(q.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		q.Body = io.NopCloser(bytes.NewReader(body))
		strikes := r.pass(q)
		if strikes && r.when == beforeReply {
			through.ServeHTTP(httptest.NewRecorder(), q.WithContext(context.WithoutCancel(q.Context())))
		}
		if strikes && r.when != beforeWord {
			_ = r.child.Process.Kill()
			panic(http.ErrAbortHandler)
		}
		through.ServeHTTP(w, q)
	}))
	t.Cleanup(r.Close)
	return r
}

var isWrite = regexp.MustCompile(`^(POST|PUT|DELETE) /api/v1/(admin|keys)`)

// pass notes a write and tells whether it is the one to die of. The host check's harmless questions are none: their id
// is no number.
func (r *road) pass(q *http.Request) bool {
	line := q.Method + " " + q.URL.Path
	if !isWrite.MatchString(line) || strings.Contains(line, "/x") {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes = append(r.writes, line)
	return len(r.writes) == r.nth
}

// ground is what a stretch begins on: a host's database and a state directory, to be copied for each point.
type ground struct {
	stretch
	backup        fakehost.Backup
	dir           string
	batch         core.BatchID
	upstream      string
	before, after []string
	writes        []string
}

// at puts the ground's host and state directory up anew, with a road to it.
func (g *ground) at(t *testing.T, nth int, when moment) (*lab, errand, *road) {
	t.Helper()
	l := &lab{t: t, host: fakehost.New(fakehost.Options{})}
	l.host.Restore(g.backup)
	url, stop := l.host.Start()
	t.Cleanup(stop)
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.CopyFS(dir, os.DirFS(g.dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r := newRoad(t, url, nth, when)
	e := errand{Dir: dir, URL: r.URL, Upstream: g.upstream, Stretch: g.stretch, Batch: g.batch}
	if when == beforeWord {
		e.Die = nth
	}
	return l, e, r
}

// send runs an errand in a process of its own and tells whether it was killed.
func send(t *testing.T, e errand, r *road) (killed bool) {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	r.child = exec.Command(os.Args[0])
	r.child.Env = append(os.Environ(), errandEnv+"="+string(text))
	out, err := r.child.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return false
}

// reopen starts the next process, in the test itself.
func (l *lab) reopen(e errand) {
	l.t.Helper()
	e.Die = 0
	eng, closed, err := e.open()
	if err != nil {
		l.t.Fatal(err)
	}
	l.Engine, l.state = eng, eng.State
	l.t.Cleanup(func() {
		if err := closed(); err != nil {
			l.t.Error(err)
		}
	})
}

// TestCrashSweep kills the process at every write of every stretch, at each of three moments, starts it again on the
// same state directory and goes on, or back: the host ends as if nothing had happened.
func TestCrashSweep(t *testing.T) {
	if testing.Short() {
		t.Skip("its children are many")
	}
	upstream, stop := fakehost.NewProvider("flash", "pro").Start()
	t.Cleanup(stop)
	points := atomic.Int32{}
	want := 0
	t.Run("points", func(t *testing.T) {
		limit := make(chan struct{}, 4)
		for _, s := range stretches {
			g := newGround(t, s, upstream)
			want += 3 * len(g.writes)
			for n := range g.writes {
				for _, when := range []moment{beforeSend, beforeReply, beforeWord} {
					t.Run(fmt.Sprintf("%s/%d/%s", s, n+1, when), func(t *testing.T) {
						t.Parallel()
						limit <- struct{}{}
						defer func() { <-limit }()
						if g.crash(t, n+1, when) {
							points.Add(1)
						}
					})
				}
			}
		}
	})
	if int(points.Load()) != want || want < 100 {
		t.Errorf("%d points were hit, of 3 x the writes = %d", points.Load(), want)
	}
	figures.Print(t, "Crash sweep", "%d points (3 x the %d writes of an undisturbed run): the host equal to an undisturbed run, 0 duplicates, 0 orphans, 0 deletions outside the ledger", points.Load(), want/3)
}

// newGround prepares a stretch and runs it undisturbed.
func newGround(t *testing.T, s stretch, upstream string) *ground {
	t.Helper()
	g := &ground{stretch: s, upstream: upstream, dir: filepath.Join(t.TempDir(), "state")}
	host := fakehost.New(fakehost.Options{})
	hostURL, stop := host.Start()
	defer stop()
	seedStrangers(host)
	e := errand{Dir: g.dir, URL: hostURL, Upstream: upstream, Stretch: s}
	eng, closed, err := e.open()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, Engine: eng, host: host}
	l.must(l.AddHost(t.Context(), engine.HostSpec{Secret: host.AdminKey(),
		Host: core.Host{Name: "lab", URL: hostURL, Auth: core.AuthAdminKey, Concurrency: 1}}))
	g.batch = l.before(s).batch
	if err := closed(); err != nil {
		t.Fatal(err)
	}
	g.backup = host.Backup()
	g.before = l.shape()

	l, e, r := g.at(t, 0, "")
	if send(t, e, r) {
		t.Fatalf("%s: killed, and nobody did it", s)
	}
	g.after, g.writes = l.shape(), r.writes
	if own := l.host.Writes(); len(own) != len(g.writes) {
		t.Fatalf("%s: %d writes passed, the host's own log has %d", s, len(g.writes), len(own))
	}
	return g
}

// crash is one point. It tells whether the process was killed where it should be.
func (g *ground) crash(t *testing.T, nth int, when moment) bool {
	l, e, r := g.at(t, nth, when)
	if !send(t, e, r) {
		t.Error("it was not killed")
		return false
	}
	if hit := r.writes[len(r.writes)-1]; len(r.writes) != nth || hit != g.writes[nth-1] {
		t.Errorf("it was killed at write %d, %s; the %d. of an undisturbed run is %s", len(r.writes), hit, nth, g.writes[nth-1])
		return false
	}
	r.nth = 0
	l.reopen(e)
	batches, err := l.Batches(t.Context(), engine.BatchFilter{})
	if err != nil || batches[0].State != core.BatchInterrupted {
		t.Fatalf("after the crash: %v %v", batches[0].State, err)
	}
	j := &job{lab: l, stretch: g.stretch, batch: batches[0].ID}
	finish := func(next func() (<-chan error, error), want []string) {
		t.Helper()
		done, err := next()
		if err == nil {
			err = <-done
		}
		if err != nil {
			t.Error(err)
		}
		if diff := difference(l.shape(), want); diff != "" {
			t.Errorf("then %s:\n%s", j.detail(j.batch).State, diff)
		}
		if wrong := l.books(); len(wrong) > 0 {
			t.Errorf("then %s: %v", j.detail(j.batch).State, wrong)
		}
	}
	forward := g.stretch == undoing || g.stretch == undoingReplace || (nth+len(when))%2 == 0 || figures.Long()
	if forward {
		finish(j.on, g.after)
	}
	if g.stretch == importing || g.stretch == replacing {
		finish(j.back, g.before)
	}
	return true
}

// seedStrangers puts things on the host that are nobody's business.
func seedStrangers(h *fakehost.Host) {
	group := h.Seed("groups", map[string]any{"name": "theirs", "platform": "openai", "rate_multiplier": 1})
	h.Seed("channels", map[string]any{"name": "theirs", "group_ids": []int64{group}})
	h.Seed("accounts", map[string]any{"name": "acme-theirs", "platform": "openai", "type": "apikey", "group_ids": []int64{group},
		"credentials": map[string]any{"api_key": "sk-ok-theirs", "base_url": "http://127.0.0.1:9/v1"}})
	h.Seed("users", map[string]any{"email": "theirs@x.test", "password": "secret-1"})
	h.SeedKey("theirs@x.test", "secret-1", "theirs", group)
}
