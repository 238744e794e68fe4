// Package engine is the one service behind every face of cnrelay: what a pane or a command does
// goes through an [Engine].
//
// A run (an import, a rollback) belongs to the engine, not to whoever started it. Every remote write
// of a run is journalled: the intent is committed, then the request is sent, then the result is
// committed together with what it means for the ledger, then it is shown. An intent without a result
// is unknown, and is resolved by looking at the host, never by sending it again blindly.
package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cnrelay/core"
)

// Deps are what an engine stands on.
type Deps struct {
	Store  core.Store
	Vault  core.Vault
	Dialer core.Dialer
	Packs  core.PackSource
	Notify core.Notifier // nil: nobody is notified
	State  string        // id of the state directory, which stands in every marker
	Build  core.Build
	// Settles is how long a write may still take effect on a host after its intent was last written down, if no
	// answer came: as long as an intent holds, the dialer's own deadline for a write and some more. 0 is 90 s.
	Settles time.Duration
	// Hook runs an operator's command; it returns what was printed and the exit code.
	Hook func(ctx context.Context, command string, env []string) (output string, code int, err error)
}

// Engine does the work. It is safe for concurrent use.
type Engine struct {
	Deps
	id       string // of this engine, in leases
	watchers watchers
	changes  *changes
	controls controls

	mu      sync.Mutex
	retired bool // nothing new is begun
	runs    sync.WaitGroup
	present presence

	indexed bool // standings are in the store

	monitoring atomic.Bool
}

// New makes an engine on an open store, which it has for itself: what earlier engines left is taken over.
func New(ctx context.Context, d Deps) (*Engine, error) {
	d.Settles = cmp.Or(d.Settles, 90*time.Second)
	e := &Engine{Deps: d, id: newID("e"), changes: newChanges()}
	e.Store = watched{d.Store, e.changes}
	if err := e.takeOver(ctx); err != nil {
		return nil, err
	}
	var err error
	e.indexed, err = e.index(ctx)
	return e, err
}

// Retire begins nothing new from now on: what is under way goes on.
func (e *Engine) Retire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.retired = true
}

// enlist counts one more thing under way, unless the engine is ending.
func (e *Engine) enlist(host string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.retired {
		return &core.Error{Code: core.CodeState, Host: host, Stage: "start", Fault: core.FaultOperator,
			What: "the process that owns the state directory is ending; nothing new is begun", Next: "ask again in a moment: the next process takes over"}
	}
	e.runs.Add(1)
	return nil
}

// Close begins nothing new and waits for what is under way.
func (e *Engine) Close() {
	e.Retire()
	e.runs.Wait()
}

func (e *Engine) client(h core.Host) (core.HostClient, error) {
	return e.Dialer.Host(h, e.Vault.Secret)
}

func (e *Engine) put(ctx context.Context, t core.Table, key string, v any) error {
	return e.Store.Update(ctx, func(tx core.Tx) error { return tx.Put(t, key, v) })
}

// scan reads all records under a prefix.
func scan[T any](ctx context.Context, s core.Store, t core.Table, prefix string, keep func(T) bool) ([]T, error) {
	var out []T
	err := s.View(ctx, func(r core.Reader) error {
		out = nil
		return r.Scan(t, prefix, func(_ string, decode func(any) error) error {
			var none T
			out = append(out, none)
			v := &out[len(out)-1] // in its place: records may be large
			if err := decode(v); err != nil {
				return err
			}
			if keep != nil && !keep(*v) {
				out = out[:len(out)-1]
			}
			return nil
		})
	})
	return out, err
}

func get[T any](ctx context.Context, s core.Store, t core.Table, key string) (v T, found bool, err error) {
	err = s.View(ctx, func(r core.Reader) error {
		found, err = r.Get(t, key, &v)
		return err
	})
	return v, found, err
}

func resourceKey(host core.HostID, r core.Ref) string {
	return fmt.Sprintf("%s/%s/%d", host, r.Kind, r.ID)
}

// newID is a short random name: 8 letters and digits that are not mistaken for each other.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()[:8]) }

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return interrupted(ctx)
	}
}

func interrupted(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	why := context.Cause(ctx)
	if errors.Is(why, core.ErrInterrupted) { // with its reason
		return why
	}
	return errors.Join(core.ErrInterrupted, why)
}
