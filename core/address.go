package core

import "net/url"

// ValidAddress refuses what is not a plain http(s) address, before anything is sent to it or stored. An address
// with a user or a query may hold a secret, so it is not repeated.
func ValidAddress(addr string) error {
	u, err := url.Parse(addr)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return Input("not an http(s) address", "https://gateway.example.com")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Input("an address must hold no user, query or fragment", u.Scheme+"://"+u.Host)
	}
	return nil
}
