package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cnrelay/core"
	"cnrelay/core/plan"
)

// BatchFilter narrows a list of batches; the zero value takes all.
type BatchFilter struct {
	Host     core.HostID
	Provider string
}

// BatchDetail is a batch with its journal and its accounts.
type BatchDetail struct {
	core.Batch
	Steps    map[string]core.StepRecord `json:"steps"`
	Accounts []core.AccountResult       `json:"accounts"`
}

// BatchLine is what a list shows of a batch, a tenth of it: a console reads the list anew after every change, and
// there may be ten thousand.
type BatchLine struct {
	ID       core.BatchID    `json:"id"`
	Host     core.HostID     `json:"host"`
	HostName string          `json:"host_name"`
	Provider string          `json:"provider"`
	State    core.BatchState `json:"state"`
	Phase    string          `json:"phase"`
	Started  time.Time       `json:"started"`
	Ended    time.Time       `json:"ended"`
	Passed   int             `json:"passed"`
	Request  struct {
		Keys []struct{} `json:"keys"`
	} `json:"request"`
	Access struct {
		State core.AccessState `json:"state"`
	} `json:"access"`
	Kept []struct{} `json:"kept"`
}

// Keys is how many keys were asked for.
func (b *BatchLine) Keys() int { return len(b.Request.Keys) }

// BatchLines lists all batches, newest first.
func (e *Engine) BatchLines(ctx context.Context) ([]BatchLine, error) {
	list, err := scan[BatchLine](ctx, e.Store, core.TableBatch, "", nil)
	for i := range list {
		list[i].State = e.left(list[i].ID, list[i].State)
	}
	slices.SortStableFunc(list, func(a, b BatchLine) int { return b.Started.Compare(a.Started) })
	return list, err
}

// Batches lists batches, newest first, without their plans and packs.
func (e *Engine) Batches(ctx context.Context, f BatchFilter) ([]core.Batch, error) {
	list, err := scan(ctx, e.Store, core.TableBatch, "", func(b core.Batch) bool {
		return (f.Host == "" || b.Host == f.Host) && (f.Provider == "" || b.Provider == f.Provider)
	})
	for i := range list {
		list[i].State = e.left(list[i].ID, list[i].State)
	}
	slices.SortStableFunc(list, func(a, b core.Batch) int { return b.Started.Compare(a.Started) })
	return list, err
}

// left makes a run that a dead process left an interrupted one: it is offered for resume or rollback, never resumed
// silently. One process at a time has the ledger, so what this engine doesn't run nobody does.
func (e *Engine) left(id core.BatchID, state core.BatchState) core.BatchState {
	if state == core.BatchRunning && !e.controls.has(id) {
		return core.BatchInterrupted
	}
	return state
}

// whole is a batch with its plan and pack.
func (e *Engine) whole(ctx context.Context, id core.BatchID) (b core.Batch, found bool, err error) {
	err = e.Store.View(ctx, func(r core.Reader) error {
		if found, err = r.Get(core.TableBatch, string(id), &b); err != nil || !found {
			return err
		}
		var p core.BatchPlan
		apart, err := r.Get(core.TablePlan, string(id), &p)
		if apart { // in older ledgers it is within the batch
			b.Pack, b.Plan = p.Pack, p.Plan
		}
		return err
	})
	b.State = e.left(id, b.State)
	return b, found, err
}

// putBatch writes a batch, and apart from it what lists have no use for.
func putBatch(tx core.Tx, b core.Batch) error {
	if err := tx.Put(core.TablePlan, string(b.ID), core.BatchPlan{Pack: b.Pack, Plan: b.Plan}); err != nil {
		return err
	}
	b.Pack, b.Plan = core.Pack{}, core.ImportPlan{}
	if err := tx.Put(core.TableStanding, fmt.Sprintf("%s/%s/%s", b.Host, b.Provider, b.ID), standingOf(b)); err != nil {
		return err
	}
	return tx.Put(core.TableBatch, string(b.ID), b)
}

// Batch is one batch in full.
func (e *Engine) Batch(ctx context.Context, id core.BatchID) (BatchDetail, error) {
	b, found, err := e.whole(ctx, id)
	if err != nil {
		return BatchDetail{}, err
	}
	if !found {
		return BatchDetail{}, core.Input("no batch "+string(id), "cnrelay batch list")
	}
	d := BatchDetail{Batch: b, Steps: map[string]core.StepRecord{}}
	steps, err := scan[storedStep](ctx, e.Store, core.TableStep, string(id)+"/", nil)
	if err != nil {
		return d, err
	}
	for _, s := range steps {
		d.Steps[s.ID] = s.StepRecord
	}
	d.Accounts, err = scan[core.AccountResult](ctx, e.Store, core.TableAccount, string(id)+"/", nil)
	for i, a := range d.Accounts { // attached is what the journal says, so that it is said once
		d.Accounts[i].Attached = d.Steps[plan.AttachStep(a.Fingerprint)].State == core.StepDone
	}
	return d, err
}

// live tells whether a batch still has something on its host.
func live(b core.Batch) bool { return b.State != core.BatchRolledBack }
