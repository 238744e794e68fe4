package hosts

import (
	"strconv"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/field"
	"cnrelay/tui/page"
	"cnrelay/tui/pane"
)

// Sheet is what is asked about a host, on a form and line by line: of a new one, or of how a registered one is reached.
type Sheet struct {
	s                                *pane.Session
	host                             core.Host
	isNew                            bool
	name, url, public, email, secret *field.Field
	way, by                          *field.Field
	proxy, inFlight, rate            *field.Field
}

// NewSheet makes the fields, with what the host has filled in. Of the session it takes the words.
func NewSheet(s *pane.Session, h core.Host, isNew bool) *Sheet {
	f := &Sheet{s: s, host: h, isNew: isNew}
	f.name, f.url, f.public = field.Text(s.Say("hosts.name"), h.Name), field.Text(s.Say("hosts.url"), h.URL), field.Text(s.Say("hosts.public"), h.PublicURL)
	f.url.Hint, f.public.Hint = s.Say("hosts.url_hint"), s.Say("hosts.public_hint")
	f.way = field.Choice(s.Say("hosts.auth"), chosen(h.Auth == core.AuthPassword), s.Words.Name(core.AuthAdminKey), s.Words.Name(core.AuthPassword))
	f.email, f.secret = field.Text(s.Say("hosts.email"), h.Email), field.Secret(s.Say("hosts.secret"))
	if !isNew {
		f.secret.Hint = s.Say("hosts.keep_secret")
	}
	f.by = field.Choice(s.Say("hosts.gateway"), chosen(h.GatewayByPublic), s.Say("hosts.gateway_url"), s.Say("hosts.gateway_public"))
	f.proxy = field.Secret(s.Say("hosts.proxy"))
	f.proxy.Hint = s.Say("hosts.proxy_hint")
	f.inFlight, f.rate = field.Text(s.Say("hosts.concurrency"), strconv.Itoa(max(1, h.Concurrency))), field.Text(s.Say("hosts.rate"), page.Number(h.Rate))
	f.Follow()
	return f
}

// chosen is the place of the second of two choices, if it is taken.
func chosen(second bool) int {
	if second {
		return 1
	}
	return 0
}

// Fields are in the order in which they are asked for.
func (f *Sheet) Fields() []*field.Field {
	return []*field.Field{f.name, f.url, f.public, f.way, f.email, f.secret, f.by, f.proxy, f.inFlight, f.rate}
}

// Follow hides what isn't asked for after what was chosen.
func (f *Sheet) Follow() { f.email.Hidden = f.way.Chosen() == 0 }

// Spec is the host as it was entered. What can't be used is marked at its field, and is not ok.
func (f *Sheet) Spec() (spec engine.HostSpec, ok bool) {
	f.Follow()
	ok = true
	refuse := func(at *field.Field, why string) { at.Fault, ok = why, false }
	spec = engine.HostSpec{Host: f.host, Secret: f.secret.Value(), Proxy: f.proxy.Value()}
	spec.Name, spec.URL, spec.PublicURL = f.name.Value(), f.url.Value(), f.public.Value()
	spec.GatewayByPublic = f.by.Chosen() == 1
	spec.Auth, spec.Email = core.AuthAdminKey, ""
	if f.way.Chosen() == 1 {
		spec.Auth, spec.Email = core.AuthPassword, f.email.Value()
	}
	if spec.PublicURL == "" {
		spec.PublicURL = spec.URL
	}
	if spec.Name == "" {
		refuse(f.name, f.s.Say("form.needed"))
	}
	if err := core.ValidAddress(spec.URL); err != nil {
		refuse(f.url, f.s.Explain(err))
	}
	if f.isNew && spec.Secret == "" {
		refuse(f.secret, f.s.Say("form.needed"))
	}
	var err error
	if spec.Concurrency, err = strconv.Atoi(f.inFlight.Value()); err != nil || spec.Concurrency < 1 || spec.Concurrency > 256 {
		refuse(f.inFlight, f.s.Say("hosts.bad_number"))
	}
	if spec.Rate, err = strconv.ParseFloat(f.rate.Value(), 64); err != nil || spec.Rate < 0 {
		refuse(f.rate, f.s.Say("hosts.bad_number"))
	}
	return spec, ok
}
