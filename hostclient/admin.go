package hostclient

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/cenkalti/backoff/v5"

	"cnrelay/core"
)

// Client is one host. It is safe for use by several goroutines.
type Client struct {
	name    string // the operator's label
	base    string // dialled for the admin API
	gateway string // dialled for the gateway; the same, or the public address
	line    *line
	admin   signer
	users   sessions
}

// Close lets go of the connections that nothing is sent over. The client can be used further.
func (c *Client) Close() error {
	c.line.client.CloseIdleConnections()
	return nil
}

var _ core.HostClient = (*Client)(nil)

const adminAPI = "/api/v1/admin"

// call is one call of a JSON API of the host.
type call struct {
	request
	stage string
	as    signer // nil: without credentials
	write bool
}

// do sends a call and gives its payload; its error is a *core.Error. Reads are tried again after
// network errors, 429, 502, 503 and 504; writes after 429 only, which a host answers before it does
// anything.
func (c *Client) do(ctx context.Context, k call) (json.RawMessage, error) {
	l := c.line.limits
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = l.RetryPause

	var last *core.Error
	data, err := backoff.Retry(ctx, func() (json.RawMessage, error) {
		data, a, err := c.once(ctx, k)
		if err == nil {
			return data, nil
		}
		last = err
		if a.at.IsZero() || !worthRetry(k, err) { // unsent: the sign-in had retries of its own
			return nil, backoff.Permanent(err)
		}
		wait := retryAfter(a.header, a.at, l.RetryAfter)
		if wait == 0 && err.Status == http.StatusTooManyRequests {
			wait = l.Throttled
		}
		if wait > 0 {
			return nil, errors.Join(err, &backoff.RetryAfterError{Duration: wait})
		}
		return nil, err
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(l.Read))
	switch {
	case err == nil:
		return data, nil
	case ctx.Err() != nil && last.Code != core.CodeNetwork && !k.write:
		return nil, c.at(k, c.line.broken(answer{}, failed(ctx, ctx.Err(), false)))
	}
	return nil, last
}

const maxTries = 5

func worthRetry(k call, err *core.Error) bool {
	switch {
	case err.Status == http.StatusTooManyRequests:
		return true
	case k.write:
		return false
	case err.Code != core.CodeNetwork:
		return err.Status == http.StatusBadGateway || err.Status == http.StatusServiceUnavailable ||
			err.Status == http.StatusGatewayTimeout
	}
	switch netError(err) {
	case core.NetTLS, core.NetTooLarge:
		return false
	}
	return !errors.Is(err, errLinkLocal) && !errors.Is(err, context.Canceled)
}

// once signs and sends a call, and a second time with a new token if the host refused the first
// (it expired, or the host got other signing keys): a 401 comes before anything is done.
func (c *Client) once(ctx context.Context, k call) (json.RawMessage, answer, *core.Error) {
	for again := true; ; again = false {
		r := k.request
		if r.side == "" {
			r.side = c.side(k.as)
		}
		r.header = http.Header{}
		for name, v := range k.header {
			r.header[name] = v
		}
		if k.as != nil {
			if err := k.as.sign(ctx, r.header); err != nil {
				return nil, answer{}, err
			}
		}
		a, f := c.line.exchange(ctx, r)
		if f != nil {
			return nil, a, c.at(k, c.line.broken(a, f))
		}
		if r.stream != nil && a.status == http.StatusOK {
			return nil, a, nil
		}
		data, err := c.line.data(a)
		if err == nil {
			return data, a, nil
		}
		if again && err.Status == http.StatusUnauthorized && k.as != nil && k.as.renew(r.header) {
			continue
		}
		return nil, a, c.at(k, err)
	}
}

// side is as whom a call is made.
func (c *Client) side(as signer) core.Side {
	switch as {
	case nil:
		return core.SidePublic
	case c.admin:
		return core.SideAdmin
	}
	return core.SideUser
}

// broken is the error for an exchange without a whole answer.
func (l *line) broken(a answer, f *failure) *core.Error {
	if f.ours {
		return &core.Error{Code: core.CodeOf(f.err), Fault: core.FaultOperator, What: f.err.Error(), Err: f.err}
	}
	e := &core.Error{
		Code: core.CodeNetwork, Fault: core.FaultUnknown, Status: a.status,
		What: words[f.net], Next: nextStep[f.net], MayHaveHappened: f.reached,
		Err: &cleanError{l.mask.line(f.err.Error(), longText), f.err},
	}
	switch {
	case errors.Is(f.err, context.Canceled):
		e.What, e.Next = "stopped before the answer came", ""
	case f.net == core.NetOther:
		e.What += ": " + l.mask.line(f.err.Error(), shortText)
	case f.net == core.NetTLS:
		e.What += ": " + l.mask.line(f.err.Error(), shortText)
	}
	return e
}

// at completes an error with the host, what was being done, and whether it may have been done.
func (c *Client) at(k call, e *core.Error) *core.Error {
	e.Host, e.Stage = c.name, k.stage
	e.Next = strings.ReplaceAll(e.Next, "NAME", c.name)
	switch {
	case !k.write, e.Status >= 300 && e.Status < 500:
		e.MayHaveHappened = false
	case e.Status != 0:
		// A 5xx may hide a write that took effect (accounts with an unknown group, all versions),
		// and an unreadable 2xx probably does.
		e.MayHaveHappened = true
	}
	return e
}

// get reads path of the admin API.
func (c *Client) get(ctx context.Context, stage, path string, query map[string][]string) (json.RawMessage, error) {
	return c.do(ctx, call{
		stage: stage, as: c.admin,
		request: request{
			method: http.MethodGet, url: c.base + adminAPI + path, query: query,
			deadline: c.line.limits.Request,
		},
	})
}

// decode reads a payload strictly enough to notice another API.
func (c *Client) decode(stage string, data json.RawMessage, v any) error {
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	return c.unreadable(stage, err)
}

func (c *Client) unreadable(stage string, err error) *core.Error {
	return &core.Error{
		Code: core.CodeHost, Host: c.name, Stage: stage, Fault: core.FaultHost, Status: http.StatusOK,
		What: "the host's answer can't be read: " + c.line.mask.line(err.Error(), shortText),
		Next: "check that this is a sub2api host of a known version",
		Err:  &cleanError{c.line.mask.line(err.Error(), shortText), err},
	}
}
