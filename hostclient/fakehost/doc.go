// Package fakehost simulates a sub2api host, and the providers behind it, in one process.
//
// It is written from docs/hosts and from recordings of real hosts (testdata/recordings, replayed
// in replay_test.go), and package contract runs the same cases against it and against real hosts:
// where they differ the fake is wrong. Requests go through its own HTTP surface only, gateway
// calls and account tests really call the account's base_url, and nothing it does depends on the
// client under test.
package fakehost
