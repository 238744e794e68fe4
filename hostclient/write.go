package hostclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"cnrelay/core"
)

// Write changes one thing on the host and gives what the host says it is now; a deleted one is
// given by its Ref only. Errors for which [core.Uncertain] is true must be resolved by looking. When ctx
// ends, what has begun to be sent is waited for and nothing more is sent.
func (c *Client) Write(ctx context.Context, w core.Write) (core.Object, error) {
	stage := string(w.Verb) + " " + string(w.Ref.Kind)
	if w.Verb != core.Create {
		stage = string(w.Verb) + " " + w.Ref.String()
	} else if name := w.Fields.Str(routes[w.Ref.Kind].name); name != "" {
		stage += " " + c.line.mask.line(name, shortText)
	}
	t, err := target(w)
	if err != nil {
		err.Host, err.Stage = c.name, stage
		return core.Object{}, err
	}
	k := call{
		stage: stage, write: true, as: c.admin,
		request: request{
			method: t.method, url: c.base + adminAPI + t.path, body: t.body,
			deadline: c.line.limits.Write, finish: true, ready: w.Ready,
		},
	}
	if t.byUser {
		k.as, k.url = c.user(*w.As), c.base+"/api/v1"+t.path
	}
	if w.Idempotency != "" {
		k.header = http.Header{"Idempotency-Key": {w.Idempotency}}
	}
	c.line.hideSecrets(w.Fields)
	data, failed := c.do(ctx, k)
	if failed != nil {
		return core.Object{}, failed
	}
	if w.Verb == core.Delete {
		return core.Object{Kind: w.Ref.Kind, ID: w.Ref.ID, Owner: w.Ref.Owner}, nil
	}
	if t.inside != "" {
		var outer map[string]json.RawMessage
		if err := c.decode(stage, data, &outer); err != nil {
			return core.Object{}, written(err)
		}
		data = outer[t.inside]
	}
	o, bad := c.line.object(w.Ref.Kind, data, w.Verb == core.Create)
	if bad == nil && w.Verb != core.Create && o.ID != w.Ref.ID {
		bad = fmt.Errorf("it is about id %d", o.ID)
	}
	if bad != nil {
		return core.Object{}, written(c.unreadable(stage, bad))
	}
	c.line.mask.add(o.Secret)
	return o, nil
}

// written marks an unreadable answer to a write: the host said that it did something.
func written(err error) error {
	e := err.(*core.Error)
	e.MayHaveHappened = true
	e.Next = "look at what the host holds before trying again"
	return e
}

// aim is the request that a Write becomes.
type aim struct {
	method, path string
	body         any
	byUser       bool   // it goes to the user's own API
	inside       string // the field of the answer that holds the object
}

// special are the updates that have a route of their own, by the one field that asks for them.
var special = map[core.Kind]map[string]func(item string, v any) aim{
	core.Account: {
		// An empty body would switch the account off.
		"schedulable": func(item string, v any) aim {
			return aim{method: http.MethodPost, path: item + "/schedulable", body: map[string]any{"schedulable": v}}
		},
		"recover": func(item string, _ any) aim {
			return aim{method: http.MethodPost, path: item + "/recover-state", body: map[string]any{}}
		},
	},
	core.User: {
		// PUT /users/:id answers 200 to a balance and ignores it (0.1.133).
		"balance": func(item string, v any) aim {
			return aim{method: http.MethodPost, path: item + "/balance", body: map[string]any{"balance": v, "operation": "set"}}
		},
	},
	core.APIKey: {
		"group_id": func(item string, v any) aim {
			return aim{method: http.MethodPut, path: item, body: map[string]any{"group_id": v}, inside: "api_key"}
		},
	},
}

// target finds the request for a write. Its errors are faults in cnrelay; nothing was sent.
func target(w core.Write) (aim, *core.Error) {
	fault := func(what string) (aim, *core.Error) {
		return aim{}, core.Input(what, "this is a fault in cnrelay")
	}
	r, known := routes[w.Ref.Kind]
	if !known {
		return fault(fmt.Sprintf("unknown kind %q", w.Ref.Kind))
	}
	if w.Verb != core.Create && w.Ref.ID <= 0 {
		return fault("no id")
	}
	byUser := w.Ref.Kind == core.APIKey && w.Verb != core.Update
	if byUser != (w.As != nil) {
		return fault("API keys are made and deleted as their user, and nothing else is")
	}
	switch w.Verb {
	case core.Create:
		t := aim{method: http.MethodPost, path: r.path, body: w.Fields, byUser: byUser}
		if r.create != "" {
			t.path = r.create
		}
		if byUser {
			t.path = "/keys"
		}
		return t, nil
	case core.Delete:
		t := aim{method: http.MethodDelete, path: r.item(w.Ref.ID), byUser: byUser}
		if byUser {
			t.path = fmt.Sprintf("/keys/%d", w.Ref.ID)
		}
		return t, nil
	case core.Update:
		for field, to := range special[w.Ref.Kind] {
			if v, ok := w.Fields[field]; ok {
				if len(w.Fields) != 1 {
					return fault(field + " is written alone")
				}
				return to(r.item(w.Ref.ID), v), nil
			}
		}
		if w.Ref.Kind == core.APIKey || w.Ref.Kind == core.Subscription {
			return fault(fmt.Sprintf("a host has no such update of a %s", w.Ref.Kind))
		}
		return aim{method: http.MethodPut, path: r.item(w.Ref.ID), body: w.Fields}, nil
	}
	return fault(fmt.Sprintf("%s is no write", w.Verb))
}

// hideSecrets remembers the secrets in what is about to be sent: hosts echo requests in errors.
func (l *line) hideSecrets(f core.Fields) {
	for name, v := range f {
		switch v := v.(type) {
		case string:
			if isSensitive(name) {
				l.mask.add(v)
			}
		case map[string]any:
			l.hideSecrets(v)
		case core.Fields:
			l.hideSecrets(v)
		}
	}
}
