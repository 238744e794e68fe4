package state_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"cnrelay/core"
)

// No byte of a secret is in clear in the state directory: while it is open, after the secret was replaced
// and deleted, and after it was closed.
func TestSecretsAreNowhereInClear(t *testing.T) {
	canaries := []string{"sk-canary-0b1e6c4f92", "managed-canary-77aa51e0", "password-canary-c3d9"}
	dir := newDir(t)
	s := open(t, dir)
	v := s.Vault()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(v.Put(map[string]string{"a": canaries[0], "b": canaries[1]}))
	for _, c := range canaries {
		print := v.Fingerprint(c, "https://api.example")
		must(v.Put(map[string]string{core.KeySecret(print): c}))
		must(s.Store().Update(t.Context(), func(tx core.Tx) error {
			return tx.Put(core.TableBatch, print, core.KeyRef{Name: "key", Fingerprint: print})
		}))
	}
	must(v.Put(map[string]string{"a": canaries[2]}))
	must(v.Delete("b"))
	nowhere(t, dir, canaries)
	closeState(t, s)
	nowhere(t, dir, canaries)
}

func nowhere(t *testing.T, dir string, canaries []string) {
	t.Helper()
	files := 0
	for name, f := range imageOf(t, dir) {
		files++
		for _, c := range canaries {
			for form, hidden := range map[string]string{
				"raw": c, "part": c[:12], "hex": hex.EncodeToString([]byte(c)),
				"base64":   base64.RawStdEncoding.EncodeToString([]byte(c)),
				"base64+1": base64.RawStdEncoding.EncodeToString([]byte(c)[1:]),
				"base64+2": base64.RawStdEncoding.EncodeToString([]byte(c)[2:]),
			} {
				if bytes.Contains(f.data, []byte(hidden[:len(hidden)-2])) {
					t.Errorf("%s holds %s (%s)", name, c, form)
				}
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "vault.age")); err != nil || files < 5 {
		t.Fatalf("looked in %d files only: %v", files, err)
	}
}
