package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cnrelay/cmd/cnrelay/internal/socket"
)

// BenchmarkVersion starts `cnrelay version` and an empty Go program in turn; what it takes more is what the
// command line's own start costs.
func BenchmarkVersion(b *testing.B) {
	dir := b.TempDir()
	empty := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(empty, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	floor, ours := filepath.Join(dir, "empty"), filepath.Join(dir, "cnrelay")
	for out, source := range map[string]string{floor: empty, ours: "."} {
		if text, err := exec.Command("go", "build", "-o", out, source).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
	}
	run := func(name string, args ...string) time.Duration {
		start := time.Now()
		if err := exec.Command(name, args...).Run(); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	for b.Loop() {
		const runs = 41
		var base, version []time.Duration
		for range runs {
			base, version = append(base, run(floor)), append(version, run(ours, "version"))
		}
		slices.Sort(base)
		slices.Sort(version)
		b.ReportMetric(float64(version[runs/2]-base[runs/2])/float64(time.Millisecond), "ms-above-empty")
		b.ReportMetric(float64(version[runs/2])/float64(base[runs/2]), "×empty")
	}
}

// BenchmarkAttach runs `cnrelay status` in turn on a state directory of its own and attached to the owner of one; what it
// takes more is what attaching costs.
func BenchmarkAttach(b *testing.B) {
	dir := b.TempDir()
	ours := filepath.Join(dir, "cnrelay")
	if text, err := exec.Command("go", "build", "-o", ours, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, text)
	}
	served, alone := filepath.Join(dir, "served"), filepath.Join(dir, "alone")
	owner := exec.Command(ours, "serve", "--state", served)
	if err := owner.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = owner.Process.Signal(os.Interrupt)
		_ = owner.Wait()
	}()
	run := func(state string) time.Duration {
		start := time.Now()
		if err := exec.Command(ours, "status", "--state", state).Run(); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	for {
		c, err := socket.Dial(context.Background(), served)
		if err == nil {
			_ = c.Close()
			break
		}
		time.Sleep(time.Millisecond)
	}
	for b.Loop() {
		const runs = 41
		var local, attached []time.Duration
		for range runs {
			local, attached = append(local, run(alone)), append(attached, run(served))
		}
		slices.Sort(local)
		slices.Sort(attached)
		b.ReportMetric(float64(attached[runs/2]-local[runs/2])/float64(time.Millisecond), "ms-above-local")
		b.ReportMetric(float64(attached[runs*95/100])/float64(time.Millisecond), "ms-attached-p95")
	}
}
