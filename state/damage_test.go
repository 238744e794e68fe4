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
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"cnrelay/core"
	"cnrelay/internal/figures"
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
			return tx.Put(core.TableEvent, key, valueOf(key+"/record/", n))
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
			if !found || got != valueOf(key+"/record/", n) {
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

// place is where a state directory is damaged.
type place struct {
	name   string
	offset int
	mask   byte // of the bits that change there; 0 cuts the file off
}

// damage gives a copy of the image that is damaged at a place.
func (img image) damage(p place) image {
	out := maps.Clone(img)
	f := out[p.name]
	if p.mask == 0 {
		f.data, f.size = f.data[:p.offset], int64(p.offset)
	} else {
		f.data = bytes.Clone(f.data)
		f.data[p.offset] ^= p.mask
	}
	out[p.name] = f
	return out
}

// places are random ones in all files, every third of them a cut, and the ends of the tables: lengths, which a
// reader may believe.
func places(img image, random int) []place {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(img)), func(name string) bool { return len(img[name].data) == 0 })
	var all []place
	for n := range random {
		name := names[n%len(names)]
		p := place{name, rand.IntN(len(img[name].data)), byte(1 + rand.IntN(255))}
		if n/len(names)%3 == 2 {
			p.mask = 0
		}
		all = append(all, p)
	}
	for _, name := range names {
		if size := len(img[name].data); strings.HasSuffix(name, ".sst") {
			for back := 1; back <= 16; back++ {
				all = append(all, place{name, size - back, 1 << (back % 8)})
			}
		}
	}
	return all
}

