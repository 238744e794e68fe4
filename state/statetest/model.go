package statetest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cnrelay/core"
)

// likeMap compares the store with a map through random updates, some of which fail.
func likeMap(t *testing.T, s store) {
	model := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		key := rapid.SampledFrom([]string{"a", "a/b", "a/b/c", "a0", "ab", "b", "b/a", "c/a/b"})
		after := maps.Clone(model)
		fail := rapid.Bool().Draw(rt, "fail")
		failure := errors.New("failure")
		err := s.Update(t.Context(), func(tx core.Tx) error {
			for range rapid.IntRange(0, 6).Draw(rt, "changes") {
				k := key.Draw(rt, "key")
				if rapid.Bool().Draw(rt, "delete") {
					s.must(tx.Delete(table, k))
					delete(after, k)
				} else {
					n := rapid.Int().Draw(rt, "count")
					s.must(tx.Put(table, k, note{Count: n}))
					after[k] = n
				}
				compare(rt, tx, after)
			}
			if fail {
				return failure
			}
			return nil
		})
		if fail != errors.Is(err, failure) || !fail && err != nil {
			rt.Fatalf("update: %v", err)
		}
		if !fail {
			model = after
		}
		s.must(s.View(t.Context(), func(r core.Reader) error {
			compare(rt, r, model)
			return nil
		}))
	})
}

// compare reads everything and everything below a prefix.
func compare(t *rapid.T, r core.Reader, model map[string]int) {
	prefix := rapid.SampledFrom([]string{"", "a", "a/", "a/b", "b", "z"}).Draw(t, "prefix")
	var keys []string
	err := r.Scan(table, prefix, func(key string, decode func(any) error) error {
		keys = append(keys, key)
		var n note
		if err := decode(&n); err != nil || n.Count != model[key] {
			t.Fatalf("%s: %d, want %d (%v)", key, n.Count, model[key], err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(slices.Sorted(maps.Keys(model)), func(k string) bool { return !strings.HasPrefix(k, prefix) })
	if !slices.Equal(keys, want) {
		t.Fatalf("keys below %q: %q, want %q", prefix, keys, want)
	}
	for _, key := range []string{"a", "c/a/b"} {
		var n note
		found, err := r.Get(table, key, &n)
		if count, wanted := model[key]; err != nil || found != wanted || n.Count != count {
			t.Fatalf("%s: %d %t %v, want %d %t", key, n.Count, found, err, count, wanted)
		}
	}
}
