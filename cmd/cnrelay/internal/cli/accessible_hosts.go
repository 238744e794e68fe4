package cli

import (
	"context"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/pane"
	"cnrelay/tui/pane/hosts"
)

// hosts tells how they stand, and asks what to do with them.
func (p prompt) hosts(ctx context.Context) error {
	list, err := p.Status(ctx, "")
	if err != nil {
		return err
	}
	p.out.Status().Hosts(list)
	say := p.words.Say
	actions := []item{{say("action.host_add"), p.addHost}}
	if len(list) > 0 {
		all := hostsOf(list)
		actions = append(actions, item{say("action.host_check"), func(ctx context.Context) error { return p.check(ctx, all) }},
			item{say("action.host_edit"), p.onHost(all, p.editHost)},
			item{say("action.host_remove"), p.onHost(all, p.removeHost)},
			item{say("action.host_rebind"), p.onHost(all, func(ctx context.Context, h core.Host) error { return p.rebind(ctx, h.Name, false) })},
			item{say("action.host_accept"), p.onHost(all, func(ctx context.Context, h core.Host) error { return p.acceptDocument(ctx, h.Name, false) })})
	}
	return p.menu(ctx, "lines.then", actions...)
}

func hostsOf(list []engine.HostStatus) []core.Host {
	var out []core.Host
	for _, s := range list {
		out = append(out, s.Host)
	}
	return out
}

// onHost asks for one of the hosts and does something with it.
func (p prompt) onHost(list []core.Host, do func(ctx context.Context, h core.Host) error) func(ctx context.Context) error {
	var items []item
	for _, h := range list {
		items = append(items, item{h.Name, func(ctx context.Context) error { return do(ctx, h) }})
	}
	return func(ctx context.Context) error { return p.menu(ctx, "lines.which_host", items...) }
}

// each does something with one host after the other. One that fails says nothing of the others.
func (p prompt) each(ctx context.Context, list []core.Host, do func(ctx context.Context, h core.Host) error) error {
	for _, h := range list {
		if err := p.said(do(ctx, h)); err != nil {
			return err
		}
	}
	return nil
}

// check looks at every host now.
func (p prompt) check(ctx context.Context, list []core.Host) error {
	return p.each(ctx, list, func(ctx context.Context, h core.Host) error {
		_, err := p.CheckHost(ctx, h.Name)
		if err == nil {
			p.tell(h.Name + p.words.Say("colon", p.words.Say("host.up")))
		}
		return err
	})
}

func (p prompt) addHost(ctx context.Context) error {
	return p.fillHost(ctx, core.Host{Concurrency: 4}, true, p.register)
}

func (p prompt) editHost(ctx context.Context, h core.Host) error {
	return p.fillHost(ctx, h, false, func(ctx context.Context, spec engine.HostSpec) error { return p.change(ctx, h.Name, spec) })
}

// fillHost asks for a host as the form of the hosts' pane does, and does something with the answers. They stay if that
// fails.
func (p prompt) fillHost(ctx context.Context, h core.Host, isNew bool, do func(ctx context.Context, spec engine.HostSpec) error) error {
	sheet := hosts.NewSheet(&pane.Session{Context: ctx, Words: p.words}, h, isNew)
	var spec engine.HostSpec
	return steps(ctx,
		func(ctx context.Context) error { return p.fill(ctx, sheet.Fields(), func() { spec, _ = sheet.Spec() }) },
		func(ctx context.Context) error { return p.again(do(ctx, spec)) })
}

// removeHost forgets a host, once its name is typed.
func (p prompt) removeHost(ctx context.Context, h core.Host) error {
	if _, err := p.Removable(ctx, h.Name); err != nil {
		return err
	}
	p.out.Hosts().Shown(h)
	p.tell(p.words.Say("hosts.remove_means"))
	if err := p.confirm(ctx, false, "confirm.remove", h.Name); err != nil {
		return err
	}
	return p.forget(ctx, h.Name)
}
