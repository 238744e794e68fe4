package cli

import (
	"context"
	"errors"
	"io"

	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
	"cnrelay/core/engine"
)

// accessible is the console line by line, for a screen reader or a terminal that only prints: the questions of the
// panes one after the other, over the same engine, answered by what the commands do and say.
func (s *session) accessible(ctx context.Context, l look) error {
	s.words, s.out = l.words, sparse{view.NewUnwrapped(s.Out, s.Err, l.words)}
	p := prompt{s}
	s.elsewhere = p.command
	if l.banner != "" {
		p.tell(s.words.Say(l.banner))
	}
	p.tell(s.words.Say("lines.how"))
	say := s.words.Say
	actions := []item{
		{say("lines.hosts"), p.hosts}, {say("lines.packs"), p.packs}, {say("lines.batches"), p.batches},
		{say("lines.import"), func(ctx context.Context) error { return p.guidedImport(ctx, l) }},
		{say("lines.rollback"), p.rollback}, {say("lines.drift"), p.drift}, {say("lines.quit"), nil},
	}
	for {
		i, err := p.choose(ctx, say("lines.what"), itemNames(actions), -1)
		if errors.Is(err, errBack) || errors.Is(err, errCancel) {
			continue
		}
		if err == nil && actions[i].do != nil {
			err = p.said(actions[i].do(ctx))
		} else if err == nil {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// said says how an action failed. The errors that are left end the session: nobody types any more, or it was
// interrupted.
func (p prompt) said(err error) error {
	over, ended := errors.AsType[*over](err)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, core.ErrInterrupted):
		return err
	case errors.Is(err, errBack), errors.Is(err, errCancel):
		p.tell(p.words.Say("lines.left"))
	case ended && over.code == exitInterrupted:
		return err
	case ended && over.cause != nil:
		p.out.Fail(over.cause)
	case err != nil && !ended:
		p.out.Fail(err)
	}
	return nil
}

// sparse is an output in which a run says what has changed and nothing else: neither what is being sent nor the
// words of a test as they come.
type sparse struct{ view.Output }

// Imports implements [view.Output].
func (o sparse) Imports() view.Imports { return sparseImports{o.Output.Imports()} }

// Rollbacks implements [view.Output].
func (o sparse) Rollbacks() view.Rollbacks { return sparseRollbacks{o.Output.Rollbacks()} }

// Repairs implements [view.Output].
func (o sparse) Repairs() view.Repairs { return sparseRepairs{o.Output.Repairs()} }

type sparseImports struct{ view.Imports }

// Event implements [view.Run].
func (v sparseImports) Event(h core.Host, ev core.Event) {
	if changed(ev) {
		v.Imports.Event(h, ev)
	}
}

type sparseRollbacks struct{ view.Rollbacks }

// Event implements [view.Run].
func (v sparseRollbacks) Event(h core.Host, ev core.Event) {
	if changed(ev) {
		v.Rollbacks.Event(h, ev)
	}
}

type sparseRepairs struct{ view.Repairs }

// Event implements [view.Run].
func (v sparseRepairs) Event(h core.Host, ev core.Event) {
	if changed(ev) {
		v.Repairs.Event(h, ev)
	}
}

func changed(ev core.Event) bool { return ev.Type != core.EventProgress && ev.Type != core.EventIntent }

// again says how what was entered failed, and leads back to it: the answers are still there.
func (p prompt) again(err error) error {
	if err == nil {
		return nil
	}
	if err := p.said(err); err != nil {
		return err
	}
	p.tell(p.words.Say("lines.again"))
	return errBack
}

// packs shows one of them in full.
func (p prompt) packs(ctx context.Context) error {
	var items []item
	for _, l := range p.PackList() {
		if l.Fault != nil {
			p.out.Fail(l.Fault)
			continue
		}
		items = append(items, item{p.packName(l), func(context.Context) error {
			p.out.Packs().Shown(l.Pack)
			return nil
		}})
	}
	return p.menu(ctx, "lines.which_pack", items...)
}

func (p prompt) packName(l engine.ListedPack) string {
	return l.ID + p.words.Say("aside", p.words.Called(l.Name))
}
