package tui_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
)

// burstOf is how many events a run has in its one second.
const burstOf = 5000

// bursting is a service where the run that is looked at says so much.
type bursting struct {
	*stub
	read atomic.Int64
}

func (s *bursting) Watch(id core.BatchID, _ uint64) engine.Follower {
	return &burst{s: s, id: id, from: time.Now()}
}

type burst struct {
	s    *bursting
	id   core.BatchID
	from time.Time
	n    int
}

func (w *burst) Run() core.BatchID { return w.id }
func (w *burst) Close()            {}
func (w *burst) Next(ctx context.Context) (core.Event, error) {
	if w.n > burstOf {
		<-ctx.Done()
		return core.Event{}, ctx.Err()
	}
	select {
	case <-time.After(time.Until(w.from.Add(time.Duration(w.n) * time.Second / burstOf))):
	case <-ctx.Done():
		return core.Event{}, ctx.Err()
	}
	w.n++
	w.s.read.Store(int64(w.n))
	ev := core.Event{Run: w.id, Seq: uint64(w.n), Type: core.EventVerdict, Verdict: core.Passed, Kind: core.Account, Name: fmt.Sprintf("acme-%d", w.n), ID: int64(w.n), At: time.Now()}
	if w.n > burstOf {
		ev.Type, ev.State = core.EventFinished, string(core.BatchSucceeded)
	}
	return ev, nil
}

// seen is a console whose latest frame can be looked at.
type seen struct {
	tea.Model
	frame *atomic.Value
}

func (s seen) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	next, cmd := s.Model.Update(m)
	return seen{next, s.frame}, cmd
}

func (s seen) View() string {
	v := s.Model.View()
	s.frame.Store(v)
	return v
}

// BenchmarkBurst has 5,000 events come in a second to an open page, and presses keys meanwhile.
func BenchmarkBurst(b *testing.B) {
	for b.Loop() {
		m, err := keys.New(nil)
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		service := &bursting{stub: newStub()}
		sess := &pane.Session{Context: ctx, Service: service, Words: text.For(text.EN), Keys: m, Now: time.Now, Terminal: func(string) {},
			Themed: func(name theme.Name) *theme.Theme {
				return theme.New(nil, theme.Options{Name: name, Profile: termenv.Ascii})
			}}
		sess.Theme = sess.Themed("")
		frame := &atomic.Value{}
		frame.Store("")
		p := tea.NewProgram(seen{tui.New(sess), frame}, tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithContext(ctx), tea.WithoutSignals())
		done := make(chan struct{})
		go func() { defer close(done); _, _ = p.Run() }()
		wait := func(what string, holds func(string) bool) {
			for deadline := time.Now().Add(10 * time.Second); !holds(frame.Load().(string)); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					b.Fatalf("never seen: %s\n%s", what, frame.Load())
				}
			}
		}
		sees := func(want string) { wait(want, func(s string) bool { return strings.Contains(s, want) }) }
		press := func(k string) {
			if k == "enter" || k == "esc" {
				p.Send(tea.KeyMsg{Type: map[string]tea.KeyType{"enter": tea.KeyEnter, "esc": tea.KeyEsc}[k]})
				return
			}
			p.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)})
		}
		p.Send(tea.WindowSizeMsg{Width: 160, Height: 48})
		sees("Hosts")
		press("3")
		sees("b5running")
		press("enter")
		var took []time.Duration
		for service.read.Load() < burstOf {
			start := time.Now()
			press("?")
			sees("In lists and pages")
			took = append(took, time.Since(start))
			start = time.Now()
			press("esc")
			wait("the page again", func(s string) bool { return !strings.Contains(s, "In lists and pages") })
			took = append(took, time.Since(start))
		}
		sees("finished: succeeded")       // the event that ends it is on screen
		sees(fmt.Sprintf("%d/", burstOf)) // and every other was counted
		took = slices.Sorted(slices.Values(took))
		b.ReportMetric(float64(took[len(took)*95/100])/1e6, "ms-p95-answer")
		b.ReportMetric(float64(took[len(took)-1])/1e6, "ms-most")
		b.ReportMetric(float64(len(took)), "keys")
		cancel()
		<-done
	}
}
