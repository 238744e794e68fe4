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
	watch  *engine.Watch
	Events []core.Event      // the latest
	Words  map[string]string // step → what an account test says right now
	Passed int
	Failed int
	Done   bool // the latest event ended it
	count  int  // events seen, those that aren't kept included

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
	Err    error
}

// NewFeed follows a batch from its first event on.
func NewFeed(s *pane.Session, id core.BatchID) *Feed {
	return &Feed{s: s, watch: s.Service.Watch(id, 0), Words: map[string]string{}}
}

// Wait waits for events. Its end is [Happened], after which it has to be waited again.
func (f *Feed) Wait() tea.Cmd {
	return func() tea.Msg {
		m := Happened{Run: f.watch.Run(), Feed: f}
		ev, err := f.watch.Next(f.s.Context)
		if err != nil {
			m.Err = err
			return m
		}
		m.Events = append(m.Events, ev)
		ctx, cancel := context.WithTimeout(f.s.Context, collect)
		defer cancel()
		for len(m.Events) < collectMost {
			if ev, err = f.watch.Next(ctx); err != nil {
				return m
			}
			m.Events = append(m.Events, ev)
		}
		return m
	}
}

// Take folds what happened into the feed, and waits for more.
func (f *Feed) Take(m Happened) tea.Cmd {
	if m.Err != nil {
		f.watch.Close()
		return nil
	}
	for _, ev := range m.Events {
		f.fold(ev)
	}
	return f.Wait()
}

func (f *Feed) fold(ev core.Event) {
	if ev.Type == core.EventProgress {
		f.Words[ev.Step] = page.OneLine(f.Words[ev.Step] + ev.Text)
		return
	}
	f.Events = append(f.Events, ev)
	if over := len(f.Events) - keep; over > 0 {
		f.Events = f.Events[over:]
		f.drawn = max(0, f.drawn-over)
	}
	f.count++
	f.Done = ev.Type == core.EventFinished
	switch ev.Type {
	case core.EventStarted:
		if ev.Text == "" {
			f.Passed, f.Failed = 0, 0
		}
	case core.EventVerdict:
		delete(f.Words, ev.Step)
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
