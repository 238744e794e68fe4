package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/crypto/ssh"

	"cnrelay/cmd/cnrelay/internal/sshd"
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui"
	"cnrelay/tui/pane"
)

// onPurpose is what a bomb throws.
type onPurpose struct{}

// bomb is a console that panics at its first key.
type bomb struct{ tea.Model }

func (b bomb) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, key := msg.(tea.KeyMsg); key {
		panic(onPurpose{})
	}
	m, cmd := b.Model.Update(msg)
	return bomb{m}, cmd
}

// crowd is many consoles at once: some are used, some don't read what they are sent, some panic, some are flooded with keys.
type crowd struct {
	e                        *estate
	used, panicking, flooded []*remote
	stalled                  []*deaf
	first                    []time.Duration // from connecting to the first frame
	over                     chan struct{}   // closed when the flood ends
	floods                   sync.WaitGroup
}

func (e *estate) crowd(used, stalled, panicking, flooding int) *crowd {
	e.t.Helper()
	e.house.model = func(who core.Operator, s *pane.Session) tea.Model {
		if strings.HasPrefix(who.Name, "panic") {
			return bomb{tui.New(s)}
		}
		return tui.New(s)
	}
	c := &crowd{e: e, over: make(chan struct{})}
	open := func(kind string, n int) (out []*remote) {
		for i := range n {
			start := time.Now()
			out = append(out, e.terminal(fmt.Sprintf("%s-%d", kind, i), core.RoleOperator, "").until("1 of 1 hosts up"))
			c.first = append(c.first, time.Since(start))
		}
		return out
	}
	c.used, c.panicking, c.flooded = open("used", used), open("panic", panicking), open("flood", flooding)
	for i := range stalled {
		c.stalled = append(c.stalled, e.deaf(fmt.Sprintf("stalled-%d", i)))
	}
	return c
}

// begin makes them misbehave.
func (c *crowd) begin() {
	for _, r := range c.flooded {
		c.flood(r.keys)
	}
	for _, d := range c.stalled {
		d.conn.deaf.Store(true)
		c.flood(d.keys)
	}
	for _, r := range c.panicking {
		_, _ = io.WriteString(r.keys, "x")
	}
}

func (c *crowd) flood(keys io.Writer) {
	c.floods.Go(func() {
		for {
			select {
			case <-c.over:
				return
			default:
				if _, err := io.WriteString(keys, "\t\x1b[B\x1b[A"); err != nil {
					return
				}
			}
		}
	})
}

// end leaves all of them.
func (c *crowd) end() {
	close(c.over)
	for _, r := range slices.Concat(c.used, c.panicking, c.flooded) {
		_ = r.client.Close()
	}
	for _, d := range c.stalled {
		_ = d.client.Close()
	}
	c.floods.Wait()
}

// deaf is a console whose client stops reading.
type deaf struct {
	client *ssh.Client
	conn   *deafConn
	keys   io.Writer
}

type deafConn struct {
	net.Conn
	deaf   atomic.Bool
	closed chan struct{}
	once   sync.Once
}

func (c *deafConn) Read(b []byte) (int, error) {
	if c.deaf.Load() {
		<-c.closed
		return 0, net.ErrClosed
	}
	return c.Conn.Read(b)
}

