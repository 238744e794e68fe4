package engine

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
	"cnrelay/core/plan"
)

// ImportSpec is an import as an operator asks for it, secrets included.
type ImportSpec struct {
	core.ImportRequest        // Host, Keys and UserKey are filled in from the fields below
	HostName           string // registered name
	Keys               []Key
	UserKey            string // value of a user's API key that the operator gives
	Prices             map[string]core.Price
	FX                 []core.Rate
	// Reviewed is the plan that the operator looked at. If what it was made from has changed since, the
	// import is refused with a [StaleError]. nil: nothing was reviewed.
	Reviewed *core.ImportPlan
}

// Key is an upstream key with the name that the operator gave it.
type Key struct{ Name, Value string }

// Preview is what an import would do, and on which host. Making one writes nothing to the host.
type Preview struct {
	Host     core.Host          `json:"host"`
	Pack     core.Pack          `json:"pack"`
	Request  core.ImportRequest `json:"request"`
	Plan     core.ImportPlan    `json:"plan"`
	Recorded []core.Resource    `json:"-"`
}

// secrets are those that the operator gave.
func (s ImportSpec) secrets() []string {
	out := []string{s.UserKey}
	for _, k := range s.Keys {
		out = append(out, k.Value)
	}
	return out
}

// prepared is a preview with what the run needs to go on from it.
type prepared struct {
	Preview
	client  core.HostClient
	secrets map[string]string
}

// previewed stands for the batch in the markers of a plan that is only shown. It is no marker's beginning,
// so that the digest of a reviewed plan is that of the plan that is run.
const previewed core.BatchID = "preview"

// PreviewImport shows what an import would do.
func (e *Engine) PreviewImport(ctx context.Context, spec ImportSpec) (Preview, error) {
	p, err := e.prepare(ctx, spec, previewed)
	return p.Preview, err
}

func (e *Engine) prepare(ctx context.Context, spec ImportSpec, batch core.BatchID) (p prepared, err error) {
	if err := complete(&spec); err != nil {
		return p, err
	}
	if p.Pack, err = e.Packs.Pack(spec.Provider); err != nil {
		return p, err
	}
	spec.Provider = p.Pack.ID
	if spec.Name == "" {
		spec.Name = p.Pack.ID
	}
	if p.Host, err = e.Host(ctx, spec.HostName); err != nil {
		return p, err
	}
	endpoint, err := plan.ChooseEndpoint(p.Pack, spec.ImportRequest)
	if err != nil {
		return p, err
	}
	e.Dialer.Hide(spec.secrets()...)
	if p.client, p.Host, err = e.connect(ctx, p.Host); err != nil {
		return p, err
	}
	if err := e.Vault.Unlock(); err != nil { // a fingerprint of a shut vault is none
		return p, err
	}
	p.Request, p.secrets = e.request(spec, p.Host.ID, endpoint)
	if p.Recorded, err = e.Resources(ctx, p.Host.ID); err != nil {
		return p, err
	}
	in := plan.Input{
		Request: p.Request, Pack: p.Pack, Host: p.Host, Facts: p.Host.Seen, State: e.State, Batch: batch,
		Recorded: p.Recorded, Fingerprint: e.Vault.Fingerprint, Prices: spec.Prices, FX: spec.FX,
		Speaks: e.speaks(ctx, spec, p.Host.Seen, endpoint, p.Pack.Smoke),
	}
	if in.Seen, err = e.snapshot(ctx, p.client, p.Host.Seen, in); err != nil {
		return p, err
	}
	p.Plan, err = plan.Build(in)
	return p, err
}

// complete fills in the stated defaults and refuses what can't work, before anything is asked of anybody.
func complete(s *ImportSpec) error {
	if s.Days == 0 {
		s.Days = 365
	}
	if s.Rate == 0 {
		s.Rate = 1
	}
	if s.Protocol == "" {
		s.Protocol = core.ProtocolAuto
	}
	switch {
	case len(s.Keys) == 0:
		return core.Input("no upstream keys were given", "--keys-file FILE, one key a line")
	case s.Access != core.AccessSubscription && s.Access != core.AccessSelfService:
		return core.Input("unknown access mode "+string(s.Access), "--access subscription or --access self_service")
	case s.Access == core.AccessSelfService && len(s.Users)+s.Managed > 1:
		return core.Input("self_service takes one user", "--user EMAIL or --user managed")
	case s.Rate < 0, s.Days < 0, s.Balance < 0, s.Price < 0, s.Managed < 0:
		return core.Input("days, balance, price and multiplier must not be negative", "cnrelay import preview --help")
	}
	seen := map[string]bool{}
	for _, k := range s.Keys {
		if seen[k.Value] {
			return core.Input("the same key was given twice"+named(k.Name), "remove one of them")
		}
		seen[k.Value] = true
	}
	return nil
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}

