package cli

import (
	"context"
	"errors"
	"io"

	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/field"
)

// accessible is the console line by line, for a screen reader or a terminal that only prints: the questions of the
// panes one after the other, over the same engine, answered by what the commands do and say.
func (s *session) accessible(ctx context.Context, l look) error {
	s.words, s.out = l.words, sparse{view.NewUnwrapped(s.Out, s.Err, l.words)}
	p := prompt{s}
	if l.banner != "" {
		p.tell(s.words.Say(l.banner))
	}
	p.tell(s.words.Say("lines.how"))
	actions := []struct {
		name string
		do   func(ctx context.Context) error
	}{
		{s.words.Say("lines.hosts"), p.hosts}, {s.words.Say("lines.packs"), p.packs}, {s.words.Say("lines.batches"), p.batches},
		{s.words.Say("lines.import"), func(ctx context.Context) error { return p.guidedImport(ctx, l) }},
		{s.words.Say("lines.rollback"), p.rollback}, {s.words.Say("lines.check"), p.check}, {s.words.Say("lines.add"), p.addHost},
		{s.words.Say("lines.quit"), nil},
	}
	var names []string
	for _, a := range actions {
		names = append(names, a.name)
	}
	for {
		i, err := p.choose(ctx, s.words.Say("lines.what"), names, -1)
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

func changed(ev core.Event) bool { return ev.Type != core.EventProgress && ev.Type != core.EventIntent }

func (p prompt) hosts(ctx context.Context) error {
	list, err := p.Status(ctx, "")
	if err != nil {
		return err
	}
	p.out.Status().Hosts(list)
	return nil
}

// check looks at every host now.
func (p prompt) check(ctx context.Context) error {
	list, err := p.Hosts(ctx)
	for _, h := range list {
		if _, err := p.CheckHost(ctx, h.Name); err != nil {
			p.out.Fail(err)
			continue
		}
		p.tell(h.Name + p.words.Say("colon", p.words.Say("host.up")))
	}
	return err
}

// addHost asks for a host as the form of the hosts' pane does.
func (p prompt) addHost(ctx context.Context) error {
	say := p.words.Say
	name, url, public := field.Text(say("hosts.name"), ""), field.Text(say("hosts.url"), ""), field.Text(say("hosts.public"), "")
	url.Hint, public.Hint = say("hosts.url_hint"), say("hosts.public_hint")
	way := field.Choice(say("hosts.auth"), 0, p.words.Name(core.AuthAdminKey), p.words.Name(core.AuthPassword))
	email, secret := field.Text(say("hosts.email"), ""), field.Secret(say("hosts.secret"))
	check := func() {
		email.Hidden = way.Chosen() == 0
		for _, f := range []*field.Field{name, secret} {
			if f.Value() == "" {
				f.Fault = say("form.needed")
			}
		}
		if err := core.ValidAddress(url.Value()); err != nil {
			url.Fault = err.Error()
		}
	}
	if err := p.fill(ctx, []*field.Field{name, url, public, way, email, secret}, check); err != nil {
		return err
	}
	spec := engine.HostSpec{Host: core.Host{Name: name.Value(), URL: url.Value(), PublicURL: public.Value(), Auth: core.AuthAdminKey, Concurrency: 4}, Secret: secret.Value()}
	if way.Chosen() == 1 {
		spec.Auth, spec.Email = core.AuthPassword, email.Value()
	}
	h, err := p.AddHost(ctx, spec)
	if err == nil {
		p.out.Hosts().Added(h)
	}
	return err
}

// packs shows one of them in full.
func (p prompt) packs(ctx context.Context) error {
	list := p.PackList()
	names := []string{p.words.Say("lines.none")}
	for _, l := range list {
		if l.Fault != nil {
			p.out.Fail(l.Fault)
			continue
		}
		names = append(names, p.packName(l))
	}
	i, err := p.choose(ctx, p.words.Say("lines.which_pack"), names, 0)
	if err != nil || i == 0 {
		return err
	}
	p.out.Packs().Shown(list[i-1].Pack)
	return nil
}

func (p prompt) packName(l engine.ListedPack) string {
	return l.ID + p.words.Say("aside", p.words.Called(l.Name))
}

// listed is how many batches are offered at most, the newest first.
const listed = 20

// batch asks for a batch. Nothing to choose from is said.
func (p prompt) batch(ctx context.Context, question string, keep func(engine.BatchLine) bool) (core.BatchID, error) {
	list, err := p.BatchLines(ctx)
	if err != nil {
		return "", err
	}
	names, ids := []string{p.words.Say("lines.none")}, []core.BatchID{""}
	for _, b := range list {
		if keep(b) && len(names) <= listed {
			names, ids = append(names, p.words.Say("lines.batch", string(b.ID), b.Provider, b.HostName, p.words.Name(b.State))), append(ids, b.ID)
		}
	}
	if len(names) == 1 {
		p.tell(p.words.Say("batch.none"))
		return "", nil
	}
	i, err := p.choose(ctx, question, names, 0)
	if err != nil {
		return "", err
	}
	return ids[i], nil
}

// batches shows one of them with everything that happened.
func (p prompt) batches(ctx context.Context) error {
	id, err := p.batch(ctx, p.words.Say("lines.which_batch"), func(engine.BatchLine) bool { return true })
	if err != nil || id == "" {
		return err
	}
	return p.showBatch(ctx, id)
}

// rollback takes a batch back, once its name is typed.
func (p prompt) rollback(ctx context.Context) error {
	id, err := p.batch(ctx, p.words.Say("lines.which_rollback"), func(b engine.BatchLine) bool { return b.State != core.BatchRolledBack })
	if err != nil || id == "" {
		return err
	}
	return p.rollBack(ctx, []core.BatchID{id}, undo{word: string(id)})
}