func (c *deafConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func (e *estate) deaf(name string) *deaf {
	e.t.Helper()
	signer := e.let(name, core.RoleOperator)
	d := &deaf{conn: &deafConn{Conn: e.connect(), closed: make(chan struct{})}}
	d.client = e.signIn(d.conn, name, signer)
	s, err := d.client.NewSession()
	if err != nil {
		e.t.Fatal(err)
	}
	s.Stdout = io.Discard
	if d.keys, err = s.StdinPipe(); err != nil {
		e.t.Fatal(err)
	}
	if err := errors.Join(s.RequestPty("xterm-256color", 50, 200, nil), s.Shell()); err != nil {
		e.t.Fatal(err)
	}
	return d
}

func (e *estate) present() []engine.Present {
	who, err := e.house.service.Who(context.Background())
	if err != nil {
		e.t.Error(err)
	}
	return who.Present
}

// on tells how many operators with such names are on.
func (e *estate) on(kind string) (n int) {
	for _, p := range e.present() {
		if strings.HasPrefix(p.Operator.Name, kind) {
			n++
		}
	}
	return n
}

// look is how long a console takes to show something else.
func (r *remote) look(key, shown string) time.Duration {
	r.forget()
	start := time.Now()
	r.press(key).until(shown)
	return time.Since(start)
}

func crowdLimits(stall time.Duration) sshd.Limits {
	l := sshd.DefaultLimits
	l.Stall, l.Flood, l.Waiting = stall, 2*stall, 64
	return l
}

// TestCrowd: whatever some sessions do, the others and the engine go on, and nothing of it is left at the end.
func TestCrowd(t *testing.T) {
	e := newEstate(t, crowdLimits(500*time.Millisecond))
	used := 10
	if testing.Short() {
		used = 3
	}
	c := e.crowd(used, used/3, used/3, used/3)
	c.begin()
	for i, r := range c.panicking {
		if exit := r.exit(); exit != exitError || !strings.Contains(r.text(), "an internal error ended this session") || !strings.Contains(r.text(), "\x1b[?1049l") {
			t.Errorf("panicking %d: exit code %d", i, exit)
		}
	}
	waitFor(t, "the stalled ones are cut", func() bool { return e.on("stalled") == 0 })
	for _, r := range c.used {
		r.look("2", "Zhipu")
		r.look("1", "dialled")
	}
	if _, err := e.house.service.CheckHost(t.Context(), "lab"); err != nil {
		t.Error(err)
	}
	if n := e.on("used"); n != used {
		t.Errorf("%d of %d are on", n, used)
	}
	c.end()
	waitFor(t, "all are gone", func() bool { return e.on("") == 0 })
	waitFor(t, "their goroutines are gone", func() bool { return goroutines() == 0 })
}

// goroutines counts those that belong to sessions: of the server, of SSH, of consoles. Clocks of a console run out by
// themselves.
func goroutines() (n int) {
	all := make([]byte, 16<<20)
	for g := range strings.SplitSeq(string(all[:runtime.Stack(all, true)]), "\n\n") {
		for _, of := range []string{"sshd.(*Server).connection", "sshd.(*session)", "crypto/ssh.", "cli.(*typed)", "cli.(*session)", "bubbletea.(*Program).Run", "engine.(*Watch).Next"} {
			if strings.Contains(g, of) {
				n++
				break
			}
		}
	}
	return n
}

// BenchmarkCrowd puts 50 consoles on one engine, 10 of them stalled, 5 panicking, 5 flooded with keys. The floor is the
// same work of the engine, and the same keys, without them.
func BenchmarkCrowd(b *testing.B) {
	serves()
	for b.Loop() {
		e := newEstate(b, crowdLimits(sshd.DefaultLimits.Stall))
		work := func() time.Duration { // a look at the host, and a commit
			start := time.Now()
			if _, err := e.house.service.CheckHost(context.Background(), "lab"); err != nil {
				b.Fatal(err)
			}
			return time.Since(start)
		}
		measure := func(n int, f func() time.Duration) (out []time.Duration) {
			for range n {
				out = append(out, f())
				time.Sleep(5 * time.Millisecond)
			}
			slices.Sort(out)
			return out
		}
		idle := measure(750, work)
		var ms runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&ms)
		heap := ms.HeapAlloc
		c := e.crowd(30, 10, 5, 5)
		runtime.GC()
		runtime.ReadMemStats(&ms)
		b.ReportMetric(float64(ms.HeapAlloc-heap)/50/(1<<20), "MB/session") // its client included
		slices.Sort(c.first)
		b.ReportMetric(float64(c.first[len(c.first)*95/100])/1e6, "ms-first-frame-p95")
		quiet := measure(40, func() time.Duration { return c.used[0].look("2", "Zhipu") + c.used[0].look("1", "dialled") })
		begun, cut := time.Now(), make(chan time.Duration, 1)
		c.begin()
		go func() {
			for e.on("stalled") > 0 {
				time.Sleep(50 * time.Millisecond)
			}
			cut <- time.Since(begun)
		}()
		loaded := measure(1500, work) // for about as long as the stalled ones are on
		i := 0
		frames := measure(60, func() time.Duration {
			i++
			r := c.used[i%len(c.used)]
			return r.look("2", "Zhipu") + r.look("1", "dialled")
		})
		b.ReportMetric((<-cut).Seconds(), "s-to-cut")
		b.ReportMetric(float64(frames[len(frames)*95/100])/2e6, "ms-frame-p95")
		b.ReportMetric(float64(quiet[len(quiet)*95/100])/2e6, "ms-frame-quiet-p95")
		c.end()
		waitFor(b, "all are gone", func() bool { return e.on("") == 0 })
		idle = append(idle, measure(750, work)...) // the machine's own noise, before and after
		slices.Sort(idle)
		of := func(d []time.Duration, percent int) float64 { return float64(d[len(d)*percent/100]) }
		b.ReportMetric(of(loaded, 99)/of(idle, 99), "×idle-p99")
		b.ReportMetric(of(loaded, 50)/of(idle, 50), "×idle-p50")
		b.ReportMetric(of(idle, 99)/1e6, "ms-idle-p99")
	}
}
