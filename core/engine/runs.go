package engine

import (
	"context"
	"errors"
	"time"

	"cnrelay/core"
)

// RunFilter narrows a list of runs; the zero value takes all.
type RunFilter struct {
	Host         string // id or name, also of one that isn't registered any more
	Provider     string
	Batch        core.BatchID
	Kind         core.RunKind
	Class        core.Class
	Since, Until time.Time // of their start; Until is not included
	Limit        int       // the newest so many; 0 is no limit
}

func (f RunFilter) takes(r core.Run) bool {
	return f.on(r.Host, r.HostName) && (f.Provider == "" || r.Provider == f.Provider) &&
		(f.Kind == "" || r.Kind == f.Kind) && (f.Class == "" || r.Class == f.Class) &&
		(f.Until.IsZero() || r.Started.Before(f.Until))
}

func (f RunFilter) on(id core.HostID, name string) bool {
	return f.Host == "" || f.Host == string(id) || f.Host == name
}

// Runs lists what was done, newest first.
func (e *Engine) Runs(ctx context.Context, f RunFilter) ([]core.Run, error) {
	var out []core.Run
	visit := func(r core.Run) error {
		if !f.Since.IsZero() && r.Started.Before(f.Since) {
			return core.ErrStop
		}
		if f.takes(r) {
			out = append(out, r)
		}
		if f.Limit > 0 && len(out) == f.Limit {
			return core.ErrStop
		}
		return nil
	}
	err := e.Store.View(ctx, func(rd core.Reader) error {
		out = nil
		if f.Batch != "" {
			return runsAbout(rd, f.Batch, visit)
		}
		return rd.Scan(core.TableRun, "", func(_ string, decode func(any) error) error {
			var r core.Run
			if err := decode(&r); err != nil {
				return err
			}
			return visit(r)
		})
	})
	return out, err
}

// Exported writes down that evidence of a batch was written to a file, with its SHA-256. A damaged ledger, which is open
// for reading only, gives its evidence all the same.
func (e *Engine) Exported(ctx context.Context, b core.Batch, file, digest string) error {
	_, t := e.recorded(ctx, core.RunExport)
	t.change(func(r *core.Run) {
		r.Host, r.HostName, r.Provider, r.Batches = b.Host, b.HostName, b.Provider, []core.BatchID{b.ID}
		r.State, r.File, r.Digest = string(b.State), file, digest
	})
	if err := e.keepRun(ctx, t, nil); !errors.Is(err, core.ErrReadOnly) {
		return err
	}
	return nil
}

// Exchanges visits what a run exchanged, in the order in which it was sent. It holds one of them at a time.
func (e *Engine) Exchanges(ctx context.Context, run string, visit func(x core.Exchange) error) error {
	return e.Store.View(ctx, func(rd core.Reader) error {
		return rd.Scan(core.TableExchange, run+"/", func(_ string, decode func(any) error) error {
			var x core.Exchange
			if err := decode(&x); err != nil {
				return err
			}
			return visit(x)
		})
	})
}
