package wizard

import (
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/comp/field"
	"cnrelay/tui/theme"
)

// group is a few fields of which one has the focus.
type group struct {
	fields []*field.Field
	at     int
}

func (g *group) focus() { g.move(0) }

func (g *group) blur() {
	for _, f := range g.fields {
		f.Blur()
	}
}

// move goes so many fields on, past those that aren't asked for.
func (g *group) move(n int) {
	g.blur()
	for range g.fields {
		g.at = (g.at + n + len(g.fields)) % len(g.fields)
		if !g.fields[g.at].Hidden {
			break
		}
		n = max(n, 1)
	}
	g.fields[g.at].Focus()
}

func (g *group) current() *field.Field { return g.fields[g.at] }

func (g *group) view(th *theme.Theme, width int) []string {
	label := 0
	for _, f := range g.fields {
		label = max(label, ansi.StringWidth(f.Label)+2)
	}
	label = min(label, width/2)
	var lines []string
	for i, f := range g.fields {
		if f.Hidden {
			continue
		}
		as := theme.Label
		if i == g.at {
			as = theme.Accent
		}
		lines = append(lines, th.Paint(as, th.Fit(f.Label, label))+f.View(th, width-label))
		note, as := f.Fault, theme.Bad
		if note == "" && i == g.at {
			note, as = f.Hint, theme.Dim
		}
		if note != "" {
			lines = append(lines, strings.Repeat(" ", label)+th.Paint(as, ansi.Truncate(note, width-label, th.Glyphs.More)))
		}
	}
	return lines
}

// The fields of the route.
const (
	routeEndpoint = iota
	routeBase
	routeProtocol
	routeModels
)

var protocols = []core.Protocol{core.ProtocolAuto, core.ProtocolChat, core.ProtocolResponses, core.ProtocolAnthropic}

// routeFields ask where the upstream is. A pack's first endpoint is the usual one.
func (w *Wizard) routeFields(p core.Pack) group {
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
	return group{fields: []*field.Field{endpoint, base, protocol, models}}
}

func (w *Wizard) readRoute(spec *engine.ImportSpec) error {
	p := w.pack()
	if i := w.route.fields[routeEndpoint].Chosen(); i < len(p.Endpoints) {
		spec.Endpoint = p.Endpoints[i].ID
	}
	if base := w.route.fields[routeBase].Value(); base != "" {
		if err := core.ValidAddress(base); err != nil {
			return err
		}
		spec.BaseURL, spec.Endpoint = base, ""
	}
	spec.Protocol = protocols[w.route.fields[routeProtocol].Chosen()]
	for m := range strings.SplitSeq(w.route.fields[routeModels].Value(), ",") {
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
func (w *Wizard) accessFields() group {
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
	return group{fields: []*field.Field{field.Choice(s.Say("wizard.mode"), max(0, mode), s.Words.Name(modes[0]), s.Words.Name(modes[1])), users, userKey, days, fix, balance, old,
		field.Choice(s.Say("wizard.public"), public, s.Say("wizard.exclusive"), s.Say("wizard.everybody")), undo}}
}

// follow hides what isn't asked for in the chosen mode.
func (w *Wizard) follow() {
	f := w.access.fields
	selfService := modes[f[accessMode].Chosen()] == core.AccessSelfService
	f[accessDays].Hidden = selfService
	f[accessFix].Hidden = !selfService
	f[accessUserKey].Hidden = strings.HasPrefix(f[accessUsers].Value(), "managed")
}

func (w *Wizard) readAccess(spec *engine.ImportSpec) error {
	f := w.access.fields
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
	return slices.ContainsFunc(w.access.fields, func(f *field.Field) bool { return f.Fault != "" && !f.Hidden })
}
