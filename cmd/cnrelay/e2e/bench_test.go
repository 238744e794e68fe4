package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cnrelay/cmd/cnrelay/internal/ptytest"
	"cnrelay/hostclient/fakehost"
)

// built is the binary as `make build` makes it, beside an empty Go program.
func built(b *testing.B) (cnrelay, empty string) {
	b.Helper()
	dir := b.TempDir()
	source := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	cnrelay, empty = filepath.Join(dir, "cnrelay"), filepath.Join(dir, "empty")
	for out, source := range map[string]string{cnrelay: "cnrelay/cmd/cnrelay", empty: source} {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
	}
	return cnrelay, empty
}

// quantiles are the median and the 95th percentile.
func quantiles(all []time.Duration) (p50, p95 time.Duration) {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2], all[len(all)*95/100]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// BenchmarkFirstFrame is from a process's start to a frame with everything on it, on a store with 100,000 events.
func BenchmarkFirstFrame(b *testing.B) {
	cnrelay, empty := built(b)
	l := bigLab(b, 20, 100_000, 8)
	for b.Loop() {
		const runs = 41
		var floor, first, cpu []time.Duration
		for range runs {
			start := time.Now()
			if err := exec.Command(empty).Run(); err != nil {
				b.Fatal(err)
			}
			floor = append(floor, time.Since(start))
			start = time.Now()
			x := ptytest.Start(b, ptytest.Options{Env: l.env(), Secrets: l.secrets}, cnrelay)
			x.Sees("20 of 20 hosts up", "▸ host-00", "upstream_key_quota_issue")
			first = append(first, time.Since(start))
			x.Press("q")
			x.Exit()
			cpu = append(cpu, x.CPU())
		}
		base, _ := quantiles(floor)
		p50, p95 := quantiles(first)
		b.ReportMetric(ms(p50-base), "ms-p50-above-empty")
		b.ReportMetric(ms(p95-base), "ms-p95-above-empty")
		b.ReportMetric(ms(slices.Min(first)-slices.Min(floor)), "ms-least-above-empty") // on a machine that does nothing else
		used, _ := quantiles(cpu)
		b.ReportMetric(ms(used), "ms-of-processor")
	}
	x := ptytest.Start(b, ptytest.Options{Env: l.env(), Secrets: l.secrets}, cnrelay)
	x.Sees("20 of 20 hosts up")
	x.Press("2")
	x.Sees("▸ deepseek")
	x.Press("4")
	x.Sees("Drift 1", "▸ host-00")
	x.Press("3")
	x.Sees("Batches 1", "▸ b")
	for range 40 { // everything is read, and some of it looked into
		before := selected(x.Screen())
		x.Press("j")
		x.Until("another row selected", func(screen string) bool { return selected(screen) != before })
	}
	b.ReportMetric(resident(b, x.PID()), "MB-resident-at-once")
	time.Sleep(15 * time.Second) // what it took to merge the store's tables at the start is given back by then
	b.ReportMetric(resident(b, x.PID()), "MB-resident")
	info, err := os.Stat(cnrelay)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB-binary")
}

// BenchmarkKeyToFrame walks through a list of batches; what it costs must not grow with the list.
func BenchmarkKeyToFrame(b *testing.B) {
	cnrelay, _ := built(b)
	medians := map[int]time.Duration{}
	for _, rows := range []int{100, 10_000} {
		l := bigLab(b, 2, rows*10, 1)
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			x := ptytest.Start(b, ptytest.Options{Env: l.env(), Secrets: l.secrets}, cnrelay)
			x.Sees("2 of 2 hosts up")
			x.Press("3")
			x.Sees(fmt.Sprintf("Batches %d", rows), "▸ b")
			for b.Loop() {
				var took []time.Duration
				for i := range 100 {
					before := selected(x.Screen())
					start := time.Now()
					x.Press([]string{"j", "k"}[i%40/20])
					x.Until("another row selected", func(screen string) bool { return selected(screen) != before })
					took = append(took, time.Since(start))
				}
				p50, p95 := quantiles(took)
				medians[rows] = p95
				b.ReportMetric(ms(p50), "ms-p50")
				b.ReportMetric(ms(p95), "ms-p95")
				b.ReportMetric(float64(p95)/float64(medians[100]), "×100-rows")
			}
			b.ReportMetric(resident(b, x.PID()), "MB-resident")
		})
	}
}

