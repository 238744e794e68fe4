package sshd

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// How many bytes are taken from a client in a second, and at once. SSH itself lets one send two megabytes before
// anybody reads a single one, in as many packets as it likes, and each has to be decrypted.
const (
	bytesPiped, atOncePiped = 4 << 20, 1 << 20
	bytesTyped, atOnceTyped = 64 << 10, 8 << 10
)

// measured is a connection that is read no faster than that. A client that doesn't stop sending more is cut.
type measured struct {
	net.Conn
	ctx   context.Context
	limit *rate.Limiter
	most  time.Duration
	since time.Time // it has sent more than is taken; zero if it hasn't
	begun time.Time
	heard atomic.Int64 // since begun, in nanoseconds
}

func measure(ctx context.Context, c net.Conn, most time.Duration) *measured {
	return &measured{Conn: c, ctx: ctx, limit: rate.NewLimiter(bytesPiped, atOncePiped), most: most, begun: time.Now()}
}

// typed takes from now on what a hand can type, or paste.
func (m *measured) typed() {
	m.limit.SetBurst(atOnceTyped)
	m.limit.SetLimit(bytesTyped)
}

// silent is for how long nothing has come.
func (m *measured) silent() time.Duration {
	return time.Since(m.begun) - time.Duration(m.heard.Load())
}

// Read implements [net.Conn].
func (m *measured) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b[:min(len(b), atOnceTyped)])
	m.heard.Store(int64(time.Since(m.begun)))
	wait := m.limit.ReserveN(time.Now(), n).Delay()
	switch {
	case wait == 0:
		m.since = time.Time{}
		return n, err
	case m.since.IsZero():
		m.since = time.Now()
	case time.Since(m.since) > m.most:
		_ = m.Close()
		return n, err
	}
	select {
	case <-time.After(wait):
	case <-m.ctx.Done(): // at the end nothing is waited for
	}
	return n, err
}
