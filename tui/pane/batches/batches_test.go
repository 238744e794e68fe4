package batches

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/pane"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
)

// counting counts how often a batch is read in full.
type counting struct {
	pane.Service
	reads int
}

func (s *counting) Batch(context.Context, core.BatchID) (engine.BatchDetail, error) {
	s.reads++
	return engine.BatchDetail{}, nil
}

func (s *counting) DriftRuns(context.Context, engine.DriftFilter) ([]core.DriftRun, error) {
	return nil, nil
}

// TestTheLastChangeIsRead: a running batch isn't read at every change, but what changed last is on screen soon.
func TestTheLastChangeIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counting{}
		p := New(&pane.Session{Context: t.Context(), Service: s, Words: text.For(text.EN), Theme: theme.New(io.Discard, theme.Options{}), Now: time.Now})
		if cmd := p.read("b1", time.Second); cmd == nil {
			t.Fatal("it isn't read at all")
		} else {
			cmd()
		}
		time.Sleep(100 * time.Millisecond)
		later := p.read("b1", time.Second)
		if later == nil || p.read("b1", time.Second) != nil {
			t.Fatal("two changes soon after a reading are one more reading")
		}
		if again := p.Update(later()); again == nil {
			t.Error("the last change isn't read")
		} else {
			again()
		}
		if s.reads != 2 {
			t.Errorf("%d readings", s.reads)
		}
	})
}
