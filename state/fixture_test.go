package state

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnrelay/core"
)

// writeFixtures makes the fixtures of this version; it is run once, when a version is released.
const writeFixtures = "CNRELAY_WRITE_FIXTURES"

func fixture(version int, what string) string {
	return filepath.Join("testdata", fmt.Sprintf("v%d.%s.tar.gz", version, what))
}

const fixtureRecords = 40

// fixtureValue is of all sizes.
func fixtureValue(n int) string {
	return strings.Repeat(fmt.Sprintf("record %d of the fixture. ", n), 1+n*n*n/10)
}

// TestEveryVersionOpens: a state directory and a backup of each version that was ever released open in this build,
// and lose nothing.
func TestEveryVersionOpens(t *testing.T) {
	if os.Getenv(writeFixtures) != "" {
		makeFixtures(t)
	}
	for version := 1; version <= tallyVersion; version++ {
		dir := unpack(t, fixture(version, "state"))
		if r, err := Check(dir, Options{}); err != nil || r.Damage != nil || r.Vault.Secrets != 1 {
			t.Errorf("version %d: %+v, %v", version, r, err)
		}
		s, err := Open(dir, Options{})
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		sums := s.Sums()
		fixtureIsWhole(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		restored := filepath.Join(t.TempDir(), "state")
		b, err := Restore(fixture(version, "backup"), restored, Options{})
		if err != nil || b.Ledger != sums {
			t.Fatalf("version %d: %+v, want %+v, %v", version, b, sums, err)
		}
		key, err := os.ReadFile(filepath.Join(dir, "vault.key"))
		if err == nil {
			err = os.WriteFile(filepath.Join(restored, "vault.key"), key, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		fixtureIsWhole(t, openTest(t, restored))
	}
}

func fixtureIsWhole(t *testing.T, s *State) {
	t.Helper()
	if s.Info().ID == "" {
		t.Error("it has no id")
	}
	if secret, err := s.Vault().Secret("host/h1/admin"); secret != "the admin's secret" || err != nil {
		t.Errorf("secret %q, %v", secret, err)
	}
	err := s.Store().View(t.Context(), func(r core.Reader) error {
		for n := range fixtureRecords {
			var v string
			if found, err := r.Get(core.TableEvent, fmt.Sprintf("b1/%020d", n), &v); err != nil || !found || v != fixtureValue(n) {
				return fmt.Errorf("record %d: found %t, %d bytes, %w", n, found, len(v), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func makeFixtures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := openTest(t, dir)
	if err := s.Vault().Put(map[string]string{"host/h1/admin": "the admin's secret"}); err != nil {
		t.Fatal(err)
	}
	for n := range fixtureRecords {
		if err := putTest(t, s.ledger, fmt.Sprintf("b1/%020d", n), fixtureValue(n)); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Remove(fixture(tallyVersion, "backup"))
	_, err := s.Backup(fixture(tallyVersion, "backup"), "fixture")
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(fixture(tallyVersion, "state"))
	if err != nil {
		t.Fatal(err)
	}
	zip := gzip.NewWriter(f)
	w := tar.NewWriter(zip)
	if err := errors.Join(w.AddFS(os.DirFS(dir)), w.Close(), zip.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// unpack makes a state directory of a fixture.
func unpack(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v: a version was released without its fixture (%s=1 go test -run TestEveryVersionOpens)", err, writeFixtures)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "state")
	for in := tar.NewReader(zip); ; {
		h, err := in.Next()
		if err == io.EOF {
			return dir
		}
		var b []byte
		if err == nil {
			b, err = io.ReadAll(in)
		}
		to := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err == nil && h.Typeflag == tar.TypeReg {
			err = errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, b, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
