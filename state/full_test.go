//go:build linux

package state_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cnrelay/internal/figures"
	"cnrelay/state"
)

// volume is a small file system that can be filled.
type volume struct {
	t       *testing.T
	dir     string
	ballast string
}

// newVolume mounts memory; that takes root.
func newVolume(t *testing.T, size int) volume {
	v := volume{t: t, dir: t.TempDir()}
	v.ballast = filepath.Join(v.dir, "ballast")
	if err := syscall.Mount("tmpfs", v.dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("no small file system can be mounted here (%v); TestFullDiskStopsWritesOnly has the same with made-up figures", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(v.dir, syscall.MNT_DETACH) })
	return v
}

// fill takes all the room but some bytes.
func (v volume) fill(leave int64) {
	v.t.Helper()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(v.dir, &fs); err != nil {
		v.t.Fatal(err)
	}
	f, err := os.OpenFile(v.ballast, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		v.t.Fatal(err)
	}
	defer f.Close()
	for left := int64(fs.Bavail)*fs.Bsize - leave; left > 0; {
		n, err := f.Write(make([]byte, min(left, 1<<20)))
		if left -= int64(n); err != nil {
			if errors.Is(err, syscall.ENOSPC) {
				return
			}
			v.t.Fatal(err)
		}
	}
}

func (v volume) free() {
	if err := os.Remove(v.ballast); err != nil {
		v.t.Fatal(err)
	}
}

// TestFullDisk: a disk that fills up, to the last byte, stops a writer with a clear message; nothing that it
// acknowledged is lost, whether it then ends or is killed, and it goes on once there is room.
func TestFullDisk(t *testing.T) {
	v := newVolume(t, 144<<20)
	dir := filepath.Join(v.dir, "state")
	acknowledged, refusals := 0, 0
	for round, c := range []struct {
		leave int64 // free bytes once the disk has filled up
		kill  bool
	}{{0, false}, {0, true}, {1 << 20, false}, {16 << 20, false}, {63 << 20, true}, {0, false}} {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), crashDir+"="+dir)
		var trace strings.Builder
		child.Stderr = &trace
		out, err := child.StdoutPipe()
		if err == nil {
			err = child.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		keys, refusal := map[string][]string{}, ""
		lines := bufio.NewScanner(out)
		for n := 0; refusal == "" && lines.Scan(); n++ {
			if n == 200*(round+1) {
				v.fill(63 << 20)
			}
			kind, key, _ := strings.Cut(lines.Text(), " ")
			if kind == "error" {
				refusal = key
				break
			}
			keys[kind] = append(keys[kind], key)
		}
		// A commit that found the room it takes was given the time to use it: only now the rest goes.
		v.fill(c.leave)
		if c.kill {
			_ = child.Process.Kill()
		}
		go func() { _, _ = io.Copy(io.Discard, out) }()
		ended := child.Wait()
		if !strings.Contains(refusal, "MiB of free disk space; it takes 64 MiB to write safely") {
			t.Fatalf("round %d: not a clear message: %q %v", round, refusal, ended)
		}
		if trace.Len() > 0 {
			t.Fatalf("round %d: %.2000s", round, trace.String())
		}
		_, err = state.Open(dir, state.Options{What: "full"})
		refused(t, err, "MiB of free disk space")
		refusals += 2
		v.free()
		s := open(t, dir)
		allThere(t, s, keys)
		acknowledged += len(keys["record"]) + len(keys["secret"])
		closeState(t, s)
		// Each disk is filled beside a new ledger: one that was opened often merges its tables when it likes, and no
		// writer survives that its disk is gone while it writes into it.
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	figures.Print(t, "Full disk", "6 fillings, %d clear refusals: 0 of %d acknowledged records and secrets lost, 0 traces", refusals, acknowledged)
}
