package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"cnrelay/core"
	"cnrelay/state/statetest"
)

func init() { work = 4 } // the default takes a second

// said is somebody who knows one passphrase.
func said(phrase string) Options {
	return Options{Protected: true, Passphrase: func(again bool) (string, error) {
		if again {
			return "", ErrWrong
		}
		return phrase, nil
	}}
}

func identity(t *testing.T, made func() string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(path, []byte("# mine\n"+made()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func x25519() string {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		panic(err)
	}
	return id.String()
}

func hybrid() string {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		panic(err)
	}
	return id.String()
}

func openTest(t *testing.T, dir string, opts Options) *Vault {
	t.Helper()
	v, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// refused wants an error for operators that matches, without the secrets of these tests.
func refused(t *testing.T, err error, text string) {
	t.Helper()
	var e *core.Error
	if !errors.As(err, &e) || e.Code != core.CodeState || e.Next == "" || !strings.Contains(err.Error(), text) {
		t.Fatalf("want a refusal with %q, got %v", text, err)
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.Contains(err.Error(), "sk-") {
			t.Fatalf("the error tells the secret: %v", err)
		}
	}
}

func TestConformance(t *testing.T) {
	for name, opts := range map[string]Options{
		"key beside it":   {},
		"identity":        {Identity: identity(t, x25519)},
		"hybrid identity": {Identity: identity(t, hybrid)},
		"passphrase":      said("correct horse"),
	} {
		t.Run(name, func(t *testing.T) {
			statetest.Vault(t, func(t *testing.T) core.Vault { return openTest(t, t.TempDir(), opts) })
		})
	}
}

func TestItStays(t *testing.T) {
	for name, opts := range map[string]Options{
		"key beside it": {},
		"identity":      {Identity: identity(t, x25519)},
		"passphrase":    said("correct horse"),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			print := openTest(t, dir, opts).Fingerprint("a") // durable though nothing is put
			if err := openTest(t, dir, opts).Put(map[string]string{"a": "sk-1"}); err != nil {
				t.Fatal(err)
			}
			v := openTest(t, dir, opts)
			if secret, err := v.Secret("a"); secret != "sk-1" || err != nil {
				t.Errorf("%q, %v", secret, err)
			}
			if again := v.Fingerprint("a"); again != print || again == "" {
				t.Errorf("fingerprint %q became %q", print, again)
			}
		})
	}
}

