package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/state"
)

// image is the files of a state directory, without the zeros at their ends.
type image map[string]imageFile

type imageFile struct {
	data []byte
	size int64
}

func imageOf(t testing.TB, dir string) image {
	t.Helper()
	img := image{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), "holder") {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		img[name] = imageFile{bytes.TrimRight(b, "\x00"), int64(len(b))}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func (img image) restore(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	err := errors.Join(os.Chmod(dir, 0o700), os.Mkdir(dir+"/db", 0o700))
	for name, f := range img {
		path := filepath.Join(dir, name)
		err = errors.Join(err, os.WriteFile(path, f.data, 0o600), os.Truncate(path, f.size))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// flip gives a copy with some bits of one byte changed.
func (img image) flip(name string, offset int, mask byte) image {
	out := image{}
	for n, f := range img {
		out[n] = f
	}
	f := out[name]
	f.data = bytes.Clone(f.data)
	f.data[offset] ^= mask
	out[name] = f
	return out
}

const (
	writtenRecords = 300
	headSize       = 256
)

// write fills a state with records of all sizes and a secret.
func write(t *testing.T, s *state.State, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		key := fmt.Sprint(n)
		err := s.Store().Update(t.Context(), func(tx core.Tx) error {
			return tx.Put(core.TableEvent, key, valueOf(key+"/", n))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Vault().Put(map[string]string{"a": "secret"}); err != nil {
		t.Fatal(err)
	}
}

// written reads everything back: nil if it is as it was, errSilent if something is gone or changed without a
// word, any other error if that is reported.
func written(t *testing.T, s *state.State) error {
	secret, err := s.Vault().Secret("a")
	if errors.Is(err, core.ErrNoSecret) || err == nil && secret != "secret" {
		return fmt.Errorf("%w: secret", errSilent)
	}
	return errors.Join(err, s.Store().View(t.Context(), func(r core.Reader) error {
		var info core.StateInfo
		if found, err := r.Get(core.TableMeta, "state", &info); err != nil || !found || info != s.Info() {
			return errors.Join(err, fmt.Errorf("%w: state info", errSilent))
		}
		for n := range writtenRecords {
			var got string
			key := fmt.Sprint(n)
			found, err := r.Get(core.TableEvent, key, &got)
			if err != nil {
				return err
			}
			if !found || got != valueOf(key+"/", n) {
				return fmt.Errorf("%w: record %s", errSilent, key)
			}
		}
		return nil
	}))
}

var errSilent = errors.New("silent damage")

// closedAndKilled are images of a state that was closed, and of one that is still being written.
func closedAndKilled(t *testing.T) (closed, killed image) {
	dir := newDir(t)
	s := open(t, dir)
	write(t, s, 0, writtenRecords/2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	write(t, s, writtenRecords/2, writtenRecords)
	killed = imageOf(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return imageOf(t, dir), killed
}

// flip is one changed byte in a state directory.
type flip struct {
	name   string
	offset int
	mask   byte
}

// flips are bytes anywhere, and all of the tables' footers: lengths, which a reader may believe.
func flips(img image, random int) []flip {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(img)), func(name string) bool { return len(img[name].data) == 0 })
	var all []flip
	for n := range random {
		name := names[n%len(names)]
		all = append(all, flip{name, rand.IntN(len(img[name].data)), byte(1 + rand.IntN(255))})
	}
	for _, name := range names {
		if size := len(img[name].data); strings.HasSuffix(name, ".sst") {
			for back := 1; back <= 16; back++ {
				all = append(all, flip{name, size - back, 0x01}, flip{name, size - back, 0x80})
			}
		}
	}
	return all
}

func TestFlippedByteIsNeverSilent(t *testing.T) {
	closed, killed := closedAndKilled(t)
	for _, of := range []struct {
		name string
		image
	}{{"closed", closed}, {"killed", killed}} {
		t.Run(of.name, func(t *testing.T) {
			if err := written(t, open(t, of.restore(t))); err != nil {
				t.Fatal(err)
			}
			harmless, reported := 0, map[string]int{}
			for _, f := range flips(of.image, 120) {
				dir := of.flip(f.name, f.offset, f.mask).restore(t)
				s, err := state.Open(dir, state.Options{What: "test"})
				if err == nil {
					err = errors.Join(written(t, s), s.Close())
				}
				switch {
				case errors.Is(err, errSilent):
					t.Errorf("%+v: %v", f, err)
				case err != nil:
					reported[f.name]++
				default:
					harmless++
				}
				_ = os.RemoveAll(dir)
			}
			t.Logf("%d flips were harmless, the others reported: %v", harmless, reported)
		})
	}
}

// damaged is a killed state whose log lost its end, and how many records it still has.
func damaged(t *testing.T) (dir string) {
	_, killed := closedAndKilled(t)
	for name, f := range killed {
		if strings.HasSuffix(name, ".mem") && len(f.data) > 1000 {
			return killed.flip(name, len(f.data)/2, 1).restore(t)
		}
	}
	t.Fatal("there is no log")
	return ""
}

func TestDamagedLedger(t *testing.T) {
	dir := damaged(t)
	for range 2 { // the first try makes it no better
		_, err := state.Open(dir, state.Options{})
		var e *core.Error
		if !errors.Is(err, state.ErrDamaged) || !errors.As(err, &e) || !strings.Contains(e.What, "lost its last") || e.Next == "" {
			t.Fatalf("want a report of what is lost, got %v", err)
		}
	}

	s, err := state.Open(dir, state.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if left := count(t, s); left == 0 || left >= writtenRecords {
		t.Fatalf("%d of %d records are left", left, writtenRecords)
	}
	if err := s.Store().Update(t.Context(), func(tx core.Tx) error { return tx.Put(core.TableEvent, "new", 1) }); err == nil {
		t.Fatal("a damaged ledger was written to")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Open(dir, state.Options{}); !errors.Is(err, state.ErrDamaged) {
		t.Fatalf("reading it has changed it: %v", err)
	}

	s, err = state.Open(dir, state.Options{AcceptLoss: true})
	if err != nil {
		t.Fatal(err)
	}
	left := count(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if again := count(t, open(t, dir)); again != left {
		t.Fatalf("%d records, then %d", left, again)
	}
}

func count(t *testing.T, s *state.State) (n int) {
	t.Helper()
	err := s.Store().View(t.Context(), func(r core.Reader) error {
		return r.Scan(core.TableEvent, "", func(string, func(any) error) error {
			n++
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOlderLedgerIsNoticed(t *testing.T) {
	closed, killed := closedAndKilled(t)
	old := image{}
	for name, f := range closed {
		old[name] = f
	}
	delete(old, "head")
	if _, err := state.Open(old.restore(t), state.Options{}); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("without a head: %v", err)
	}
	delete(old, "head")
	old["head"] = imageFile{[]byte(strings.Replace(string(closed["head"].data), `"updates":`, `"updates":9`, 1)), headSize}
	if _, err := state.Open(old.restore(t), state.Options{}); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("with a newer head: %v", err)
	}
	onlyHead := image{"head": killed["head"]}
	dir := onlyHead.restore(t)
	if err := os.Remove(dir + "/db"); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Open(dir, state.Options{}); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("without a ledger: %v", err)
	}
}

// A crash between the two writes of a commit leaves the head one group behind.
func TestHeadMayLag(t *testing.T) {
	dir := newDir(t)
	s := open(t, dir)
	write(t, s, 0, 10)
	before := imageOf(t, dir)["head"]
	write(t, s, 10, writtenRecords)
	lagging := imageOf(t, dir)
	lagging["head"] = before
	if err := written(t, open(t, lagging.restore(t))); err != nil {
		t.Fatal(err)
	}
}

func TestNewerLedgerIsRefused(t *testing.T) {
	closed, _ := closedAndKilled(t)
	newer := closed["head"]
	newer.data = bytes.Replace(newer.data, []byte(`"v":1`), []byte(`"v":2`), 1)
	closed["head"] = newer
	for _, opts := range []state.Options{{}, {ReadOnly: true}, {AcceptLoss: true}} {
		if _, err := state.Open(closed.restore(t), opts); err == nil || !strings.Contains(err.Error(), "newer") {
			t.Errorf("%+v: %v", opts, err)
		}
	}
}
