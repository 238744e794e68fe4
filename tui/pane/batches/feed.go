package batches

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
)

const (
	// A reading collects events for so long, or so many, before the screen is told: a frame for all of them.
	collect     = 100 * time.Millisecond
	collectMost = 512
	// Events that are kept for the log; what they mean is counted for all.
	keep = 2000
)

// Feed is one batch's events as they happen.
type Feed struct {
	s      *pane.Session
	watch  engine.Follower
	Events []core.Event      // the latest
	Words  map[string]string // account → what its test says right now
	Passed int
	Failed int
	Done   bool // the latest event ended it
	live   bool // the run may still say something
	ended  bool // what there was is read, and nobody waits for more
	last   uint64
	judged map[string]bool // accounts whose test is over: what it still says comes late

	lines []string // the log as drawn
	drawn int      // events in lines
	width int
	run   page.Run
	look  any
}

// Happened is what a feed brought. Whoever owns the feed hands it to [Feed.Take].
type Happened struct {
	Run    core.BatchID
	Feed   *Feed
	Events []core.Event
	// Err is why nothing more comes: the session has ended, or everything was read of a run that isn't live.
	Err error
}

// NewFeed follows a batch from its first event on: for as long as the session lives if the run is live, else to
// what is its last event now.
func NewFeed(s *pane.Session, id core.BatchID, live bool) *Feed {
	return &Feed{s: s, watch: s.Service.Watch(id, 0), live: live, Words: map[string]string{}, judged: map[string]bool{}}
}

// Revive goes on with a feed that was read to its end, because its batch runs again.
func (f *Feed) Revive() tea.Cmd {
	if !f.ended {
		return nil
	}
	f.live, f.ended, f.watch = true, false, f.s.Service.Watch(f.watch.Run(), f.last)
	return f.Wait()
}

// Wait waits for events. Its end is [Happened], after which it has to be waited again.
func (f *Feed) Wait() tea.Cmd {
	watch, live := f.watch, f.live
	return func() tea.Msg {
		m := Happened{Run: watch.Run(), Feed: f}
		if live {
			ev, err := watch.Next(f.s.Context)
			if err != nil {
				m.Err = err
				return m
			}
			m.Events = append(m.Events, ev)
		}
		ctx, cancel := context.WithTimeout(f.s.Context, collect)
		defer cancel()
		for len(m.Events) < collectMost {
			ev, err := watch.Next(ctx)
			if err != nil {
				if !live {
					m.Err = err
				}
				return m
			}
			m.Events = append(m.Events, ev)
		}
		return m
	}
}

// Take folds what happened into the feed, and waits for more.
func (f *Feed) Take(m Happened) tea.Cmd {
	for _, ev := range m.Events {
		f.fold(ev)
	}
	if m.Err != nil {
		f.watch.Close()
		f.live, f.ended = false, true
		return nil
	}
	return f.Wait()
}

func (f *Feed) fold(ev core.Event) {
	if ev.Type == core.EventProgress {
		if f.judged[ev.Name] {
			return
		}
		f.Words[ev.Name] = page.OneLine(f.Words[ev.Name] + ev.Text)
		return
	}
	f.Events = append(f.Events, ev)
	if over := len(f.Events) - keep; over > 0 {
		f.Events = f.Events[over:]
		f.drawn = max(0, f.drawn-over)
	}
	f.last = ev.Seq
	f.Done = ev.Type == core.EventFinished
	switch ev.Type {
	case core.EventStarted:
		if ev.Text == "" {
			f.Passed, f.Failed = 0, 0
		}
	case core.EventIntent:
		if ev.Verb == core.Test {
			delete(f.judged, ev.Name)
		}
	case core.EventVerdict:
		delete(f.Words, ev.Name)
		f.judged[ev.Name] = true
		if ev.Verdict == core.Passed {
			f.Passed++
		} else {
			f.Failed++
		}
	}
}

// Lines are the log, drawn once an event.
func (f *Feed) Lines(host core.Host, width int) []string {
	look := [2]any{f.s.Words.Lang(), f.s.Theme}
	if f.width != width || f.look != look || f.drawn > len(f.Events) {
		f.lines, f.drawn, f.width, f.look = nil, 0, width, look
		f.run = page.Run{Page: page.New(f.s.Words, width, func(line string) { f.lines = append(f.lines, line) }, f.s.Theme.Page)}
	}
	for ; f.drawn < len(f.Events); f.drawn++ {
		f.run.Event(host, f.Events[f.drawn])
	}
	return f.lines
}
