// Package statetest holds what every implementation of [core.Store] and [core.Vault] must do, as test
// suites, and implementations in memory for the tests of other packages.
package statetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"cnrelay/core"
)

// note is the record that the suite stores.
type note struct {
	Text  string         `json:"text"`
	Count int            `json:"count"`
	At    time.Time      `json:"at,omitzero"`
	Any   map[string]any `json:"any,omitempty"`
}

const table core.Table = "note"

// Store runs the suite on stores that open makes, each empty.
func Store(t *testing.T, open func(t *testing.T) core.Store) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s store)
	}{
		{"gives back what was put", giveBack},
		{"scans in key order below a prefix", scanInOrder},
		{"keeps tables apart", tablesApart},
		{"refuses keys with empty parts", emptyParts},
		{"refuses what is no JSON", noJSON},
		{"refuses a record that is too big", tooBig},
		{"stores large records", largeRecords},
		{"refuses an update that is too big", tooBigUpdate},
		{"an update sees its own writes", ownWrites},
		{"a scan inside a scan", nestedScan},
		{"a failed update leaves nothing", failedUpdate},
		{"a panicking update leaves nothing", panickingUpdate},
		{"an ended context stops it", endedContext},
		{"a view sees one moment", oneMoment},
		{"loses no concurrent update", concurrentUpdates},
		{"updates together are each their own", ownOutcome},
		{"refuses work after Close", afterClose},
		{"behaves like a map", likeMap},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() { _ = s.Close() })
			c.run(t, store{s, t})
		})
	}
}

// store is a store whose errors end the test.
type store struct {
	core.Store
	t *testing.T
}

func (s store) put(key string, v any) {
	s.t.Helper()
	s.must(s.Update(s.t.Context(), func(tx core.Tx) error { return tx.Put(table, key, v) }))
}

func (s store) get(key string) (n note, found bool) {
	s.t.Helper()
	s.must(s.View(s.t.Context(), func(r core.Reader) (err error) {
		found, err = r.Get(table, key, &n)
		return err
	}))
	return n, found
}

func (s store) keys(prefix string) []string {
	s.t.Helper()
	var keys []string
	s.must(s.View(s.t.Context(), func(r core.Reader) (err error) {
		keys, err = keysOf(r, prefix)
		return err
	}))
	return keys
}

func keysOf(r core.Reader, prefix string) ([]string, error) {
	var keys []string
	err := r.Scan(table, prefix, func(key string, decode func(any) error) error {
		keys = append(keys, key)
		return decode(&note{})
	})
	return keys, err
}

func (s store) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s store) same(what string, got, want any) {
	s.t.Helper()
	if !reflect.DeepEqual(got, want) {
		s.t.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}

// refused wants an error that an operator can work with.
func refused(t *testing.T, err error) {
	t.Helper()
	var e *core.Error
	if !errors.As(err, &e) || e.Code != core.CodeState || e.What == "" {
		t.Fatalf("want a *core.Error of code %q, got %v", core.CodeState, err)
	}
}
