package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cnrelay/core"
)

// How much is kept of one run. Beyond it, what went well is kept without its bodies, and then not at all.
const (
	keptBytes     = 64 << 20
	keptExchanges = 50_000
)

// tape takes what is exchanged for one purpose. Nothing is written for it alone: what came is kept together with the
// next commit of the run, whatever that is for. A nil tape takes nothing.
type tape struct {
	mu    sync.Mutex
	run   core.Run
	new   bool // run isn't stored as it is
	fresh []core.Exchange
	tries map[string]int
	bytes int
}

// recorded begins a run: exchanges under the context that it gives go to its tape.
func (e *Engine) recorded(ctx context.Context, kind core.RunKind) (context.Context, *tape) {
	t := &tape{new: true, tries: map[string]int{}, run: core.Run{ID: newID("r"), Kind: kind, Started: time.Now().UTC(),
		Command: e.Dialer.Text(core.CommandOf(ctx), 0), Console: e.Build}}
	return core.Recorded(ctx, t), t
}

// tapeOf is the tape that takes what is exchanged under a context, nil if none does.
func tapeOf(ctx context.Context) *tape {
	t, _ := core.RecorderOf(ctx).(*tape)
	return t
}

// Record implements [core.Recorder].
func (t *tape) Record(x core.Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.run.Exchanges >= keptExchanges {
		t.run.Dropped++
		return
	}
	what := x.Step + "\n" + x.Method + "\n" + x.URL
	t.tries[what]++
	x.Try = t.tries[what]
	if t.bytes > keptBytes && x.Status/100 == 2 && x.Net == "" {
		x.Sent.Body, x.Got.Body, x.Sent.Cut, x.Got.Cut = "", "", x.Sent.Size > 0, x.Got.Size > 0
	}
	t.bytes += len(x.Sent.Body) + len(x.Got.Body)
	t.run.Exchanges++
	t.fresh = append(t.fresh, x)
}

// about says which batches a run is about, and on which host.
func (t *tape) about(h core.Host, provider string, batches ...core.BatchID) {
	t.change(func(r *core.Run) {
		r.Host, r.HostName, r.URL, r.Public, r.Seen = h.ID, h.Name, h.URL, h.PublicURL, h.Seen
		r.Provider, r.Batches = provider, batches
	})
}

func (t *tape) change(how func(r *core.Run)) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	how(&t.run)
	t.new = true
}

// take gives what has come since the last time, to be put into one commit.
func (t *tape) take() taken {
	if t == nil {
		return taken{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	k := taken{run: t.run, new: t.new, exchanges: t.fresh, first: t.run.Exchanges - len(t.fresh)}
	t.new, t.fresh = false, nil
	return k
}

// taken is a part of a tape.
type taken struct {
	run       core.Run
	new       bool
	exchanges []core.Exchange
	first     int // number of the first of them
}

func (k taken) put(tx core.Tx) error {
	if k.new {
		if err := putRun(tx, k.run); err != nil {
			return err
		}
	}
	for i, x := range k.exchanges {
		if err := tx.Put(core.TableExchange, fmt.Sprintf("%s/%020d-%05d", k.run.ID, x.At.UnixNano(), k.first+i), x); err != nil {
			return err
		}
	}
	return nil
}

func putRun(tx core.Tx, r core.Run) error {
	if err := tx.Put(core.TableRun, r.Key(), r); err != nil {
		return err
	}
	for _, b := range r.Batches {
		if err := tx.Put(core.TableRunOf, string(b)+"/"+r.Key(), r.ID); err != nil {
			return err
		}
	}
	return nil
}
