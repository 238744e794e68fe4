package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/kind"
)

var made = time.Date(2026, 11, 1, 8, 0, 0, 123456000, time.UTC)

func input(change func(*Input)) Input {
	price := []core.Price{{Currency: "CNY", Input: 7, Output: 14, Source: "vendor", Date: "2026-11-01"}}
	in := Input{
		Pack: core.Pack{ID: "acme", Digest: "d", Platform: "openai", AccountPrefix: "acme-",
			Endpoints: []core.Endpoint{
				{ID: "cn", Region: "cn", Base: "https://cn.test/v1", Chat: "https://cn.test/v1/chat/completions", Anthropic: "https://cn.test/anthropic", Speaks: []core.Protocol{core.ProtocolChat}},
				{ID: "intl-coding", Region: "intl", Base: "https://intl.test/v4", Chat: "https://intl.test/v4/chat/completions", Speaks: []core.Protocol{core.ProtocolChat, core.ProtocolResponses}},
			},
			Models: []core.Model{{ID: "a", Prices: price}, {ID: "b", Prices: price}}, Mapping: map[string]string{"alias": "b"},
			Smoke: core.Smoke{Model: "a", Prompt: "p", MaxTokens: 1024}},
		Request: core.ImportRequest{Provider: "acme", Name: "acme", Access: core.AccessSubscription, Protocol: core.ProtocolAuto, Days: 30, Rate: 1,
			Keys: []core.KeyRef{{Fingerprint: "0123456789abcdef"}}},
		Facts: core.HostFacts{Fingerprint: "f", Features: map[core.Feature]bool{core.FeatureChannels: true, core.FeaturePlans: true,
			core.FeatureChat: true, core.FeatureForceChat: true, core.FeatureSignIn: true}},
		State: "state001", Batch: "b1", Fingerprint: func(parts ...string) string { return parts[len(parts)-1] },
		FX: []core.Rate{{Currency: "CNY", USD: 0.14, Date: "2026-11-01", Source: "test"}},
	}
	if change != nil {
		change(&in)
	}
	return in
}

func build(t *testing.T, change func(*Input)) core.ImportPlan {
	t.Helper()
	p, err := Build(input(change))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func step(t *testing.T, p core.ImportPlan, id string) core.Step {
	t.Helper()
	i := slices.IndexFunc(p.Steps, func(s core.Step) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("no step %s", id)
	}
	return p.Steps[i]
}

func failing(p core.ImportPlan) (codes []string) {
	for _, c := range p.Checks {
		if !c.OK {
			codes = append(codes, c.Code)
		}
	}
	return codes
}

// Which protocol and platform reach the upstream, by what the host can be told and the endpoint speaks.
func TestRoute(t *testing.T) {
	old := func(in *Input) { in.Facts.Features[core.FeatureForceChat] = false }
	for _, c := range []struct {
		name           string
		change         func(*Input)
		protocol       core.Protocol
		platform, base string
		blocked        []string
	}{
		{"a host that can be told to use chat", nil, core.ProtocolChat, "openai", "https://cn.test/v1", nil},
		{"an older one, by the Anthropic endpoint", old, core.ProtocolAnthropic, "anthropic", "https://cn.test/anthropic", nil},
		{"an older one, where responses are spoken", func(in *Input) { old(in); in.Request.Endpoint = "intl" }, core.ProtocolResponses, "openai", "https://intl.test/v4", nil},
		{"an older one, with neither", func(in *Input) { old(in); in.Pack.Endpoints[0].Anthropic = "" }, core.ProtocolChat, "openai", "https://cn.test/v1", []string{"host_needs_responses"}},
		{"asked for where there is none", func(in *Input) { in.Request.Protocol, in.Request.Endpoint = core.ProtocolAnthropic, "intl" }, core.ProtocolAnthropic, "anthropic", "", []string{"no_anthropic_endpoint"}},
		{"by hand, seen to speak responses", func(in *Input) {
			old(in)
			in.Request.BaseURL, in.Speaks = "https://relay.test", []core.Protocol{core.ProtocolChat, core.ProtocolResponses}
		}, core.ProtocolResponses, "openai", "https://relay.test", nil},
		{"a native platform", func(in *Input) { in.Pack.Platform = "deepseek" }, core.ProtocolChat, "deepseek", "https://cn.test/v1", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := build(t, c.change)
			base := step(t, p, AccountStep("0123456789abcdef")).Fields.Map("credentials").Str("base_url")
			if p.Protocol != c.protocol || p.Platform != c.platform || base != c.base || !slices.Equal(failing(p), c.blocked) {
				t.Errorf("%s %s %s %v", p.Protocol, p.Platform, base, failing(p))
			}
		})
	}
}

