package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cnrelay/core"
)

// claim makes the run the only writer of a host until release is called. It comes before anything is planned, so
// that no two plans are made from the same look at a host.
func (e *Engine) claim(ctx context.Context, name string, what core.Deed, run core.BatchID) (release func(), err error) {
	host, err := e.Host(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := e.enlist(host.Name); err != nil {
		return nil, err
	}
	mine := core.Lease{Host: host.ID, HostName: host.Name, Run: run, What: what, By: core.OperatorOf(ctx), Since: time.Now().UTC(), Owner: e.id}
	err = e.Store.Update(ctx, func(tx core.Tx) error {
		var before core.Lease
		if _, err := tx.Get(core.TableLease, string(host.ID), &before); err != nil {
			return err
		}
		if before.Owner != "" {
			return leased(host.Name, before)
		}
		mine.Turn = before.Turn + 1
		return tx.Put(core.TableLease, string(host.ID), mine)
	})
	if err != nil {
		e.runs.Done()
		return nil, err
	}
	return func() {
		defer e.runs.Done()
		// If this can't be written nothing can; the next process takes the lease over.
		_ = e.Store.Update(context.Background(), func(tx core.Tx) error {
			if held, err := e.holds(tx, host.ID, run); err != nil || !held {
				return err
			}
			return tx.Put(core.TableLease, string(host.ID), mine.Free())
		})
	}, nil
}

// leases are those that this engine's runs hold.
func (e *Engine) leases(ctx context.Context) ([]core.Lease, error) {
	return scan(ctx, e.Store, core.TableLease, "", func(l core.Lease) bool { return l.Owner == e.id })
}

// quiet refuses a host that this engine is writing to, and gives the turn of its lease.
func (e *Engine) quiet(ctx context.Context, h core.Host) (turn uint64, err error) {
	l, _, err := get[core.Lease](ctx, e.Store, core.TableLease, string(h.ID))
	if err == nil && l.Owner == e.id {
		err = leased(h.Name, l)
	}
	return l.Turn, err
}

func leased(host string, l core.Lease) error {
	return &core.Error{Code: core.CodeStopped, Host: host, Stage: "start", Fault: core.FaultOperator,
		What: fmt.Sprintf("batch %s is writing to this host: %s%s since %s", l.Run, l.What, ofOperator(l.By), l.Since.Format(time.DateTime+" MST")),
		Next: "wait for it, or watch it: cnrelay batch watch " + string(l.Run)}
}

// holds tells whether a run of this engine still has the host's lease.
func (e *Engine) holds(tx core.Tx, host core.HostID, run core.BatchID) (bool, error) {
	var l core.Lease
	_, err := tx.Get(core.TableLease, string(host), &l)
	return l.Owner == e.id && l.Run == run, err
}

// takeOver frees the leases of the engines before this one. Their runs are read as interrupted from then on: they are
// offered for resume or rollback, never resumed silently. An engine that lives on against the rules of a store
// commits nothing more to a run, and so sends nothing more.
func (e *Engine) takeOver(ctx context.Context) error {
	left, err := scan(ctx, e.Store, core.TableLease, "", func(l core.Lease) bool { return l.Owner != "" })
	if err != nil || len(left) == 0 {
		return err
	}
	err = e.Store.Update(ctx, func(tx core.Tx) error {
		for _, l := range left {
			if err := tx.Put(core.TableLease, string(l.Host), l.Free()); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, core.ErrReadOnly) { // a damaged ledger is looked at, and nothing starts
		return nil
	}
	return err
}
