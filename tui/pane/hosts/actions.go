package hosts

import (
	"slices"
	"strconv"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/field"
	"cnrelay/tui/dialog"
	"cnrelay/tui/keys"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
)

// Do implements [pane.Screen].
func (p *Pane) Do(a keys.Action) tea.Cmd {
	name := p.Selected()
	h, _ := p.find(name)
	switch a {
	case keys.HostAdd:
		return pane.Send(pane.Push{Screen: p.form(core.Host{Concurrency: 4}, true)})
	case keys.HostEdit:
		return pane.Send(pane.Push{Screen: p.form(h.Host, false)})
	case keys.HostCheck:
		return p.check(name)
	case keys.HostImport:
		return pane.Send(pane.Import{Host: name})
	case keys.HostProve:
		return p.prove(h)
	case keys.HostWhy:
		return p.why(h)
	case keys.HostAccept:
		return pane.Send(pane.Push{Screen: p.compliance(h.Host)})
	case keys.HostRebind:
		return p.rebind(name)
	case keys.HostRemove:
		return pane.Send(pane.Push{Screen: p.remove(h)})
	}
	return p.List.Do(a)
}

// Why implements [pane.Screen].
func (p *Pane) Why(a keys.Action) string {
	h, found := p.find(p.Selected())
	recorded := slices.ContainsFunc(h.Providers, func(v engine.ProviderStatus) bool { return v.State != engine.ProviderAbsent })
	switch a {
	case keys.HostEdit, keys.HostCheck, keys.HostImport, keys.HostRemove, keys.HostRebind, keys.HostProve, keys.HostWhy, keys.HostAccept:
		if !found {
			return p.S.Say("why.no_host")
		}
		if p.busy[h.Host.Name] != "" && a != keys.HostImport {
			return p.S.Say("why.host_busy", h.Host.Name)
		}
	}
	switch {
	case (a == keys.HostProve || a == keys.HostWhy) && !recorded:
		return p.S.Say("why.no_provider", h.Host.Name)
	case a == keys.HostAccept && !slices.Contains(h.Host.Seen.Blocks, core.BlockCompliance):
		return p.S.Say("why.no_compliance", h.Host.Name)
	case a == keys.HostRemove && len(p.held[h.Host.ID]) > 0:
		return p.S.Say("why.host_holds", strconv.Itoa(len(p.held[h.Host.ID])))
	}
	return p.List.Why(a)
}

// prove asks the gateway again, as users of each provider do. It costs a completion a mode.
func (p *Pane) prove(h engine.HostStatus) tea.Cmd {
	p.busy[h.Host.Name] = "prove"
	return func() tea.Msg {
		m := proven{host: h.Host.Name}
		for _, v := range h.Providers {
			if v.State == engine.ProviderAbsent {
				continue
			}
			reports, err := p.S.Service.AccessStatus(p.S.Context, h.Host.Name, v.Provider)
			for _, r := range reports {
				m.said = append(m.said, v.Provider+" "+p.S.Words.Name(r.Access.State))
			}
			if err != nil {
				m.err = err
			}
		}
		return m
	}
}

// why asks the host which accounts are out of traffic, and why. It costs list calls only.
func (p *Pane) why(h engine.HostStatus) tea.Cmd {
	p.busy[h.Host.Name] = "accounts"
	var cmds []tea.Cmd
	for _, v := range h.Providers {
		if v.State == engine.ProviderAbsent {
			continue
		}
		cmds = append(cmds, func() tea.Msg {
			list, err := p.S.Service.ProbeAccounts(p.S.Context, h.Host.Name, v.Provider)
			return probed{h.Host.Name, v.Provider, list, err}
		})
	}
	return tea.Batch(append(cmds, p.List.Do(keys.Open))...)
}

// form asks for a host: a new one, or how a registered one is reached.
func (p *Pane) form(h core.Host, isNew bool) pane.Screen {
	s := p.S
	title := s.Say("hosts.add")
	if !isNew {
		title = s.Say("hosts.edit", h.Name)
	}
	sheet := NewSheet(s, h, isNew)
	submit := func(f *dialog.Form) tea.Cmd {
		spec, ok := sheet.Spec()
		if !ok {
			return f.Seek()
		}
		return func() tea.Msg {
			var done core.Host
			var err error
			if isNew {
				done, err = s.Service.AddHost(s.Context, spec)
			} else {
				done, err = s.Service.EditHost(s.Context, h.Name, spec)
			}
			return f.Done(err, pane.Goto{Tab: pane.Hosts, ID: done.Name})
		}
	}
	return dialog.NewForm(s, title, nil, submit, sheet.Fields()...).Follow(sheet.Follow)
}

// compliance shows the document that newer hosts want an administrator to accept. Only what the operator types
// is sent.
func (p *Pane) compliance(h core.Host) pane.Screen {
	s := p.S
	phrase := field.Text(s.Say("hosts.phrase"), "")
	submit := func(f *dialog.Form) tea.Cmd {
		typed := phrase.Value()
		return func() tea.Msg {
			_, err := s.Service.AcceptCompliance(s.Context, h.Name, typed)
			return f.Done(err, pane.Notice{Text: s.Say("compliance.done")})
		}
	}
	intro := func(width int) []string {
		return s.Page(width, func(pg *page.Page) {
			if h.Seen.Compliance != nil {
				pg.Compliance(h, *h.Seen.Compliance)
			}
		})
	}
	return dialog.NewForm(s, s.Say("hosts.accept"), intro, submit, phrase)
}

// remove forgets a host, once its name is typed.
func (p *Pane) remove(h engine.HostStatus) pane.Screen {
	s := p.S
	lines := func(width int) []string {
		return s.Page(width, func(pg *page.Page) {
			pg.Host(h.Host)
			pg.Blank()
			pg.Line(0, s.Say("hosts.remove_means"))
		})
	}
	return dialog.Ask(s, s.Say("hosts.remove", h.Host.Name), h.Host.Name, lines, func() tea.Cmd {
		return func() tea.Msg {
			if err := s.Service.RemoveHost(s.Context, h.Host.Name); err != nil {
				return pane.Notice{Bad: true, Text: s.Explain(err)}
			}
			return pane.Notice{Text: s.Say("host.removed", h.Host.Name)}
		}
	})
}

// rebind compares a host that was rebuilt with the ledger, and takes its new fingerprint once its name is typed.
func (p *Pane) rebind(name string) tea.Cmd {
	s := p.S
	return func() tea.Msg {
		found, err := s.Service.RebindHost(s.Context, name, false)
		if err != nil {
			return pane.Notice{Bad: true, Text: s.Explain(err)}
		}
		if found.Old == found.New {
			return pane.Notice{Text: s.Say("hosts.same_fingerprint", name)}
		}
		lines := func(width int) []string {
			return s.Page(width, func(pg *page.Page) { pg.Rebind(name, found) })
		}
		return pane.Push{Screen: dialog.Ask(s, s.Say("hosts.rebind", name), name, lines, func() tea.Cmd {
			return func() tea.Msg {
				if _, err := s.Service.RebindHost(s.Context, name, true); err != nil {
					return pane.Notice{Bad: true, Text: s.Explain(err)}
				}
				return pane.Notice{Text: s.Say("rebind.done")}
			}
		})}
	}
}
