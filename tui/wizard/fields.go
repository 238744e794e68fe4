package wizard

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/field"
)

// The fields of the route.
const (
	routeEndpoint = iota
	routeBase
	routeProtocol
	routeModels
	routeRate
)

var protocols = []core.Protocol{core.ProtocolAuto, core.ProtocolChat, core.ProtocolResponses, core.ProtocolAnthropic}

// routeFields ask where the upstream is. A pack's first endpoint is the usual one.
func (w *Wizard) routeFields(p core.Pack) field.Group {
	s := w.s
	var ids []string
	for _, e := range p.Endpoints {
		ids = append(ids, e.ID)
	}
	if len(ids) == 0 {
		ids = []string{"-"}
	}
	base, models := field.Text(s.Say("wizard.base"), ""), field.Text(s.Say("wizard.models"), "")
	base.Hint, models.Hint = s.Say("wizard.base_hint"), s.Say("wizard.models_hint")
	var names []string
	for _, p := range protocols {
		names = append(names, string(p))
	}
	endpoint := field.Choice(s.Say("wizard.endpoint"), 0, ids...)
	protocol := field.Choice(s.Say("wizard.protocol"), 0, names...)
	if like := w.asked.Like; like != nil && like.Provider == p.ID {
		endpoint.Choose(slices.Index(ids, like.Endpoint))
		protocol.Choose(slices.Index(protocols, like.Protocol))
		base.Set(like.BaseURL)
		models.Set(strings.Join(like.Models, ", "))
	}
	protocol.Hint = s.Say("wizard.protocol_hint")
	rate := field.Text(s.Say("wizard.rate", unpriced(p, s.Rates)), "")
	rate.Hint, rate.Hidden = s.Say("wizard.rate_hint"), unpriced(p, s.Rates) == ""
	return field.Group{Fields: []*field.Field{endpoint, base, protocol, models, rate}}
}

// unpriced is the currency in which a pack's prices are and for which no rate is stated; "" if there is none.
func unpriced(p core.Pack, rates []core.Rate) string {
	for _, m := range p.Models {
		if _, err := core.USDPerToken(m, rates); err != nil && len(m.Prices) > 0 {
			return m.Prices[0].Currency
		}
	}
	return ""
}

// readRoute reads the route; what is wrong is said at its field, too.
func (w *Wizard) readRoute(spec *engine.ImportSpec) error {
	p := w.pack()
	if i := w.route.Fields[routeEndpoint].Chosen(); i < len(p.Endpoints) {
		spec.Endpoint = p.Endpoints[i].ID
	}
	if base := w.route.Fields[routeBase].Value(); base != "" {
		if err := core.ValidAddress(base); err != nil {
			w.route.Fields[routeBase].Fault = w.s.Explain(err)
			return err
		}
		spec.BaseURL, spec.Endpoint = base, ""
	}
	if rate := w.route.Fields[routeRate]; !rate.Hidden {
		usd, err := strconv.ParseFloat(rate.Value(), 64)
		if err != nil || !(usd > 0 && usd < 1e6) {
			err := core.Input(w.s.Say("wizard.rate_needed", unpriced(p, w.s.Rates)), w.s.Say("wizard.rate_hint"))
			rate.Fault = w.s.Explain(err)
			return err
		}
		spec.FX = append(slices.Clone(spec.FX), core.Rate{Currency: unpriced(p, w.s.Rates), USD: usd, Date: w.s.Now().Format(time.DateOnly), Source: "stated in the console"})
	}
	spec.Protocol = protocols[w.route.Fields[routeProtocol].Chosen()]
	for m := range strings.SplitSeq(w.route.Fields[routeModels].Value(), ",") {
		if m = strings.TrimSpace(m); m != "" {
			spec.Models = append(spec.Models, m)
		}
	}
	return nil
}

// The fields of the access.
const (
	accessMode = iota
	accessUsers
	accessUserKey
	accessDays
	accessFix
	accessBalance
	accessOthers
	accessPublic
	accessUndo
)

var modes = []core.AccessMode{core.AccessSubscription, core.AccessSelfService}

