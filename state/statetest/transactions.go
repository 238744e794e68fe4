package statetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"cnrelay/core"
)

func ownWrites(t *testing.T, s store) {
	for _, key := range []string{"b", "d", "f"} {
		s.put(key, note{Text: key})
	}
	s.must(s.Update(t.Context(), func(tx core.Tx) error {
		v := map[string]any{"text": "put"}
		s.must(tx.Put(table, "a", v))
		v["text"] = "changed after Put"
		s.must(tx.Put(table, "e", note{Text: "gone again"}))
		s.must(tx.Delete(table, "e"))
		s.must(tx.Delete(table, "d"))
		s.must(tx.Put(table, "f", note{Text: "new"}))
		s.must(tx.Put(table, "g", note{}))

		var n note
		found, err := tx.Get(table, "a", &n)
		s.must(err)
		s.same("put", n, note{Text: "put"})
		s.same("put is found", found, true)
		found, err = tx.Get(table, "d", &n)
		s.must(err)
		s.same("deleted is found", found, false)
		keys, err := keysOf(tx, "")
		s.must(err)
		s.same("keys inside", keys, []string{"a", "b", "f", "g"})

		return tx.Scan(table, "", func(key string, _ func(any) error) error { // changes while it scans
			return errors.Join(tx.Delete(table, key), tx.Put(table, key+"/new", note{}))
		})
	}))
	s.same("keys", s.keys(""), []string{"a/new", "b/new", "f/new", "g/new"})
}

func nestedScan(t *testing.T, s store) {
	s.put("a", note{})
	s.put("b", note{})
	pairs := func(r core.Reader) (n int, err error) {
		return n, r.Scan(table, "", func(string, func(any) error) error {
			return r.Scan(table, "", func(string, func(any) error) error {
				n++
				return nil
			})
		})
	}
	s.must(s.View(t.Context(), func(r core.Reader) error {
		n, err := pairs(r)
		s.same("pairs", n, 4)
		return err
	}))
	s.must(s.Update(t.Context(), func(tx core.Tx) error {
		s.must(tx.Put(table, "c", note{}))
		n, err := pairs(tx)
		s.same("pairs", n, 9)
		return err
	}))
}

func failedUpdate(t *testing.T, s store) {
	s.put("kept", note{})
	failure := errors.New("failure")
	err := s.Update(t.Context(), func(tx core.Tx) error {
		return errors.Join(tx.Put(table, "a", note{}), tx.Delete(table, "kept"), failure)
	})
	if !errors.Is(err, failure) {
		t.Fatalf("the update's error became %v", err)
	}
	s.same("keys", s.keys(""), []string{"kept"})
}

func panickingUpdate(t *testing.T, s store) {
	func() {
		defer func() { s.same("panic", recover(), "oops") }()
		_ = s.Update(t.Context(), func(tx core.Tx) error {
			s.must(tx.Put(table, "a", note{}))
			panic("oops")
		})
	}()
	s.put("b", note{})
	s.same("keys", s.keys(""), []string{"b"})
}

func endedContext(t *testing.T, s store) {
	ctx, cancel := context.WithCancel(t.Context())
	s.put("a", note{})
	during := func(r core.Reader) error {
		cancel()
		_, err := r.Get(table, "a", &note{})
		return err
	}
	for range 2 { // ends during the first round, has ended before the second
		if err := s.View(ctx, during); !errors.Is(err, context.Canceled) {
			t.Fatalf("View: %v", err)
		}
		if err := s.Update(ctx, func(tx core.Tx) error { return tx.Put(table, "b", note{}) }); !errors.Is(err, context.Canceled) {
			t.Fatalf("Update: %v", err)
		}
	}
	s.same("keys", s.keys(""), []string{"a"})
}

func oneMoment(t *testing.T, s store) {
	s.put("a", note{Count: 1})
	s.put("b", note{Count: 1})
	s.must(s.View(t.Context(), func(r core.Reader) error {
		s.must(s.Update(t.Context(), func(tx core.Tx) error {
			return errors.Join(tx.Put(table, "a", note{Count: 2}), tx.Delete(table, "b"), tx.Put(table, "c", note{}))
		}))
		var n note
		_, err := r.Get(table, "a", &n)
		s.must(err)
		s.same("record in the view", n.Count, 1)
		keys, err := keysOf(r, "")
		s.same("keys in the view", keys, []string{"a", "b"})
		return err
	}))
	s.same("keys after", s.keys(""), []string{"a", "c"})
}

func concurrentUpdates(t *testing.T, s store) {
	const workers, rounds = 8, 40
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range rounds {
				err := s.Update(t.Context(), func(tx core.Tx) error {
					var n note
					if _, err := tx.Get(table, "counter", &n); err != nil {
						return err
					}
					n.Count++
					return tx.Put(table, "counter", n)
				})
				if err != nil {
					t.Error(err)
				}
				if n, _ := s.get("counter"); n.Count == 0 {
					t.Error("an acknowledged update is not there")
				}
			}
		})
	}
	wg.Wait()
	n, _ := s.get("counter")
	s.same("count", n.Count, workers*rounds)
}

func ownOutcome(t *testing.T, s store) {
	failure := errors.New("failure")
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			fails := i%3 == 0
			err := s.Update(t.Context(), func(tx core.Tx) error {
				if err := tx.Put(table, fmt.Sprintf("%03d", i), note{Count: i}); err != nil || !fails {
					return err
				}
				return failure
			})
			if errors.Is(err, failure) != fails || !fails && err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i := range 200 {
		if _, found := s.get(fmt.Sprintf("%03d", i)); found != (i%3 != 0) {
			t.Errorf("record %d: found %t", i, found)
		}
	}
}

func afterClose(t *testing.T, s store) {
	s.must(s.Close())
	s.must(s.Close())
	refused(t, s.View(t.Context(), func(core.Reader) error { return nil }))
	refused(t, s.Update(t.Context(), func(core.Tx) error { return nil }))
}
