package state_test

import (
	"encoding/json"
	"testing"

	"cnrelay/core"
	"cnrelay/core/canary"
)

// No byte of a secret is in clear in the state directory: while it is open, after the secret was replaced
// and deleted, and after it was closed. A secret that is put where none belongs shows that it would be seen.
func TestSecretsAreNowhereInClear(t *testing.T) {
	secrets := canary.Secrets{"upstream key": "sk-canary-0b1e6c4f92", "managed key": "managed-canary-77aa51e0", "password": "password-canary-c3d9"}
	dir := newDir(t)
	s := open(t, dir)
	v := s.Vault()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(v.Put(map[string]string{"a": secrets["upstream key"], "b": secrets["managed key"]}))
	for _, c := range secrets {
		print := v.Fingerprint(c, "https://api.example")
		must(v.Put(map[string]string{core.KeySecret(print): c}))
		must(s.Store().Update(t.Context(), func(tx core.Tx) error {
			return tx.Put(core.TableBatch, print, core.KeyRef{Name: "key", Fingerprint: print})
		}))
	}
	must(v.Put(map[string]string{"a": secrets["password"]}))
	must(v.Delete("b"))
	look := func(want int) {
		t.Helper()
		finds, sum, err := canary.New(secrets).Dir(dir, nil)
		if err != nil || len(finds) < want || want == 0 && len(finds) > 0 || sum.Files < 5 {
			t.Errorf("%d finds in %+v, want %d: %v, %v", len(finds), sum, want, finds, err)
		}
	}
	look(0)
	closeState(t, s)
	look(0)
	s = open(t, dir)
	for n, form := range canary.Forms {
		raw, err := json.Marshal(form.Say(secrets["password"]))
		must(err)
		must(s.Store().Update(t.Context(), func(tx core.Tx) error { return tx.Put(core.TableEvent, string(rune('a'+n)), json.RawMessage(raw)) }))
	}
	look(len(canary.Forms) - 3) // some look the same
	closeState(t, s)
	look(1)
}
