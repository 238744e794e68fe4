package state_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"cnrelay/core"
	"cnrelay/state"
	"cnrelay/state/statetest"
)

func TestConformance(t *testing.T) {
	statetest.Store(t, func(t *testing.T) core.Store { return open(t, newDir(t)).Store() })
	statetest.Vault(t, func(t *testing.T) core.Vault { return open(t, newDir(t)).Vault() })
}

func newDir(t testing.TB) string { return filepath.Join(t.TempDir(), "state") }

// open opens a state directory until the test ends.
func open(t testing.TB, dir string) *state.State {
	t.Helper()
	s, err := state.Open(dir, state.Options{What: "cnrelay serve", Build: "v0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeState(t, s) })
	return s
}

func closeState(t testing.TB, s *state.State) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// refused wants an error for operators, with advice, whose text matches.
func refused(t *testing.T, err error, text string) {
	t.Helper()
	var e *core.Error
	if !errors.As(err, &e) || e.Code != core.CodeState || e.Next == "" || !regexp.MustCompile(text).MatchString(err.Error()) {
		t.Fatalf("want a refusal that matches %q, got %v", text, err)
	}
}

func TestInfoStays(t *testing.T) {
	dir := newDir(t)
	s := open(t, dir)
	info := s.Info()
	if !regexp.MustCompile(`^[a-z0-9]{8}$`).MatchString(info.ID) || info.Made.IsZero() {
		t.Fatalf("info %+v", info)
	}
	closeState(t, s)
	if again := open(t, dir).Info(); again != info {
		t.Fatalf("%+v became %+v", info, again)
	}
	if other := open(t, newDir(t)).Info(); other.ID == info.ID {
		t.Fatal("two directories have one id")
	}
}

func TestFilesArePrivateWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o277} {
		dir := newDir(t)
		syscall.Umask(umask)
		write(t, open(t, dir), 0, 10)
		err := filepath.WalkDir(filepath.Dir(dir), func(path string, e fs.DirEntry, err error) error {
			if err != nil || !strings.HasPrefix(path, dir) {
				return err
			}
			info, err := e.Info()
			want := fs.FileMode(0o600)
			if e.IsDir() {
				want = 0o700
			}
			if err == nil && info.Mode().Perm() != want {
				t.Errorf("%s: mode %v", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenRefusesPlaces(t *testing.T) {
	volume := func(v state.Volume, err error) state.Options {
		return state.Options{Volume: func(string) (state.Volume, error) { return v, err }}
	}
	loose := newDir(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := errors.Join(os.Mkdir(loose, 0o700), os.Chmod(loose, 0o750), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir  string
		opts state.Options
		text string
	}{
		{loose, state.Options{}, "mode 0750.*chmod 700"},
		{file, state.Options{}, "is not a directory"},
		{filepath.Join(file, "below"), state.Options{}, "not a directory"},
		{newDir(t), volume(state.Volume{Free: 63 << 20}, nil), "63 MiB.*takes 64 MiB"},
		{newDir(t), volume(state.Volume{Free: 1 << 40, Network: "NFS"}, nil), "network filesystem \\(NFS\\).*local disk"},
		{newDir(t), volume(state.Volume{}, errors.New("no answer")), "no answer"},
	} {
		_, err := state.Open(c.dir, c.opts)
		refused(t, err, c.text)
		if _, err := os.Stat(filepath.Join(c.dir, "db")); err == nil {
			t.Errorf("%s: Badger was opened", c.text)
		}
	}
}

func TestOneProcessHoldsIt(t *testing.T) {
	dir := newDir(t)
	s := open(t, dir)
	_, err := state.Open(dir, state.Options{What: "cnrelay import", Build: "v1"})
	refused(t, err, `held by "cnrelay serve" \(pid \d+ of \S+ on \S+, build v0\) since 20.*kill \d+`)
	var held *state.HeldError
	if !errors.Is(err, core.ErrHeld) || !errors.As(err, &held) || held.Holder.PID != os.Getpid() {
		t.Fatalf("%#v", err)
	}

	if err := os.Truncate(filepath.Join(dir, "holder.json"), 0); err != nil {
		t.Fatal(err)
	}
	_, err = state.Open(dir, state.Options{})
	refused(t, err, "held by another process.*fuser")
	if !errors.Is(err, core.ErrHeld) {
		t.Fatal(err)
	}

	closeState(t, s)
	closeState(t, s)
	if _, err := os.Stat(filepath.Join(dir, "holder.lock")); err != nil {
		t.Error("the lock file was removed: ", err)
	}
	open(t, dir)
}

func TestFullDiskStopsWritesOnly(t *testing.T) {
	var free atomic.Uint64
	free.Store(1 << 30)
	dir := newDir(t)
	s, err := state.Open(dir, state.Options{Volume: func(string) (state.Volume, error) { return state.Volume{Free: free.Load()}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	put := func(key string) error {
		return s.Store().Update(t.Context(), func(tx core.Tx) error { return tx.Put(core.TableEvent, key, 1) })
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	free.Store(1 << 20)
	refused(t, put("full"), "1 MiB of free disk space")
	if n := count(t, s); n != 1 {
		t.Errorf("%d records", n)
	}
	free.Store(1 << 30)
	if err := put("after"); err != nil {
		t.Fatal(err)
	}
	closeState(t, s)
	if n := count(t, open(t, dir)); n != 2 {
		t.Errorf("%d records", n)
	}
}

func TestCloseWaitsAndLeavesNothingBehind(t *testing.T) {
	leaks := goleak.IgnoreCurrent()
	dir := newDir(t)
	s, err := state.Open(dir, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := make(chan int, 1000)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := worker; ; n += 4 {
				err := s.Store().Update(context.Background(), func(tx core.Tx) error {
					return tx.Put(core.TableEvent, fmt.Sprint(n), n)
				})
				if err != nil {
					return
				}
				acknowledged <- n
			}
		})
	}
	for range 20 {
		<-acknowledged
	}
	go func() {
		for range acknowledged {
		}
	}()
	for range 2 {
		wg.Go(func() { closeState(t, s) })
	}
	wg.Wait()
	close(acknowledged)
	goleak.VerifyNone(t, leaks)
	if n := count(t, open(t, dir)); n < 20 {
		t.Errorf("%d records", n)
	}
}

func TestFailedOpenLetsGo(t *testing.T) {
	dir := damaged(t)
	leaks := goleak.IgnoreCurrent()
	if _, err := state.Open(dir, state.Options{}); err == nil {
		t.Fatal("a damaged ledger was opened")
	}
	goleak.VerifyNone(t, leaks)
	s, err := state.Open(dir, state.Options{AcceptLoss: true})
	if err != nil {
		t.Fatal(err)
	}
	closeState(t, s)
}
