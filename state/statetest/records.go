package statetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
)

func giveBack(t *testing.T, s store) {
	want := note{Text: "¥ 字", Count: 7, At: time.Date(2026, 11, 23, 1, 2, 3, 4000, time.UTC), Any: map[string]any{"a": []any{"b", 1.5, nil}}}
	s.put("a/b", want)
	got, found := s.get("a/b")
	s.same("found", found, true)
	s.same("record", got, want)

	_, found = s.get("a")
	s.same("a part of the key is found", found, false)

	s.put("a/b", note{Text: "new"})
	got, _ = s.get("a/b")
	s.same("replaced record", got, note{Text: "new"})

	s.must(s.Update(t.Context(), func(tx core.Tx) error {
		return errors.Join(tx.Delete(table, "a/b"), tx.Delete(table, "never/was"))
	}))
	_, found = s.get("a/b")
	s.same("deleted record is found", found, false)
}

func scanInOrder(t *testing.T, s store) {
	for _, key := range []string{"b/2", "a/10", "b/10", "a/9", "ab/1", "a", "字/1"} {
		s.put(key, note{Text: key})
	}
	s.same("all", s.keys(""), []string{"a", "a/10", "a/9", "ab/1", "b/10", "b/2", "字/1"})
	s.same("a/", s.keys("a/"), []string{"a/10", "a/9"})
	s.same("a", s.keys("a"), []string{"a", "a/10", "a/9", "ab/1"})
	s.same("none", s.keys("c"), []string(nil))

	seen := 0
	stopAt := func(stop error) error {
		return s.View(t.Context(), func(r core.Reader) error {
			return r.Scan(table, "", func(string, func(any) error) error {
				if seen++; seen == 2 {
					return stop
				}
				return nil
			})
		})
	}
	s.must(stopAt(fmt.Errorf("enough: %w", core.ErrStop)))
	s.same("visits until stopped", seen, 2)
	seen = 0
	failure := errors.New("failure")
	if err := stopAt(failure); !errors.Is(err, failure) {
		t.Fatalf("the visitor's error became %v", err)
	}
}

func tablesApart(t *testing.T, s store) {
	s.must(s.Update(t.Context(), func(tx core.Tx) error {
		return errors.Join(tx.Put(table, "x", note{Count: 1}), tx.Put(table+"s", "x", note{Count: 2}), tx.Put("n", "x", note{Count: 3}))
	}))
	s.same("keys", s.keys(""), []string{"x"})
	n, _ := s.get("x")
	s.same("record", n.Count, 1)
}

func emptyParts(t *testing.T, s store) {
	for _, key := range []string{"", "/", "a/", "/a", "a//b", strings.Repeat("k", 64<<10)} {
		err := s.Update(t.Context(), func(tx core.Tx) error { return tx.Put(table, key, note{}) })
		refused(t, err)
		refused(t, s.Update(t.Context(), func(tx core.Tx) error { return tx.Delete(table, key) }))
		refused(t, s.View(t.Context(), func(r core.Reader) error {
			_, err := r.Get(table, key, &note{})
			return err
		}))
	}
	refused(t, s.Update(t.Context(), func(tx core.Tx) error { return tx.Put("", "a", note{}) }))
	s.same("keys", s.keys(""), []string(nil))
}

func noJSON(t *testing.T, s store) {
	refused(t, s.Update(t.Context(), func(tx core.Tx) error { return tx.Put(table, "a", func() {}) }))
	s.put("a", note{Text: "sesame"})
	err := s.View(t.Context(), func(r core.Reader) error {
		_, err := r.Get(table, "a", &[]int{})
		return err
	})
	refused(t, err)
	if strings.Contains(fmt.Sprintf("%v %+v", err, errors.Unwrap(err)), "sesame") {
		t.Fatalf("the error tells the record: %v", err)
	}
}

func tooBig(t *testing.T, s store) {
	big := note{Text: strings.Repeat("x", 64<<20)}
	refused(t, s.Update(t.Context(), func(tx core.Tx) error { return tx.Put(table, "a", big) }))
	s.same("keys", s.keys(""), []string(nil))
}

func largeRecords(t *testing.T, s store) {
	for _, size := range []int{60 << 10, 70 << 10, 2 << 20, 7 << 20} {
		want := note{Text: strings.Repeat("x", size)}
		s.put("large", want)
		got, _ := s.get("large")
		s.same("size", len(got.Text), size)
	}
	s.must(s.Update(t.Context(), func(tx core.Tx) error {
		for i := range 5000 {
			if err := tx.Put(table, fmt.Sprintf("many/%05d", i), note{Count: i}); err != nil {
				return err
			}
		}
		return nil
	}))
	s.same("many", len(s.keys("many/")), 5000)
}

func tooBigUpdate(t *testing.T, s store) {
	megabytes := func(key string, n int) error {
		return s.Update(t.Context(), func(tx core.Tx) error {
			for i := range 20 * n {
				s.must(tx.Put(table, fmt.Sprintf("%s/%02d", key, i), note{Text: strings.Repeat("x", 50<<10)}))
			}
			return nil
		})
	}
	s.must(megabytes("much", 1))
	refused(t, megabytes("too_much", 2))
	s.same("kept", len(s.keys("")), 20)
}
