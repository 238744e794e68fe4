package hostclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"

	"cnrelay/core"
)

var (
	errDeadline = errors.New("no answer within the deadline")
	errTooLarge = errors.New("the answer is too large")
)

// failure is why no whole answer came.
type failure struct {
	net     core.NetError
	reached bool // the request may have been seen by the other side
	ours    bool // its maker kept it from leaving
	err     error
}

func failed(ctx context.Context, err error, reached bool) *failure {
	// The context's cause says more than the "context canceled" that net/http makes of it; a
	// caller that looks for that finds it all the same.
	switch cause := context.Cause(ctx); {
	case cause == nil:
	case cause == errDeadline, cause == ctx.Err():
		err = cause
	default:
		err = fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return &failure{net: netError(err), reached: reached, err: err}
}

// netError sorts what went wrong below HTTP.
func netError(err error) core.NetError {
	var (
		dns      *net.DNSError
		record   tls.RecordHeaderError
		verify   *tls.CertificateVerificationError
		alert    tls.AlertError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		timeout  interface{ Timeout() bool }
	)
	switch {
	case errors.Is(err, errTooLarge):
		return core.NetTooLarge
	case errors.Is(err, errDeadline), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return core.NetTimeout
	case errors.As(err, &dns):
		return core.NetDNS
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record), errors.As(err, &verify), errors.As(err, &alert),
		errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid):
		return core.NetTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return core.NetRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return core.NetReset
	case errors.As(err, &timeout) && timeout.Timeout():
		return core.NetTimeout
	}
	return core.NetOther
}

// words say in a sentence's part what a NetError means.
var words = map[core.NetError]string{
	core.NetRefused:  "the connection was refused",
	core.NetTimeout:  "no answer came in time",
	core.NetDNS:      "the name could not be resolved",
	core.NetTLS:      "the TLS connection failed",
	core.NetReset:    "the connection broke off",
	core.NetTooLarge: "the answer is larger than allowed",
	core.NetNotJSON:  "the answer is not of this API",
	core.NetOther:    "the network failed",
}

// nextStep says what the operator can do about it.
var nextStep = map[core.NetError]string{
	core.NetRefused:  "check that the host runs and that the address and port are right (tunnels too)",
	core.NetTimeout:  "check the network path to the host, then try again",
	core.NetDNS:      "check the host name in the address",
	core.NetTLS:      "check the certificate; give the host's CA if it has its own",
	core.NetReset:    "look at what the host holds before trying again",
	core.NetTooLarge: "check that the address is a sub2api host's",
	core.NetNotJSON:  "check that the address is a sub2api host's",
	core.NetOther:    "check the network path to the host and its proxy setting",
}

// cleanError stands for an error whose text may carry bytes of the other side (net/textproto quotes
// malformed headers) and secrets. It answers errors.Is and errors.As for it, and has no Unwrap:
// whoever prints a chain of errors must not come upon that text.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string        { return e.text }
func (e *cleanError) Is(target error) bool { return errors.Is(e.err, target) }
func (e *cleanError) As(target any) bool   { return errors.As(e.err, target) }
