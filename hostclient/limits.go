package hostclient

import "time"

// Limits are the bounds of every exchange. Waiting for a free slot or for the host's own pace
// doesn't count against them; the caller's context does.
type Limits struct {
	Dial time.Duration // one TCP connection
	TLS  time.Duration // one handshake
	Idle time.Duration // an unused connection is closed after this

	Request time.Duration // one try of an admin read
	Read    time.Duration // no new try of a read or a throttled write begins after this
	Write   time.Duration // one admin write
	List    time.Duration // a whole list, of however many pages

	Completion time.Duration // a completion whose request states no deadline
	Models     time.Duration // a models list
	TestIdle   time.Duration // between two frames of an account test
	TestTotal  time.Duration // a whole account test

	RetryAfter  time.Duration // the longest Retry-After that is obeyed
	Throttled   time.Duration // the wait after a 429 that names none, like that of sign-ins
	RetryPause  time.Duration // the first pause between two tries; it grows from there
	SignInEvery time.Duration // between two sign-ins to one host, after a burst of SignInBurst
	SignInBurst int

	Header int64 // bytes of response headers
	Body   int64 // bytes of one answer, after decompression; a list is asked for in smaller pages if one has more
	Stream int64 // bytes of one stream of events, which is not kept
	Weight int   // of the values in one answer, see weight: 1000 accounts of 100 fields each
	// Items is the longest list that is read.
	Items int
}

// DefaultLimits are what a [Dialer] starts with. A host takes 20 sign-ins a minute from one
// address (0.1.1 to 0.1.179); ours stay under it.
func DefaultLimits() Limits {
	return Limits{
		Dial: 10 * time.Second, TLS: 10 * time.Second, Idle: 30 * time.Second,
		Request: 30 * time.Second, Read: 90 * time.Second, Write: 60 * time.Second, List: 5 * time.Minute,
		Completion: 60 * time.Second, Models: 20 * time.Second,
		TestIdle: 90 * time.Second, TestTotal: 5 * time.Minute,
		RetryAfter: 60 * time.Second, Throttled: 15 * time.Second, RetryPause: 250 * time.Millisecond,
		SignInEvery: 4 * time.Second, SignInBurst: 4,
		Header: 64 << 10, Body: 4 << 20, Stream: 8 << 20, Weight: 256 << 10,
		Items: 200_000,
	}
}
