package keys

import (
	"errors"
	"strings"
	"testing"

	"cnrelay/tui/text"
)

// TestDefaults have no conflict, and words for every action.
func TestDefaults(t *testing.T) {
	m, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	scopes := map[Scope]bool{}
	for _, b := range m.order {
		scopes[b.Scope] = true
		for _, lang := range text.Langs {
			if key := "action." + string(b.Action); text.For(lang).Say(key) == key {
				t.Errorf("%s has no words", b.Action)
			}
		}
	}
	for s := range scopes {
		if key := "scope." + string(s); text.For(text.EN).Say(key) == key {
			t.Errorf("scope %s has no words", s)
		}
	}
}

// TestPanesLeaveWalkingAlone: no pane takes a key that walks, or one that works everywhere.
func TestPanesLeaveWalkingAlone(t *testing.T) {
	m, _ := New(nil)
	for _, scope := range []Scope{Hosts, Packs, Batches, Drift} {
		for key, action := range m.lookup[scope] {
			for _, outer := range []Scope{Move, Global} {
				if other, taken := m.lookup[outer][key]; taken {
					t.Errorf("%s: %q is %s, and hides %s", scope, key, action, other)
				}
			}
		}
	}
}

func TestOwnKeys(t *testing.T) {
	m, err := New(map[string][]string{"host_add": {"n", "insert"}})
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := m.Resolve("n", Hosts, Global); !ok || a != HostAdd {
		t.Errorf("n is %s", a)
	}
	if a, ok := m.Resolve("a", Hosts, Global); ok {
		t.Errorf("a is still %s", a)
	}
	if a, _ := m.Resolve("q", Hosts, Global); a != Quit {
		t.Errorf("q is %s", a)
	}
}

// TestFaultyKeys are all said at once.
func TestFaultyKeys(t *testing.T) {
	_, err := New(map[string][]string{"nonsense": {"n"}, "host_add": {"c", " "}, "host_check": {"c"}})
	var faults *FaultsError
	if !errors.As(err, &faults) || len(faults.Faults) != 3 {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{`"nonsense": there is no such action`, `"host_add": an empty key`, `key "c" stands for`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v doesn't say %s", err, want)
		}
	}
}
