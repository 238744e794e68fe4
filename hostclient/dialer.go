package hostclient

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"cnrelay/core"
)

// Dialer makes clients. All clients of one host share its connections, and its bounds on requests in flight,
// requests a second and sign-ins a minute; all clients hide the secrets that any of them has sent. Set the fields
// before the first client is made.
type Dialer struct {
	Limits Limits
	// Dial opens connections; nil is the network, but for link-local addresses.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Secrets are those to hide that may not have been sent by this process; nil is none. It is asked when a
	// client is made.
	Secrets func() []string

	version string
	mask    *mask // a secret sent to one may be echoed by another: hosts know upstreams' keys
	mu      sync.Mutex
	gates   map[core.HostID]*gate
	ways    map[way]*http.Transport
}

var _ core.Dialer = (*Dialer)(nil)

// New makes a Dialer that names itself as this version of cnrelay in the User-Agent.
func New(version string) *Dialer {
	return &Dialer{Limits: DefaultLimits(), version: version, mask: newMask(), gates: map[core.HostID]*gate{}, ways: map[way]*http.Transport{}}
}

// Close lets go of the connections that nobody uses.
func (d *Dialer) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.ways {
		t.CloseIdleConnections()
	}
}

// Host makes a client of h. It reads h's secrets and opens no connection. An error is bad_input,
// or what the vault said.
func (d *Dialer) Host(h core.Host, secret func(ref string) (string, error)) (core.HostClient, error) {
	admin, err := secret(core.HostSecret(h.ID, "admin"))
	if err != nil {
		return nil, fmt.Errorf("%s: the admin secret: %w", h.Name, err)
	}
	d.Hide(admin)
	d.learn()

	base, err := baseURL(h.URL)
	if err != nil {
		return nil, err
	}
	gateway := base
	if h.GatewayByPublic {
		if gateway, err = baseURL(h.PublicURL); err != nil {
			return nil, err
		}
	}
	to := way{host: h.ID, slots: max(h.Concurrency, 1), ca: h.CA}
	if h.Proxied {
		raw, err := secret(core.HostSecret(h.ID, "proxy"))
		if err != nil {
			return nil, fmt.Errorf("%s: the proxy: %w", h.Name, err)
		}
		proxy, err := proxyURL(raw)
		if err != nil {
			return nil, err
		}
		d.Hide(secretsIn(raw)...)
		to.proxy = proxy.String()
	}
	transport, err := d.transport(to)
	if err != nil {
		return nil, err
	}

	line := &line{
		client: newHTTPClient(transport),
		agent:  d.agent(),
		limits: d.Limits,
		gate:   d.gate(h.ID, to.slots, h.Rate),
		mask:   d.mask,
	}
	c := &Client{name: h.Name, base: base, gateway: gateway, line: line}
	switch h.Auth {
	case core.AuthAdminKey:
		c.admin = adminKey(admin)
	case core.AuthPassword:
		c.admin = c.session(h.Email, admin)
	default:
		return nil, core.Input(fmt.Sprintf("host %s: unknown sign-in %q", h.Name, h.Auth), "use admin_key or password")
	}
	return c, nil
}

// Upstream makes a client of providers. Its requests leave from here directly: the proxies of
// hosts and of the environment don't apply to it.
func (d *Dialer) Upstream() core.UpstreamClient {
	d.learn()
	transport, err := d.transport(way{slots: upstreamSlots})
	if err != nil {
		panic(err) // only a CA or a proxy can be wrong, and there is none
	}
	return &upstream{line: &line{
		client: newHTTPClient(transport),
		agent:  d.agent(),
		limits: d.Limits,
		gate:   newGate(d.Limits, upstreamSlots, 0),
		mask:   d.mask,
	}}
}

// Hide implements [core.Dialer].
func (d *Dialer) Hide(secrets ...string) { d.mask.add(secrets...) }

// learn hears of the secrets that others know.
func (d *Dialer) learn() {
	if d.Secrets == nil {
		return
	}
	for _, s := range d.Secrets() {
		d.Hide(s)
		d.Hide(secretsIn(s)...)
	}
}

// Text implements [core.Dialer].
func (d *Dialer) Text(s string, max int) string {
	d.learn()
	lines := strings.Split(s, "\n") // line by line, whatever its length
	for i, line := range lines {
		lines[i] = d.mask.evidence(line)
	}
	return cut(strings.Join(lines, "\n"), max)
}

// secretsIn are the parts of an address that may be secret: a proxy's user, of whom one without a password is a
// token, and the tokens in the path and the query of a robot's.
func secretsIn(address string) (all []string) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" {
		return nil
	}
	if password, ok := u.User.Password(); ok {
		all = append(all, password, u.User.String(), u.User.Username()+":"+password)
	} else {
		all = append(all, u.User.Username())
	}
	const token = 12 // a shorter part of a path is a word
	for _, part := range strings.Split(u.Path, "/") {
		if len(part) >= token {
			all = append(all, part)
		}
	}
	for _, values := range u.Query() {
		all = append(all, values...)
	}
	return all
}

// upstreamSlots bounds the requests in flight to all providers together.
const upstreamSlots = 16

func (d *Dialer) agent() string { return "cnrelay/" + d.version }

// gate finds the shared gate of a host, or makes a new one when its settings changed.
func (d *Dialer) gate(id core.HostID, slots int, perSecond float64) *gate {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.gates[id]
	if g == nil || g.size != slots || g.perSecond != perSecond {
		g = newGate(d.Limits, slots, perSecond)
		d.gates[id] = g
	}
	return g
}

// baseURL checks a host's address and cuts the trailing slash: a host redirects paths that end in
// one or have two, and a followed redirect turns POST into GET.
func baseURL(raw string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", core.Input(fmt.Sprintf("%q is no http or https address", Sanitize(raw, shortText)), "give an address like https://host:8080")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", core.Input("the host address holds a user, query or fragment", "give scheme, host, port and path only")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// proxyURL checks a proxy. Its text never appears in an error: it may hold a password.
func proxyURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err == nil && u.Host != "" {
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
			return u, nil
		}
	}
	return nil, core.Input("the proxy is no http, https or socks5 address", "give an address like socks5://127.0.0.1:1080")
}
