package wire

import (
	"context"
	"strings"

	"cnrelay/core"
	"cnrelay/hostclient"
	"cnrelay/tui/page"
	"cnrelay/tui/text"
)

// notifier puts a notice into the receiver's language and has it delivered.
type notifier struct{ dialer *hostclient.Dialer }

// Notify implements [core.Notifier].
func (n notifier) Notify(ctx context.Context, r core.Receiver, url, secret string, notice core.Notice) error {
	return n.dialer.Notify(ctx, r.Kind, url, secret, message(text.For(text.Lang(r.Lang)), notice), notice)
}

// message is a notice in words: what, where, since when, and what tells of it in full.
func message(w text.Words, n core.Notice) hostclient.Message {
	a := n.Alert
	where, state := a.HostName, w.Name(n.State)
	if a.Provider != "" {
		where += "/" + a.Provider
	}
	switch {
	case n.Test:
		state = w.Say("notice.test")
	case n.State == core.AlertOK:
		state = w.Say("notice.over")
	}
	m := hostclient.Message{Title: w.Say("notice.title", state, where, w.Name(a.Kind))}
	var lines []string
	switch {
	case n.Test:
		lines = append(lines, w.Say("notice.tested"))
	case n.State != core.AlertOK:
		lines = append(lines, page.OneLine(w.Cause(a.Cause)))
	}
	if since := a.Failing; !since.IsZero() && n.State != core.AlertOK {
		lines = append(lines, w.Say("notice.since", page.Stamp(since)))
	}
	lines = append(lines, w.Say("notice.seen", page.Stamp(a.Seen)))
	if a.Cause.Run != "" && n.State != core.AlertOK {
		lines = append(lines, w.Say("alert.full", a.Cause.Run))
	}
	m.Text = strings.Join(lines, "\n")
	return m
}
