package contract

import (
	"context"
	"errors"
	"strings"
	"time"

	"cnrelay/core"
)

// typedCases put the same facts to a [core.HostClient].
var typedCases = []testCase{
	{"typed: check", "13", nil, func(e *env) {
		facts, err := e.Client.Check(context.Background())
		e.no(err)
		e.same("version", facts.Version, e.has.version)
		if facts.Fingerprint == "" || len(facts.Blocks) != 0 {
			e.Errorf("fingerprint %q, blocks %v", facts.Fingerprint, facts.Blocks)
		}
		for feature, there := range map[core.Feature]bool{
			core.FeatureChannels: true, core.FeaturePlans: true, core.FeatureChat: true, core.FeatureKeyBinding: true,
			core.FeatureRecover: true, core.FeatureIdempotency: true, core.FeatureSignIn: true,
			core.FeatureModelSync: e.has.modelSync, core.FeatureForceChat: e.has.modelSync, core.FeatureRedaction: e.has.modelSync,
			core.FeatureNative: e.has.compliance,
		} {
			e.same(string(feature), facts.Has(feature), there)
		}
		id, err := e.Client.Identify(context.Background())
		e.no(err)
		e.same("identity", id.Fingerprint+" "+id.Version, facts.Fingerprint+" "+facts.Version)
	}},
	{"typed: every kind is created, read, listed, updated and deleted", "4-9, 11", nil, func(e *env) {
		login := &core.Login{Email: e.member.email, Password: e.member.password}
		group := e.writeNew(core.Group, core.Fields{"name": e.name("group"), "platform": "openai", "rate_multiplier": 1.0, "subscription_type": "subscription", "description": "marker"}, nil)
		for _, x := range []struct {
			object core.Object
			update core.Fields
		}{
			{e.writeNew(core.Channel, core.Fields{"name": e.name("channel"), "group_ids": []any{float64(group.ID)}, "restrict_models": true}, nil), core.Fields{"restrict_models": false}},
			{e.writeNew(core.Account, core.Fields(e.accountFields("ok", nil)), nil), core.Fields{"notes": "changed"}},
			{e.writeNew(core.Plan, core.Fields{"group_id": float64(group.ID), "name": e.name("plan"), "price": 1.0, "validity_days": 30.0, "validity_unit": "day"}, nil), core.Fields{"price": 2.0}},
			{e.writeNew(core.User, core.Fields{"email": e.name("user") + "@contract.test", "password": "contract-password"}, nil), core.Fields{"balance": 3.0}},
			{e.writeNew(core.APIKey, core.Fields{"name": e.name("key")}, login), core.Fields{"group_id": float64(group.ID)}},
			{e.writeNew(core.Subscription, core.Fields{"user_id": float64(e.member.id), "group_id": float64(group.ID), "validity_days": 1.0, "notes": "marker"}, nil), nil},
			{group, core.Fields{"description": "changed"}},
		} {
			e.lifeOf(x.object, x.update, login)
		}
	}},
	{"typed: what isn't there", "4-9", nil, func(e *env) {
		for _, k := range []core.Kind{core.Group, core.Channel, core.Account, core.Plan, core.User, core.Subscription} {
			if _, err := e.Client.Get(context.Background(), core.Ref{Kind: k, ID: 999999999}); !errors.Is(err, core.ErrNotFound) {
				e.Errorf("%s: %v", k, err)
			}
		}
	}},
	{"typed: a create that failed may have happened", "12.1", nil, func(e *env) {
		fields := core.Fields(e.accountFields("ok", []int64{999999999}))
		_, err := e.Client.Write(context.Background(), core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Account}, Fields: fields})
		if !core.Uncertain(err) {
			e.Errorf("not uncertain: %v", err)
		}
		found, err := e.Client.List(context.Background(), core.Account, core.Query{Search: fields.Str("name")})
		e.no(err)
		if len(found) != 1 {
			e.Fatalf("found %v", found)
		}
		e.deleteAfter("/accounts", found[0].ID)
	}},
	{"typed: the account test", "8", nil, func(e *env) {
		good, bad := e.account("ok", nil, nil), e.account("402", nil, nil)
		e.settled(good)
		test, err := e.Client.TestAccount(context.Background(), good, "smoke-model", "ping", nil)
		e.no(err)
		e.same("complete", test.Complete, true)
		e.same("content", test.Content, "pong from smoke-model")
		test, err = e.Client.TestAccount(context.Background(), bad, "smoke-model", "ping", nil)
		e.no(err)
		e.same("complete", test.Complete, false)
		e.same("status", test.Status, 402)
		if !strings.Contains(test.Message, "Insufficient Balance") {
			e.Errorf("message %q", test.Message)
		}
	}},
	{"typed: the host's look at an upstream", "7", modern, func(e *env) {
		list, err := e.Client.UpstreamModels(context.Background(), "openai", e.Upstream, "sk-ok-"+e.prefix)
		e.no(err)
		if !strings.Contains(strings.Join(list.Models, " "), "smoke-model") {
			e.Errorf("models %v", list.Models)
		}
		list, err = e.Client.UpstreamModels(context.Background(), "openai", e.Upstream, "sk-401-"+e.prefix)
		e.no(err)
		e.same("status", list.Status, 401)
	}},
	{"typed: access is proven", "10, 17", nil, func(e *env) {
		group := e.group(nil)
		account := e.account("ok", []int64{group}, nil)
		e.settled(account)
		id, key := e.key(e.member, group)
		ctx := context.Background()
		question := core.CompletionRequest{Protocol: core.ProtocolChat, Model: "smoke-model", Prompt: "ping", MaxTokens: 1024, TokensField: "max_tokens", Deadline: 30 * time.Second}
		e.eventually("a completion", func() bool { return e.Client.Complete(ctx, key, question).Answered() })
		answer := e.Client.Complete(ctx, key, question)
		e.same("content", answer.Content, "pong from smoke-model")
		e.same("model", answer.Model, "smoke-model")
		if models := e.Client.GatewayModels(ctx, key); !models.OK() || models.Models[0] != "smoke-model" {
			e.Errorf("models %+v", models)
		}
		e.eventually("the usage record", func() bool {
			usage, err := e.Client.Usage(ctx, id)
			e.no(err)
			return len(usage) > 0 && usage[0].AccountID == account
		})
	}},
	{"typed: completions that fail are values", "10", nil, func(e *env) {
		ctx := context.Background()
		question := core.CompletionRequest{Protocol: core.ProtocolChat, Model: "smoke-model", Prompt: "ping", MaxTokens: 1024, TokensField: "max_tokens", Deadline: 30 * time.Second}
		e.same("bad key", e.Client.Complete(ctx, "sk-no-such-key", question).Code, "INVALID_API_KEY")
		for behaviour, status := range map[string]int{"401": 502, "429": 429, "400": 400, "500": 502} {
			_, _, key := e.served(behaviour, nil)
			var got core.Completion
			e.eventually("the gateway knows the account", func() bool {
				got = e.Client.Complete(ctx, key, question)
				return got.Status != 503
			})
			e.same(behaviour, got.Status, status)
			if got.Message == "" || got.Answered() {
				e.Errorf("%s: %+v", behaviour, got)
			}
		}
	}},
}

