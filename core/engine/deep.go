package engine

import (
	"context"
	"encoding/json"
	"slices"

	"cnrelay/core"
	"cnrelay/core/probe"
)

// DeepSmoke asks the gateway for what it may break though it answers: an event stream, and a second turn after a tool
// call. What fails is asked of the provider directly, too. It costs three completions a mode, and is kept with the latest
// evidence of access.
func (e *Engine) DeepSmoke(ctx context.Context, host, provider string) ([]AccessReport, error) {
	client, h, err := e.reach(ctx, host)
	if err != nil {
		return nil, err
	}
	batches, err := e.LiveBatches(ctx, h.ID, provider)
	if err != nil {
		return nil, err
	}
	var out []AccessReport
	for _, b := range batches { // newest first
		access, found, err := get[core.AccessResult](ctx, e.Store, core.TableAccess, accessKey(h.ID, provider, b.Request.Access))
		if err != nil {
			return out, err
		}
		if !found || b.Request.Access == "" || slices.ContainsFunc(out, func(r AccessReport) bool { return r.Access.Mode == b.Request.Access }) {
			continue
		}
		if access.Deep, err = e.deepen(ctx, client, b, access.KeySecret); err != nil {
			return out, err
		}
		out = append(out, AccessReport{Batch: b.ID, Access: access})
		if err := e.keepAccess(ctx, accessKey(h.ID, provider, access.Mode), access); err != nil {
			return out, err
		}
	}
	if len(out) == 0 {
		return nil, core.Input("nothing of "+provider+" that has a key is recorded on "+h.Name, "cnrelay status --host "+h.Name)
	}
	return out, nil
}

// keepAccess keeps the latest evidence of a mode's access. What only the deeper smoke asked stays, with its own time.
func (e *Engine) keepAccess(ctx context.Context, key string, access core.AccessResult) error {
	return e.Store.Update(ctx, func(tx core.Tx) error {
		var was core.AccessResult
		if _, err := tx.Get(core.TableAccess, key, &was); err != nil {
			return err
		}
		if access.Deep == nil && was.KeySecret == access.KeySecret {
			access.Deep = was.Deep
		}
		return tx.Put(core.TableAccess, key, access)
	})
}

func (e *Engine) deepen(ctx context.Context, c core.HostClient, b core.Batch, keySecret string) ([]core.DeepCheck, error) {
	key, err := e.Vault.Secret(keySecret)
	if err != nil {
		return nil, err
	}
	d, err := e.Batch(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	var out []core.DeepCheck
	for _, kind := range []core.DeepKind{core.DeepStream, core.DeepTools} {
		check := core.DeepCheck{Kind: kind, Completion: converse(kind, b, func(q core.CompletionRequest) core.Completion { return c.Complete(ctx, key, q) })}
		if !probe.DeepWell(kind, check.Completion) {
			check.Direct = e.deepDirect(ctx, d, kind)
		}
		if err := interrupted(ctx); err != nil {
			return out, err
		}
		check.Verdict, check.Finding = probe.Deep(kind, check.Completion, check.Direct, b.Pack.Rules)
		out = append(out, check)
	}
	return out, nil
}

// deepDirect asks the provider the same with the key of an account that serves; nil if there is none, or if it doesn't
// speak the gateway's protocol.
func (e *Engine) deepDirect(ctx context.Context, d BatchDetail, kind core.DeepKind) *core.Completion {
	url := d.Plan.Endpoint.URL(core.ProtocolChat)
	for _, a := range d.Accounts {
		value, err := e.Vault.Secret(core.KeySecret(a.Fingerprint))
		if err != nil || !a.Attached || url == "" {
			continue
		}
		answer := converse(kind, d.Batch, func(q core.CompletionRequest) core.Completion {
			return e.Dialer.Upstream().Complete(ctx, url, value, q)
		})
		return &answer
	}
	return nil
}

// deepTool is what the model is offered, and asked to use.
const deepTool = "get_word"

// converse asks a part of the deeper smoke, and gives the last answer. That of a second turn keeps the call that it
// followed.
func converse(kind core.DeepKind, b core.Batch, ask func(core.CompletionRequest) core.Completion) core.Completion {
	q := question(core.ProtocolChat, fresh(b.Plan.Smoke), b.Pack.Quirks)
	if kind == core.DeepStream {
		q.Stream = true
		return ask(q)
	}
	q.Tool, q.Prompt = deepTool, "Call the function "+deepTool+", then say the word that it gave. ["+newID("check ")+"]"
	first := ask(q)
	if first.Call == "" {
		return first
	}
	result, err := json.Marshal(map[string]string{"role": "tool", "tool_call_id": first.Call, "content": "pong"})
	if err != nil {
		panic(err) // strings are JSON
	}
	q.Turns = []json.RawMessage{json.RawMessage(first.Said), result}
	second := ask(q)
	second.Call = first.Call
	return second
}