// TestDamageIsNeverSilent: one changed byte or a cut anywhere in a state directory is harmless, or found when it is
// opened and by a check; then it can be read, but not written.
func TestDamageIsNeverSilent(t *testing.T) {
	closed, killed := closedAndKilled(t)
	each := 110
	if testing.Short() {
		each = 12
	}
	count := map[string]int{}
	var mu sync.Mutex
	var all errgroup.Group
	all.SetLimit(12) // most of it is waiting for the disk
	for name, img := range map[string]image{"closed": closed, "killed": killed} {
		if err := written(t, open(t, img.restore(t))); err != nil {
			t.Fatal(err)
		}
		for _, p := range places(img, each) {
			all.Go(func() error {
				dir := img.damage(p).restore(t)
				outcome, err := found(t, dir)
				mu.Lock()
				defer mu.Unlock()
				if count[outcome]++; err != nil {
					t.Errorf("%s, %+v: %s: %v", name, p, outcome, err)
				}
				return os.RemoveAll(dir)
			})
		}
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range count {
		total += n
	}
	figures.Print(t, "Damage", "%d places of the store's files changed or cut, %v; silent = %d", total, count, count["silent"])
	if total < 2*each*9/10 || count["silent"] > 0 || count["found, readable"] < total/10 {
		t.Error("that is not what was promised")
	}
}

// found tells how a damage is found; an error if it isn't, or not everywhere.
func found(t *testing.T, dir string) (string, error) {
	report, checked := state.Check(dir, state.Options{What: "check"})
	s, err := state.Open(dir, state.Options{What: "test", ReadDamaged: true})
	if err != nil {
		if checked == nil && report.Damage == nil && report.Locked == nil {
			return "found, refused", fmt.Errorf("the check found nothing, but: %w", err)
		}
		return "found, refused", nil
	}
	defer func() { _ = s.Close() }()
	if checked != nil {
		return "found, readable", fmt.Errorf("it opens, but can't be checked: %w", checked)
	}
	err = written(t, s)
	if s.Damage() == nil {
		switch {
		case errors.Is(err, errSilent):
			return "silent", err
		case report.Damage != nil:
			return "found by the check", fmt.Errorf("it was opened although %v", report.Damage)
		case err != nil && report.Locked == nil:
			return "found when read", fmt.Errorf("neither opening nor the check found it: %w", err)
		case err != nil:
			return "found in the vault", nil
		}
		return "harmless", nil
	}
	if report.Damage == nil {
		return "found, readable", fmt.Errorf("the check didn't find it: %w", s.Damage())
	}
	var e *core.Error
	refused := s.Store().Update(t.Context(), func(tx core.Tx) error { return tx.Put(core.TableEvent, "new", 1) })
	if !errors.Is(refused, core.ErrReadOnly) || !errors.As(refused, &e) || !strings.Contains(e.Next, "cnrelay state") {
		return "found, readable", fmt.Errorf("a write gave %w", refused)
	}
	if err := s.Vault().Put(map[string]string{"new": "secret"}); !errors.Is(err, core.ErrReadOnly) {
		return "found, readable", fmt.Errorf("a secret was put: %w", err)
	}
	return "found, readable", nil
}

// damaged is a killed state whose log lost its end, and how many records it still has.
func damaged(t *testing.T) (dir string) {
	_, killed := closedAndKilled(t)
	for name, f := range killed {
		if strings.HasSuffix(name, ".mem") && len(f.data) > 1000 {
			return killed.damage(place{name, len(f.data) / 2, 1}).restore(t)
		}
	}
	t.Fatal("there is no log")
	return ""
}

// A damaged ledger is left as it is, however often and by whom it is looked at, until its loss is accepted; then
// it lies beside what is left of it.
func TestDamagedLedger(t *testing.T) {
	dir := damaged(t)
	before := imageOf(t, dir)
	for range 2 {
		_, err := state.Open(dir, state.Options{})
		refused(t, err, "lost its last .*cnrelay state check.*restore.*accept-loss")
		if !errors.Is(err, state.ErrDamaged) {
			t.Fatal(err)
		}
	}
	report, err := state.Check(dir, state.Options{})
	if err != nil || len(report.Damage) != 1 || report.Ledger.Records == 0 || report.Vault.Secrets != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	s, err := state.Open(dir, state.Options{ReadDamaged: true})
	if err != nil {
		t.Fatal(err)
	}
	left := count(t, s)
	if left == 0 || left >= writtenRecords || int64(left) != report.Ledger.Records-1 {
		t.Fatalf("%d of %d records are left, the check says %d", left, writtenRecords, report.Ledger.Records)
	}
	if _, err := s.Backup(filepath.Join(t.TempDir(), "backup"), "test"); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("a damaged ledger was backed up: %v", err)
	}
	closeState(t, s)
	same(t, before, imageOf(t, dir))

	s, err = state.Open(dir, state.Options{AcceptLoss: true})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, s); n != left {
		t.Errorf("%d records, %d were left", n, left)
	}
	write(t, s, writtenRecords, writtenRecords+1)
	closeState(t, s)
	if again := count(t, open(t, dir)); again != left+1 {
		t.Errorf("%d records, want %d", again, left+1)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "db.damaged-*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("the damaged ledger is not kept: %v, %v", kept, err)
	}
	was := image{}
	for name, f := range before {
		if inside, ok := strings.CutPrefix(name, "db/"); ok {
			was[inside] = f
		}
	}
	same(t, was, imageOf(t, kept[0]))
}

func same(t *testing.T, before, after image) {
	t.Helper()
	for name, f := range before {
		if now := after[name]; now.size != f.size || !bytes.Equal(now.data, f.data) {
			t.Errorf("%s was changed", name)
		}
	}
	for name := range after {
		if _, was := before[name]; !was {
			t.Errorf("%s is new", name)
		}
	}
}

// Badger gives no value and no error for a damaged one in its value log: a large record looked like one that was
// never there.
func TestDamagedValueIsNoMissingRecord(t *testing.T) {
	closed, _ := closedAndKilled(t)
	hurt := closed.damage(place{"db/000001.vlog", len(closed["db/000001.vlog"].data) / 2, 1})
	dir := hurt.restore(t)
	if _, err := state.Open(dir, state.Options{}); !errors.Is(err, state.ErrDamaged) {
		t.Fatalf("a damaged value was not noticed: %v", err)
	}
	s, err := state.Open(dir, state.Options{ReadDamaged: true})
	if err != nil {
		t.Fatal(err)
	}
	defer closeState(t, s)
	if err := written(t, s); err == nil || errors.Is(err, errSilent) {
		t.Errorf("a damaged value reads as %v", err)
	}
}