func (e *env) no(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

var collections = map[core.Kind]string{
	core.Group: "/groups", core.Channel: "/channels", core.Account: "/accounts", core.Plan: "/payment/plans",
	core.User: "/users", core.Subscription: "/subscriptions",
}

// writeNew creates by the typed client, and deletes by hand when the case ends.
func (e *env) writeNew(k core.Kind, fields core.Fields, as *core.Login) core.Object {
	e.Helper()
	made, err := e.Client.Write(context.Background(), core.Write{Verb: core.Create, Ref: core.Ref{Kind: k}, Fields: fields, As: as})
	e.no(err)
	if made.ID == 0 {
		e.Fatalf("%s without id: %+v", k, made)
	}
	if k == core.APIKey {
		made.Owner = e.member.id
		e.Cleanup(func() { e.call("DELETE", "/api/v1/keys/"+itoa(made.ID), e.member.token, nil) })
	} else {
		e.deleteAfter(collections[k], made.ID)
	}
	return made
}

// lifeOf takes a new resource through reading, listing, updating and deletion.
func (e *env) lifeOf(made core.Object, update core.Fields, login *core.Login) {
	e.Helper()
	ctx, ref := context.Background(), made.Ref()
	var as *core.Login
	if ref.Kind == core.APIKey {
		as = login
	}
	read, err := e.Client.Get(ctx, ref)
	e.no(err)
	e.same("name of "+ref.String(), read.Name, made.Name)
	listed, err := e.Client.List(ctx, ref.Kind, core.Query{User: ref.Owner})
	e.no(err)
	seen := false
	for _, o := range listed {
		if o.ID == ref.ID {
			seen = true
			e.same("created_at of "+ref.String()+" in the list", o.CreatedAt, read.CreatedAt)
		}
	}
	e.same(ref.String()+" is listed", seen, true)
	if update != nil {
		changed, err := e.Client.Write(ctx, core.Write{Verb: core.Update, Ref: ref, Fields: update})
		e.no(err)
		for field, v := range update {
			e.same(field+" of "+ref.String(), changed.Fields[field], v)
		}
		again, err := e.Client.Get(ctx, ref)
		e.no(err)
		e.same("created_at of "+ref.String(), again.CreatedAt, read.CreatedAt)
	}
	_, err = e.Client.Write(ctx, core.Write{Verb: core.Delete, Ref: ref, As: as})
	e.no(err)
	if _, err := e.Client.Get(ctx, ref); !errors.Is(err, core.ErrNotFound) {
		e.Errorf("%s after deletion: %v", ref, err)
	}
}