// request turns keys into fingerprints and says which secrets the vault has to hold before a run starts.
func (e *Engine) request(spec ImportSpec, host core.HostID, endpoint core.Endpoint) (core.ImportRequest, map[string]string) {
	req, secrets := spec.ImportRequest, map[string]string{}
	req.Host, req.Keys = host, nil
	base := endpoint.Base
	for _, k := range spec.Keys {
		fp := plan.Fingerprint(e.Vault.Fingerprint, base, k.Value)
		req.Keys = append(req.Keys, core.KeyRef{Name: k.Name, Fingerprint: fp})
		secrets[core.KeySecret(fp)] = k.Value
	}
	if spec.UserKey != "" {
		req.UserKey = e.Vault.Fingerprint("user_key", spec.UserKey)
		secrets[plan.GivenKey(req.UserKey)] = spec.UserKey
	}
	return req, secrets
}

// speaks asks an endpoint that was given by hand whether it speaks responses: on a host that can't be told
// to use chat completions everything hangs on that, and nobody else can know.
func (e *Engine) speaks(ctx context.Context, spec ImportSpec, f core.HostFacts, endpoint core.Endpoint, smoke core.Smoke) []core.Protocol {
	if spec.BaseURL == "" || spec.Protocol != core.ProtocolAuto || f.Has(core.FeatureForceChat) {
		return nil
	}
	c := e.Dialer.Upstream().Complete(ctx, endpoint.URL(core.ProtocolResponses), spec.Keys[0].Value,
		core.CompletionRequest{Protocol: core.ProtocolResponses, Model: smoke.Model, Prompt: smoke.Prompt, MaxTokens: smoke.MaxTokens})
	if c.Status == 404 || c.Status == 405 {
		return []core.Protocol{core.ProtocolChat}
	}
	return []core.Protocol{core.ProtocolChat, core.ProtocolResponses}
}

// snapshot reads the lists that a plan is made from, side by side: a request a page, and three more a user.
func (e *Engine) snapshot(ctx context.Context, c core.HostClient, f core.HostFacts, in plan.Input) (s plan.Snapshot, err error) {
	g, ctx := errgroup.WithContext(core.AtStep(ctx, "", "plan"))
	read := func(into *[]core.Object, k core.Kind, there bool) {
		if there {
			g.Go(caught(func() (err error) {
				*into, err = c.List(ctx, k, core.Query{})
				return err
			}))
		}
	}
	read(&s.Groups, core.Group, true)
	read(&s.Channels, core.Channel, f.Has(core.FeatureChannels))
	read(&s.Plans, core.Plan, f.Has(core.FeaturePlans))
	read(&s.Accounts, core.Account, true)
	g.Go(caught(func() error { return readUsers(ctx, c, emails(in), &s) }))
	return s, g.Wait()
}

// emails are the users that the plan may come to speak of: the route may yet lead to an Anthropic-compatible
// endpoint, whose group has a name of its own.
func emails(in plan.Input) []string {
	var out []string
	for _, platform := range []string{in.Pack.Platform, "anthropic"} {
		out = append(out, plan.Users(in.Request, plan.BaseName(in.Request.Name, in.Request.Access, platform), in.State)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// readUsers reads those of the users that are there, side by side. They stand in the order of the e-mails: the
// digest of a plan comes from it.
func readUsers(ctx context.Context, c core.HostClient, emails []string, s *plan.Snapshot) error {
	found := make([]plan.Snapshot, len(emails))
	g, ctx := errgroup.WithContext(ctx)
	for i, email := range emails {
		g.Go(caught(func() error { return readUser(ctx, c, email, &found[i]) }))
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, f := range found {
		s.Users, s.Keys, s.Subscriptions = append(s.Users, f.Users...), append(s.Keys, f.Keys...), append(s.Subscriptions, f.Subscriptions...)
	}
	return nil
}

// readUser reads a user, if there is one, with keys and subscriptions.
func readUser(ctx context.Context, c core.HostClient, email string, s *plan.Snapshot) error {
	found, err := c.List(ctx, core.User, core.Query{Search: email})
	if err != nil {
		return err
	}
	for _, u := range found {
		if !strings.EqualFold(u.Name, email) {
			continue
		}
		keys, err := c.List(ctx, core.APIKey, core.Query{User: u.ID})
		if err != nil {
			return err
		}
		subscriptions, err := c.List(ctx, core.Subscription, core.Query{User: u.ID})
		if err != nil {
			return err
		}
		s.Users, s.Keys, s.Subscriptions = append(s.Users, u), append(s.Keys, keys...), append(s.Subscriptions, subscriptions...)
	}
	return nil
}