func TestEndpointByHand(t *testing.T) {
	for base, chat := range map[string]string{
		"https://r.test":         "https://r.test/v1/chat/completions",
		"https://r.test/v1/":     "https://r.test/v1/chat/completions",
		"https://r.test/paas/v4": "https://r.test/paas/v4/chat/completions",
	} {
		if e, err := byHand(base, core.ProtocolAuto); err != nil || e.Chat != chat || len(e.Sisters) != 0 || e.Anthropic != "" {
			t.Errorf("%s: %+v %v", base, e, err)
		}
	}
	for _, bad := range []string{"relay.test", "ftp://r.test", "https://user:secret@r.test", "https://r.test?key=secret"} {
		if _, err := byHand(bad, core.ProtocolAuto); core.CodeOf(err) != core.CodeInput || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// What a first import sends: accounts outside the group, every account with the mapping, every model priced.
func TestFirstImport(t *testing.T) {
	p := build(t, nil)
	if len(failing(p)) > 0 {
		t.Fatalf("blocked: %v", failing(p))
	}
	group, channel, account := step(t, p, "group"), step(t, p, "channel"), step(t, p, AccountStep("0123456789abcdef"))
	if group.Name != "acme-sub" || !group.Fields.Bool("is_exclusive") || group.Fields.Str("description") != kind.Marker("state001", "b1") {
		t.Errorf("group %+v", group)
	}
	if ids, _ := account.Fields["group_ids"].([]any); account.Fields["group_ids"] == nil || len(ids) != 0 {
		t.Error("the account is not staged outside every group")
	}
	mapping := account.Fields.Map("credentials").Map("model_mapping")
	if mapping["alias"] != "b" || mapping["a"] != "a" || len(mapping) != 3 {
		t.Errorf("mapping %v", mapping)
	}
	rows, _ := channel.Fields["model_pricing"].([]any)
	row := rows[0].(map[string]any)
	if len(rows) != 2 || !kind.Equal(row["input_price"], 7*0.14/1e6) || row["platform"] != "openai" {
		t.Errorf("prices %v", rows)
	}
	if step(t, p, "plan").Fields.Bool("for_sale") {
		t.Error("the plan is for sale though nobody asked")
	}
	var kinds []core.Kind
	for _, s := range p.Steps {
		kinds = append(kinds, s.Kind)
	}
	want := []core.Kind{core.Group, core.Channel, core.Account, core.Account, core.Plan, core.User, core.Subscription, core.APIKey}
	if !slices.Equal(kinds, want) {
		t.Errorf("order %v", kinds)
	}
}

// A plan's digest changes with what it was made from, and not with the batch that will apply it.
func TestSeen(t *testing.T) {
	base := build(t, nil).Seen
	if build(t, func(in *Input) { in.Batch = "other" }).Seen != base {
		t.Error("the batch's own marker changes the digest")
	}
	for name, change := range map[string]func(*Input){
		"pack": func(in *Input) { in.Pack.Digest = "other" },
		"host": func(in *Input) { in.Facts.Fingerprint = "other" },
		"what is on it": func(in *Input) {
			in.Seen.Groups = []core.Object{{Kind: core.Group, ID: 1, Name: "acme-sub", CreatedAt: made,
				Fields: core.Fields{"platform": "openai", "subscription_type": "subscription", "status": "active", "rate_multiplier": 1.0}}}
		},
	} {
		if build(t, change).Seen == base {
			t.Errorf("another %s has the same digest", name)
		}
	}
}

func TestNamesThatAreTaken(t *testing.T) {
	p := build(t, func(in *Input) {
		in.Seen.Groups = []core.Object{{Kind: core.Group, ID: 1, Name: "acme-sub", Fields: core.Fields{"platform": "gemini", "subscription_type": "standard", "status": "active"}}}
	})
	if !slices.Equal(failing(p), []string{"group_taken", "group_taken"}) {
		t.Errorf("checks %v", failing(p))
	}
}

func TestPriceWithoutARate(t *testing.T) {
	if _, err := Build(input(func(in *Input) { in.FX = nil })); core.CodeOf(err) != core.CodeInput {
		t.Errorf("error %v", err)
	}
}

func TestUndoByOrigin(t *testing.T) {
	r := core.Resource{Ref: core.Ref{Kind: core.Group, ID: 1}, Name: "g", CreatedAt: made, Origin: core.Created,
		Fields: core.Fields{"status": "active"}, Batches: []core.BatchID{"b1"}}
	o := core.Object{Kind: core.Group, ID: 1, Name: "g", CreatedAt: made, Fields: core.Fields{"status": "active"}}
	strangersKey := core.Object{Kind: core.APIKey, ID: 9, Fields: core.Fields{"group_id": 1.0}}
	for _, c := range []struct {
		name   string
		change func(*UndoInput, *core.Resource, *core.Object)
		verbs  []core.Verb
		kept   string
	}{
		{"created", nil, []core.Verb{core.Delete}, ""},
		{"adopted", func(_ *UndoInput, r *core.Resource, _ *core.Object) { r.Origin = core.Adopted }, []core.Verb{core.Forget}, ""},
		{"corrected", func(_ *UndoInput, r *core.Resource, _ *core.Object) {
			r.Origin, r.Before = core.Corrected, core.Fields{"status": "inactive"}
		}, []core.Verb{core.Update, core.Forget}, ""},
		{"made again by somebody else", func(_ *UndoInput, _ *core.Resource, o *core.Object) { o.CreatedAt = made.Add(time.Microsecond) }, nil, KeptIdentity},
		{"renamed", func(_ *UndoInput, _ *core.Resource, o *core.Object) { o.Name = "theirs" }, nil, KeptChanged},
		{"changed", func(_ *UndoInput, _ *core.Resource, o *core.Object) { o.Fields["status"] = "inactive" }, nil, KeptChanged},
		{"changed, forced", func(in *UndoInput, _ *core.Resource, o *core.Object) {
			o.Fields["status"], in.Force = "inactive", true
		}, []core.Verb{core.Delete}, ""},
		{"identity is never forced", func(in *UndoInput, _ *core.Resource, o *core.Object) { o.CreatedAt, in.Force = time.Time{}, true }, nil, KeptIdentity},
		{"a stranger's key hangs on it", func(in *UndoInput, _ *core.Resource, _ *core.Object) { in.Keys = []core.Object{strangersKey} }, nil, KeptDepended},
		{"another batch uses it", func(_ *UndoInput, r *core.Resource, _ *core.Object) { r.Batches = append(r.Batches, "b2") }, []core.Verb{core.Forget}, KeptShared},
		{"not of this batch", func(_ *UndoInput, r *core.Resource, _ *core.Object) { r.Batches = []core.BatchID{"b2"} }, nil, ""},
		{"gone", func(_ *UndoInput, r *core.Resource, _ *core.Object) { r.Ref.ID = 5 }, []core.Verb{core.Forget}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, o := r, o
			r.Batches, o.Fields = slices.Clone(r.Batches), core.Fields{"status": "active"}
			in := UndoInput{Batch: core.Batch{ID: "b1"}, Secret: func(string) bool { return true }}
			if c.change != nil {
				c.change(&in, &r, &o)
			}
			in.Recorded, in.Read = []core.Resource{r}, map[core.Ref]core.Object{o.Ref(): o}
			p := Undo(in)
			var verbs []core.Verb
			for _, s := range p.Steps {
				verbs = append(verbs, s.Verb)
			}
			kept := ""
			if len(p.Kept) > 0 {
				kept = p.Kept[0].Reason
			}
			if !slices.Equal(verbs, c.verbs) || kept != c.kept {
				t.Errorf("steps %v kept %q, want %v %q", verbs, kept, c.verbs, c.kept)
			}
		})
	}
}