// accessFields ask who shall use the provider, with the usual answers filled in.
func (w *Wizard) accessFields() field.Group {
	s := w.s
	no, yes := s.Say("choice.no"), s.Say("choice.yes")
	users, days, balance := field.Text(s.Say("wizard.users"), "managed:1"), field.Text(s.Say("wizard.days"), "365"), field.Text(s.Say("wizard.balance"), "0")
	users.Hint, balance.Hint = s.Say("wizard.users_hint"), s.Say("wizard.balance_hint")
	userKey := field.Secret(s.Say("wizard.user_key"))
	userKey.Hint = s.Say("wizard.user_key_hint")
	mode, others, public := 0, 0, 0
	if like := w.asked.Like; like != nil {
		others = 1
		mode = slices.Index(modes, like.Access)
		users.Set(strings.Join(like.Users, ", "))
		if len(like.Users) == 0 {
			users.Set("managed:" + strconv.Itoa(max(1, like.Managed)))
		}
		days.Set(strconv.Itoa(like.Days))
		balance.Set(strconv.FormatFloat(like.Balance, 'f', -1, 64))
		if like.Public {
			public = 1
		}
	}
	fix := field.Choice(s.Say("wizard.fix"), 0, no, yes)
	fix.Hint = s.Say("wizard.fix_hint")
	old := field.Choice(s.Say("wizard.others"), others, s.Say("wizard.others_ask"), s.Words.Name(core.Replace), s.Words.Name(core.Add))
	old.Hint = s.Say("wizard.others_hint")
	undo := field.Choice(s.Say("wizard.undo"), 0, no, yes)
	return field.Group{Fields: []*field.Field{field.Choice(s.Say("wizard.mode"), max(0, mode), s.Words.Name(modes[0]), s.Words.Name(modes[1])), users, userKey, days, fix, balance, old,
		field.Choice(s.Say("wizard.public"), public, s.Say("wizard.exclusive"), s.Say("wizard.everybody")), undo}}
}

// follow hides what isn't asked for in the chosen mode.
func (w *Wizard) follow() {
	f := w.access.Fields
	selfService := modes[f[accessMode].Chosen()] == core.AccessSelfService
	f[accessDays].Hidden = selfService
	f[accessFix].Hidden = !selfService
	f[accessUserKey].Hidden = strings.HasPrefix(f[accessUsers].Value(), "managed")
}

func (w *Wizard) readAccess(spec *engine.ImportSpec) error {
	f := w.access.Fields
	spec.Access = modes[f[accessMode].Chosen()]
	var err error
	if spec.Users, spec.Managed, err = engine.ParseUsers(f[accessUsers].Value()); err != nil {
		f[accessUsers].Fault = w.s.Explain(err)
		return err
	}
	if !f[accessUserKey].Hidden {
		spec.UserKey = f[accessUserKey].Value()
	}
	if spec.Days, err = strconv.Atoi(f[accessDays].Value()); err != nil || spec.Days < 1 {
		f[accessDays].Fault = w.s.Say("wizard.bad_number")
		return core.Input(f[accessDays].Label+": "+f[accessDays].Fault, w.s.Say("wizard.go_back"))
	}
	if spec.Balance, err = strconv.ParseFloat(f[accessBalance].Value(), 64); err != nil || spec.Balance < 0 {
		f[accessBalance].Fault = w.s.Say("wizard.bad_number")
		return core.Input(f[accessBalance].Label+": "+f[accessBalance].Fault, w.s.Say("wizard.go_back"))
	}
	spec.Fix = f[accessFix].Chosen() == 1
	spec.Mode = []core.ReplaceMode{"", core.Replace, core.Add}[f[accessOthers].Chosen()]
	spec.Public = f[accessPublic].Chosen() == 1
	spec.RollbackOnFailure = f[accessUndo].Chosen() == 1
	return nil
}

// faulty tells whether a field of the access is refused.
func (w *Wizard) faulty() bool {
	return slices.ContainsFunc(w.access.Fields, func(f *field.Field) bool { return f.Fault != "" && !f.Hidden })
}
