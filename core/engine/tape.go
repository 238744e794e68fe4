package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"cnrelay/core"
)

// How much is kept of one run. Beyond it, what went well is kept without its bodies; beyond twice as much, so is what
// went badly; beyond so many, nothing is.
const (
	keptBytes     = 64 << 20
	keptExchanges = 50_000
)

// tapedAtOnce is how many bytes of exchanges one commit takes: a ledger bounds what is committed as a whole, and the
// rest of the commit needs room, too.
const tapedAtOnce = 256 << 10

// tape takes what is exchanged for one purpose. Little is written for it alone: what came is kept together with the
// next commit of the run, whatever that is for. A nil tape takes nothing.
type tape struct {
	mu    sync.Mutex
	run   core.Run
	new   bool // run isn't stored as it is
	fresh []recording
	tries map[string]int
	bytes int
}

// recording is an exchange as it is stored.
type recording struct {
	key  string
	json json.RawMessage
}

// recorded begins a run: exchanges under the context that it gives go to its tape.
func (e *Engine) recorded(ctx context.Context, kind core.RunKind) (context.Context, *tape) {
	t := &tape{new: true, tries: map[string]int{}, run: core.Run{ID: newID("r"), Kind: kind, Started: time.Now().UTC(),
		Command: e.Dialer.Text(core.CommandOf(ctx), 0), By: core.OperatorOf(ctx), Console: e.Build}}
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
	if well := x.Status/100 == 2 && x.Net == ""; t.bytes > keptBytes && well || t.bytes > 2*keptBytes {
		x.Sent.Body, x.Got.Body, x.Sent.Cut, x.Got.Cut = "", "", x.Sent.Size > 0, x.Got.Size > 0
	}
	t.bytes += len(x.Sent.Body) + len(x.Got.Body)
	raw, err := json.Marshal(x)
	if err != nil {
		panic(err) // it is text and numbers
	}
	t.fresh = append(t.fresh, recording{fmt.Sprintf("%s/%020d-%05d", t.run.ID, x.At.UnixNano(), t.run.Exchanges), raw})
	t.run.Exchanges++
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

// save commits what has come since the last time together with change, which may still say how the run came out. What
// is too much for one commit goes ahead, with the run as one that goes on; what could not be stored is left for the
// next time.
func (t *tape) save(ctx context.Context, s core.Store, change func(tx core.Tx, r *core.Run) error) error {
	k := t.take()
	for {
		ahead, rest := k.split()
		if len(rest.fresh) == 0 {
			break
		}
		if err := s.Update(ctx, ahead.put); err != nil {
			t.giveBack(k)
			return err
		}
		k = rest
	}
	err := s.Update(ctx, func(tx core.Tx) error {
		k := k
		if err := change(tx, &k.run); err != nil {
			return err
		}
		return k.put(tx)
	})
	if err != nil {
		t.giveBack(k)
	}
	return err
}

func (t *tape) take() taken {
	if t == nil {
		return taken{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	k := taken{t.run, t.new, t.fresh}
	t.new, t.fresh = false, nil
	return k
}

func (t *tape) giveBack(k taken) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.new, t.fresh = t.new || k.new, append(k.fresh, t.fresh...)
}

// taken is a part of a tape.
type taken struct {
	run   core.Run
	new   bool
	fresh []recording
}

// split parts what one commit takes from the rest, which is empty if one takes all.
func (k taken) split() (ahead, rest taken) {
	n, bytes := 0, 0
	for n < len(k.fresh) && (n == 0 || bytes+len(k.fresh[n].json) <= tapedAtOnce) {
		bytes += len(k.fresh[n].json)
		n++
	}
	ahead, rest = k, k
	ahead.fresh, rest.fresh = k.fresh[:n], k.fresh[n:]
	ahead.new, ahead.run.Ended, ahead.run.Exchanges = true, time.Time{}, k.run.Exchanges-len(rest.fresh)
	rest.new = true
	return ahead, rest
}

func (k taken) put(tx core.Tx) error {
	if k.new {
		if err := putRun(tx, k.run); err != nil {
			return err
		}
	}
	for _, x := range k.fresh {
		if err := tx.Put(core.TableExchange, x.key, x.json); err != nil {
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
