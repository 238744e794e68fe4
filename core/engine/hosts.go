package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/plan"
)

// HostSpec is a host to register.
type HostSpec struct {
	core.Host
	Secret string // admin key or password
	Proxy  string // proxy URL; it may hold a password, so it lives in the vault
}

// AddHost checks a host and registers it. Nothing is stored unless the check succeeds; a compliance
// gate counts as success, because accepting it needs a registered host.
func (e *Engine) AddHost(ctx context.Context, spec HostSpec) (core.Host, error) {
	h := spec.Host
	if err := validHost(h); err != nil {
		return h, err
	}
	if _, err := e.Host(ctx, h.Name); err == nil {
		return h, core.Input("a host named "+h.Name+" is registered already", "another name, or cnrelay host remove "+h.Name)
	}
	if h.PublicURL == "" {
		h.PublicURL = h.URL
	}
	h.ID, h.Added = core.HostID(newID("h")), time.Now().UTC()
	secrets := map[string]string{core.HostSecret(h.ID, "admin"): spec.Secret}
	if spec.Proxy != "" {
		h.Proxied = true
		secrets[core.HostSecret(h.ID, "proxy")] = spec.Proxy
	}
	client, err := e.Dialer.Host(h, func(ref string) (string, error) {
		if s, ok := secrets[ref]; ok {
			return s, nil
		}
		return "", core.ErrNoSecret
	})
	if err != nil {
		return h, err
	}
	h.Seen, err = client.Check(ctx)
	if err != nil && !slices.Contains(h.Seen.Blocks, core.BlockCompliance) {
		return h, err
	}
	h.Fingerprint = h.Seen.Fingerprint
	if err := e.Vault.Put(secrets); err != nil {
		return h, err
	}
	return h, e.put(ctx, core.TableHost, string(h.ID), h)
}

func validHost(h core.Host) error {
	if h.Name == "" || strings.ContainsAny(h.Name, "/ \t\n") {
		return core.Input("a host's name must not be empty or hold spaces or slashes", "cnrelay host add NAME …")
	}
	if err := core.ValidAddress(h.URL); err != nil || h.PublicURL == "" {
		return err
	}
	return core.ValidAddress(h.PublicURL)
}

// Hosts lists the registered hosts by name.
func (e *Engine) Hosts(ctx context.Context) ([]core.Host, error) {
	hosts, err := scan[core.Host](ctx, e.Store, core.TableHost, "", nil)
	slices.SortFunc(hosts, func(a, b core.Host) int { return cmp.Compare(a.Name, b.Name) })
	return hosts, err
}

// Host finds a host by name or id.
func (e *Engine) Host(ctx context.Context, name string) (core.Host, error) {
	if name != "" && !strings.Contains(name, "/") { // an id is found without reading them all
		if h, found, err := get[core.Host](ctx, e.Store, core.TableHost, name); err != nil || found {
			return h, err
		}
	}
	hosts, err := e.Hosts(ctx)
	if err != nil {
		return core.Host{}, err
	}
	var names []string
	for _, h := range hosts {
		if h.Name == name || string(h.ID) == name {
			return h, nil
		}
		names = append(names, h.Name)
	}
	next := "cnrelay host add " + cmp.Or(name, "NAME") + " --url …"
	if len(names) > 0 {
		next = "one of: " + strings.Join(names, ", ")
	}
	return core.Host{}, core.Input("no host named "+name, next)
}

// CheckHost looks at a host and keeps what was seen. A changed fingerprint is an error matching
// [core.ErrIdentityChanged]; it stops every write until the operator rebinds.
func (e *Engine) CheckHost(ctx context.Context, name string) (core.Host, error) {
	_, h, err := e.reach(ctx, name)
	return h, err
}

// reach finds a registered host by name or id and connects to it.
func (e *Engine) reach(ctx context.Context, name string) (core.HostClient, core.Host, error) {
	h, err := e.Host(ctx, name)
	if err != nil {
		return nil, h, err
	}
	return e.connect(ctx, h)
}

