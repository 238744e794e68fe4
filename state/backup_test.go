package state_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/internal/figures"
	"cnrelay/state"
	"cnrelay/state/vault"
)

// backedUp is a state with records of all sizes, and a backup of it.
func backedUp(t *testing.T) (dir, path string, b state.Backup) {
	t.Helper()
	dir, path = newDir(t), filepath.Join(t.TempDir(), "backup")
	s := open(t, dir)
	write(t, s, 0, writtenRecords)
	b, err := s.Backup(path, "v1")
	if err != nil {
		t.Fatal(err)
	}
	if b.Ledger != s.Sums() || b.State != s.Info() || b.Vault == "" || b.Build != "v1" || b.Made.IsZero() {
		t.Errorf("%+v", b)
	}
	closeState(t, s)
	return dir, path, b
}

// parts are the files in a backup.
func parts(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for in := tar.NewReader(zip); ; {
		h, err := in.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		out[h.Name] = string(b)
	}
}

func TestBackupRestoresExactly(t *testing.T) {
	old, path, made := backedUp(t)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	dir := newDir(t)
	b, err := state.Restore(path, dir, state.Options{What: "restore"})
	if err != nil || b != made {
		t.Fatalf("%+v, want %+v, %v", b, made, err)
	}
	s, err := state.Open(dir, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Sums() != made.Ledger || s.Info() != made.State {
		t.Errorf("%+v of %+v, want %+v of %+v", s.Sums(), s.Info(), made.Ledger, made.State)
	}
	// The key is not in the backup; it comes from a copy of its own.
	err = s.Vault().Unlock()
	refused(t, err, "vault.key is gone")
	closeState(t, s)
	key, err := os.ReadFile(filepath.Join(old, "vault.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vault.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if err := written(t, s); err != nil {
		t.Error(err)
	}
	// A backup of what was restored has the same records, byte by byte.
	again := filepath.Join(t.TempDir(), "again")
	if b, err := s.Backup(again, "v1"); err != nil || b.Ledger != made.Ledger {
		t.Fatalf("%+v, %v", b, err)
	}
	first, second := parts(t, path), parts(t, again)
	for name, data := range first {
		if name != "cnrelay-backup.json" && second[name] != data || len(first) != len(second) {
			t.Errorf("%s is not the same", name)
		}
		if strings.Contains(data, strings.TrimSpace(strings.SplitN(string(key), "\n", 2)[1])) {
			t.Errorf("%s holds the vault's key", name)
		}
	}
	closeState(t, s)
	if r, err := state.Check(dir, state.Options{}); err != nil || r.Damage != nil || r.Ledger != made.Ledger {
		t.Errorf("%+v, %v", r, err)
	}
	figures.Print(t, "Backup", "%d records, digest %.12s… before the backup and after its restoration", made.Ledger.Records, made.Ledger.Digest)
}

func TestBackupIsNeverWrittenOver(t *testing.T) {
	s := open(t, newDir(t))
	path := filepath.Join(t.TempDir(), "backup")
	if _, err := s.Backup(path, "v1"); err != nil { // without any secret
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Backup(path, "v1")
	refused(t, err, "file already exists.*new file")
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Error("it was changed")
	}
	_, err = s.Backup(filepath.Join(t.TempDir(), "no", "folder"), "v1")
	refused(t, err, "can't be written")
	if b, err := state.Restore(path, newDir(t), state.Options{}); err != nil || b.Vault != "" {
		t.Errorf("without a vault: %+v, %v", b, err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	_, path, _ := backedUp(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := func(b []byte) string {
		p := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	repacked := func(old, new string) string {
		var out bytes.Buffer
		zip := gzip.NewWriter(&out)
		w := tar.NewWriter(zip)
		all := parts(t, path)
		for _, name := range []string{"cnrelay-backup.json", "vault.age", "ledger/000001.jsonl"} {
			data := strings.Replace(all[name], old, new, 1)
			if name = strings.Replace(name, old, new, 1); name == "" {
				continue
			}
			if err := errors.Join(w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data))}), second(w.Write([]byte(data)))); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(w.Close(), zip.Close()); err != nil {
			t.Fatal(err)
		}
		return bad(out.Bytes())
	}
	full := newDir(t)
	closeState(t, open(t, full))
	small := state.Options{Volume: func(string) (state.Volume, error) { return state.Volume{Free: 64 << 20}, nil }}
	for name, c := range map[string]struct {
		path, dir, text string
		opts            state.Options
	}{
		"a state that is there":    {path: path, dir: full, text: "is not empty.*empty directory"},
		"no file":                  {path: "/nowhere/backup", text: "no such file"},
		"another file":             {path: bad([]byte("hello")), text: "is not a whole backup"},
		"an empty file":            {path: bad(nil), text: "is not a whole backup"},
		"a cut file":               {path: bad(whole[:len(whole)/2]), text: "is not a whole backup"},
		"a cut end":                {path: bad(whole[:len(whole)-4]), text: "is not a whole backup"},
		"a record more":            {path: repacked(`{"path":"event/1"`, `{"path":"event/x","v":1,"value":1}`+"\n"+`{"path":"event/1"`), text: "don't add up"},
		"a changed record":         {path: repacked("1/record/1/record", "1/record/2/record"), text: "don't add up"},
		"a record that is none":    {path: repacked(`{"path":"event/1"`, `"event/1"`), text: "a record can't be read"},
		"a vault of another":       {path: repacked("age-encryption.org/v1", "age-encryption.org/v2"), text: "its vault is not the one"},
		"no vault":                 {path: repacked("vault.age", ""), text: "its vault is not the one"},
		"no head":                  {path: repacked("cnrelay-backup.json", ""), text: "doesn't begin with"},
		"a newer backup":           {path: repacked(`"v": 1`, `"v": 2`), text: "version 2.*newer"},
		"a disk that is too small": {path: path, text: "64 MiB of free disk space; it takes", opts: small},
	} {
		dir := c.dir
		if dir == "" {
			dir = newDir(t)
		}
		_, err := state.Restore(c.path, dir, c.opts)
		if err == nil {
			t.Errorf("%s: it was restored", name)
			continue
		}
		t.Run(name, func(t *testing.T) { refused(t, err, c.text) })
		if left, _ := os.ReadDir(dir); c.dir == "" && len(left) > 0 {
			t.Errorf("%s: %v was written", name, left)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A restore that is killed leaves nothing that passes for a state.
func TestUnfinishedRestoreIsNoState(t *testing.T) {
	_, path, _ := backedUp(t)
	dir := newDir(t)
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "restore.unfinished"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err := state.Open(dir, state.Options{})
	refused(t, err, "a restore into .* did not end.*empty the directory")
	_, err = state.Check(dir, state.Options{})
	refused(t, err, "did not end")
	_, err = state.Restore(path, dir, state.Options{})
	refused(t, err, "is not empty")
}

func TestCheckOfNothing(t *testing.T) {
	dir := newDir(t)
	_, err := state.Check(dir, state.Options{})
	refused(t, err, "is not there")
	if _, err := os.Stat(dir); err == nil {
		t.Error("it was made")
	}
	closeState(t, open(t, dir))
	before := imageOf(t, dir)
	r, err := state.Check(dir, state.Options{Vault: vault.Options{}})
	if err != nil || r.Damage != nil || r.Vault != (vault.Report{}) || r.Locked != nil || r.Ledger.Records != 1 || r.Free == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	same(t, before, imageOf(t, dir))
}

// BenchmarkBackup writes and restores 100,000 events.
func BenchmarkBackup(b *testing.B) {
	dir := newDir(b)
	s := open(b, dir)
	for n := 0; n < 100_000; n += 500 {
		err := s.Store().Update(b.Context(), func(tx core.Tx) error {
			for i := range 500 {
				key := fmt.Sprintf("batch/%020d", n+i)
				if err := tx.Put(core.TableEvent, key, valueOf(key, 0)[:500]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	path := filepath.Join(b.TempDir(), "backup")
	b.Run("backup", func(b *testing.B) {
		for range b.N {
			_ = os.Remove(path)
			if _, err := s.Backup(path, "v1"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("restore", func(b *testing.B) {
		for range b.N {
			if _, err := state.Restore(path, newDir(b), state.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
