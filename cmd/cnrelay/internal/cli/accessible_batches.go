package cli

import (
	"context"
	"slices"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/engine"
)

// listed is how many batches are offered at most, the newest first.
const listed = 20

// onBatch offers batches for something to be done with one of them.
func (p prompt) onBatch(list []engine.BatchLine, do func(ctx context.Context, b engine.BatchLine) error) (items []item) {
	for _, b := range list[:min(len(list), listed)] {
		name := p.words.Say("lines.batch", string(b.ID), b.Provider, b.HostName, p.words.Name(b.State))
		items = append(items, item{name, func(ctx context.Context) error { return do(ctx, b) }})
	}
	return items
}

// batches shows one of them with everything that happened, and asks what to do with it.
func (p prompt) batches(ctx context.Context) error {
	list, err := p.BatchLines(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		p.tell(p.words.Say("batch.none"))
		return nil
	}
	say := p.words.Say
	return p.menu(ctx, "lines.which_batch", p.onBatch(list, func(ctx context.Context, b engine.BatchLine) error {
		if err := p.showBatch(ctx, b.ID); err != nil {
			return err
		}
		return p.menu(ctx, "lines.then",
			item{say("action.batch_resume"), func(ctx context.Context) error { return p.resume(ctx, b.ID) }},
			item{say("action.batch_export"), func(ctx context.Context) error { return p.exportBatch(ctx, b) }},
			item{say("action.batch_rollback"), func(ctx context.Context) error { return p.rollBackBatch(ctx, b) }})
	})...)
}

// exportBatch writes a batch's evidence to a file that is asked for.
func (p prompt) exportBatch(ctx context.Context, b engine.BatchLine) error {
	p.tell(p.words.Say("bundle.means", string(b.ID), b.HostName))
	out, err := p.answer(ctx, p.words.Say("bundle.file"), bundle.Root(b.ID)+".zip")
	if err != nil {
		return err
	}
	return p.handOut(ctx, b.ID, out, false)
}

func (p prompt) rollBackBatch(ctx context.Context, b engine.BatchLine) error {
	return p.rollBack(ctx, []core.BatchID{b.ID}, undo{word: string(b.ID)})
}

// rollback takes a batch back, or all of a provider's on a host, once the name is typed.
func (p prompt) rollback(ctx context.Context) error {
	list, err := p.BatchLines(ctx)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(b engine.BatchLine) bool { return b.State == core.BatchRolledBack })
	if len(list) == 0 {
		p.tell(p.words.Say("batch.none"))
		return nil
	}
	return p.menu(ctx, "lines.which_rollback", append(p.onBatch(list, p.rollBackBatch), p.wholeProviders(list)...)...)
}

// wholeProviders offers to take back everything that was made for a provider on a host, of each that batches are of.
func (p prompt) wholeProviders(list []engine.BatchLine) (items []item) {
	type whole struct {
		host     core.HostID
		provider string
	}
	offered := map[whole]bool{}
	for _, b := range list {
		if w := (whole{b.Host, b.Provider}); !offered[w] {
			offered[w] = true
			items = append(items, item{p.words.Say("lines.whole", b.Provider, b.HostName), func(ctx context.Context) error {
				h, err := p.Host(ctx, string(b.Host))
				if err != nil {
					return err
				}
				return p.rollBackProvider(ctx, h, b.Provider, undo{})
			}})
		}
	}
	return items
}