// connect makes a client, checks the host and its identity, and stores what was seen.
func (e *Engine) connect(ctx context.Context, h core.Host) (core.HostClient, core.Host, error) {
	ctx = core.AtStep(ctx, "", "check")
	client, err := e.client(h)
	if err != nil {
		return nil, h, err
	}
	seen, err := client.Check(ctx)
	if err != nil {
		return nil, h, errors.Join(err, e.lost(ctx, h, err))
	}
	h.Lost = core.Outage{}
	if h.Fingerprint == "" { // it was registered behind a compliance gate
		h.Fingerprint = seen.Fingerprint
	}
	if err := sameHost(h, seen); err != nil {
		return client, h, err
	}
	h.Seen = seen
	return client, h, e.put(ctx, core.TableHost, string(h.ID), h)
}

// lost keeps why a host can't be looked at, and since when, beside what was last seen of it.
func (e *Engine) lost(ctx context.Context, h core.Host, cause error) error {
	var why *core.Error
	if ctx.Err() != nil || !errors.As(cause, &why) {
		return nil
	}
	h.Lost = outage(h.Lost, why)
	return e.put(ctx, core.TableHost, string(h.ID), h)
}

// outage goes on with one that there was, or begins one.
func outage(was core.Outage, why *core.Error) core.Outage {
	now := time.Now().UTC()
	if was.Since.IsZero() {
		was.Since = now
	}
	return core.Outage{Since: was.Since, At: now, Code: why.Code, What: why.What, Next: why.Next}
}

// EditHost changes how a registered host is reached: addresses, sign-in, limits. The host is checked at its new
// address first, and must be the same one by its fingerprint. An empty secret or proxy keeps the one that is there.
func (e *Engine) EditHost(ctx context.Context, name string, spec HostSpec) (core.Host, error) {
	h, err := e.Host(ctx, name)
	if err != nil {
		return h, err
	}
	changed := spec.Host
	changed.ID, changed.Added, changed.Fingerprint, changed.Seen = h.ID, h.Added, h.Fingerprint, h.Seen
	if err := validHost(changed); err != nil {
		return h, err
	}
	if other, err := e.Host(ctx, changed.Name); err == nil && other.ID != h.ID {
		return h, core.Input("a host named "+changed.Name+" is registered already", "another name")
	}
	changed.Proxied = h.Proxied || spec.Proxy != ""
	secrets := map[string]string{}
	if spec.Secret != "" {
		secrets[core.HostSecret(h.ID, "admin")] = spec.Secret
	}
	if spec.Proxy != "" {
		secrets[core.HostSecret(h.ID, "proxy")] = spec.Proxy
	}
	client, err := e.Dialer.Host(changed, func(ref string) (string, error) {
		if s, ok := secrets[ref]; ok {
			return s, nil
		}
		return e.Vault.Secret(ref)
	})
	if err != nil {
		return h, err
	}
	seen, err := client.Check(ctx)
	if err != nil && !slices.Contains(seen.Blocks, core.BlockCompliance) {
		return h, err
	}
	if h.Fingerprint == "" { // it was registered behind a compliance gate
		h.Fingerprint = seen.Fingerprint
	}
	if err := sameHost(h, seen); err != nil {
		return h, err
	}
	changed.Seen, changed.Fingerprint = seen, h.Fingerprint
	if err := e.Vault.Put(secrets); err != nil {
		return h, err
	}
	return changed, e.put(ctx, core.TableHost, string(h.ID), changed)
}

