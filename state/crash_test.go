package state_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/internal/figures"
	"cnrelay/state"
)

const crashDir = "CNRELAY_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes records and secrets, and names each on stdout once it is acknowledged. What can't be written
// ends it.
func writeUntilKilled(dir string) {
	s, err := state.Open(dir, state.Options{What: "crash test"})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	run := fmt.Sprint(os.Getpid())
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := range 1 << 20 {
				key := fmt.Sprintf("%s/%d/%d", run, worker, n)
				err := s.Store().Update(context.Background(), func(tx core.Tx) error {
					return tx.Put(core.TableEvent, key, valueOf(key, n))
				})
				if !acknowledge("record", key, err) {
					return
				}
				if worker == 0 && n%20 == 0 && !acknowledge("secret", key, s.Vault().Put(map[string]string{key: key})) {
					return
				}
			}
		})
	}
	wg.Wait()
	acknowledge("closed", "", s.Close())
	os.Exit(0)
}

func acknowledge(kind, key string, err error) bool {
	if err != nil {
		kind, key = "error", err.Error()
	}
	os.Stdout.WriteString(kind + " " + key + "\n") // one write: a line is there or not
	return err == nil
}

// valueOf is some 700 bytes, now and then enough for the value log.
func valueOf(key string, n int) string {
	if n%100 == 99 {
		return strings.Repeat(key, 8<<10)
	}
	return strings.Repeat(key, 50)
}

func TestCrashLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("its children are many")
	}
	const rounds = 25
	dir := newDir(t)
	acknowledged := map[string][]string{}
	var slowest time.Duration
	for round := range rounds {
		for kind, keys := range killedAfter(t, dir, rand.IntN(800)) {
			acknowledged[kind] = append(acknowledged[kind], keys...)
		}
		began := time.Now()
		s, err := state.Open(dir, state.Options{What: "crash test"})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		slowest = max(slowest, time.Since(began))
		allThere(t, s, acknowledged)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	figures.Print(t, "Kills of a writer", "%d kills: 0 of %d records and 0 of %d secrets lost; slowest open %v",
		rounds, len(acknowledged["record"]), len(acknowledged["secret"]), slowest.Round(time.Millisecond))
}

// killedAfter runs the writer until it has acknowledged some writes, and gives all it acknowledged.
func killedAfter(t *testing.T, dir string, enough int) map[string][]string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string][]string{}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == enough {
			_ = child.Process.Kill() // what is in the pipe is still read
		}
		kind, key, _ := strings.Cut(lines.Text(), " ")
		acknowledged[kind] = append(acknowledged[kind], key)
	}
	_ = child.Wait()
	if problems := acknowledged["error"]; problems != nil {
		t.Fatal(problems)
	}
	return acknowledged
}

func allThere(t *testing.T, s *state.State, acknowledged map[string][]string) {
	t.Helper()
	for _, ref := range acknowledged["secret"] {
		if secret, err := s.Vault().Secret(ref); secret != ref || err != nil {
			t.Fatalf("secret %s: %v", ref, err)
		}
	}
	err := s.Store().View(t.Context(), func(r core.Reader) error {
		for _, key := range acknowledged["record"] {
			var got string
			found, err := r.Get(core.TableEvent, key, &got)
			if err != nil || !found || !strings.HasPrefix(got, key) {
				return fmt.Errorf("record %s: found %t, %d bytes, %w", key, found, len(got), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
