package cli

import (
	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/packs"
)

// importFlags is an import as its flags describe it.
type importFlags struct {
	host, provider, keysFile, access    string
	users, user, userKeyFile            string
	baseURL, protocol, region           string
	models                              []string
	prices, fx                          string
	days                                int
	balance, rate, price                float64
	fix, forSale, replace, add, onError bool
	visibility, hook, name              string
}

func (f *importFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.host, "host", "", "registered `NAME` of the host")
	flags.StringVar(&f.provider, "provider", "", "pack `ID`, or the path of a pack's file")
	flags.StringVar(&f.keysFile, "keys-file", "", "`FILE` with upstream keys, one a line; - is standard input")
	flags.StringVar(&f.access, "access", "", "subscription or self_service")
	flags.StringVar(&f.users, "users", "", "managed:N, or e-mails separated by commas")
	flags.StringVar(&f.user, "user", "", "one user: an e-mail, or managed")
	flags.StringVar(&f.userKeyFile, "user-key-file", "", "`FILE` with an API key of a user that isn't managed")
	flags.StringVar(&f.baseURL, "base-url", "", "`URL` of a relay, instead of the pack's endpoint")
	flags.StringVar(&f.protocol, "protocol", "auto", "auto, chat, responses or anthropic")
	flags.StringVar(&f.region, "region", "", "the pack's endpoint or region")
	flags.StringSliceVar(&f.models, "models", nil, "a part of the pack's models")
	flags.StringVar(&f.prices, "prices", "", "`FILE` with prices that stand in for the pack's")
	flags.StringVar(&f.fx, "fx", "", "`FILE` with exchange rates, for prices that have no USD of their own")
	flags.IntVar(&f.days, "days", 365, "length of the subscriptions")
	flags.Float64Var(&f.balance, "balance", 0, "least balance of the user, in `USD`")
	flags.BoolVar(&f.fix, "fix", false, "mend what a user lacks: balance, binding of the key")
	flags.Float64Var(&f.rate, "rate-multiplier", 1, "the group's price multiplier")
	flags.BoolVar(&f.forSale, "for-sale", false, "offer the plan for sale; needs --price")
	flags.Float64Var(&f.price, "price", 0, "the plan's price, in the host's payment currency")
	flags.StringVar(&f.visibility, "visibility", "exclusive", "exclusive, or public once access is proven")
	flags.BoolVar(&f.replace, "replace", false, "replace the provider's other keys, once the new ones are proven")
	flags.BoolVar(&f.add, "add", false, "work beside the provider's other keys")
	flags.StringVar(&f.hook, "hook", "", "`COMMAND` to run between import and access check")
	flags.StringVar(&f.name, "name", "", "base `NAME` of the resources (default: the provider)")
	flags.BoolVar(&f.onError, "rollback-on-failure", false, "roll back if no account passes or access is broken")
}

// spec checks the flags and reads the files that they name, before any state is opened or anybody asked.
func (f *importFlags) spec(a *app, cmd *cobra.Command) (engine.ImportSpec, error) {
	spec := engine.ImportSpec{HostName: f.host, ImportRequest: core.ImportRequest{
		Provider: f.provider, Name: f.name, Access: core.AccessMode(f.access), BaseURL: f.baseURL, Protocol: core.Protocol(f.protocol),
		Endpoint: f.region, Models: f.models, Days: f.days, Balance: f.balance, Fix: f.fix, Rate: f.rate, ForSale: f.forSale,
		Price: f.price, Public: f.visibility == "public", Hook: f.hook, RollbackOnFailure: f.onError,
	}}
	if err := need(cmd, "host", f.host, "provider", f.provider, "keys-file", f.keysFile, "access", f.access); err != nil {
		return spec, err
	}
	if err := f.valid(cmd); err != nil {
		return spec, err
	}
	switch {
	case f.replace:
		spec.Mode = core.Replace
	case f.add:
		spec.Mode = core.Add
	}
	var err error
	if spec.Users, spec.Managed, err = engine.ParseUsers(f.users + f.user); err != nil {
		return spec, err
	}
	return spec, f.files(a, &spec)
}

// valid refuses what no host could make anything of.
func (f *importFlags) valid(cmd *cobra.Command) error {
	help := cmd.CommandPath() + " --help"
	switch {
	case !known(f.access, string(core.AccessSubscription), string(core.AccessSelfService)):
		return core.Input("unknown access mode "+f.access, "--access subscription or --access self_service")
	case !known(f.protocol, "auto", "chat", "responses", "anthropic"):
		return core.Input("unknown protocol "+f.protocol, "--protocol auto, chat, responses or anthropic")
	case !known(f.visibility, "exclusive", "public"):
		return core.Input("unknown visibility "+f.visibility, "--visibility exclusive or public")
	case f.replace && f.add:
		return core.Input("--replace and --add exclude each other", help)
	case f.users != "" && f.user != "":
		return core.Input("--users and --user exclude each other", help)
	case f.forSale && f.price <= 0:
		return core.Input("--for-sale needs a --price above 0", help)
	case f.days < 1, f.balance < 0, f.rate <= 0, f.price < 0:
		return core.Input("--days must be 1 or more, --balance and --price 0 or more, --rate-multiplier above 0", help)
	}
	return nil
}

// files reads keys, prices, rates and the pack.
func (f *importFlags) files(a *app, spec *engine.ImportSpec) (err error) {
	if spec.Keys, err = a.readKeys("keys-file", f.keysFile); err != nil {
		return err
	}
	if f.userKeyFile != "" {
		if spec.UserKey, err = a.readSecret("user-key-file", f.userKeyFile); err != nil {
			return err
		}
	}
	if f.prices != "" {
		src, err := a.readFile(f.prices)
		if err != nil {
			return err
		}
		if spec.Prices, err = packs.ParsePrices(f.prices, src); err != nil {
			return err
		}
	}
	if f.fx != "" {
		src, err := a.readFile(f.fx)
		if err != nil {
			return err
		}
		if spec.FX, err = packs.ParseFX(f.fx, src); err != nil {
			return err
		}
	}
	p, err := a.pack(f.provider)
	spec.Pack = &p
	return err
}
