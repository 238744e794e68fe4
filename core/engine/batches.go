package engine

import (
	"context"
	"slices"

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

// Batches lists batches, newest first.
func (e *Engine) Batches(ctx context.Context, f BatchFilter) ([]core.Batch, error) {
	list, err := scan(ctx, e.Store, core.TableBatch, "", func(b core.Batch) bool {
		return (f.Host == "" || b.Host == f.Host) && (f.Provider == "" || b.Provider == f.Provider)
	})
	slices.SortStableFunc(list, func(a, b core.Batch) int { return b.Started.Compare(a.Started) })
	return list, err
}

// Batch is one batch in full.
func (e *Engine) Batch(ctx context.Context, id core.BatchID) (BatchDetail, error) {
	b, found, err := get[core.Batch](ctx, e.Store, core.TableBatch, string(id))
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