// first is the first file of an ending: which number Badger gives it hangs on when it compacts.
func (img image) first(t *testing.T, ending string) string {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(img)) {
		if strings.HasSuffix(name, ending) && img[name].size > 0 {
			return name
		}
	}
	t.Fatalf("there is no file that ends in %s", ending)
	return ""
}

// A changed byte in a table costs the records of its block, not all that are in the table.
func TestDamagedTableLosesOneBlock(t *testing.T) {
	closed, _ := closedAndKilled(t)
	hurt := closed.damage(place{closed.first(t, ".sst"), 100, 1})
	s, err := state.Open(hurt.restore(t), state.Options{ReadDamaged: true})
	if err != nil {
		t.Fatal(err)
	}
	defer closeState(t, s)
	if n := count(t, s); n < writtenRecords*9/10 || n >= writtenRecords {
		t.Errorf("%d of %d records are left", n, writtenRecords)
	}
}

// What is left of the tables can be read whatever the manifest has become, and nothing is lost if only that is
// damaged.
func TestDamagedManifestLosesNothing(t *testing.T) {
	closed, _ := closedAndKilled(t)
	size := len(closed["db/MANIFEST"].data)
	for _, p := range []place{{"db/MANIFEST", 0, 1}, {"db/MANIFEST", size - 1, 1}, {"db/MANIFEST", size - 1, 0}, {"db/MANIFEST", 0, 0}} {
		dir := closed.damage(p).restore(t)
		s, err := state.Open(dir, state.Options{ReadDamaged: true})
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		if err := written(t, s); err != nil || s.Damage() == nil {
			t.Errorf("%+v: %v, damage %v", p, err, s.Damage())
		}
		closeState(t, s)
		s, err = state.Open(dir, state.Options{AcceptLoss: true})
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		closeState(t, s)
		if err := written(t, open(t, dir)); err != nil {
			t.Errorf("%+v: %v after it was accepted", p, err)
		}
	}
}

// A change of folders that is cut short is finished at the next start.
func TestAcceptedLossIsCutShort(t *testing.T) {
	closed, _ := closedAndKilled(t)
	dir := closed.restore(t)
	if err := os.Rename(dir+"/db", dir+"/db.next"); err != nil {
		t.Fatal(err)
	}
	if err := written(t, open(t, dir)); err != nil {
		t.Error(err)
	}
	dir = closed.restore(t)
	if err := os.Mkdir(dir+"/db.next", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := written(t, open(t, dir)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir + "/db.next"); err == nil {
		t.Error("db.next is left")
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

// TestTablesAreKnownByTheirSum: a clean end notes what the tables add up to, so that the next start needn't read each
// against its own checksums. A sum that doesn't fit, as after a copy back of other tables, only costs that reading.
func TestTablesAreKnownByTheirSum(t *testing.T) {
	closed, _ := closedAndKilled(t)
	head := closed["head"]
	at := bytes.Index(head.data, []byte(`"tables":"`))
	if at < 0 {
		t.Fatalf("no sum in %s", head.data)
	}
	for name, sum := range map[string]string{"another one": "0000000000000000", "none, as in older ledgers": ""} {
		other := maps.Clone(closed)
		end := at + len(`"tables":"`)
		line := string(head.data[:end]) + sum + `"` + strings.Repeat(" ", 16-len(sum)) + string(head.data[end+17:])
		other["head"] = imageFile{[]byte(line), head.size}
		s, err := state.Open(other.restore(t), state.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := errors.Join(written(t, s), s.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
