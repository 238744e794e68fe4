package hostclient

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"

	"cnrelay/core"
)

// newTransport keeps at most slots connections to one address, and as many idle: with Go's default
// of two idle ones, 32 workers over TLS are 14 times slower. The environment's proxy is never used:
// admin traffic goes where the operator said.
func (d *Dialer) newTransport(slots int, ca string, proxy *url.URL) (*http.Transport, error) {
	l, dial := d.Limits, d.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: l.Dial, Control: refuseLinkLocal}).DialContext
	}
	t := &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    l.TLS,
		MaxIdleConnsPerHost:    slots,
		MaxConnsPerHost:        slots,
		IdleConnTimeout:        l.Idle,
		MaxResponseHeaderBytes: l.Header,
		ForceAttemptHTTP2:      true,
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	if ca != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM([]byte(ca)) {
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
