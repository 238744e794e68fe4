package engine

import (
	"context"
	"fmt"
	"sync"

	"cnrelay/core"
)

// controls are the runs under way, and how each is asked to stop.
type controls struct {
	mu   sync.Mutex
	runs map[core.BatchID]control
}

type control struct {
	by   core.Operator // who asked for it
	stop context.CancelCauseFunc
	done chan struct{} // closed at the end
}

// begin gives a run a context of its own; end forgets it.
func (c *controls) begin(ctx context.Context, id core.BatchID) (run context.Context, end func()) {
	run, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runs == nil {
		c.runs = map[core.BatchID]control{}
	}
	done := make(chan struct{})
	c.runs[id] = control{core.OperatorOf(ctx), cancel, done}
	return run, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.runs, id)
		close(done)
		cancel(nil)
	}
}

// Cancelled is why a run was asked to stop, and by whom. It is a [core.ErrInterrupted].
type Cancelled struct {
	Reason string
	By     core.Operator
}

func (c *Cancelled) Error() string {
	return fmt.Sprintf("%v: %s%s", core.ErrInterrupted, c.Reason, ofOperator(c.By))
}

// Unwrap gives [core.ErrInterrupted].
func (c *Cancelled) Unwrap() error { return core.ErrInterrupted }

// ofOperator names an operator in a sentence, if there is one to name.
func ofOperator(o core.Operator) string {
	if o.Name == "" {
		return ""
	}
	return " (" + o.Name + ")"
}

// Cancel asks a run to stop for a reason that its end will carry. What was sent already is waited for and
// written down; nothing new is sent. The batch becomes interrupted and can be resumed or rolled back.
func (e *Engine) Cancel(id core.BatchID, reason string) error {
	return e.cancel(id, &Cancelled{Reason: reason})
}

func (e *Engine) cancel(id core.BatchID, why *Cancelled) error {
	e.controls.mu.Lock()
	defer e.controls.mu.Unlock()
	run, under := e.controls.runs[id]
	if !under {
		return core.Input("batch "+string(id)+" is not running", "cnrelay batch show "+string(id))
	}
	run.stop(why)
	return nil
}

// startedBy is who asked for what a batch is doing now.
func (c *controls) startedBy(id core.BatchID) (by core.Operator, running bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	run, running := c.runs[id]
	return run.by, running
}

// has tells whether a batch is worked on.
func (c *controls) has(id core.BatchID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, under := c.runs[id]
	return under
}

// Running are the batches that this engine is working on.
func (e *Engine) Running() []core.BatchID {
	e.controls.mu.Lock()
	defer e.controls.mu.Unlock()
	var out []core.BatchID
	for id := range e.controls.runs {
		out = append(out, id)
	}
	return out
}

// Done is closed once nothing works on a batch.
func (e *Engine) Done(id core.BatchID) <-chan struct{} {
	e.controls.mu.Lock()
	defer e.controls.mu.Unlock()
	if run, under := e.controls.runs[id]; under {
		return run.done
	}
	over := make(chan struct{})
	close(over)
	return over
}