func TestOpeningReadsNothing(t *testing.T) {
	dir := t.TempDir()
	asked := 0
	opts := Options{Protected: true, Passphrase: func(bool) (string, error) { asked++; return "correct horse", nil }}
	if err := openTest(t, dir, opts).Put(map[string]string{"a": "sk-1", "b": "sk-2"}); err != nil {
		t.Fatal(err)
	}
	asked = 0
	v := openTest(t, dir, opts)
	if asked != 0 {
		t.Error("it was asked for before the first secret")
	}
	for range 3 {
		if _, err := v.Secret("a"); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("it was asked for %d times", asked)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		made, opened Options
		between      func(dir string) error
		text         string
	}{
		"wrong passphrase": {
			made: said("correct horse"), opened: said("battery"),
			text: "not the one of",
		},
		"empty passphrase": {
			made: said("correct horse"), opened: said(""),
			text: "passphrase is empty",
		},
		"no passphrase": {
			made: said("correct horse"),
			text: "is protected by a passphrase",
		},
		"no answer": {
			made: said("correct horse"),
			opened: Options{Passphrase: func(bool) (string, error) {
				return "", errors.New("no terminal")
			}},
			text: "no terminal",
		},
		"passphrase of an open key": {
			opened: said("correct horse"),
			text:   "is not protected by a passphrase",
		},
		"another identity": {
			opened: Options{Identity: identity(t, x25519)},
			text:   "is encrypted to another key than",
		},
		"missing identity": {
			opened: Options{Identity: "/nowhere/identity"},
			text:   "is not there",
		},
		"identity and passphrase": {
			opened: Options{Identity: identity(t, x25519), Protected: true},
			text:   "give one of them",
		},
		"missing key": {
			between: func(dir string) error { return os.Remove(dir + "/vault.key") },
			text:    "is gone",
		},
		"another key": {
			between: func(dir string) error {
				return os.WriteFile(dir+"/vault.key", []byte(x25519()), 0o600)
			},
			text: "is encrypted to another key than",
		},
		"no key in it": {
			between: func(dir string) error { return os.WriteFile(dir+"/vault.key", []byte("sk-key"), 0o600) },
			text:    "is not an age identity file",
		},
		"readable key": {
			between: func(dir string) error { return os.Chmod(dir+"/vault.key", 0o640) },
			text:    "chmod 600",
		},
		"readable secrets": {
			between: func(dir string) error { return os.Chmod(dir+"/vault.age", 0o604) },
			text:    "chmod 600",
		},
		"damaged secrets": {
			between: func(dir string) error {
				b, err := os.ReadFile(dir + "/vault.age")
				if err != nil {
					return err
				}
				b[len(b)-1] ^= 1
				return os.WriteFile(dir+"/vault.age", b, 0o600)
			},
			text: "is damaged",
		},
		"cut secrets": {
			between: func(dir string) error { return os.Truncate(dir+"/vault.age", 0) },
			text:    "is damaged",
		},
		"newer secrets": {
			between: func(dir string) error {
				return rewrite(dir, []byte(`{"v":2,"fingerprint_key":"YQ==","secrets":{"a":"sk-1"}}`))
			},
			text: "newer",
		},
		"foreign content": {
			between: func(dir string) error { return rewrite(dir, []byte(`{"v":1,"secrets":"sk-1"}`)) },
			text:    "is damaged",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := openTest(t, dir, c.made).Put(map[string]string{"a": "sk-1"}); err != nil {
				t.Fatal(err)
			}
			if c.between != nil {
				if err := c.between(dir); err != nil {
					t.Fatal(err)
				}
			}
			before, err := os.ReadFile(dir + "/vault.age")
			if err != nil {
				t.Fatal(err)
			}
			v, err := Open(dir, c.opened)
			if err == nil {
				err = v.Unlock()
				if errors.Is(err, core.ErrNoSecret) {
					t.Error("it pretends to be empty")
				}
				refused(t, v.Put(map[string]string{"b": "sk-2"}), c.text)
				if print := v.Fingerprint("a"); print != "" {
					t.Errorf("it fingerprints: %s", print)
				}
			}
			refused(t, err, c.text)
			if after, _ := os.ReadFile(dir + "/vault.age"); !bytes.Equal(after, before) {
				t.Error("the vault was changed")
			}
		})
	}
}

// rewrite replaces what is in a vault.
func rewrite(dir string, plain []byte) error {
	p, err := keyFile{path: dir + "/" + keyName}.open(false)
	if err != nil {
		return err
	}
	sealed, err := encrypt(plain, p.recipient)
	if err != nil {
		return err
	}
	return os.WriteFile(dir+"/vault.age", sealed, 0o600)
}

func TestFailedPutChangesNothing(t *testing.T) {
	v := openTest(t, t.TempDir(), Options{})
	if err := v.Put(map[string]string{"a": "sk-1"}); err != nil {
		t.Fatal(err)
	}
	file := v.file
	v.file = filepath.Join(t.TempDir(), "nowhere", "vault.age")
	refused(t, v.Put(map[string]string{"a": "sk-2", "b": "sk-3"}), "can't be written")
	v.file = file
	if secret, err := v.Secret("a"); secret != "sk-1" || err != nil {
		t.Errorf("%q, %v", secret, err)
	}
	if _, err := v.Secret("b"); !errors.Is(err, core.ErrNoSecret) {
		t.Error(err)
	}
}

func TestClosedVaultRefuses(t *testing.T) {
	v := openTest(t, t.TempDir(), Options{})
	if err := v.Put(map[string]string{"a": "sk-1"}); err != nil {
		t.Fatal(err)
	}
	v.Close()
	_, err := v.Secret("a")
	refused(t, err, "has been closed")
	refused(t, v.Put(map[string]string{"a": "sk-2"}), "has been closed")
}

func BenchmarkSecret(b *testing.B) {
	v, err := Open(b.TempDir(), Options{})
	if err == nil {
		err = v.Put(map[string]string{"a": "sk-1"})
	}
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := v.Secret("a"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	v, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop(); n++ {
		if err := v.Put(map[string]string{"a": strings.Repeat("x", n%50)}); err != nil {
			b.Fatal(err)
		}
	}
}
