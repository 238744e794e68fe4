package hostclient

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"

	"cnrelay/core"
)

// way is what a transport is made for; those who need the same share it. It holds the proxy's password.
type way struct {
	host      core.HostID // none for upstreams
	slots     int         // connections to one address
	ca, proxy string
}

// transport finds the transport for a way, or makes it.
func (d *Dialer) transport(w way) (*http.Transport, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t, ok := d.ways[w]; ok {
		return t, nil
	}
	t, err := d.newTransport(w)
	if err != nil {
		return nil, err
	}
	d.ways[w] = t
	return t, nil
}

// newTransport keeps at most a way's slots connections to one address, and as many idle: with Go's default
// of two idle ones, 32 workers over TLS are 14 times slower. The environment's proxy is never used:
// admin traffic goes where the operator said.
func (d *Dialer) newTransport(w way) (*http.Transport, error) {
	l, dial := d.Limits, d.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: l.Dial, Control: refuseLinkLocal}).DialContext
	}
	t := &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    l.TLS,
		MaxIdleConnsPerHost:    w.slots,
		MaxConnsPerHost:        w.slots,
		IdleConnTimeout:        l.Idle,
		MaxResponseHeaderBytes: l.Header,
		ForceAttemptHTTP2:      true,
	}
	if w.proxy != "" {
		proxy, err := proxyURL(w.proxy)
		if err != nil {
			return nil, err
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	if w.ca != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM([]byte(w.ca)) {
			return nil, core.Input("the CA holds no PEM certificate", "give a file that begins with -----BEGIN CERTIFICATE-----")
		}
		t.TLSClientConfig.RootCAs = pool
	}
	return t, nil
}

// newHTTPClient never follows a redirect: Go would carry x-api-key to the other host.
func newHTTPClient(t *http.Transport) *http.Client {
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var errLinkLocal = errors.New("link-local addresses are refused: cloud metadata lives there")

// refuseLinkLocal looks at the address that is really dialled, after name resolution. Private and
// loopback addresses are fine: hosts are often reached through tunnels.
func refuseLinkLocal(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := to.Addr().Unmap().WithZone("")
	if ip.IsLinkLocalUnicast() || ip == netip.MustParseAddr("fd00:ec2::254") {
		return errLinkLocal
	}
	return nil
}