var cursor = regexp.MustCompile(`▸ (\S+)`)

// selected is what stands at the cursor.
func selected(screen string) string { return cursor.FindString(screen) }

// resident is the memory that a process holds, in megabytes.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kb, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				b.Fatal(err)
			}
			return float64(kb) / 1000
		}
	}
	b.Fatal("no resident set")
	return 0
}

// BenchmarkQuietScreen: bytes that a screen costs on which nothing, or one cell, changes.
func BenchmarkQuietScreen(b *testing.B) {
	cnrelay, _ := built(b)
	l := newLab(b)
	l.registered("lab", fakehost.Options{})
	l.imported("lab", "sk-ok-1")
	for b.Loop() {
		x := ptytest.Start(b, ptytest.Options{Width: 160, Height: 48, Env: l.env(), Secrets: l.secrets}, cnrelay)
		x.Sees("1 of 1 hosts up")
		x.Press("i")
		x.Sees("Which provider?")
		x.Press("enter")
		x.Sees("Base URL")
		x.Press("tab")
		x.Sees("of a relay")
		const idle = 3 * time.Second
		before := len(x.Raw())
		time.Sleep(idle)
		b.ReportMetric(float64(len(x.Raw())-before)/idle.Seconds(), "bytes/s-idle")
		x.Type("a")
		x.Sees("Base URL  a")
		before = len(x.Raw())
		x.Press("b")
		x.Sees("Base URL  ab")
		b.ReportMetric(float64(len(x.Raw())-before), "bytes/one-cell-of-160")
		x.Press("ctrl+c")
		x.Exit()
	}
}

// BenchmarkBusyScreen: an import that writes events as fast as it can, in the middle of which keys are answered and
// whose end is not lost.
func BenchmarkBusyScreen(b *testing.B) {
	cnrelay, _ := built(b)
	for b.Loop() {
		const keys = 1000
		l := newLab(b)
		h := l.host("lab", fakehost.Options{})
		l.run("host", "add", "lab", "--url", h.url(), "--admin-key-file", filepath.Join(l.dir, "lab.key"), "--concurrency", "64")
		x := ptytest.Start(b, ptytest.Options{Env: l.env(), Secrets: l.secrets}, cnrelay)
		x.Sees("● up")
		l.keysAsked(x)
		var lines []string
		for i := range keys {
			lines = append(lines, fmt.Sprintf("sk-ok-%d", i))
		}
		x.Paste(strings.Join(lines, "\n"))
		x.Sees(fmt.Sprintf("keys: %d", keys))
		x.Press("enter")
		x.Sees("managed:1")
		x.Press("enter")
		begin(x)
		start := time.Now()
		x.Sees("esc", "running")
		leave(x)
		x.Press("3")
		x.Sees("◌ running")
		var answers []time.Duration
		for strings.Contains(x.Screen(), "running") {
			pressed := time.Now()
			x.Press("?")
			x.Sees("In lists and pages")
			answers = append(answers, time.Since(pressed))
			pressed = time.Now()
			x.Press("esc")
			x.Loses("In lists and pages")
			answers = append(answers, time.Since(pressed))
		}
		x.Sees("● succeeded", fmt.Sprintf("%d/", keys))
		took := time.Since(start)
		p50, p95 := quantiles(answers)
		b.ReportMetric(ms(p50), "ms-p50-answer")
		b.ReportMetric(ms(p95), "ms-p95-answer")
		x.Press("q")
		x.Exit()
		b.ReportMetric(float64(l.events())/took.Seconds(), "events/s")
	}
}
