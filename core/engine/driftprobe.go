package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"cnrelay/core"
)

// asked is what the gateway and the provider answered for one set of keys.
type asked struct {
	access   core.AccessResult
	findings []core.Finding
	account  string
	upstream *core.Upstream // nil: not asked
}

// prove asks the gateway with the keys of each batch, and the provider directly if that is well; batches that share
// their keys share the answer, too. The newest batch of a mode gives the latest evidence of its access.
func (r *reconciliation) prove(ctx context.Context) error {
	latest := map[string]bool{}
	gateway := true
	for _, b := range r.batches {
		keys := keySecrets(b)
		if _, known := r.answers[keys]; known || keys == "" { // adopted: nobody knows its keys
			continue
		}
		if r.monitor != nil {
			q, err := r.monitor.question(ctx, b)
			if err != nil {
				return err
			}
			if q == askNothing {
				continue
			}
			gateway = q == askGateway
		}
		d, err := r.e.Batch(ctx, b.ID)
		if err != nil {
			return err
		}
		got, err := r.ask(core.AtStep(ctx, core.PhaseProve, string(b.ID)), d, gateway)
		if err != nil {
			return err
		}
		r.answers[keys] = got
		key := accessKey(r.host.ID, b.Provider, b.Request.Access)
		if got.access.State == "" || got.access.State == core.AccessUnchecked || latest[key] {
			continue
		}
		latest[key] = true
		if err := r.e.put(ctx, core.TableAccess, key, got.access); err != nil {
			return err
		}
	}
	return nil
}

// ask asks the provider, and before it the gateway, if that is wanted.
func (r *reconciliation) ask(ctx context.Context, d BatchDetail, gateway bool) (got asked, err error) {
	if gateway {
		got.access, got.findings, err = r.e.checkKeys(ctx, r.client, d)
	}
	switch {
	case errors.Is(err, core.ErrNoSecret): // the import didn't come as far as the keys
		return asked{access: core.AccessResult{Mode: d.Request.Access, State: core.AccessUnchecked}}, nil
	case err != nil || got.access.State == core.AccessBroken: // broken, the provider was asked already
		return got, err
	}
	for _, a := range d.Accounts {
		key, err := r.e.Vault.Secret(core.KeySecret(a.Fingerprint))
		if err != nil || !a.Attached || !slices.ContainsFunc(r.held, func(res core.Resource) bool { return res.Account == a.Fingerprint }) {
			continue
		}
		up := core.Upstream{}
		if url := d.Plan.Endpoint.Models; url != "" {
			up.Models = r.e.Dialer.Upstream().Models(ctx, url, key)
		}
		if up.Completion, err = r.e.askUpstream(ctx, d.Batch, a.Fingerprint); err != nil {
			return got, err
		}
		got.account, got.upstream = a.Name, &up
		break
	}
	return got, interrupted(ctx)
}

// keySecrets names the keys of a batch's users.
func keySecrets(b core.Batch) string {
	var out []string
	for _, s := range b.Plan.Steps {
		if s.Kind == core.APIKey && s.Secret != "" {
			out = append(out, s.Secret)
		}
	}
	return strings.Join(out, "\n")
}
