package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// opens wants a vault with these options to hold the secret.
func opens(t *testing.T, dir string, opts Options) {
	t.Helper()
	if secret, err := openTest(t, dir, opts).Secret("a"); secret != "sk-1" || err != nil {
		t.Fatalf("%q, %v", secret, err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRotate(t *testing.T) {
	mine, other := identity(t, x25519), identity(t, hybrid)
	for name, c := range map[string]struct {
		from Options
		to   Rotation
		then Options
	}{
		"a new key":                {Options{}, Rotation{Keep: true}, Options{}},
		"a passphrase":             {Options{}, Rotation{Passphrase: "battery"}, said("battery")},
		"another passphrase":       {said("correct horse"), Rotation{Passphrase: "battery"}, said("battery")},
		"the same passphrase":      {said("correct horse"), Rotation{Keep: true}, said("correct horse")},
		"no passphrase":            {said("correct horse"), Rotation{}, Options{}},
		"the operator's identity":  {Options{}, Rotation{Identity: mine}, Options{Identity: mine}},
		"another identity":         {Options{Identity: mine}, Rotation{Identity: other}, Options{Identity: other}},
		"identity to passphrase":   {Options{Identity: mine}, Rotation{Passphrase: "battery"}, said("battery")},
		"passphrase to identity":   {said("correct horse"), Rotation{Identity: mine}, Options{Identity: mine}},
		"identity to key, keeping": {Options{Identity: mine}, Rotation{Keep: true}, Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, before := t.TempDir(), t.TempDir()
			v := openTest(t, dir, c.from)
			if err := v.Put(map[string]string{"a": "sk-1"}); err != nil {
				t.Fatal(err)
			}
			print := v.Fingerprint("x")
			if err := os.CopyFS(before, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			if err := v.Rotate(c.to); err != nil {
				t.Fatal(err)
			}
			if secret, err := v.Secret("a"); secret != "sk-1" || err != nil { // without opening it again
				t.Errorf("%q, %v", secret, err)
			}
			if err := v.Put(map[string]string{"b": "sk-2"}); err != nil {
				t.Error(err)
			}
			opens(t, dir, c.then)
			if again := openTest(t, dir, c.then).Fingerprint("x"); again != print {
				t.Errorf("fingerprint %q became %q", print, again)
			}
			if _, err := os.Stat(filepath.Join(dir, keyName)); (err == nil) != (c.then.Identity == "") {
				t.Errorf("vault.key: %v", err)
			}
			old := c.from
			if old.Identity == "" { // the old key, beside the new vault
				if err := os.WriteFile(filepath.Join(dir, keyName), []byte(read(t, before, keyName)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := openTest(t, dir, old).Unlock(); err == nil {
				t.Error("the old key opens it")
			}
		})
	}
}

// Whatever a change of keys has written when it is cut short, the vault opens; a second try ends it.
func TestRotateCutShort(t *testing.T) {
	for name, opts := range map[string]Options{"in clear": {}, "passphrase": said("correct horse")} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			v := openTest(t, dir, opts)
			if err := v.Put(map[string]string{"a": "sk-1"}); err != nil {
				t.Fatal(err)
			}
			sealed := read(t, dir, "vault.age")
			v.file = filepath.Join(dir, "gone", "vault.age") // its folder isn't there
			err := v.Rotate(Rotation{Keep: true})
			refused(t, err, "can't be written")
			opens(t, dir, opts)

			// After the vault, but before the old key was forgotten.
			v = openTest(t, dir, opts)
			if err := v.Rotate(Rotation{Keep: true}); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(name, "clear") {
				if n := strings.Count(read(t, dir, keyName), "AGE-SECRET-KEY-1"); n != 1 {
					t.Errorf("%d keys are left", n)
				}
			}
			if read(t, dir, "vault.age") == sealed {
				t.Error("the vault is as it was")
			}
			opens(t, dir, opts)
		})
	}
}

func TestRotateRefuses(t *testing.T) {
	mine := identity(t, x25519)
	dir := t.TempDir()
	v := openTest(t, dir, Options{})
	if err := v.Put(map[string]string{"a": "sk-1"}); err != nil {
		t.Fatal(err)
	}
	loose := identity(t, x25519)
	if err := os.Chmod(loose, 0o640); err != nil {
		t.Fatal(err)
	}
	refused(t, v.Rotate(Rotation{Identity: "/nowhere/identity"}), "is not there")
	refused(t, v.Rotate(Rotation{Identity: loose}), "chmod 600")
	v.Refuse(errors.New("reading only"))
	if err := v.Rotate(Rotation{Keep: true}); err == nil || !strings.Contains(err.Error(), "reading only") {
		t.Errorf("a vault for reading only got another key: %v", err)
	}
	opens(t, dir, Options{})

	// A stranger's vault.key is never written over.
	dir = t.TempDir()
	v = openTest(t, dir, Options{Identity: mine})
	if err := v.Put(map[string]string{"a": "sk-1"}); err != nil {
		t.Fatal(err)
	}
	strange := []byte("# not mine\n")
	if err := os.WriteFile(filepath.Join(dir, keyName), strange, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, v.Rotate(Rotation{Keep: true}), "move it away")
	if read(t, dir, keyName) != string(strange) {
		t.Error("it was written over")
	}
	opens(t, dir, Options{Identity: mine})
}

// A wrong passphrase may be said again, and the right one is remembered.
func TestPassphraseIsAskedAgain(t *testing.T) {
	dir := t.TempDir()
	if err := openTest(t, dir, said("correct horse")).Put(map[string]string{"a": "sk-1"}); err != nil {
		t.Fatal(err)
	}
	answers := []string{"battery", "staple", "correct horse"}
	var asked []bool
	v := openTest(t, dir, Options{Passphrase: func(again bool) (string, error) {
		asked = append(asked, again)
		return answers[len(asked)-1], nil
	}})
	for range 2 {
		if secret, err := v.Secret("a"); secret != "sk-1" || err != nil {
			t.Fatalf("%q, %v", secret, err)
		}
	}
	if len(asked) != 3 || asked[0] || !asked[1] || !asked[2] {
		t.Errorf("asked %v", asked)
	}
}

func TestReadOnlyVault(t *testing.T) {
	dir := t.TempDir()
	why := errors.New("reading only")
	v := openTest(t, dir, Options{})
	v.Refuse(why)
	if err := v.Put(map[string]string{"a": "sk-1"}); !errors.Is(err, why) {
		t.Error(err)
	}
	if print := v.Fingerprint("a"); print != "" {
		t.Errorf("it fingerprints: %s", print)
	}
	if r, err := v.Report(); r != (Report{}) || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if left, err := os.ReadDir(dir); len(left) != 0 || err != nil {
		t.Errorf("%v was written, %v", left, err)
	}

	if err := openTest(t, dir, Options{}).Put(map[string]string{"a": "sk-1"}); err != nil {
		t.Fatal(err)
	}
	v = openTest(t, dir, Options{})
	v.Refuse(why)
	if secret, err := v.Secret("a"); secret != "sk-1" || err != nil {
		t.Errorf("%q, %v", secret, err)
	}
	before := read(t, dir, "vault.age")
	if err := v.Delete("a"); !errors.Is(err, why) || !bytes.Equal([]byte(before), []byte(read(t, dir, "vault.age"))) {
		t.Error(err)
	}
	if known := v.Known(); len(known) != 1 || known[0] != "sk-1" {
		t.Errorf("known %v", known)
	}
	if r, err := v.Report(); err != nil || r.Secrets != 1 || r.Protected || !r.Own {
		t.Errorf("%+v, %v", r, err)
	}
}
