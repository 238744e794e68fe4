package packs

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"cnrelay/core"
)

// The words that a pack may use.
var (
	// A host takes any platform for an account, and an unknown one is a dead account.
	platforms    = []string{"openai", "anthropic", "deepseek", "kimi", "zhipu"}
	regions      = []string{"cn", "intl", "global"}
	products     = []string{"payg", "coding", "token_plan"}
	protocols    = []core.Protocol{core.ProtocolChat, core.ProtocolResponses}
	tokensFields = []string{"max_tokens", "max_completion_tokens"}
	// classes are those that an upstream's words can tell.
	classes = []core.Class{core.UpstreamKeyInvalid, core.UpstreamKeyOtherRegion, core.UpstreamKeyQuota,
		core.UpstreamModelMissing, core.UpstreamError, core.RateLimited, core.Unknown}
)

const defaultPrompt = "Reply with the single word: pong"

// A thinking model spends tokens before its first word: an answer cut below leastTokens proves nothing.
const (
	leastTokens = 1024
	mostTokens  = 65536
)

// readPack reads the root table of a pack.
func readPack(t *table) core.Pack {
	p := core.Pack{
		ID:       t.need("id", isID),
		Home:     t.str("home", isURL),
		Platform: cmp.Or(t.str("platform", oneOf(platforms...)), "openai"),
		Notes:    t.strs("notes"),
	}
	p.AccountPrefix = cmp.Or(t.str("account_prefix", isPrefix), p.ID+"-")
	if name, ok := t.required("name").table("name"); ok {
		p.Name = core.Text{EN: name.need("en"), ZH: name.need("zh")}
		name.end()
	}
	p.Endpoints = readEndpoints(t.required("endpoint").tables("endpoint"))
	models := t.required("model").tables("model")
	p.Models = readModels(models)
	p.Mapping = readMapping(t, idsOf(models))
	p.Smoke = readSmoke(t, idsOf(models))
	p.Rules = readRules(t)
	if quirks, ok := t.table("quirks"); ok {
		p.Quirks = core.Quirks{
			Thinking:    quirks.flag("thinking"),
			TokensField: quirks.str("tokens_field", oneOf(tokensFields...)),
			DatedIDs:    quirks.flag("dated_ids"),
		}
		quirks.end()
	}
	return p
}

// idsOf are the ids as they are written, sound or not; "" where there is none.
func idsOf(tables []*table) []string {
	out := make([]string, len(tables))
	for i, t := range tables {
		out[i], _ = t.values["id"].(string)
	}
	return out
}

func readEndpoints(tables []*table) (out []core.Endpoint) {
	all, seen := idsOf(tables), names{}
	for _, t := range tables {
		e := core.Endpoint{
			ID:        t.need("id", isID),
			Region:    t.need("region", oneOf(regions...)),
			Product:   cmp.Or(t.str("product", oneOf(products...)), "payg"),
			Base:      t.need("base", isBase),
			Chat:      t.need("chat", isChat),
			Models:    t.str("models", isURL),
			Anthropic: t.str("anthropic", isBase),
		}
		e.Sisters = t.strs("sisters", isSister(e.ID, all))
		for _, protocol := range t.strs("speaks", oneOf(protocols...)) {
			e.Speaks = append(e.Speaks, core.Protocol(protocol))
		}
		if len(e.Speaks) == 0 {
			e.Speaks = []core.Protocol{core.ProtocolChat}
		}
		if e.Base != "" && e.Chat != "" && !strings.HasPrefix(e.Chat, e.Base+"/") {
			t.fault("chat", "is not under base, which is what a host calls")
		}
		if e.Base != "" && e.Models != "" && host(e.Models) != host(e.Base) {
			t.fault("models", "is on another host than base: the key would be sent there")
		}
		seen.once(t, "id", e.ID)
		t.end()
		out = append(out, e)
	}
	return out
}

func isSister(id string, all []string) check {
	return func(s string) string {
		switch {
		case s == id:
			return fmt.Sprintf("%q is this endpoint itself", s)
		case !slices.Contains(all, s):
			return fmt.Sprintf("there is no endpoint %q", s)
		}
		return ""
	}
}

func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

func readModels(tables []*table) (out []core.Model) {
	seen := names{}
	for _, t := range tables {
		m := core.Model{
			ID:           t.need("id", isModelID),
			Name:         t.str("name"),
			Context:      t.whole("context", 1, 1<<30),
			Capabilities: t.strs("capabilities", isID),
		}
		currencies := names{}
		for _, price := range t.tables("price") {
			p := readPrice(price)
			currencies.once(price, "currency", p.Currency)
			m.Prices = append(m.Prices, p)
		}
		seen.once(t, "id", m.ID)
		t.end()
		out = append(out, m)
	}
	return out
}

// inPack is for what names one of the pack's models. A model without an id may be it.
func inPack(models []string) check {
	return func(s string) string {
		if len(models) == 0 || slices.Contains(models, s) || slices.Contains(models, "") {
			return ""
		}
		return fmt.Sprintf("the pack has no model %q", s)
	}
}

// readMapping reads alias = model id.
func readMapping(root *table, models []string) map[string]string {
	t, ok := root.table("mapping")
	if !ok {
		return nil
	}
	out, seen := map[string]string{}, names{}
	for i, id := range models {
		seen[strings.ToLower(id)] = element("model", i) + ".id"
	}
	for _, alias := range slices.Sorted(maps.Keys(t.values)) {
		t.passes(join(t.path, alias), alias, isModelID)
		seen.once(t, alias, alias)
		out[alias] = t.str(alias, inPack(models))
	}
	return out
}

func readSmoke(root *table, models []string) core.Smoke {
	t, ok := root.required("smoke").table("smoke")
	if !ok {
		return core.Smoke{}
	}
	defer t.end()
	return core.Smoke{
		Model:     t.need("model", inPack(models)),
		Prompt:    cmp.Or(t.str("prompt"), defaultPrompt),
		MaxTokens: cmp.Or(t.whole("max_tokens", leastTokens, mostTokens), leastTokens),
	}
}

func readRules(root *table) (out []core.Rule) {
	for i, t := range root.tables("rule") {
		before := len(root.doc.faults)
		r := core.Rule{
			Status: t.whole("status", 100, 599),
			Code:   t.str("code"),
			Text:   t.str("text"),
			Class:  core.Class(t.need("class", oneOf(classes...))),
			Note:   t.str("note"),
		}
		t.end()
		out = append(out, r)
		if len(root.doc.faults) > before {
			out[i] = core.Rule{} // it may have had more conditions than could be read
			continue
		}
		if r.Status == 0 && r.Code == "" && r.Text == "" {
			t.itself("has no condition: it needs status, code or text")
		} else if first := slices.IndexFunc(out[:i], func(a core.Rule) bool { return covers(a, r) }); first >= 0 {
			t.itself("is never reached: %s decides first", element("rule", first))
		}
	}
	return out
}

// covers tells whether every answer that b matches is matched by a.
func covers(a, b core.Rule) bool {
	if a.Status == 0 && a.Code == "" && a.Text == "" {
		return false // a rule with faults
	}
	return (a.Status == 0 || a.Status == b.Status) && (a.Code == "" || a.Code == b.Code) &&
		strings.Contains(strings.ToLower(b.Text), strings.ToLower(a.Text))
}
