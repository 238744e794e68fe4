package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
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
