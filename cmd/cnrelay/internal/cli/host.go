package cli

import (
	"context"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"cnrelay/core"
	"cnrelay/core/engine"
)

func (a *app) hostCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "host", Short: "Register and check hosts"}
	cmd.AddCommand(a.hostAdd(), a.hostEdit(), a.hostList(), a.hostShow(), a.hostCheck(), a.hostRemove(), a.hostRebind(), a.hostAccept())
	return cmd
}

// hostFlags is a host as its flags describe it.
type hostFlags struct {
	url, public, gateway     string
	keyFile, email, password string
	keyStdin                 bool
	ca, proxy, proxyFile     string
	concurrency              int
	rate                     float64
}

func (a *app) hostAdd() *cobra.Command {
	var f hostFlags
	cmd := &cobra.Command{
		Use: "add NAME --url URL (--admin-key-file FILE | --admin-key-stdin | --email E --password-file FILE)", Short: "Check a host and register it",
		Args: args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := need(cmd, "url", f.url); err != nil {
				return err
			}
			spec, err := f.spec(a, cmd, args[0])
			if err == nil && spec.Auth == "" {
				err = oneWay()
			}
			if err != nil {
				return err
			}
			return a.open(cmd.Context(), func(ctx context.Context, s *session) error { return s.register(ctx, spec) })
		},
	}
	f.bind(cmd)
	return cmd
}

func (a *app) hostEdit() *cobra.Command {
	var f hostFlags
	var name string
	cmd := &cobra.Command{
		Use: "edit NAME", Short: "Change how a host is reached; what isn't named stays",
		Args: args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			spec, err := f.spec(a, cmd, name)
			if err != nil {
				return err
			}
			return a.open(cmd.Context(), func(ctx context.Context, s *session) error {
				h, err := s.Host(ctx, args[0])
				if err != nil {
					return err
				}
				spec.Host = edited(cmd, h, spec.Host)
				return s.change(ctx, args[0], spec)
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "another `NAME`")
	f.bind(cmd)
	return cmd
}

// register checks a host and keeps it.
func (s *session) register(ctx context.Context, spec engine.HostSpec) error {
	h, err := s.AddHost(ctx, spec)
	if err == nil {
		s.out.Hosts().Added(h)
	}
	return err
}

// change reaches a host in another way from now on, if it answers so.
func (s *session) change(ctx context.Context, name string, spec engine.HostSpec) error {
	h, err := s.EditHost(ctx, name, spec)
	if err == nil {
		s.out.Hosts().Checked(h)
	}
	return err
}

// edited is a host with what a command names of another.
func edited(cmd *cobra.Command, h, to core.Host) core.Host {
	for flag, set := range map[string]func(){
		"name": func() { h.Name = to.Name }, "url": func() { h.URL = to.URL }, "public-url": func() { h.PublicURL = to.PublicURL },
		"gateway": func() { h.GatewayByPublic = to.GatewayByPublic }, "ca": func() { h.CA = to.CA },
		"concurrency": func() { h.Concurrency = to.Concurrency }, "rate": func() { h.Rate = to.Rate },
	} {
		if cmd.Flags().Changed(flag) {
			set()
		}
	}
	if to.Auth != "" {
		h.Auth, h.Email = to.Auth, to.Email
	}
	return h
}

func (f *hostFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.url, "url", "", "`URL` that this process dials")
	flags.StringVar(&f.public, "public-url", "", "`URL` that users use (default: the same)")
	flags.StringVar(&f.gateway, "gateway", "", "\"public\" sends the gateway checks to the public URL")
	flags.StringVar(&f.keyFile, "admin-key-file", "", "`FILE` with the admin API key")
	flags.BoolVar(&f.keyStdin, "admin-key-stdin", false, "read the admin API key from standard input")
	flags.StringVar(&f.email, "email", "", "the administrator's e-mail, to sign in by password")
	flags.StringVar(&f.password, "password-file", "", "`FILE` with the administrator's password")
	flags.StringVar(&f.ca, "ca", "", "`FILE` with a CA certificate (PEM), in addition to the system's")
	flags.StringVar(&f.proxy, "proxy", "", "proxy `URL` without a password")
	flags.StringVar(&f.proxyFile, "proxy-file", "", "`FILE` with a proxy URL that holds a password")
	flags.IntVar(&f.concurrency, "concurrency", 4, "requests in flight")
	flags.Float64Var(&f.rate, "rate", 0, "requests a second (0: unbounded)")
}

// spec reads the files that the flags name. Nothing is asked of anybody.
func (f hostFlags) spec(a *app, cmd *cobra.Command, name string) (engine.HostSpec, error) {
	spec := engine.HostSpec{Host: core.Host{Name: name, URL: f.url, PublicURL: f.public, Concurrency: f.concurrency, Rate: f.rate,
		GatewayByPublic: f.gateway == "public"}}
	switch {
	case !known(f.gateway, "", "public", "url"):
		return spec, core.Input("unknown gateway "+f.gateway, "--gateway public, or leave it out")
	case f.concurrency < 1, f.rate < 0:
		return spec, core.Input("--concurrency must be 1 or more, --rate 0 or more", cmd.CommandPath()+" --help")
	}
	if f.keyFile != "" || f.keyStdin || f.email != "" || f.password != "" {
		if err := f.signIn(a, &spec); err != nil {
			return spec, err
		}
	}
	if f.ca != "" {
		pem, err := a.readInput("ca", f.ca)
		if err != nil {
			return spec, err
		}
		spec.CA = string(pem)
	}
	var err error
	spec.Proxy, err = f.proxyURL(a)
	return spec, err
}

func oneWay() error {
	return core.Input("give one way to sign in", "--admin-key-file FILE, --admin-key-stdin, or --email E with --password-file FILE")
}

// signIn reads the admin secret; exactly one way must be given.
func (f hostFlags) signIn(a *app, spec *engine.HostSpec) (err error) {
	ways := 0
	for _, given := range []bool{f.keyFile != "", f.keyStdin, f.email != "" || f.password != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		return oneWay()
	case f.keyFile != "":
		spec.Auth = core.AuthAdminKey
		spec.Secret, err = a.readSecret("admin-key-file", f.keyFile)
	case f.keyStdin:
		spec.Auth = core.AuthAdminKey
		spec.Secret, err = a.readSecret("admin-key-stdin", "-")
	case f.email == "" || f.password == "":
		return core.Input("--email and --password-file belong together", "--email E --password-file FILE")
	default:
		spec.Auth, spec.Email = core.AuthPassword, f.email
		spec.Secret, err = a.readSecret("password-file", f.password)
	}
	return err
}

// proxyURL is the proxy's address. A password in it must not be seen in the list of processes.
func (f hostFlags) proxyURL(a *app) (string, error) {
	switch {
	case f.proxy != "" && f.proxyFile != "":
		return "", core.Input("--proxy and --proxy-file exclude each other", "give one of them")
	case f.proxyFile != "":
		return a.readSecret("proxy-file", f.proxyFile)
	case f.proxy == "":
		return "", nil
	}
	u, err := url.Parse(f.proxy)
	if err == nil {
		if _, secret := u.User.Password(); !secret {
			return f.proxy, nil
		}
	} else if !strings.Contains(f.proxy, "@") {
		return "", core.Input("--proxy is not an address", "--proxy socks5://127.0.0.1:1080")
	}
	return "", core.Input("a proxy password is not taken as an argument, where others can read it", "put the whole URL into a file: --proxy-file FILE")
}