// sameHost refuses a host whose database is another than that of the one that was registered.
func sameHost(h core.Host, seen core.HostFacts) error {
	if seen.Fingerprint == "" || seen.Fingerprint == h.Fingerprint {
		return nil
	}
	return &core.Error{Code: core.CodeStopped, Host: h.Name, Stage: "host check", Fault: core.FaultOperator,
		What: fmt.Sprintf("this is not the host that was registered: fingerprint %.12s, was %.12s", seen.Fingerprint, h.Fingerprint),
		Next: "check the address; if the host was really rebuilt: cnrelay host rebind " + h.Name, Err: core.ErrIdentityChanged}
}

// Removable is a host that may be removed: while the ledger holds resources on it, it may not.
func (e *Engine) Removable(ctx context.Context, name string) (core.Host, error) {
	h, err := e.Host(ctx, name)
	if err != nil {
		return h, err
	}
	held, err := e.Resources(ctx, h.ID)
	if err == nil && len(held) > 0 {
		err = core.Input(fmt.Sprintf("%d resources on %s are in the ledger", len(held), name), "cnrelay status --host "+name+", then roll back")
	}
	return h, err
}

// RemoveHost forgets a host and its secrets, if it is [Engine.Removable].
func (e *Engine) RemoveHost(ctx context.Context, name string) error {
	h, err := e.Removable(ctx, name)
	if err != nil {
		return err
	}
	err = e.Store.Update(ctx, func(tx core.Tx) error {
		if err := unwatch(tx, h.ID); err != nil {
			return err
		}
		if err := tx.Delete(core.TableLease, string(h.ID)); err != nil {
			return err
		}
		return tx.Delete(core.TableHost, string(h.ID))
	})
	if err != nil {
		return err
	}
	return e.Vault.Delete(core.HostSecret(h.ID, "admin"), core.HostSecret(h.ID, "proxy"))
}

// Rebind is what a rebind found, or did.
type Rebind struct {
	Old, New        string
	Matching, Total int // recorded resources that the host still holds with the same identity
}

// RebindHost compares a host whose fingerprint changed with the ledger and, if apply is set, takes the new
// fingerprint. Records that no longer match stay; they are never deleted on the host.
func (e *Engine) RebindHost(ctx context.Context, name string, apply bool) (Rebind, error) {
	h, err := e.Host(ctx, name)
	if err != nil {
		return Rebind{}, err
	}
	client, err := e.client(h)
	if err != nil {
		return Rebind{}, err
	}
	seen, err := client.Check(ctx)
	if err != nil {
		return Rebind{}, err
	}
	held, err := e.Resources(ctx, h.ID)
	if err != nil {
		return Rebind{}, err
	}
	out := Rebind{Old: h.Fingerprint, New: seen.Fingerprint, Total: len(held)}
	read, err := e.readAll(ctx, client, refsOf(held))
	if err != nil {
		return out, err
	}
	for _, r := range held {
		if o, ok := read[r.Ref]; ok && plan.SameIdentity(r, o) {
			out.Matching++
		}
	}
	if !apply {
		return out, nil
	}
	h.Fingerprint, h.Seen = seen.Fingerprint, seen
	return out, e.put(ctx, core.TableHost, string(h.ID), h)
}

// AcceptCompliance sends the phrase that the operator typed, word for word.
func (e *Engine) AcceptCompliance(ctx context.Context, name, phrase string) (core.Host, error) {
	h, err := e.Host(ctx, name)
	if err != nil {
		return h, err
	}
	client, err := e.client(h)
	if err != nil {
		return h, err
	}
	if err := client.AcceptCompliance(ctx, phrase); err != nil {
		return h, err
	}
	_, h, err = e.connect(ctx, h)
	return h, err
}

func refsOf(list []core.Resource) []core.Ref {
	refs := make([]core.Ref, len(list))
	for i, r := range list {
		refs[i] = r.Ref
	}
	return refs
}

// Resources are the managed resources of a host, in the order of their kinds and ids.
func (e *Engine) Resources(ctx context.Context, host core.HostID) ([]core.Resource, error) {
	return scan[core.Resource](ctx, e.Store, core.TableResource, string(host)+"/", nil)
}
