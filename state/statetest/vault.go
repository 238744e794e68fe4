package statetest

import (
	"errors"
	"fmt"
	"regexp"
	"sync"
	"testing"

	"cnrelay/core"
)

// Vault runs the suite on vaults that open makes, each empty.
func Vault(t *testing.T, open func(t *testing.T) core.Vault) {
	t.Run("gives back what was put", func(t *testing.T) {
		v := open(t)
		if _, err := v.Secret("key/a"); !errors.Is(err, core.ErrNoSecret) {
			t.Fatalf("an empty vault: %v", err)
		}
		put(t, v, map[string]string{"key/a": "sk-1", "key/b": "密 🔑\n", "empty": ""})
		put(t, v, map[string]string{"key/a": "sk-2"})
		put(t, v, nil)
		holds(t, v, map[string]string{"key/a": "sk-2", "key/b": "密 🔑\n", "empty": ""})
	})
	t.Run("forgets", func(t *testing.T) {
		v := open(t)
		put(t, v, map[string]string{"a": "1", "b": "2"})
		if err := v.Delete("a", "never was"); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Secret("a"); !errors.Is(err, core.ErrNoSecret) {
			t.Fatalf("a deleted secret: %v", err)
		}
		holds(t, v, map[string]string{"b": "2"})
	})
	t.Run("keeps its own copy", func(t *testing.T) {
		v := open(t)
		secrets := map[string]string{"a": "1"}
		put(t, v, secrets)
		secrets["a"] = "2"
		holds(t, v, map[string]string{"a": "1"})
	})
	t.Run("fingerprints", func(t *testing.T) {
		v := open(t)
		print := v.Fingerprint("key", "endpoint")
		if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(print) {
			t.Fatalf("not 32 digits: %q", print)
		}
		put(t, v, map[string]string{"a": "1"})
		if again := v.Fingerprint("key", "endpoint"); again != print {
			t.Fatalf("%s, then %s", print, again)
		}
		for _, parts := range [][]string{{"keyendpoint"}, {"keye", "ndpoint"}, {"endpoint", "key"}, {"key", "endpoint", ""}, {}} {
			if v.Fingerprint(parts...) == print {
				t.Errorf("%q has the same one", parts)
			}
		}
		if open(t).Fingerprint("key", "endpoint") == print {
			t.Error("another vault makes the same one")
		}
	})
	t.Run("serves many at once", func(t *testing.T) {
		v := open(t)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for j := range 5 {
					ref := fmt.Sprintf("%d/%d", i, j)
					if err := v.Put(map[string]string{ref: ref}); err != nil {
						t.Error(err)
					}
					if got, err := v.Secret(ref); got != ref || err != nil {
						t.Errorf("%s: %q %v", ref, got, err)
					}
					v.Fingerprint(ref)
				}
			})
		}
		wg.Wait()
		for i := range 8 {
			for j := range 5 {
				ref := fmt.Sprintf("%d/%d", i, j)
				holds(t, v, map[string]string{ref: ref})
			}
		}
	})
}

func put(t *testing.T, v core.Vault, secrets map[string]string) {
	t.Helper()
	if err := v.Put(secrets); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, v core.Vault, secrets map[string]string) {
	t.Helper()
	for ref, want := range secrets {
		if got, err := v.Secret(ref); got != want || err != nil {
			t.Errorf("%s: %q (%v), want %q", ref, got, err, want)
		}
	}
}
